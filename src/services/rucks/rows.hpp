#pragma once
// The rows of the rucks' tables, member by member in column order.
#include "base/ids.hpp"
#include "db/value.hpp"

#include <boost/describe/class.hpp>

#include <optional>
#include <string>
#include <vector>

namespace ruck::rucks {

// In two structs, because one described struct has 52 members at most.
struct RecordedRuck {
  UserId user_id;
  RuckId id;
  std::string status = "created";
  std::optional<std::string> client_key;
  std::optional<std::string> import_key;
  bool is_manual = false;
  std::string visibility = "private";  // public, followers, private
  bool allow_live_following = true;
  std::optional<std::string> title;
  std::optional<std::string> notes;
  std::optional<std::string> tags;
  std::optional<std::int64_t> rating;
  std::optional<std::int64_t> perceived_exertion;
  std::optional<std::int64_t> planned_duration_minutes;
  std::optional<std::string> event_id;
  std::optional<std::string> route_id;
  std::optional<std::string> planned_ruck_id;
  double ruck_weight_kg = 0;
  std::string body = "{}";
  std::string altitude_source = "gps";
  UtcUs created_at{};
  UtcUs updated_at{};
  std::optional<UtcUs> started_at;
  std::optional<UtcUs> completed_at;
  UtcUs last_arrival_at{};
  std::int64_t listed_at = 0;
  std::optional<Day> local_day;
  std::optional<std::int64_t> clock_offset_min;
  std::optional<std::int64_t> trim_end_ms;
  std::string client = "{}";
  double distance_m = 0;
  std::string distance_source = "none";
  double duration_s = 0;
  double moving_s = 0;
  double paused_s = 0;
  double elevation_gain_m = 0;
  double elevation_loss_m = 0;
  double calories_kcal = 0;
  std::optional<double> avg_heart_rate;
  std::optional<std::int64_t> min_heart_rate;
  std::optional<std::int64_t> max_heart_rate;
  std::optional<std::string> hr_zone_snapshot;
  std::optional<std::string> time_in_zones;
  double power_points = 0;
  double load_distance_kg_km = 0;
  double training_load = 0;
  std::int64_t steps = 0;
  std::int64_t point_count = 0;
  bool has_photos = false;
  std::optional<std::int64_t> place_cell;

  friend bool operator==(const RecordedRuck&, const RecordedRuck&) = default;
};
BOOST_DESCRIBE_STRUCT(RecordedRuck, (),
                      (user_id, id, status, client_key, import_key, is_manual, visibility,
                       allow_live_following, title, notes, tags, rating, perceived_exertion,
                       planned_duration_minutes, event_id, route_id, planned_ruck_id,
                       ruck_weight_kg, body, altitude_source, created_at, updated_at, started_at,
                       completed_at, last_arrival_at, listed_at, local_day, clock_offset_min,
                       trim_end_ms, client, distance_m, distance_source, duration_s, moving_s,
                       paused_s, elevation_gain_m, elevation_loss_m, calories_kcal, avg_heart_rate,
                       min_heart_rate, max_heart_rate, hr_zone_snapshot, time_in_zones,
                       power_points, load_distance_kg_km, training_load, steps, point_count,
                       has_photos, place_cell))

// A row of `rucks`.
struct RuckRow : RecordedRuck {
  // What others are shown, see shown.hpp: rounded, and of the visible part alone.
  std::int64_t shown_epoch = 0;  // of the owner's privacy_epoch; with another one nothing is shown
  std::optional<UtcUs> shown_started_at;
  std::int64_t shown_at = 0;  // its end, microseconds; 0 where there is nothing to show
  double shown_distance_m = 0;
  double shown_duration_s = 0;
  double shown_gain_m = 0;
  double shown_loss_m = 0;
  double shown_kcal = 0;

