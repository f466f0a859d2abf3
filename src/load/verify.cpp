#include "load/verify.hpp"

#include "http/json/tree.hpp"

#include <fmt/format.h>

#include <set>

namespace ruck::load {
namespace {
void check(http::Client& client, const Rucker& rucker, Verified& out) {
  client.set_token(rucker.token());
  const auto answer =
      client.send(http::Method::kGet, fmt::format("/api/rucks/{}", rucker.ruck_id()));
  if (!answer || answer->status != 200) {
    out.problems.push_back(fmt::format(
        "ruck {} cannot be read back: {}", rucker.ruck_id(),
        answer ? std::to_string(answer->status) : std::string(answer.error().client_text())));
    return;
  }
  const json::Tree ruck = json::Tree::parse(answer->body);
  std::set<std::string> times;
  for (const json::Tree& point : ruck["route"].items()) times.insert(point["timestamp"].text());
  const std::uint64_t there = ruck["route"].size();
  const std::uint64_t least = rucker.points_acknowledged();
  const std::uint64_t most = least + rucker.points_uncertain();
  out.rucks += 1;
  out.points += there;
  const std::uint64_t repeated = there - times.size();
  const std::uint64_t surplus = there > most ? there - most : 0;
  const std::uint64_t missing = there < least ? least - there : 0;
  out.doubled += std::max(repeated, surplus);
  out.lost += missing;
  if (repeated > 0 || surplus > 0 || missing > 0) {
    out.problems.push_back(
        fmt::format("ruck {}: {} points acknowledged, {} there, {} of them twice", rucker.ruck_id(),
                    least, there, repeated));
  }
}
}  // namespace

Verified verify(const http::Url& url, std::span<const Rucker* const> ruckers, std::size_t count,
                std::uint64_t seed) {
  std::vector<const Rucker*> left;
  for (const Rucker* rucker : ruckers) {
    if (rucker->ruck_id() != 0) left.push_back(rucker);
  }
  rucking::SeededRandom random(seed);
  http::Client client(url);
  Verified out;
  for (; count > 0 && !left.empty(); --count) {
    std::swap(left[random.below(left.size())], left.back());
    check(client, *left.back(), out);
    left.pop_back();
  }
  return out;
}

}  // namespace ruck::load
