#include "rucking/load.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace ruck::rucking {
namespace {

// The values are those of reference/science.md §5.1.

TEST(SessionRpe, IsRatingTimesMinutes) { EXPECT_EQ(session_rpe_load(7, 60), 420); }

TEST(WeekLoad, AgreesWithTheReference) {
  const WeekLoad week = week_load(std::array<double, 7>{0, 70, 0, 100, 0, 0, 170});
  EXPECT_EQ(week.total, 340);
  ASSERT_TRUE(week.monotony && week.strain);
  EXPECT_NEAR(*week.monotony, 0.777969, 0.6e-6);
  EXPECT_NEAR(*week.strain, 264.5094, 0.6e-4);
}

TEST(WeekLoad, HasNoMonotonyWhereEveryDayIsAlike) {
  const WeekLoad even = week_load(std::array<double, 7>{50, 50, 50, 50, 50, 50, 50});
  EXPECT_EQ(even.total, 350);
  EXPECT_FALSE(even.monotony || even.strain);
  EXPECT_FALSE(week_load({}).monotony);
}

TEST(FitnessModel, AgreesWithTheReference) {
  struct Row {
    int day;
    double fitness, fatigue;
  };
  FitnessModel model;
  int day = 0;
  for (const Row& row : {Row{1, 2.3528, 13.3122}, Row{7, 15.3518, 63.2121},
                         Row{28, 48.6583, 98.1684}, Row{42, 63.2121, 99.7521}}) {
    for (; day < row.day; ++day) model.add_day(100);
    EXPECT_NEAR(model.fitness(), row.fitness, 0.6e-4) << "day " << row.day;
    EXPECT_NEAR(model.fatigue(), row.fatigue, 0.6e-4) << "day " << row.day;
  }
}

TEST(FitnessModel, FormIsYesterdays) {
  FitnessModel model(50, 30);
  model.add_day(500);
  EXPECT_EQ(model.form(), 20);
  EXPECT_NEAR(model.fitness(), 50 + 450 * 0.0235283133, 1e-6);
  EXPECT_NEAR(model.fatigue(), 30 + 470 * 0.1331221002, 1e-6);
}

TEST(PowerPoints, CountAnUnloadedOrFlatRuckAsOne) {
  EXPECT_EQ(power_points(15, 10'000, 200), 15 * 10 * 200);
  EXPECT_EQ(power_points(0, 10'000, 200), 10 * 200);
  EXPECT_EQ(power_points(15, 10'000, 0), 15 * 10);
  EXPECT_EQ(power_points(15, 0, 200), 0);
}

}  // namespace
}  // namespace ruck::rucking
