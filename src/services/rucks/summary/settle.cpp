#include "services/rucks/summary/settle.hpp"

#include "calendar/time_zone.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/limits.hpp"
#include "services/rucks/summary/results.hpp"
#include "services/rucks/summary/shown.hpp"
#include "services/rucks/track/progress.hpp"
#include "services/stats/service.hpp"

#include <algorithm>
#include <set>

namespace ruck::rucks {
namespace {
UtcUs time_of(const rucking::TrackPoint& point) { return to_us(utc_ms(point.time_ms)); }

// The track may begin before and end after what the phone said.
void stretch_times(RuckRow& row, const Track& track) {
  if (track.points.empty()) {
    if (track.heart_rate.empty() || row.status != status::kCompleted || row.completed_at) return;
    row.completed_at = to_us(utc_ms(track.heart_rate.back().time_ms));
    return;
  }
  const UtcUs first = time_of(track.points.front());
  const UtcUs last = time_of(track.points.back());
  row.started_at = std::min(row.started_at.value_or(first), first);
  if (row.status != status::kCompleted || row.trim_end_ms) return;
  row.completed_at = std::max(row.completed_at.value_or(last), last);
}

// Writes a ruck that is under way: its track anew, so that chunks stay in the order of time.
Result<> write_live(db::Session& q, const RuckRow& row, const Track& track, const Progress& before,
                    const rucking::TrackEngine& engine, UtcUs now) {
  const store::Key key{row.user_id, row.id};
  store_merged(q, key, track, Packing::kLive);
  store::update(q, row);
  const bool written =
      advance_progress(q, key, before,
                       {.version = store::new_version(),
                        .state = {engine.serialize()},
                        .point_count = static_cast<std::int64_t>(track.points.size()),
                        .heart_rate_count = static_cast<std::int64_t>(track.heart_rate.size()),
                        .last_arrival_at = now});
  if (!written) return fail(ErrorCode::kUnavailable);
  return {};
}

Result<> write_completed(db::Session& q, RuckRow& row, const Track& track, const Progress& before,
                         const Replayed& replayed, UtcUs now) {
  const store::Key key{row.user_id, row.id};
  const std::optional<Day> day_before = row.local_day;
  if (!row.started_at) row.started_at = row.completed_at.value_or(now);
  if (!row.completed_at) row.completed_at = now;
  const Results results = compute(row, track, replayed);
  show_and_keep(q, row, track, results.line);
  row.listed_at = std::max<std::int64_t>(1, row.completed_at->time_since_epoch().count());
  row.local_day = profile::zone_of(q, row.user_id).day_of(to_ms(*row.started_at));
  store::update(q, row);
  store::put_splits(q, key, results.splits);
  store_merged(q, key, track, Packing::kFinished);
  const bool written =
      advance_progress(q, key, before,
                       {.version = store::new_version(),
                        .point_count = static_cast<std::int64_t>(track.points.size()),
                        .heart_rate_count = static_cast<std::int64_t>(track.heart_rate.size()),
                        .last_arrival_at = now});
  if (!written) return fail(ErrorCode::kUnavailable);
  refresh_day(q, row.user_id, *row.local_day);
  if (day_before && *day_before != *row.local_day) refresh_day(q, row.user_id, *day_before);
  return {};
}
}  // namespace

bool is_live(std::string_view status) {
  return status == status::kInProgress || status == status::kPaused;
}

bool is_open(std::string_view status) { return status == status::kCreated || is_live(status); }

void start_now(RuckRow& row, UtcUs now) {
  row.status = status::kInProgress;
  row.updated_at = now;
  if (!row.started_at) row.started_at = now;
}

Result<Merged> merge_track(db::Session& q, RuckRow row, std::span<const Additions> additions,
                           UtcUs now) {
  const store::Key key{row.user_id, row.id};
  const auto progress = find_progress(q, key);
  if (!progress) return fail(ErrorCode::kRuckNotFound);
  auto track = load_track(q, key, *progress);
  if (!track) return fail(std::move(track).error());
  std::vector<std::int64_t> inserted;
  for (const Additions& addition : additions) {
    inserted.push_back(static_cast<std::int64_t>(merge(*track, addition.points).size() +
                                                 merge(*track, addition.heart_rate).size()));
  }
  if (track->points.size() > kPointsPerRuckMax || track->heart_rate.size() > kPointsPerRuckMax) {
    return fail(ErrorCode::kPayloadTooLarge, "This ruck has more points than one ruck can have");
  }
  row.updated_at = now;
  row.last_arrival_at = now;
  const bool is_longer = std::ranges::any_of(inserted, [](std::int64_t n) { return n > 0; });
  if (row.status == status::kCancelled && is_longer) row.status = status::kCompleted;
  stretch_times(row, *track);
  const Replayed replayed = replay(row, *track);
  const Result<> written = is_live(row.status)
                               ? write_live(q, row, *track, *progress, replayed.engine, now)
                               : write_completed(q, row, *track, *progress, replayed, now);
  if (!written) return fail(written.error());
  const rucking::Totals totals = replayed.engine.totals();
  return Merged{.row = std::move(row),
                .inserted = std::move(inserted),
                .distance_m = totals.distance_m,
                .duration_s = totals.active_s()};
}

void refresh_day(db::Session& q, UserId user, Day day) {
  stats::put_day(q, user, day, store::sum_of_day(q, user, day));
}

void move_days(db::Session& q, UserId user, const calendar::TimeZone& zone) {
  std::set<Day> days;
  for (const RuckRow& row : store::all_completed(q, user)) {
    const Day day = zone.day_of(to_ms(row.started_at.value_or(row.created_at)));
    store::set_local_day(q, {user, row.id}, day);
    days.insert(day);
  }
  stats::clear(q, user);
  for (const Day day : days) refresh_day(q, user, day);
}

}  // namespace ruck::rucks
