#include "rucking/load.hpp"

#include <algorithm>
#include <cmath>

namespace ruck::rucking {
namespace {
constexpr double kFitnessDays = 42;
constexpr double kFatigueDays = 7;

double daily_share(double days) { return 1 - std::exp(-1 / days); }
}  // namespace

double power_points(double load_kg, double distance_m, double gain_m) {
  return std::max(load_kg, 1.0) * (distance_m / 1000) * std::max(gain_m, 1.0);
}

double session_rpe_load(double rating, double minutes) { return rating * minutes; }

WeekLoad week_load(std::span<const double> daily_loads) {
  WeekLoad week;
  if (daily_loads.empty()) return week;
  for (const double load : daily_loads) week.total += load;
  const auto days = static_cast<double>(daily_loads.size());
  const double mean = week.total / days;
  double squares = 0;
  for (const double load : daily_loads) squares += (load - mean) * (load - mean);
  const double deviation = std::sqrt(squares / days);
  if (!(deviation > 0)) return week;
  week.monotony = mean / deviation;
  week.strain = week.total * *week.monotony;
  return week;
}

void FitnessModel::add_day(double load) {
  form_ = fitness_ - fatigue_;
  fitness_ += (load - fitness_) * daily_share(kFitnessDays);
  fatigue_ += (load - fatigue_) * daily_share(kFatigueDays);
}

}  // namespace ruck::rucking
