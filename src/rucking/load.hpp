#pragma once
// How much training a ruck was, and what weeks of it add up to. science §5.1. No figure here claims
// to predict injury, because none can.
#include <optional>
#include <span>

namespace ruck::rucking {

// The app's score: max(load_kg, 1) · km · max(gain_m, 1), so that an unloaded or a flat ruck still
// counts (contract/behaviour.md §6).
[[nodiscard]] double power_points(double load_kg, double distance_m, double gain_m);

// Foster's session load: how hard it felt from 0 to 10, times minutes. Valid for days afterwards.
[[nodiscard]] double session_rpe_load(double rating, double minutes);

// Foster's monotony and strain of the daily loads of a week, rest days included as zero.
struct WeekLoad {
  double total = 0;
  // Mean over standard deviation (of the population: sources differ, we fix this one). Nothing
  // where every day was alike: the ratio has no value then.
  std::optional<double> monotony;
  std::optional<double> strain;  // total times monotony
};
[[nodiscard]] WeekLoad week_load(std::span<const double> daily_loads);

// Fitness and fatigue: exponential means of daily load over 42 and 7 days. `form` is what a day
// starts with: yesterday's fitness less yesterday's fatigue.
class FitnessModel {
 public:
  FitnessModel() = default;
  FitnessModel(double fitness, double fatigue) : fitness_(fitness), fatigue_(fatigue) {}

  void add_day(double load);  // call once a day, with zero for a day of rest
  [[nodiscard]] double fitness() const { return fitness_; }
  [[nodiscard]] double fatigue() const { return fatigue_; }
  [[nodiscard]] double form() const { return form_; }

 private:
  double fitness_ = 0;
  double fatigue_ = 0;
  double form_ = 0;
};

}  // namespace ruck::rucking
