#include "rucking/heart_rate.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace ruck::rucking {
namespace {

constexpr HeartRateRange kRange{.resting_bpm = 60, .max_bpm = 190};
constexpr Body kMan{.weight_kg = 80, .height_cm = 178, .age_years = 30, .sex = Sex::kMale};
constexpr std::int64_t kStart_ms = 1'763'800'000'000;

HeartRateSample at(double seconds, int bpm) {
  return {.time_ms = kStart_ms + static_cast<std::int64_t>(seconds * 1000),
          .bpm = static_cast<std::uint16_t>(bpm)};
}

// Reference §5.1: age 40 gives 180; rest 60 and max 180 give 120, 132, 144, 156, 168, 180.
TEST(HeartRateZones, AgreeWithTheReference) {
  EXPECT_EQ(tanaka_max_bpm(40), 180);
  const auto boundaries = zone_boundaries_bpm({.resting_bpm = 60, .max_bpm = 180});
  constexpr std::array kExpected = {120.0, 132.0, 144.0, 156.0, 168.0, 180.0};
  for (std::size_t i = 0; i < kExpected.size(); ++i) {
    EXPECT_NEAR(boundaries[i], kExpected[i], 1e-9);
  }
}

TEST(HeartRateZones, ABoundaryBelongsToTheZoneAbove) {
  constexpr HeartRateRange kEven{.resting_bpm = 60, .max_bpm = 180};
  EXPECT_EQ(zone_of(60, kEven), 0);
  EXPECT_EQ(zone_of(119.9, kEven), 0);
  EXPECT_EQ(zone_of(120, kEven), 1);
  EXPECT_EQ(zone_of(131.9, kEven), 1);
  EXPECT_EQ(zone_of(132, kEven), 2);
  EXPECT_EQ(zone_of(168, kEven), 5);
  EXPECT_EQ(zone_of(200, kEven), 5);
}

TEST(HeartRateZones, AssumeTheAppsRestingHeartRates) {
  EXPECT_EQ(default_resting_bpm(Sex::kMale), 65);
  EXPECT_EQ(default_resting_bpm(Sex::kFemale), 70);
  EXPECT_EQ(default_resting_bpm(Sex::kUnknown), 67);
}

TEST(Trimp, AgreesWithTheReference) {
  EXPECT_NEAR(banister_trimp(60, 150, kRange, Sex::kMale), 100.44029, 0.6e-5);
  EXPECT_NEAR(banister_trimp(60, 150, kRange, Sex::kFemale), 113.51679, 0.6e-5);
  EXPECT_NEAR(banister_trimp(45, 150, kRange, Sex::kMale), 75.3302, 0.6e-4);
  EXPECT_NEAR(banister_trimp(1, 125, kRange, Sex::kMale), 0.835743, 0.6e-6);  // r = 0.5
  EXPECT_NEAR(banister_trimp(1, 190, kRange, Sex::kMale), 4.365413, 0.6e-6);  // r = 1
  EXPECT_NEAR(banister_trimp(1, 190, kRange, Sex::kFemale), 4.568464, 0.6e-6);
  EXPECT_NEAR(banister_trimp(1, 190, kRange, Sex::kUnknown), (4.365413 + 4.568464) / 2, 1e-6);
}

TEST(Trimp, CountsNothingAtRestAndNoMoreThanTheMaximum) {
  EXPECT_EQ(banister_trimp(60, 60, kRange, Sex::kMale), 0);
  EXPECT_EQ(banister_trimp(60, 40, kRange, Sex::kMale), 0);
  EXPECT_EQ(banister_trimp(1, 220, kRange, Sex::kMale), banister_trimp(1, 190, kRange, Sex::kMale));
  EXPECT_EQ(banister_trimp(60, 150, {.resting_bpm = 60, .max_bpm = 60}, Sex::kMale), 0);
}

// Reference §5.1: ten minutes in each of the five zones of the maximum are 150.
TEST(Edwards, AgreesWithTheReference) {
  constexpr HeartRateRange kMax200{.resting_bpm = 60, .max_bpm = 200};
  double sum = 0;
  for (const double bpm : {100.0, 120.0, 140.0, 160.0, 180.0}) {  // the lower edge of each zone
    sum += edwards_load(10, bpm, kMax200);
  }
  EXPECT_EQ(sum, 150);
  EXPECT_EQ(edwards_load(10, 99, kMax200), 0);
  EXPECT_EQ(edwards_load(10, 200, kMax200), 50);
  EXPECT_EQ(edwards_load(10, 230, kMax200), 50);
}

TEST(HeartRateMeter, AddsUpAnEvenHour) {
  HeartRateMeter meter(kMan, kRange);
  for (int s = 0; s <= 3600; s += 5) EXPECT_EQ(meter.add(at(s, 150)), FeedResult::kTaken);
  const HeartRateTotals totals = meter.totals();
  EXPECT_EQ(totals.samples, 721U);
  EXPECT_EQ(totals.average_bpm, 150);
  EXPECT_EQ(totals.min_bpm, 150);
  EXPECT_EQ(totals.max_bpm, 150);
  EXPECT_NEAR(totals.trimp, 100.44029, 1e-5);
  EXPECT_NEAR(totals.zone_s[2], 3600, 1e-9);  // (150-60)/130 = 69 % of the reserve
  EXPECT_NEAR(totals.covered_s, 3600, 1e-9);
  EXPECT_NEAR(totals.energy_kcal, to_kcal(keytel_watts(kMan, 150) * 3600), 1e-6);
}

// Summed per sample, not from the mean heart rate: the same mean of 150 costs more when it swings.
TEST(HeartRateMeter, CountsSwingsAsHarderThanTheirMean) {
  HeartRateMeter meter(kMan, kRange);
  for (int s = 0; s <= 3600; s += 10) (void)meter.add(at(s, s / 600 % 2 == 0 ? 120 : 180));
  EXPECT_GT(meter.totals().trimp, 105);
}

TEST(HeartRateMeter, TakesTheMeanOfTwoSamplesForTheTimeBetween) {
  HeartRateMeter meter(kMan, kRange);
  (void)meter.add(at(0, 110));
  (void)meter.add(at(60, 190));
  EXPECT_NEAR(meter.totals().trimp, banister_trimp(1, 150, kRange, Sex::kMale), 1e-12);
  EXPECT_NEAR(meter.totals().energy_kcal, to_kcal(keytel_watts(kMan, 150) * 60), 1e-9);
  EXPECT_EQ(meter.totals().zone_s[static_cast<std::size_t>(zone_of(150, kRange))], 60);
}

TEST(HeartRateMeter, TakesNoMoreThanTenMinutesOfADropOut) {
  HeartRateMeter meter(kMan, kRange);
  (void)meter.add(at(0, 150));
  (void)meter.add(at(3600, 150));
  const HeartRateTotals totals = meter.totals();
  EXPECT_EQ(totals.zone_s[2], 600);
  EXPECT_EQ(totals.covered_s, 60);
  EXPECT_NEAR(totals.energy_kcal, to_kcal(keytel_watts(kMan, 150) * 60), 1e-9);
}

TEST(HeartRateMeter, RefusesWhatIsNotAfterTheLast) {
  HeartRateMeter meter(kMan, kRange);
  EXPECT_EQ(meter.add(at(10, 120)), FeedResult::kTaken);
  EXPECT_EQ(meter.add(at(10, 130)), FeedResult::kOutOfOrder);
  EXPECT_EQ(meter.add(at(5, 130)), FeedResult::kOutOfOrder);
  EXPECT_EQ(meter.totals().samples, 1U);
  EXPECT_EQ(meter.last(), at(10, 120));
}

TEST(HeartRateMeter, RejectsWhatIsNoHeartRate) {
  HeartRateMeter meter(kMan, kRange);
  EXPECT_EQ(meter.add(at(0, 0)), FeedResult::kRejected);
  EXPECT_EQ(meter.add(at(1, 24)), FeedResult::kRejected);
  EXPECT_EQ(meter.add(at(2, 251)), FeedResult::kRejected);
  EXPECT_EQ(meter.add(at(3, 25)), FeedResult::kTaken);
  EXPECT_EQ(meter.add(at(4, 250)), FeedResult::kTaken);
  EXPECT_EQ(meter.totals().min_bpm, 25);
  EXPECT_EQ(meter.totals().max_bpm, 250);
}

TEST(HeartRateMeter, OfNothingIsNothing) {
  const HeartRateTotals totals = HeartRateMeter(kMan, kRange).totals();
  EXPECT_EQ(totals.samples, 0U);
  EXPECT_EQ(totals.average_bpm, 0);
  EXPECT_EQ(totals.energy_kcal, 0);
}

}  // namespace
}  // namespace ruck::rucking
