#pragma once
// Statistics as the mobile app reads them (contract core §4).
#include "base/ids.hpp"
#include "base/time.hpp"
#include "http/rules.hpp"

#include <boost/describe.hpp>

#include <array>
#include <string>
#include <vector>

namespace ruck::stats {

// The sums of one local day, or of several.
struct DayTotals {
  std::int64_t rucks = 0;
  double distance_m = 0;
  double duration_s = 0;
  double moving_s = 0;
  double elevation_gain_m = 0;
  double calories_kcal = 0;
  double power_points = 0;
  double load_distance_kg_km = 0;  // carried load times distance
};
BOOST_DESCRIBE_STRUCT(DayTotals, (),
                      (rucks, distance_m, duration_s, moving_s, elevation_gain_m, calories_kcal,
                       power_points, load_distance_kg_km))
[[nodiscard]] DayTotals operator+(const DayTotals& a, const DayTotals& b);

struct DayRow {
  Day day;
  DayTotals totals;
};

// What a profile shows: everything, and the present month.
struct Lifetime {
  DayTotals all;
  DayTotals this_month;
};

struct PeriodQuery {
  std::int64_t offset = 0;
};
BOOST_DESCRIBE_STRUCT(PeriodQuery, (), (offset))

struct Performance {
  double avg_pace_seconds_per_km = 0;
  double avg_distance_km = 0;
  double avg_duration_seconds = 0;
};
BOOST_DESCRIBE_STRUCT(Performance, (),
                      (avg_pace_seconds_per_km, avg_distance_km, avg_duration_seconds))

struct SeriesEntry {
  std::string period;  // Mon…Sun, W1…W6, Jan…Dec
  Day date;            // its first day
  std::int64_t sessions_count = 0;
  double distance_km = 0;
  std::int64_t duration_seconds = 0;
  std::int64_t calories = 0;
  std::int64_t power_points = 0;
};
BOOST_DESCRIBE_STRUCT(SeriesEntry, (),
                      (period, date, sessions_count, distance_km, duration_seconds, calories,
                       power_points))

struct PeriodStats {
  std::int64_t total_sessions = 0;
  double total_distance_km = 0;
  std::int64_t total_duration_seconds = 0;
  std::int64_t total_calories = 0;
  std::int64_t total_power_points = 0;
  double total_elevation_gain_m = 0;
  Performance performance;
  std::string date_range;
  std::vector<SeriesEntry> time_series;
  std::vector<SeriesEntry> daily_breakdown;
};
BOOST_DESCRIBE_STRUCT(PeriodStats, (),
                      (total_sessions, total_distance_km, total_duration_seconds, total_calories,
                       total_power_points, total_elevation_gain_m, performance, date_range,
                       time_series, daily_breakdown))

struct StatsReply {
  PeriodStats data;
};
BOOST_DESCRIBE_STRUCT(StatsReply, (), (data))

}  // namespace ruck::stats

template <>
struct ruck::http::RulesOf<ruck::stats::PeriodQuery> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("offset", "How many periods into the past; 0 is the present one")
                               .between(-1200, 1200)});
};