  friend bool operator==(const RuckRow&, const RuckRow&) = default;
};
BOOST_DESCRIBE_STRUCT(RuckRow, (RecordedRuck),
                      (shown_epoch, shown_started_at, shown_at, shown_distance_m, shown_duration_s,
                       shown_gain_m, shown_loss_m, shown_kcal))

// The line of a ruck: as its owner sees it, as others do, and what was ever taken for an end.
struct LineRow {
  db::Bytes line;
  std::optional<db::Bytes> shown;
  std::optional<db::Bytes> ends;
};
BOOST_DESCRIBE_STRUCT(LineRow, (), (line, shown, ends))
struct ShownRow {
  std::optional<db::Bytes> shown;
  std::optional<db::Bytes> ends;
};
BOOST_DESCRIBE_STRUCT(ShownRow, (), (shown, ends))

namespace status {
inline constexpr std::string_view kCreated = "created";
inline constexpr std::string_view kInProgress = "in_progress";
inline constexpr std::string_view kPaused = "paused";
inline constexpr std::string_view kCompleted = "completed";
inline constexpr std::string_view kCancelled = "cancelled";
}  // namespace status

struct ProgressRow {
  std::int64_t version = 0;
  db::Bytes state;
  db::Bytes tail;
  db::Bytes heart_rate_tail;
  std::int64_t point_count = 0;
  std::int64_t heart_rate_count = 0;
  UtcUs last_arrival_at{};
};
BOOST_DESCRIBE_STRUCT(ProgressRow, (),
                      (version, state, tail, heart_rate_tail, point_count, heart_rate_count,
                       last_arrival_at))

// A batch that was appended and is not merged yet: what ruck_progress and the chunks do not have.
struct RecentRow {
  std::int64_t expected_version = 0;  // of the ruck before it
  std::int64_t version = 0;           // and with it
  db::Bytes points;
  db::Bytes heart_rate;
  std::int64_t point_count = 0;
  std::int64_t heart_rate_count = 0;
  UtcUs arrived_at{};
};
BOOST_DESCRIBE_STRUCT(RecentRow, (),
                      (expected_version, version, points, heart_rate, point_count, heart_rate_count,
                       arrived_at))

// A ruck's progress with the batches that were appended since its row was written.
struct Progress : ProgressRow {
  std::int64_t row_version = 0;      // of the row itself; `version` is that of the newest batch
  std::size_t covered_bytes = 0;     // of the tail: what `state` has been fed
  std::size_t covered_hr_bytes = 0;  // of the tail of heart rate
  std::int64_t last_batch = 0;       // id of the newest batch that was found, 0 without one
  std::vector<std::int64_t> unseen;  // ids behind it: not committed yet, or never
};

struct ChunkRow {
  std::int64_t first_ms = 0;
  std::int64_t points = 0;
  std::string packing;
  db::Bytes data;
};
BOOST_DESCRIBE_STRUCT(ChunkRow, (), (first_ms, points, packing, data))

struct EventRow {
  std::int64_t at_ms = 0;
  std::string kind;  // pause, resume, load
  std::optional<double> load_kg;
  friend bool operator==(const EventRow&, const EventRow&) = default;
};
BOOST_DESCRIBE_STRUCT(EventRow, (), (at_ms, kind, load_kg))

struct SplitRow {
  std::string unit;  // km, mi
  std::int64_t number = 0;
  double distance_m = 0;
  double duration_s = 0;
  double moving_s = 0;
  double total_distance_m = 0;
  double total_duration_s = 0;
  double elevation_gain_m = 0;
  double elevation_loss_m = 0;
  double calories_kcal = 0;
  std::optional<double> avg_heart_rate;
  std::int64_t ended_at_ms = 0;
  std::optional<double> lat;
  std::optional<double> lng;
};
BOOST_DESCRIBE_STRUCT(SplitRow, (),
                      (unit, number, distance_m, duration_s, moving_s, total_distance_m,
                       total_duration_s, elevation_gain_m, elevation_loss_m, calories_kcal,
                       avg_heart_rate, ended_at_ms, lat, lng))

}  // namespace ruck::rucks
