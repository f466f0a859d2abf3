#include "services/rucks/bulk.hpp"

#include "base/whole_number.hpp"
#include "calendar/time_zone.hpp"
#include "http/json/writer.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/rules.hpp"
#include "services/rucks/store.hpp"
#include "services/rucks/summary/results.hpp"
#include "services/rucks/summary/settle.hpp"
#include "services/rucks/summary/shown.hpp"
#include "services/stats/service.hpp"

#include <array>
#include <map>

namespace ruck::rucks {
namespace {
// Rows of one statement: on PostgreSQL a statement is a round trip.
constexpr std::size_t kRows = 16;

template <class Row>
constexpr std::size_t kColumnsOf = boost::mp11::mp_size<db::MembersOf<Row>>::value;

// "($1, $2), ($3, $4), …"
std::string row_placeholders(std::size_t columns, std::size_t rows) {
  std::string list;
  std::size_t number = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    list += row == 0 ? "(" : ", (";
    for (std::size_t i = 0; i < columns; ++i) {
      list += (i == 0 ? "$" : ", $") + std::to_string(++number);
    }
    list += ")";
  }
  return list;
}

struct OwnerRow {
  RuckId ruck_id;
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(OwnerRow, (), (ruck_id, user_id))

struct EmptyProgress {
  UserId user_id;
  RuckId ruck_id;
  std::int64_t version = 0;
  db::Bytes state;
  db::Bytes tail;
  db::Bytes heart_rate_tail;
  std::int64_t point_count = 0;
  std::int64_t heart_rate_count = 0;
  UtcUs last_arrival_at{};
};
BOOST_DESCRIBE_STRUCT(EmptyProgress, (),
                      (user_id, ruck_id, version, state, tail, heart_rate_tail, point_count,
                       heart_rate_count, last_arrival_at))

template <class Row>
std::string insert_text(std::string_view table) {
  return "INSERT INTO " + std::string(table) + " (" + db::columns_of<Row>() + ") VALUES " +
         row_placeholders(kColumnsOf<Row>, kRows);
}
const db::Sql kManyRucks{"rucks.bulk_insert", insert_text<RuckRow>("rucks")};
const db::Sql kManyOwners{"rucks.bulk_insert_owners", insert_text<OwnerRow>("ruck_owners")};
const db::Sql kManyProgress{"rucks.bulk_insert_progress",
                            insert_text<EmptyProgress>("ruck_progress")};

template <class Row>
void insert_rows(db::Session& q, const db::Sql& sql, std::span<const Row> rows) {
  std::vector<db::Param> params;
  params.reserve(rows.size() * kColumnsOf<Row>);
  for (const Row& row : rows) {
    boost::mp11::mp_for_each<db::MembersOf<Row>>(
        [&](auto member) { params.push_back(db::to_param(row.*member.pointer)); });
  }
  q.execute_list(sql, params);
}

void insert_batch(db::Session& q, std::span<const RuckRow> rows) {
  std::vector<OwnerRow> owners;
  std::vector<EmptyProgress> progress;
  for (const RuckRow& row : rows) {
    owners.push_back({.ruck_id = row.id, .user_id = row.user_id});
    progress.push_back(
        {.user_id = row.user_id, .ruck_id = row.id, .last_arrival_at = row.last_arrival_at});
  }
  insert_rows(q, kManyRucks, rows);
  insert_rows<OwnerRow>(q, kManyOwners, owners);
  insert_rows<EmptyProgress>(q, kManyProgress, progress);
}

RuckRow blank_row(const profile::UserRow& user, UtcUs started_at, double load_kg, UtcUs now) {
  return {{.user_id = user.id,
           .id = make_ruck_id(started_at),
           .status = std::string(status::kCompleted),
           .visibility = user.default_visibility,
           .ruck_weight_kg = load_kg,
           .body = json::to_text(profile::body_of(user, now)),
           .created_at = started_at,
           .updated_at = now,
           .started_at = started_at,
           .last_arrival_at = now}};
}

// The sums are the phone's claims, and the results are computed from them.
RuckRow summary_row(const profile::UserRow& user, const FinishedRuck& ruck,
                    const calendar::TimeZone& zone, UtcUs now) {
  RuckRow row = blank_row(user, ruck.started_at, ruck.load_kg, now);
  const auto duration = std::chrono::microseconds(whole_number(ruck.duration_s * 1e6));
  row.completed_at = ruck.started_at + duration;
  row.listed_at = row.completed_at->time_since_epoch().count();
  row.local_day = zone.day_of(to_ms(ruck.started_at));
  merge_claims(row, {.duration_seconds = ruck.duration_s,
                     .distance_km = ruck.distance_m / 1000,
                     .elevation_gain_m = ruck.gain_m,
                     .elevation_loss_m = ruck.loss_m,
                     .calories_burned = ruck.calories_kcal});
  const Track nothing;
  static_cast<void>(compute(row, nothing, replay(row, nothing)));
  static_cast<void>(show(row, nothing, {}, {.epoch = profile::kFirstPrivacyEpoch}, {}));
  row.place_cell = place_cell_of(ruck.place);
  return row;
}

stats::DaySums sums_of(const RuckRow& row) {
  stats::DaySums sums;
  static_cast<stats::DayTotals&>(sums) = {
      .rucks = 1,
      .distance_m = row.distance_m,
      .duration_s = row.duration_s,
      .moving_s = row.moving_s,
      .elevation_gain_m = row.elevation_gain_m,
      .calories_kcal = row.calories_kcal,
      .power_points = row.power_points,
      .load_distance_kg_km = row.load_distance_kg_km};  // nobody rated these, no heart was heard
  if (row.visibility == people::to_text(people::Visibility::kPublic)) {
    sums.public_rucks = 1;
    sums.public_distance_m = row.shown_distance_m;
    sums.public_duration_s = row.shown_duration_s;
    sums.public_gain_m = row.shown_gain_m;
    sums.public_kcal = row.shown_kcal;
  }
  return sums;
}
}  // namespace

void add_summaries(db::Session& q, const profile::UserRow& user,
                   std::span<const FinishedRuck> rucks, UtcUs now) {
  const auto zone = calendar::TimeZone::find(user.time_zone).value_or(calendar::TimeZone::utc());
  std::vector<RuckRow> rows;
  std::map<Day, stats::DaySums> days;
  for (const FinishedRuck& ruck : rucks) {
    rows.push_back(summary_row(user, ruck, zone, now));
    stats::DaySums& day = days[*rows.back().local_day];
    const stats::DaySums sums = sums_of(rows.back());
    static_cast<stats::DayTotals&>(day) = day + static_cast<const stats::DayTotals&>(sums);
    static_cast<stats::DayShown&>(day) = day + static_cast<const stats::DayShown&>(sums);
  }
  std::span<const RuckRow> left = rows;
  for (; left.size() >= kRows; left = left.subspan(kRows)) insert_batch(q, left.first(kRows));
  for (const RuckRow& row : left) store::insert(q, row);
  for (const auto& [day, sums] : days) stats::put_day(q, user.id, day, sums);
}

Result<> add_recording(db::Session& q, const profile::UserRow& user, double load_kg,
                       std::vector<rucking::TrackPoint> points,
                       std::vector<rucking::HeartRateSample> heart_rate, UtcUs now) {
  RuckRow row = blank_row(user, to_us(utc_ms(points.front().time_ms)), load_kg, now);
  row.completed_at = to_us(utc_ms(points.back().time_ms));
  store::insert(q, row);
  const std::array additions{
      Additions{.points = std::move(points), .heart_rate = std::move(heart_rate)}};
  const Result<Merged> merged = merge_track(q, std::move(row), additions, now);
  if (!merged) return fail(merged.error());
  return {};
}

}  // namespace ruck::rucks
