#include "services/stats/store.hpp"

#include <boost/mp11/algorithm.hpp>

#include <string>
#include <vector>

namespace ruck::stats::store {
namespace {
struct Columns : DayTotals {
  Day day;
};
BOOST_DESCRIBE_STRUCT(Columns, (DayTotals), (day))

// "$1, $2, …" and "c = excluded.c, …" for the columns of a day.
std::string values_of_day() {
  std::string list = "$1, $2";
  int number = 2;
  boost::mp11::mp_for_each<db::MembersOf<DaySums>>(
      [&](auto) { list += ", $" + std::to_string(++number); });
  return list;
}
std::string replaced_columns() {
  std::string list;
  boost::mp11::mp_for_each<db::MembersOf<DaySums>>([&](auto member) {
    const std::string name = member.name;
    list += (list.empty() ? "" : ", ") + name + " = excluded." + name;
  });
  return list;
}
const db::Sql kPut{"stats.put_day", "INSERT INTO user_days (user_id, day, " +
                                        db::columns_of<DaySums>() + ") VALUES (" + values_of_day() +
                                        ") ON CONFLICT (user_id, day) DO UPDATE SET " +
                                        replaced_columns()};
const db::Sql kHide{"stats.hide_days",
                    "UPDATE user_days SET public_rucks = 0, public_distance_m = 0,"
                    " public_duration_s = 0, public_gain_m = 0, public_kcal = 0,"
                    " follower_rucks = 0, follower_distance_m = 0, follower_duration_s = 0,"
                    " follower_gain_m = 0, follower_kcal = 0 WHERE user_id = $1"};
const db::Sql kShown{
    "stats.shown",
    "SELECT CAST(COALESCE(SUM(public_rucks), 0) AS BIGINT), COALESCE(SUM(public_distance_m), 0.0),"
    " COALESCE(SUM(public_duration_s), 0.0), COALESCE(SUM(public_gain_m), 0.0),"
    " COALESCE(SUM(public_kcal), 0.0), CAST(COALESCE(SUM(follower_rucks), 0) AS BIGINT),"
    " COALESCE(SUM(follower_distance_m), 0.0), COALESCE(SUM(follower_duration_s), 0.0),"
    " COALESCE(SUM(follower_gain_m), 0.0), COALESCE(SUM(follower_kcal), 0.0)"
    " FROM user_days WHERE user_id = $1"};
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

void put_day(db::Session& q, UserId user, Day day, const DaySums& sums) {
  if (sums.rucks == 0) {
    q.execute(kDelete, user, day);
    return;
  }
  std::vector<db::Param> params{db::to_param(user), db::to_param(day)};
  boost::mp11::mp_for_each<db::MembersOf<DaySums>>(
      [&](auto member) { params.push_back(db::to_param(sums.*member.pointer)); });
  q.execute_list(kPut, params);
}

void hide_days(db::Session& q, UserId user) { q.execute(kHide, user); }

DayShown shown(db::Session& q, UserId user) { return q.one<DayShown>(kShown, user); }

void clear(db::Session& q, UserId user) { q.execute(kClear, user); }

std::vector<DayRow> days(db::Session& q, UserId user, Day first, Day last) {
  std::vector<DayRow> rows;
  for (const Columns& row : q.many<Columns>(kDays, user, first, last)) {
    rows.push_back({.day = row.day, .totals = static_cast<const DayTotals&>(row)});
  }
  return rows;
}

DayTotals sum(db::Session& q, UserId user, Day first, Day last) {
  return q.one<DayTotals>(kSum, user, first, last);
}

}  // namespace ruck::stats::store
