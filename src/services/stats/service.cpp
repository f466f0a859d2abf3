#include "services/stats/service.hpp"

#include "services/stats/store.hpp"
#include "services/stats/training.hpp"

namespace ruck::stats {
namespace {
constexpr Day kFirstDay = Day(std::chrono::days(0));
constexpr Day kLastDay = Day(std::chrono::days(100'000));  // the year 2243
}  // namespace

void put_day(db::Session& q, UserId user, Day day, const DaySums& sums) {
  store::put_day(q, user, day, sums);
}

void hide_days(db::Session& q, UserId user) { store::hide_days(q, user); }

DayTotals all_time(db::Session& q, UserId user) { return store::sum(q, user, kFirstDay, kLastDay); }

DayTotals totals(db::Session& q, UserId user, Day first, Day last) {
  return store::sum(q, user, first, last);
}

DayShown shown_lifetime(db::Session& q, UserId user) { return store::shown(q, user); }

void clear(db::Session& q, UserId user) { store::clear(q, user); }

std::vector<DayRow> days_of(db::Session& q, UserId user) {
  constexpr auto kFirst = Day(std::chrono::year(1900) / 1 / 1);
  constexpr auto kLast = Day(std::chrono::year(3000) / 1 / 1);
  return store::days(q, user, kFirst, kLast);
}

Lifetime lifetime(db::Session& q, UserId user, Day today) {
  const Range month = range_of(Period::kMonth, today, 0);
  return {.all = all_time(q, user), .this_month = store::sum(q, user, month.first, month.last)};
}

StatsService::StatsService(db::Database& database, const Clock& clock, ZoneOf zone_of)
    : database_(database), clock_(clock), zone_of_(std::move(zone_of)) {}

task<Result<StatsReply>> StatsService::weekly(http::Viewer viewer, PeriodQuery query) {
  return period(Period::kWeek, viewer.user, query.offset);
}
task<Result<StatsReply>> StatsService::monthly(http::Viewer viewer, PeriodQuery query) {
  return period(Period::kMonth, viewer.user, query.offset);
}
task<Result<StatsReply>> StatsService::yearly(http::Viewer viewer, PeriodQuery query) {
  return period(Period::kYear, viewer.user, query.offset);
}

task<Result<TrainingReply>> StatsService::training(http::Viewer viewer, TrainingQuery query) {
  using std::chrono::days;
  const UtcMs now = to_ms(clock_.now());
  co_return co_await database_.read([this, user = viewer.user, query, now](db::Session& q) {
    const Day today = zone_of_(q, user).day_of(now);
    const TrainingRange range{.first = today - days(query.days - 1), .today = today};
    const auto rows = store::days(q, user, range.first - days(kTrainingWarmUpDays), today);
    return TrainingReply{training_of(rows, range, query.measure)};
  });
}

task<Result<StatsReply>> StatsService::period(Period period, UserId user, std::int64_t offset) {
  const UtcMs now = to_ms(clock_.now());
  co_return co_await database_.read([this, period, user, offset, now](db::Session& q) {
    const Range range = range_of(period, zone_of_(q, user).day_of(now), offset);
    return StatsReply{summarize(range, store::days(q, user, range.first, range.last))};
  });
}

}  // namespace ruck::stats
