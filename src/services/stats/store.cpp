#include "services/stats/store.hpp"

namespace ruck::stats::store {
namespace {
struct Columns : DayTotals {
  Day day;
};
BOOST_DESCRIBE_STRUCT(Columns, (DayTotals), (day))

const db::Sql kPut{"stats.put_day",
                   "INSERT INTO user_days (user_id, day, rucks, distance_m, duration_s, moving_s,"
                   " elevation_gain_m, calories_kcal, power_points, load_distance_kg_km,"
                   " effort_load, effort_s, heart_load, heart_s)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
                   " ON CONFLICT (user_id, day) DO UPDATE SET rucks = excluded.rucks,"
                   " distance_m = excluded.distance_m, duration_s = excluded.duration_s,"
                   " moving_s = excluded.moving_s, elevation_gain_m = excluded.elevation_gain_m,"
                   " calories_kcal = excluded.calories_kcal, power_points = excluded.power_points,"
                   " load_distance_kg_km = excluded.load_distance_kg_km,"
                   " effort_load = excluded.effort_load, effort_s = excluded.effort_s,"
                   " heart_load = excluded.heart_load, heart_s = excluded.heart_s"};
const db::Sql kDelete{"stats.delete_day", "DELETE FROM user_days WHERE user_id = $1 AND day = $2"};
const db::Sql kClear{"stats.clear", "DELETE FROM user_days WHERE user_id = $1"};
const db::Sql kDays{"stats.days", "SELECT " + db::columns_of<Columns>() +
                                      " FROM user_days WHERE user_id = $1 AND day BETWEEN $2 AND $3"
                                      " ORDER BY day"};
const db::Sql kSum{"stats.sum",
                   "SELECT CAST(COALESCE(SUM(rucks), 0) AS BIGINT), COALESCE(SUM(distance_m), 0.0),"
                   " COALESCE(SUM(duration_s), 0.0), COALESCE(SUM(moving_s), 0.0),"
                   " COALESCE(SUM(elevation_gain_m), 0.0), COALESCE(SUM(calories_kcal), 0.0),"
                   " COALESCE(SUM(power_points), 0.0), COALESCE(SUM(load_distance_kg_km), 0.0),"
                   " COALESCE(SUM(effort_load), 0.0), COALESCE(SUM(effort_s), 0.0),"
                   " COALESCE(SUM(heart_load), 0.0), COALESCE(SUM(heart_s), 0.0)"
                   " FROM user_days WHERE user_id = $1 AND day BETWEEN $2 AND $3"};
}  // namespace

void put_day(db::Session& q, UserId user, Day day, const DayTotals& totals) {
  if (totals.rucks == 0) {
    q.execute(kDelete, user, day);
    return;
  }
  q.execute(kPut, user, day, totals.rucks, totals.distance_m, totals.duration_s, totals.moving_s,
            totals.elevation_gain_m, totals.calories_kcal, totals.power_points,
            totals.load_distance_kg_km, totals.effort_load, totals.effort_s, totals.heart_load,
            totals.heart_s);
}

void clear(db::Session& q, UserId user) { q.execute(kClear, user); }

std::vector<DayRow> days(db::Session& q, UserId user, Day first, Day last) {
  std::vector<DayRow> rows;
  for (const Columns& row : q.many<Columns>(kDays, user, first, last)) {
    rows.push_back({.day = row.day, .totals = row});
  }
  return rows;
}

DayTotals sum(db::Session& q, UserId user, Day first, Day last) {
  return q.one<DayTotals>(kSum, user, first, last);
}

}  // namespace ruck::stats::store
