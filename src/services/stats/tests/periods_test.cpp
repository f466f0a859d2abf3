#include "services/stats/periods.hpp"

#include <gtest/gtest.h>

namespace ruck::stats {
namespace {

Day day(std::string_view text) { return *parse_date(text); }

TEST(Periods, AWeekIsTheTrailingSevenDays) {
  const Range range = range_of(Period::kWeek, day("2026-11-22"), 0);  // a Sunday
  EXPECT_EQ(range.first, day("2026-11-16"));
  EXPECT_EQ(range.last, day("2026-11-22"));
  ASSERT_EQ(range.bars.size(), 7U);
  EXPECT_EQ(range.bars.front().name, "Mon");
  EXPECT_EQ(range.title, "Nov 16 – Nov 22, 2026");
  EXPECT_EQ(range_of(Period::kWeek, day("2026-11-22"), 1).last, day("2026-11-15"));
}

TEST(Periods, AMonthHasUpToSixWeeks) {
  const Range november = range_of(Period::kMonth, day("2026-11-22"), 0);
  ASSERT_EQ(november.bars.size(), 6U);  // begins on a Sunday
  EXPECT_EQ(november.bars[0].last, day("2026-11-01"));
  EXPECT_EQ(november.bars[5].name, "W6");
  EXPECT_EQ(november.bars[5].first, day("2026-11-30"));
  EXPECT_EQ(range_of(Period::kMonth, day("2026-03-31"), 1).last, day("2026-02-28"));
  EXPECT_EQ(range_of(Period::kMonth, day("2026-01-15"), 13).first, day("2024-12-01"));
}

TEST(Periods, AYearHasTwelveMonths) {
  const Range range = range_of(Period::kYear, day("2024-02-29"), 1);
  EXPECT_EQ(range.first, day("2023-01-01"));
  ASSERT_EQ(range.bars.size(), 12U);
  EXPECT_EQ(range.bars[1].last, day("2023-02-28"));
}

TEST(Periods, SumsItsDaysAndNothingElse) {
  const Range range = range_of(Period::kWeek, day("2026-11-22"), 0);
  const std::vector<DayRow> days = {{.day = day("2026-11-16"),
                                     .totals = {.rucks = 2,
                                                .distance_m = 10'000,
                                                .duration_s = 7200,
                                                .calories_kcal = 800.4,
                                                .power_points = 99.6}},
                                    {.day = day("2026-11-22"),
                                     .totals = {.rucks = 1,
                                                .distance_m = 5'000.4,
                                                .duration_s = 3600,
                                                .calories_kcal = 400.4,
                                                .power_points = 1}}};
  const PeriodStats stats = summarize(range, days);
  EXPECT_EQ(stats.total_sessions, 3);
  EXPECT_DOUBLE_EQ(stats.total_distance_km, 15.0);
  EXPECT_EQ(stats.total_duration_seconds, 10'800);
  EXPECT_EQ(stats.total_calories, 1201);
  EXPECT_EQ(stats.total_power_points, 101);
  EXPECT_NEAR(stats.performance.avg_pace_seconds_per_km, 720, 0.1);
  EXPECT_DOUBLE_EQ(stats.performance.avg_distance_km, 5.0);
  EXPECT_EQ(stats.time_series[0].sessions_count, 2);
  EXPECT_EQ(stats.time_series[1].sessions_count, 0);
  EXPECT_EQ(stats.daily_breakdown.size(), 2U);
}

TEST(Periods, AnEmptyPeriodHasZerosAndNoPace) {
  const PeriodStats stats = summarize(range_of(Period::kMonth, day("2026-11-22"), 0), {});
  EXPECT_EQ(stats.total_sessions, 0);
  EXPECT_EQ(stats.performance.avg_pace_seconds_per_km, 0);
  EXPECT_EQ(stats.time_series.size(), 6U);
}

}  // namespace
}  // namespace ruck::stats
