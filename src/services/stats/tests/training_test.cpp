#include "services/stats/training.hpp"

#include <gtest/gtest.h>

namespace ruck::stats {
namespace {
using std::chrono::days;

constexpr Day kToday = Day(days(20'000));

// What felt like `rating` for so long; 0 is not rated.
DayRow felt(int ago, double rating, double minutes) {
  return {.day = kToday - days(ago),
          .totals = {.rucks = 1,
                     .duration_s = minutes * 60,
                     .calories_kcal = minutes * 8,
                     .load_distance_kg_km = minutes,
                     .effort_load = rating * minutes,
                     .effort_s = rating > 0 ? minutes * 60 : 0}};
}
TrainingView view_of(const std::vector<DayRow>& rows, int shown = 30,
                     std::optional<TrainingMeasure> measure = {}) {
  return training_of(rows, {.first = kToday - days(shown - 1), .today = kToday}, measure);
}
// `minutes(ago)` of rating 5 for each of the last `count` days.
template <class F>
std::vector<DayRow> daily(int count, F minutes) {
  std::vector<DayRow> rows;
  for (int ago = count - 1; ago >= 0; --ago) {
    if (minutes(ago) > 0) rows.push_back(felt(ago, 5, minutes(ago)));
  }
  return rows;
}

TEST(Training, AgreesWithTheReference) {
  struct Row {
    int days;
    double fitness, fatigue;
  };
  for (const Row& row : {Row{1, 2.3528, 13.3122}, Row{7, 15.3518, 63.2121},
                         Row{28, 48.6583, 98.1684}, Row{42, 63.2121, 99.7521}}) {
    const TrainingView view = view_of(daily(row.days, [](int) { return 20; }), 60);
    EXPECT_NEAR(view.days.back().fitness, row.fitness, 0.0051) << row.days;
    EXPECT_NEAR(view.days.back().fatigue, row.fatigue, 0.0051) << row.days;
  }
}

TEST(Training, WhatLiesBeforeTheFirstShownDayCounts) {
  const auto rows = daily(42, [](int) { return 20; });
  const TrainingView view = view_of(rows, 7);
  ASSERT_EQ(view.days.size(), 7U);
  EXPECT_NEAR(view.days.back().fitness, 63.2121, 0.0051);
  EXPECT_EQ(view.days.front().date, kToday - days(6));
  EXPECT_EQ(view.week.load, 700);
  EXPECT_EQ(view.week.previous_load, 700);
  EXPECT_EQ(view.week.change_percent, 0);
}

TEST(Training, WeeksAreComparedAndHaveTheReferencesStrain) {
  std::vector<DayRow> rows = daily(14, [](int ago) { return ago >= 7 ? 10 : 0; });
  const std::array<double, 7> loads{0, 70, 0, 100, 0, 0, 170};
  for (int i = 0; i < 7; ++i) {
    if (loads.at(static_cast<std::size_t>(i)) > 0) {
      rows.push_back(felt(6 - i, 1, loads.at(static_cast<std::size_t>(i))));
    }
  }
  const TrainingWeek week = view_of(rows).week;
  EXPECT_EQ(week.load, 340);
  EXPECT_EQ(week.previous_load, 350);
  EXPECT_NEAR(*week.change_percent, -2.86, 0.006);
  EXPECT_NEAR(*week.monotony, 0.78, 0.006);
  EXPECT_NEAR(*week.strain, 264.51, 0.006);
}

TEST(Training, FormIsReadAgainstWhatIsUsual) {
  const auto read = [](const std::vector<DayRow>& rows) { return view_of(rows).reading; };
  EXPECT_EQ(read({}), TrainingReading::kNew);
  EXPECT_EQ(read(daily(10, [](int) { return 20; })), TrainingReading::kNew);
  // The same every day is steady from the beginning, though both means still climb.
  for (const int count : {15, 30, 42, 120}) {
    EXPECT_EQ(read(daily(count, [](int) { return 20; })), TrainingReading::kSteady) << count;
  }
  EXPECT_EQ(read(daily(60, [](int ago) { return ago < 7 ? 14 : 20; })), TrainingReading::kFresh);
  EXPECT_EQ(read(daily(60, [](int ago) { return ago < 14 ? 0 : 20; })), TrainingReading::kRested);
  EXPECT_EQ(read(daily(60, [](int ago) { return ago < 5 ? 30 : 20; })), TrainingReading::kBuilding);
  EXPECT_EQ(read(daily(60, [](int ago) { return ago < 7 ? 60 : 20; })), TrainingReading::kTired);
}

TEST(Training, AMeasureIsChosenThatMostRucksHave) {
  EXPECT_EQ(view_of({felt(3, 5, 60), felt(2, 0, 20)}).measure, TrainingMeasure::kEffort);
  EXPECT_EQ(view_of({felt(3, 5, 20), felt(2, 0, 60)}).measure, TrainingMeasure::kEnergy);
  DayRow heart = felt(1, 0, 60);
  heart.totals.heart_load = 90;
  heart.totals.heart_s = 3600;
  EXPECT_EQ(view_of({heart}).measure, TrainingMeasure::kHeart);
  EXPECT_EQ(view_of({heart}).days.at(28).load, 90);
  EXPECT_EQ(view_of({felt(1, 0, 60)}, 30, TrainingMeasure::kPack).days.at(28).load, 60);
}

TEST(Training, WhatWasNotMeasuredCountsAsUsual) {
  const auto rows = std::vector{felt(3, 6, 60), felt(2, 0, 30)};
  const TrainingView rated = view_of(rows, 30, TrainingMeasure::kEffort);
  EXPECT_EQ(rated.days.at(27).load, 180) << "half an hour at the usual 6";
  EXPECT_NEAR(rated.rated_share, 0.67, 0.006);
  EXPECT_EQ(view_of({felt(2, 0, 30)}, 30, TrainingMeasure::kEffort).days.at(27).load, 120);
  EXPECT_EQ(view_of({felt(2, 0, 30)}, 30, TrainingMeasure::kHeart).days.at(27).load, 0);
}

}  // namespace
}  // namespace ruck::stats
