#include "rucking/energy_meter.hpp"

#include "rucking/seeded_random.hpp"
#include "rucking/tests/test_seed.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ruck::rucking {
namespace {

constexpr Body kMan80{.weight_kg = 80, .height_cm = 178, .age_years = 30, .sex = Sex::kMale};

EnergyMeter meter(AltitudeSource source = AltitudeSource::kBarometer) {
  return {EnergyCalculator(kMan80, false, 1), source};
}

double walk_watts(double speed_m_per_s, double grade_percent) {
  return EnergyCalculator(kMan80, false, 1).moving(20, speed_m_per_s, grade_percent).lcda;
}

TEST(EnergyMeter, ChargesLegsByTheirOwnSpeedAndGrade) {
  EnergyMeter m = meter();
  double altitude_m = 100;
  for (int i = 0; i < 100; ++i) m.move(5, 4, 20, altitude_m += 0.3);
  // The first altitude is known 5 m on, so the first leg of 50 m rises 2.7 m.
  EXPECT_NEAR(m.total(altitude_m).lcda, walk_watts(1.25, 5.4) * 40 + walk_watts(1.25, 6) * 360,
              1e-6);
  EXPECT_NEAR(m.grade_percent(), 6, 1e-9);
}

TEST(EnergyMeter, TakesTheMeanSpeedOfALegNotItsSteps) {
  EnergyMeter even = meter();
  EnergyMeter noisy = meter();
  for (int i = 0; i < 200; ++i) {
    even.move(5, 4, 20, {});
    noisy.move(5, i % 2 == 0 ? 3 : 5, 20, {});
  }
  EXPECT_NEAR(noisy.total({}).lcda, even.total({}).lcda, 1e-3 * even.total({}).lcda);
}

TEST(EnergyMeter, ChargesTheOpenLegAsIfItEndedNow) {
  EnergyMeter m = meter();
  m.move(20, 16, 20, {});
  EXPECT_NEAR(m.total({}).lcda, walk_watts(1.25, 0) * 16, 1e-9);
  m.move(20, 16, 20, {});
  EXPECT_NEAR(m.total({}).lcda, walk_watts(1.25, 0) * 32, 1e-9);
  EXPECT_EQ(m.total({}).lcda, m.total({}).lcda);
}

TEST(EnergyMeter, SpreadsAShortRiseOverItsWindow) {
  EnergyMeter m = meter();
  m.move(5, 4, 20, 100);
  m.move(5, 4, 20, 103);  // 60 % over five metres
  m.interrupt(103);
  EXPECT_NEAR(m.grade_percent(), 6, 1e-9);
}

TEST(EnergyMeter, ForgetsTheSlopeAcrossAnInterruption) {
  EnergyMeter m = meter();
  for (int i = 0; i < 20; ++i) m.move(5, 4, 20, 100 + i);
  m.interrupt(119);
  for (int i = 0; i < 20; ++i) m.move(5, 4, 20, 500);
  EXPECT_EQ(m.grade_percent(), 0);
}

TEST(EnergyMeter, ClampsWhatNobodyMeasured) {
  EnergyMeter m = meter();
  double altitude_m = 0;
  for (int i = 0; i < 40; ++i) m.move(5, 20, 20, altitude_m += 4);
  EXPECT_EQ(m.grade_percent(), 45);
  for (int i = 0; i < 40; ++i) m.move(5, 20, 20, altitude_m -= 4);
  EXPECT_EQ(m.grade_percent(), -40);
}

TEST(EnergyMeter, TakesALongerWindowForGpsAltitude) {
  EnergyMeter gps = meter(AltitudeSource::kGps);
  EnergyMeter barometer = meter(AltitudeSource::kBarometer);
  // Level but for one step of 4 m, as a receiver makes it.
  for (int i = 0; i < 200; ++i) {
    gps.move(5, 4, 20, i < 100 ? 100 : 104);
    barometer.move(5, 4, 20, i < 100 ? 100 : 104);
  }
  const double level = walk_watts(1.25, 0) * 800;
  EXPECT_GT(barometer.total(104.0).lcda - level, 3000);
  // Four legs at 2 % instead of one at 8 %: the same work, less convexity.
  EXPECT_LT(gps.total(104.0).lcda, barometer.total(104.0).lcda);
}

// Why: 5 m of wander in a minute would cost a third more on level ground over 50 m.
TEST(EnergyMeter, KeepsGpsAltitudeNoiseFromInflatingTheEnergy) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  EnergyMeter gps = meter(AltitudeSource::kGps);
  EnergyMeter fifty = meter(AltitudeSource::kBarometer);
  double wander_m = 0;
  const double keep = std::exp(-4.0 / 60);
  for (int i = 0; i < 20'000; ++i) {
    wander_m = keep * wander_m + 5 * std::sqrt(1 - keep * keep) * random.normal();
    gps.move(5, 4, 20, 300 + wander_m);
    fifty.move(5, 4, 20, 300 + wander_m);
  }
  const double level = walk_watts(1.25, 0) * 80'000;
  EXPECT_LT(gps.total({}).lcda / level, 1.06);
  EXPECT_GT(fifty.total({}).lcda / level, 1.15);
}

TEST(EnergyMeter, ChargesStanding) {
  EnergyMeter m = meter();
  m.stand(3600, 20);
  EXPECT_NEAR(m.total({}).lcda, 111.597888 * 3600, 0.01);
  EXPECT_NEAR(m.total({}).pandolf, (1.5 * 80 + 2 * 100 * 0.0625) * 3600, 1e-6);
}

}  // namespace
}  // namespace ruck::rucking
