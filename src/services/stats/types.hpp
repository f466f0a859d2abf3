#pragma once
// Statistics as the mobile app reads them (contract core §4).
#include "base/ids.hpp"
#include "base/time.hpp"
#include "http/values.hpp"

#include <boost/describe/class.hpp>

#include <array>
#include <optional>
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
  double effort_load = 0;          // rating times minutes, of the rucks that were rated
  double effort_s = 0;             // their time
  double heart_load = 0;           // TRIMP, of the rucks with heart rate
  double heart_s = 0;              // their time
};
BOOST_DESCRIBE_STRUCT(DayTotals, (),
                      (rucks, distance_m, duration_s, moving_s, elevation_gain_m, calories_kcal,
                       power_points, load_distance_kg_km, effort_load, effort_s, heart_load,
                       heart_s))
[[nodiscard]] DayTotals operator+(const DayTotals& a, const DayTotals& b);

// The same of what others are shown: of rucks that everybody may see, and of those for followers
// alone. Rucks of which nothing is shown are not counted.
struct DayShown {
  std::int64_t public_rucks = 0;
  double public_distance_m = 0;
  double public_duration_s = 0;
  double public_gain_m = 0;
  double public_kcal = 0;
  std::int64_t follower_rucks = 0;
  double follower_distance_m = 0;
  double follower_duration_s = 0;
  double follower_gain_m = 0;
  double follower_kcal = 0;
};
BOOST_DESCRIBE_STRUCT(DayShown, (),
                      (public_rucks, public_distance_m, public_duration_s, public_gain_m,
                       public_kcal, follower_rucks, follower_distance_m, follower_duration_s,
                       follower_gain_m, follower_kcal))
[[nodiscard]] DayShown operator+(const DayShown& a, const DayShown& b);

struct DaySums : DayTotals, DayShown {};
BOOST_DESCRIBE_STRUCT(DaySums, (DayTotals, DayShown), ())

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

// ---- load and form -----------------------------------------------------------------------------

// What a day's load is counted in.
enum class TrainingMeasure : std::uint8_t {
  kEffort,  // how hard it felt (1 to 10) times minutes
  kHeart,   // Banister's TRIMP
  kEnergy,  // kcal
  kPack,    // kg carried times km
};
// Form in words. No claim of injury: none can be made.
enum class TrainingReading : std::uint8_t {
  kNew,       // less than two weeks
  kRested,    // far less than usual: fitness fades
  kFresh,     // less than usual of late
  kSteady,    // as usual
  kBuilding,  // more than usual
  kTired,     // much more than usual
};

inline constexpr std::int64_t kTrainingDaysMax = 366;  // a year and its leap day

struct TrainingQuery {
  std::int64_t days = 90;
  std::optional<TrainingMeasure> measure;
};
BOOST_DESCRIBE_STRUCT(TrainingQuery, (), (days, measure))

struct TrainingDay {
  Day date;
  double load = 0;
  double fitness = 0;  // exponential mean over 42 days, this one with it
  double fatigue = 0;  // over 7
  double form = 0;     // yesterday's fitness less yesterday's fatigue
};
BOOST_DESCRIBE_STRUCT(TrainingDay, (), (date, load, fitness, fatigue, form))

// The last seven days, today with them, and the seven before.
struct TrainingWeek {
  double load = 0;
  double previous_load = 0;
  std::optional<double> change_percent;  // where there was something before
  std::optional<double> monotony;        // Foster's; nothing where all days were alike
  std::optional<double> strain;
};
BOOST_DESCRIBE_STRUCT(TrainingWeek, (), (load, previous_load, change_percent, monotony, strain))

struct TrainingView {
  TrainingMeasure measure = TrainingMeasure::kEnergy;
  double rated_share = 0;  // of the time, in rucks with a rating
  double heart_rate_share = 0;
  TrainingReading reading = TrainingReading::kNew;
  TrainingWeek week;
  std::vector<TrainingDay> days;  // the last one is today
};
BOOST_DESCRIBE_STRUCT(TrainingView, (),
                      (measure, rated_share, heart_rate_share, reading, week, days))
struct TrainingReply {
  TrainingView data;
};
BOOST_DESCRIBE_STRUCT(TrainingReply, (), (data))

}  // namespace ruck::stats

template <>
struct ruck::json::EnumNames<ruck::stats::TrainingMeasure> {
  using enum ruck::stats::TrainingMeasure;
  static constexpr auto kNames =
      std::to_array<std::pair<ruck::stats::TrainingMeasure, std::string_view>>(
          {{kEffort, "effort"}, {kHeart, "heart"}, {kEnergy, "energy"}, {kPack, "pack"}});
};
template <>
struct ruck::json::EnumNames<ruck::stats::TrainingReading> {
  using enum ruck::stats::TrainingReading;
  static constexpr auto kNames =
      std::to_array<std::pair<ruck::stats::TrainingReading, std::string_view>>(
          {{kNew, "new"},
           {kRested, "rested"},
           {kFresh, "fresh"},
           {kSteady, "steady"},
           {kBuilding, "building"},
           {kTired, "tired"}});
};
template <>
struct ruck::http::RulesOf<ruck::stats::TrainingQuery> {
  static constexpr auto kRules = std::to_array<Rule>(
      {rule("days", "How many days, today the last")
           .between(7, static_cast<double>(ruck::stats::kTrainingDaysMax)),
       rule("measure", "What load is counted in; without it, what most of the last weeks have")});
};
template <>
struct ruck::http::RulesOf<ruck::stats::PeriodQuery> {
  static constexpr auto kRules =
      std::to_array<Rule>({rule("offset", "How many periods into the past; 0 is the present one")
                               .between(-1200, 1200)});
};
