#pragma once
// Statistics by week, month and year in the user's own time zone, from the sums of each day.
#include "base/clock.hpp"
#include "calendar/time_zone.hpp"
#include "db/database.hpp"
#include "http/handler.hpp"
#include "services/stats/periods.hpp"
#include "services/stats/types.hpp"

#include <functional>

namespace ruck::stats {

// For other services, inside their own unit of work: the day's rucks have changed.
void put_day(db::Session& q, UserId user, Day day, const DaySums& sums);
// What is hidden has changed: nothing is shown of any day until it is put again.
void hide_days(db::Session& q, UserId user);
// What others are shown of all days together.
[[nodiscard]] DayShown shown_lifetime(db::Session& q, UserId user);
[[nodiscard]] DayTotals all_time(db::Session& q, UserId user);
// Of local days, both ends with them.
[[nodiscard]] DayTotals totals(db::Session& q, UserId user, Day first, Day last);
void clear(db::Session& q, UserId user);
[[nodiscard]] std::vector<DayRow> days_of(db::Session& q, UserId user);  // all of them
[[nodiscard]] Lifetime lifetime(db::Session& q, UserId user, Day today);

class StatsService {
 public:
  // A user's zone, which the profile keeps.
  using ZoneOf = std::function<calendar::TimeZone(db::Session&, UserId)>;
  StatsService(db::Database& database, const Clock& clock, ZoneOf zone_of);

  task<Result<StatsReply>> weekly(http::Viewer viewer, PeriodQuery query);
  task<Result<StatsReply>> monthly(http::Viewer viewer, PeriodQuery query);
  task<Result<StatsReply>> yearly(http::Viewer viewer, PeriodQuery query);
  task<Result<TrainingReply>> training(http::Viewer viewer, TrainingQuery query);

 private:
  task<Result<StatsReply>> period(Period period, UserId user, std::int64_t offset);

  db::Database& database_;
  const Clock& clock_;
  ZoneOf zone_of_;
};

void add_routes(http::Router& router, StatsService& service);

}  // namespace ruck::stats
