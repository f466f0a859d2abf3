#include "services/stats/periods.hpp"

#include "base/whole_number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ruck::stats {
namespace {
using std::chrono::days;
using std::chrono::months;
using std::chrono::year_month;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> kWeekdays = {"Mon", "Tue", "Wed", "Thu",
                                                       "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::size_t weekday_index(Day day) { return std::chrono::weekday(day).iso_encoding() - 1; }
std::string_view month_name(year_month_day date) {
  return kMonths.at(static_cast<unsigned>(date.month()) - 1);
}
Day first_of(year_month month) { return Day(month / std::chrono::day(1)); }
Day last_of(year_month month) { return Day(month / std::chrono::last); }

std::string title_of(Day first, Day last) {
  const year_month_day a(first);
  const year_month_day b(last);
  return fmt::format("{} {} – {} {}, {}", month_name(a), static_cast<unsigned>(a.day()),
                     month_name(b), static_cast<unsigned>(b.day()), static_cast<int>(b.year()));
}

Range week_of(Day today, std::int64_t offset) {
  const Day last = today - days(7 * offset);
  Range range{.first = last - days(6), .last = last};
  for (Day day = range.first; day <= last; day += days(1)) {
    range.bars.push_back(
        {.name = std::string(kWeekdays.at(weekday_index(day))), .first = day, .last = day});
  }
  return range;
}

year_month month_before(Day today, std::int64_t offset) {
  const year_month_day date(today);
  return year_month(date.year(), date.month()) - months(offset);
}

Range month_of(Day today, std::int64_t offset) {
  const year_month month = month_before(today, offset);
  Range range{.first = first_of(month), .last = last_of(month)};
  Day first = range.first;
  for (int week = 1; first <= range.last; ++week) {
    const Day sunday = first + days(6 - static_cast<int>(weekday_index(first)));
    const Day last = std::min(sunday, range.last);
    range.bars.push_back({.name = fmt::format("W{}", week), .first = first, .last = last});
    first = last + days(1);
  }
  return range;
}

Range year_of(Day today, std::int64_t offset) {
  const auto year = year_month_day(today).year() - std::chrono::years(offset);
  Range range{.first = first_of(year / std::chrono::January),
              .last = last_of(year / std::chrono::December)};
  for (unsigned m = 1; m <= 12; ++m) {
    const year_month month = year / std::chrono::month(m);
    range.bars.push_back(
        {.name = std::string(kMonths.at(m - 1)), .first = first_of(month), .last = last_of(month)});
  }
  return range;
}

double round_to(double value, double step) { return std::round(value / step) * step; }
double km_of(double metres) { return std::round(metres) / 1000.0; }

SeriesEntry entry_of(const Bar& bar, const DayTotals& totals) {
  return {.period = bar.name,
          .date = bar.first,
          .sessions_count = totals.rucks,
          .distance_km = km_of(totals.distance_m),
          .duration_seconds = whole_number(totals.duration_s),
          .calories = whole_number(totals.calories_kcal),
          .power_points = whole_number(totals.power_points)};
}
}  // namespace

DayTotals operator+(const DayTotals& a, const DayTotals& b) {
  return {.rucks = a.rucks + b.rucks,
          .distance_m = a.distance_m + b.distance_m,
          .duration_s = a.duration_s + b.duration_s,
          .moving_s = a.moving_s + b.moving_s,
          .elevation_gain_m = a.elevation_gain_m + b.elevation_gain_m,
          .calories_kcal = a.calories_kcal + b.calories_kcal,
          .power_points = a.power_points + b.power_points,
          .load_distance_kg_km = a.load_distance_kg_km + b.load_distance_kg_km,
          .effort_load = a.effort_load + b.effort_load,
          .effort_s = a.effort_s + b.effort_s,
          .heart_load = a.heart_load + b.heart_load,
          .heart_s = a.heart_s + b.heart_s};
}

DayShown operator+(const DayShown& a, const DayShown& b) {
  return {.public_rucks = a.public_rucks + b.public_rucks,
          .public_distance_m = a.public_distance_m + b.public_distance_m,
          .public_duration_s = a.public_duration_s + b.public_duration_s,
          .public_gain_m = a.public_gain_m + b.public_gain_m,
          .public_kcal = a.public_kcal + b.public_kcal,
          .follower_rucks = a.follower_rucks + b.follower_rucks,
          .follower_distance_m = a.follower_distance_m + b.follower_distance_m,
          .follower_duration_s = a.follower_duration_s + b.follower_duration_s,
          .follower_gain_m = a.follower_gain_m + b.follower_gain_m,
          .follower_kcal = a.follower_kcal + b.follower_kcal};
}

Range range_of(Period period, Day today, std::int64_t offset) {
  Range range;
  switch (period) {
    case Period::kWeek:
      range = week_of(today, offset);
      break;
    case Period::kMonth:
      range = month_of(today, offset);
      break;
    case Period::kYear:
      range = year_of(today, offset);
      break;
  }
  range.title = title_of(range.first, range.last);
  return range;
}

PeriodStats summarize(const Range& range, std::span<const DayRow> days) {
  PeriodStats out{.date_range = range.title};
  DayTotals all;
  for (const Bar& bar : range.bars) {
    DayTotals totals;
    for (const DayRow& row : days) {
      if (row.day >= bar.first && row.day <= bar.last) totals = totals + row.totals;
    }
    all = all + totals;
    out.time_series.push_back(entry_of(bar, totals));
  }
  for (const DayRow& row : days) {
    const Bar day{.name = std::string(kWeekdays.at(weekday_index(row.day))), .first = row.day};
    out.daily_breakdown.push_back(entry_of(day, row.totals));
  }
  out.total_sessions = all.rucks;
  out.total_distance_km = km_of(all.distance_m);
  out.total_duration_seconds = whole_number(all.duration_s);
  out.total_calories = whole_number(all.calories_kcal);
  out.total_power_points = whole_number(all.power_points);
  out.total_elevation_gain_m = round_to(all.elevation_gain_m, 0.1);
  if (all.rucks == 0) return out;
  const auto count = static_cast<double>(all.rucks);
  out.performance.avg_distance_km = km_of(all.distance_m / count);
  out.performance.avg_duration_seconds = std::round(all.duration_s / count);
  if (all.distance_m > 0) {
    out.performance.avg_pace_seconds_per_km = round_to(all.duration_s / all.distance_m * 1000, 0.1);
  }
  return out;
}

}  // namespace ruck::stats
