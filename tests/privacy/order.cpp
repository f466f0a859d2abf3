#include "privacy/order.hpp"

#include "base/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

namespace ruck::attack {
namespace {
std::string spy_name() {
  static std::atomic<int> number = 0;
  return fmt::format("spy{}", ++number);
}

// A private ruck of one's own with this value in the field that the list is sorted by.
std::string own_ruck(const std::string& sort, double value) {
  if (sort == "created_at_desc") {  // by the moment of the end
    constexpr std::int64_t kLengthMs = 600'000;
    const auto end_ms = static_cast<std::int64_t>(value * 1000);
    return fmt::format(
        R"({{"is_manual":true,"status":"completed","start_time":"{}","end_time":"{}",)"
        R"("distance_km":1,"duration_seconds":600,"ruck_weight_kg":10,"visibility":"private"}})",
        to_iso8601(utc_ms(end_ms - kLengthMs)), to_iso8601(utc_ms(end_ms)));
  }
  const double km = sort == "distance_desc" ? value / 1000 : 5;
  const double seconds = sort == "duration_desc" ? value : 3600;
  const double kcal = sort == "calories_desc" ? value : 500;
  const double climb = sort == "elevation_gain_desc" ? value : 50;
  return fmt::format(
      R"({{"is_manual":true,"status":"completed","start_time":"2026-01-05T10:00:00Z",)"
      R"("distance_km":{:.4f},"duration_seconds":{:.1f},"ruck_weight_kg":10,"visibility":"private",)"
      R"("calories_burned":{:.1f},"elevation_gain_m":{:.2f}}})",
      km, seconds, kcal, climb);
}
}  // namespace

OrderOracle::OrderOracle(const test::RuckServer& server, const std::string& owner_id)
    : spy_(server.url()) {
  spy_.sign_up(spy_name());
  const test::Reply followed = spy_.post("/api/users/" + owner_id + "/follow");
  if (followed.status != 200) throw std::runtime_error("follow: " + followed.body);
}

bool OrderOracle::is_in(const std::string& query, std::int64_t ruck) {
  const test::Reply list =
      spy_.get("/api/ruck-buddies?following_only=true&per_page=50&sort_by=" + query);
  if (list.status != 200) throw std::runtime_error("the list: " + list.body);
  return std::ranges::any_of(list.json["ruck_sessions"].items(), [&](const json::Tree& listed) {
    return listed["id"].integer() == ruck;
  });
}

bool OrderOracle::is_listed(std::int64_t ruck) { return is_in("created_at_desc", ruck); }

bool OrderOracle::is_below(const Question& question, std::int64_t ruck, double value) {
  const test::Reply own = spy_.post("/api/rucks", own_ruck(question.sort, value));
  if (own.status != 201) throw std::runtime_error("a ruck of one's own: " + own.body);
  return is_in(fmt::format("{}&cursor={}", question.sort, own.json["id"].integer()), ruck);
}

std::map<std::int64_t, double> OrderOracle::ask(const Question& question,
                                                const std::vector<std::int64_t>& rucks) {
  std::map<std::int64_t, double> found;
  for (const std::int64_t ruck : rucks) {
    if (!is_below(question, ruck, question.high) || is_below(question, ruck, question.low))
      continue;
    double low = question.low;
    double high = question.high;
    while (high - low > question.exact_to) {
      const double middle = (low + high) / 2;
      (is_below(question, ruck, middle) ? high : low) = middle;
    }
    found[ruck] = (low + high) / 2;
  }
  return found;
}

void ask_order(const test::RuckServer& server, const std::string& owner_id, Sight& sight) {
  constexpr std::size_t kAskedMax = 6;
  OrderOracle oracle(server, owner_id);
  std::vector<std::int64_t> rucks;
  for (const SeenRuck& ruck : sight.rucks) {
    if (rucks.size() < kAskedMax) rucks.push_back(ruck.id);
  }
  const std::vector<OrderOracle::Question> questions = {
      {.sort = "distance_desc", .low = 100, .high = 16'484, .exact_to = 1},
      {.sort = "duration_desc", .low = 60, .high = 16'444, .exact_to = 1},
      {.sort = "calories_desc", .low = 20, .high = 4116, .exact_to = 1}};
  for (const SeenRuck& ruck : sight.rucks) {
    if (std::ranges::find(rucks, ruck.id) == rucks.end()) continue;
    const double shown_s = static_cast<double>(ruck.completed_ms) / 1000;
    const OrderOracle::Question question{
        .sort = "created_at_desc", .low = shown_s - 4096, .high = shown_s + 4096, .exact_to = 1};
    for (const auto& [id, value] : oracle.ask(question, {ruck.id})) {
      sight.ordered[id][question.sort] = value;
    }
  }
  for (const auto& question : questions) {
    for (const auto& [ruck, value] : oracle.ask(question, rucks)) {
      sight.ordered[ruck][question.sort] = value;
    }
  }
}

}  // namespace ruck::attack
