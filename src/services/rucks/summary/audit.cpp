#include "services/rucks/summary/audit.hpp"

#include "services/rucks/summary/results.hpp"
#include "services/rucks/summary/settle.hpp"
#include "services/rucks/track/progress.hpp"
#include "services/rucks/track/track.hpp"
#include "services/stats/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace ruck::rucks {
namespace {
// Sums of doubles in another order differ in the last bits.
constexpr double kSumTolerance = 1e-9;

class Findings {
 public:
  explicit Findings(RuckId ruck) : ruck_(ruck) {}
  void add(std::string what) { found_.push_back({ruck_, std::move(what)}); }
  template <class T>
  void compare(std::string_view name, const T& stored, const T& computed) {
    if (stored == computed) return;
    add(fmt::format("{}: stored {}, computed {}", name, stored, computed));
  }
  [[nodiscard]] std::vector<Difference> take() { return std::move(found_); }

 private:
  RuckId ruck_;
  std::vector<Difference> found_;
};

template <class Sample>
bool is_ascending(const std::vector<Sample>& samples) {
  return std::ranges::adjacent_find(samples, std::ranges::greater_equal{}, &Sample::time_ms) ==
         samples.end();
}

void compare_track(Findings& findings, const Track& track, const ProgressRow& progress) {
  findings.compare("points", progress.point_count, static_cast<std::int64_t>(track.points.size()));
  findings.compare("heart-rate samples", progress.heart_rate_count,
                   static_cast<std::int64_t>(track.heart_rate.size()));
  if (!is_ascending(track.points)) findings.add("a point is stored twice");
  if (!is_ascending(track.heart_rate)) findings.add("a heart-rate sample is stored twice");
}

void compare_completed(db::Session& q, Findings& findings, const RuckRow& row, const Track& track,
                       const Replayed& replayed) {
  RuckRow computed = row;
  const Results results = compute(computed, track, replayed);
  findings.compare("distance_m", row.distance_m, computed.distance_m);
  findings.compare("distance_source", row.distance_source, computed.distance_source);
  findings.compare("duration_s", row.duration_s, computed.duration_s);
  findings.compare("moving_s", row.moving_s, computed.moving_s);
  findings.compare("elevation_gain_m", row.elevation_gain_m, computed.elevation_gain_m);
  findings.compare("elevation_loss_m", row.elevation_loss_m, computed.elevation_loss_m);
  findings.compare("calories_kcal", row.calories_kcal, computed.calories_kcal);
  findings.compare("power_points", row.power_points, computed.power_points);
  findings.compare("point_count", row.point_count, computed.point_count);
  const store::Key key{row.user_id, row.id};
  const std::size_t splits =
      store::splits(q, key, "km").size() + store::splits(q, key, "mi").size();
  findings.compare("splits", splits, results.splits.size());
  if (store::line(q, key).value_or("") != results.line) findings.add("the simplified line differs");
}
}  // namespace

std::vector<Difference> audit(db::Session& q, store::Key key) {
  Findings findings(key.ruck);
  const auto row = store::find(q, key);
  const auto progress = find_progress(q, key);
  if (!row || !progress) {
    findings.add("the ruck or its progress is missing");
    return findings.take();
  }
  const Result<Track> track = load_track(q, key, *progress);
  if (!track) {
    findings.add("the track cannot be read: " + track.error().detail);
    return findings.take();
  }
  compare_track(findings, *track, *progress);
  const Replayed replayed = replay(*row, *track);
  if (row->status == status::kCompleted) {
    compare_completed(q, findings, *row, *track, replayed);
  } else if (!progress->state.data.empty()) {
    const auto engine = engine_of(q, *row, *progress);
    if (!engine || engine->serialize() != replayed.engine.serialize()) {
      findings.add("the engine's state is not that of its track");
    }
  }
  return findings.take();
}

std::vector<std::string> audit_days(db::Session& q, UserId user) {
  std::map<Day, stats::DayTotals> stored;
  for (const stats::DayRow& row : stats::days_of(q, user)) stored[row.day] = row.totals;
  for (const RuckRow& row : store::all_completed(q, user)) {
    if (row.local_day) stored.try_emplace(*row.local_day);  // a day that was never summed
  }
  std::vector<std::string> found;
  for (const auto& [day, sums] : stored) {
    const stats::DaySums computed = store::sum_of_day(q, user, day);
    const auto differs = [](double a, double b) {
      return std::abs(a - b) > kSumTolerance * std::max(1.0, std::abs(b));
    };
    if (sums.rucks != computed.rucks || differs(sums.distance_m, computed.distance_m) ||
        differs(sums.duration_s, computed.duration_s) ||
        differs(sums.calories_kcal, computed.calories_kcal) ||
        differs(sums.effort_load, computed.effort_load) ||
        differs(sums.heart_load, computed.heart_load)) {
      found.push_back(fmt::format("user {}, day {}: stored {} rucks of {} m, computed {} of {} m",
                                  user.value().to_string(), to_iso8601(day), sums.rucks,
                                  sums.distance_m, computed.rucks, computed.distance_m));
    }
  }
  return found;
}

}  // namespace ruck::rucks
