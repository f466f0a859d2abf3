#pragma once
// Changes of a whole ruck inside a unit of work: its track, its results and the sums of its day
// move together, and its version goes up, so that memory that is built on the old track notices.
#include "calendar/time_zone.hpp"
#include "db/session.hpp"
#include "rucking/track_engine.hpp"
#include "services/rucks/rows.hpp"
#include "services/rucks/track/track.hpp"

#include <span>
#include <vector>

namespace ruck::rucks {

[[nodiscard]] bool is_live(std::string_view status);
// Created or live: at most one of a user's, except for those with an offline name.
[[nodiscard]] bool is_open(std::string_view status);
// From created to in progress; what the client said of the start stays.
void start_now(RuckRow& row, UtcUs now);

struct Additions {
  std::vector<rucking::TrackPoint> points;
  std::vector<rucking::HeartRateSample> heart_rate;
};
struct Merged {
  RuckRow row;
  std::vector<std::int64_t> inserted;  // of each addition, in order
  double distance_m = 0;
  double duration_s = 0;
};

// Adds to the stored track, one addition after the other, and writes the ruck as `row` says: under
// way, with the engine's state; or completed, with its results. A cancelled ruck that gets points
// becomes a completed one.
[[nodiscard]] Result<Merged> merge_track(db::Session& q, RuckRow row,
                                         std::span<const Additions> additions, UtcUs now);

// The day's sums from its rucks, after one of them came, went or changed.
void refresh_day(db::Session& q, UserId user, Day day);
// All days of a user, counted in another time zone.
void move_days(db::Session& q, UserId user, const calendar::TimeZone& zone);

}  // namespace ruck::rucks
