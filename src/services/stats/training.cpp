#include "services/stats/training.hpp"

#include "rucking/load.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ruck::stats {
namespace {
using std::chrono::days;

constexpr double kFitnessDays = 42;
constexpr double kFatigueDays = 7;
constexpr double kUsualRating = 4;  // "somewhat hard", for whoever has rated nothing
constexpr double kMostOf = 0.5;     // of the time, to choose a measure by itself
constexpr int kDaysToRead = 14;     // with less behind it, form says nothing

// Where form is read as something else than "as usual", in shares of fitness. Conventions of
// training diaries, not thresholds of any injury.
constexpr double kRested = 0.5;
constexpr double kFresh = 0.1;
constexpr double kBuilding = -0.1;
constexpr double kTired = -0.3;

double rounded(double value) { return std::round(value * 100) / 100; }

DayTotals sum_since(std::span<const DayRow> rows, Day first) {
  DayTotals sum;
  for (const DayRow& row : rows) {
    if (row.day >= first) sum = sum + row.totals;
  }
  return sum;
}

TrainingMeasure best_measure(std::span<const DayRow> rows, Day today) {
  const DayTotals sum = sum_since(rows, today - days(static_cast<int>(kFitnessDays)));
  if (sum.effort_s > kMostOf * sum.duration_s) return TrainingMeasure::kEffort;
  if (sum.heart_s > kMostOf * sum.duration_s) return TrainingMeasure::kHeart;
  return TrainingMeasure::kEnergy;
}

// What a second counts that was not measured.
double usual_per_s(TrainingMeasure measure, const DayTotals& all) {
  if (measure == TrainingMeasure::kEffort) {
    return all.effort_s > 0 ? all.effort_load / all.effort_s : kUsualRating / 60;
  }
  return all.heart_s > 0 ? all.heart_load / all.heart_s : 0;
}

double load_of(TrainingMeasure measure, const DayTotals& day, double usual) {
  switch (measure) {
    case TrainingMeasure::kEffort:
      return day.effort_load + usual * std::max(0.0, day.duration_s - day.effort_s);
    case TrainingMeasure::kHeart:
      return day.heart_load + usual * std::max(0.0, day.duration_s - day.heart_s);
    case TrainingMeasure::kPack:
      return day.load_distance_kg_km;
    case TrainingMeasure::kEnergy:
      break;
  }
  return day.calories_kcal;
}

// Both means start from nothing and reach what one does only after weeks; for the comparison each
// is divided by the share it can have reached, so that whoever does the same every day reads as
// usual from the beginning.
TrainingReading reading_of(double fitness, double fatigue, double days_behind) {
  if (days_behind < kDaysToRead || !(fitness > 0)) return TrainingReading::kNew;
  const double usual = fitness / (1 - std::exp(-days_behind / kFitnessDays));
  const double lately = fatigue / (1 - std::exp(-days_behind / kFatigueDays));
  const double form = (usual - lately) / usual;
  if (form > kRested) return TrainingReading::kRested;
  if (form > kFresh) return TrainingReading::kFresh;
  if (form >= kBuilding) return TrainingReading::kSteady;
  return form >= kTired ? TrainingReading::kBuilding : TrainingReading::kTired;
}

TrainingWeek week_of(std::span<const double> loads) {
  constexpr std::size_t kWeek = 7;
  const auto total = [](std::span<const double> part) {
    double sum = 0;
    for (const double load : part) sum += load;
    return sum;
  };
  const auto last = loads.last(std::min(kWeek, loads.size()));
  const auto earlier = loads.first(loads.size() - last.size());
  const auto before = earlier.last(std::min(kWeek, earlier.size()));
  const rucking::WeekLoad week = rucking::week_load(last);
  TrainingWeek out{.load = rounded(week.total), .previous_load = rounded(total(before))};
  if (total(before) > 0) out.change_percent = rounded(100 * (week.total / total(before) - 1));
  if (week.monotony) out.monotony = rounded(*week.monotony);
  if (week.strain) out.strain = rounded(*week.strain);
  return out;
}
}  // namespace

TrainingView training_of(std::span<const DayRow> rows, const TrainingRange& range,
                         std::optional<TrainingMeasure> measure) {
  TrainingView view{.measure = measure.value_or(best_measure(rows, range.today))};
  const DayTotals all = sum_since(rows, Day::min());
  view.rated_share = all.duration_s > 0 ? rounded(all.effort_s / all.duration_s) : 0;
  view.heart_rate_share = all.duration_s > 0 ? rounded(all.heart_s / all.duration_s) : 0;
  const double usual = usual_per_s(view.measure, all);
  rucking::FitnessModel model;
  std::vector<double> loads;
  double days_behind = 0;  // before today
  auto row = rows.begin();
  const Day begin = rows.empty() ? range.first : std::min(range.first, rows.front().day);
  for (Day day = begin; day <= range.today; day += days(1)) {
    const bool is_here = row != rows.end() && row->day == day;
    loads.push_back(is_here ? load_of(view.measure, row->totals, usual) : 0);
    if (is_here) ++row;
    if (day == range.today)
      view.reading = reading_of(model.fitness(), model.fatigue(), days_behind);
    if (days_behind > 0 || loads.back() > 0) ++days_behind;
    model.add_day(loads.back());
    if (day < range.first) continue;
    view.days.push_back({.date = day,
                         .load = rounded(loads.back()),
                         .fitness = rounded(model.fitness()),
                         .fatigue = rounded(model.fatigue()),
                         .form = rounded(model.form())});
  }
  view.week = week_of(loads);
  return view;
}

}  // namespace ruck::stats
