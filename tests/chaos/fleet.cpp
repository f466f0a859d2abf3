#include "chaos/fleet.hpp"

#include "db/open.hpp"
#include "support/server.hpp"

#include <fmt/format.h>

namespace ruck::test {

Fleet::Fleet(const Options& options) {
  rucking::SeededRandom random(options.seed);
  for (std::size_t i = 0; i < options.phones; ++i) {
    ApiClient account(options.direct_url);
    account.sign_up(fmt::format("phone{}", i));
    phones_.push_back(
        std::make_unique<Phone>(Phone::Options{.direct_url = options.direct_url,
                                               .chaos_url = options.chaos_url,
                                               .token = account.token,
                                               .user = UserId(*Uuid::parse(account.user_id)),
                                               .seed = random.next(),
                                               .pause = options.pause}));
  }
  for (const auto& phone : phones_) {
    threads_.emplace_back([this, &phone = *phone] { phone.walk_until(is_over_); });
  }
}

Fleet::~Fleet() { stop(); }

void Fleet::stop() {
  is_over_ = true;
  threads_.clear();
}

Phone::Counts Fleet::counts() const {
  Phone::Counts sum;
  for (const auto& phone : phones_) {
    const Phone::Counts counts = phone->counts();
    sum.walks += counts.walks;
    sum.requests += counts.requests;
    sum.retries += counts.retries;
    sum.late_batches += counts.late_batches;
    sum.offline_walks += counts.offline_walks;
  }
  return sum;
}

std::map<int, std::uint64_t> Fleet::retried() const {
  std::map<int, std::uint64_t> sum;
  for (const auto& phone : phones_) {
    for (const auto& [status, count] : phone->retried()) sum[status] += count;
  }
  return sum;
}

std::vector<std::string> Fleet::refusals() const {
  std::vector<std::string> all;
  for (const auto& phone : phones_) {
    all.insert(all.end(), phone->refusals().begin(), phone->refusals().end());
  }
  return all;
}

Verdict Fleet::compare(const std::string& database_url) const {
  telemetry::Metrics metrics;
  const auto database =
      db::open({.url = database_url, .postgres_connections = 2, .read_only = true}, metrics);
  if (!database) {
    return {.lost = 1, .problems = {std::string(database.error().client_text())}};
  }
  Verdict verdict;
  for (const auto& phone : phones_) verdict.add(phone->ledger().compare(**database));
  (*database)->close();
  return verdict;
}

}  // namespace ruck::test
