#include "rucking/track_point.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace ruck::rucking {
namespace {

constexpr std::int64_t kTime_ms = 1'763'800'000'000;
constexpr std::int64_t kLatest_ms = kTime_ms + kClockAheadAllowed_ms;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

RawPoint at(double lat_deg, double lng_deg) {
  return {.time_ms = kTime_ms, .lat_deg = lat_deg, .lng_deg = lng_deg};
}

PointProblem problem_of(const RawPoint& raw) {
  const auto got = quantise(raw, kLatest_ms);
  EXPECT_FALSE(got);
  return got ? PointProblem{} : got.error();
}

TEST(Quantise, RoundsToTheNearestStep) {
  RawPoint raw = at(47.12345678, -8.98765432);
  raw.altitude_m = 412.34;
  raw.accuracy_m = 4.8;
  raw.speed_m_per_s = 1.376;
  const auto got = quantise(raw, kLatest_ms);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->point.time_ms, kTime_ms);
  EXPECT_EQ(got->point.lat_e7, 471234568);
  EXPECT_EQ(got->point.lng_e7, -89876543);
  EXPECT_EQ(got->point.altitude_dm, 4123);
  EXPECT_EQ(got->point.accuracy_hm, 10);
  EXPECT_EQ(got->point.speed_5cm, 28);
  EXPECT_NEAR(got->point.altitude_m().value_or(kNaN), 412.3, 1e-9);
  EXPECT_NEAR(got->point.accuracy_m().value_or(kNaN), 5.0, 1e-9);
  EXPECT_NEAR(got->point.speed_m_per_s().value_or(kNaN), 1.4, 1e-9);
}

TEST(Quantise, TakesTheEquatorAndGreenwichForPlaces) {
  const auto got = quantise(at(0, 0), kLatest_ms);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->point.lat_e7, 0);
  EXPECT_EQ(got->point.lng_e7, 0);
}

TEST(Quantise, TakesTheEdgesOfTheWorld) {
  EXPECT_TRUE(quantise(at(90, 180), kLatest_ms));
  EXPECT_TRUE(quantise(at(-90, -180), kLatest_ms));
}

TEST(Quantise, NamesWhatIsWrongWithAPoint) {
  EXPECT_EQ(problem_of(at(kNaN, 8)), PointProblem::kLatitudeNotANumber);
  EXPECT_EQ(problem_of(at(kInfinity, 8)), PointProblem::kLatitudeNotANumber);
  EXPECT_EQ(problem_of(at(90.0000001, 8)), PointProblem::kLatitudeOutOfRange);
  EXPECT_EQ(problem_of(at(47, kNaN)), PointProblem::kLongitudeNotANumber);
  EXPECT_EQ(problem_of(at(47, -180.0000001)), PointProblem::kLongitudeOutOfRange);
  RawPoint old = at(47, 8);
  old.time_ms = kEarliestTime_ms - 1;
  EXPECT_EQ(problem_of(old), PointProblem::kBefore2000);
  RawPoint early = at(47, 8);
  early.time_ms = kLatest_ms + 1;
  EXPECT_EQ(problem_of(early), PointProblem::kInFuture);
}

TEST(Quantise, TakesTheFirstAndTheLastAllowedMoment) {
  RawPoint first = at(47, 8);
  first.time_ms = kEarliestTime_ms;
  EXPECT_TRUE(quantise(first, kLatest_ms));
  RawPoint last = at(47, 8);
  last.time_ms = kLatest_ms;
  EXPECT_TRUE(quantise(last, kLatest_ms));
}

TEST(Quantise, DropsABadOptionalFieldAndKeepsThePoint) {
  for (const double bad : {kNaN, -kInfinity, -1000.1, 15000.1}) {
    RawPoint raw = at(47, 8);
    raw.altitude_m = bad;
    const auto got = quantise(raw, kLatest_ms);
    ASSERT_TRUE(got) << bad;
    EXPECT_TRUE(got->dropped_altitude) << bad;
    EXPECT_FALSE(got->point.altitude_m()) << bad;
  }
  for (const double bad : {kNaN, kInfinity, -1.0, 5000.1}) {
    RawPoint raw = at(47, 8);
    raw.accuracy_m = bad;
    raw.speed_m_per_s = bad;
    const auto got = quantise(raw, kLatest_ms);
    ASSERT_TRUE(got) << bad;
    EXPECT_TRUE(got->dropped_accuracy) << bad;
    EXPECT_TRUE(got->dropped_speed) << bad;
    EXPECT_FALSE(got->point.accuracy_m()) << bad;
    EXPECT_FALSE(got->point.speed_m_per_s()) << bad;
  }
}

TEST(Quantise, KeepsTheExtremesOfEveryField) {
  RawPoint raw = at(47, 8);
  raw.altitude_m = kLowestAltitude_m;
  raw.accuracy_m = kWorstAccuracy_m;
  raw.speed_m_per_s = kHighestSpeed_m_per_s;
  const auto got = quantise(raw, kLatest_ms);
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->dropped_altitude || got->dropped_accuracy || got->dropped_speed);
  EXPECT_EQ(got->point.altitude_m(), kLowestAltitude_m);
  EXPECT_EQ(got->point.accuracy_m(), kWorstAccuracy_m);
  EXPECT_NEAR(got->point.speed_m_per_s().value_or(0), kHighestSpeed_m_per_s, 0.025);
}

TEST(Quantise, SaysNothingOfFieldsThatAreNotThere) {
  const auto got = quantise(at(47, 8), kLatest_ms);
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->point.altitude_m() || got->point.accuracy_m() || got->point.speed_m_per_s());
  EXPECT_FALSE(got->dropped_altitude || got->dropped_accuracy || got->dropped_speed);
}

TEST(PointProblem, HasAStableNameEach) {
  EXPECT_STREQ(name_of(PointProblem::kLatitudeNotANumber), "latitude_not_a_number");
  EXPECT_STREQ(name_of(PointProblem::kInFuture), "time_in_future");
}

}  // namespace
}  // namespace ruck::rucking
