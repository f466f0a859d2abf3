#include "rucking/climb.hpp"

#include "rucking/seeded_random.hpp"
#include "rucking/tests/test_seed.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace ruck::rucking {
namespace {

constexpr std::int64_t kStart_ms = 1'763'800'000'000;
constexpr double kAlmostZero_m = 1e-9;

Climb climb_of(const std::vector<double>& altitudes_m, double threshold_m) {
  TurningPoints turns(threshold_m);
  for (const double altitude_m : altitudes_m) turns.add(altitude_m);
  return turns.climb();
}

void expect_climb(Climb got, double gain_m, double loss_m, double tolerance_m = 1e-9) {
  EXPECT_NEAR(got.gain_m, gain_m, tolerance_m);
  EXPECT_NEAR(got.loss_m, loss_m, tolerance_m);
}

// 0 to 50 m and back, period 200 samples, 1001 points: five climbs and five descents.
std::vector<double> triangle(double noise_m) {
  std::vector<double> altitudes_m;
  for (int i = 0; i <= 1000; ++i) {
    const int phase = i % 200;
    const double clean_m = phase <= 100 ? phase * 0.5 : (200 - phase) * 0.5;
    altitudes_m.push_back(clean_m + (i % 2 == 0 ? noise_m : -noise_m));
  }
  return altitudes_m;
}

// The asserts of reference/science.md §3.3, without smoothing.
TEST(TurningPoints, AgreeWithTheReference) {
  const std::vector<double> a = {100, 101, 102, 103, 104, 103, 102, 103, 105,
                                 108, 106, 104, 101, 99,  98,  99,  101, 104};
  expect_climb(climb_of(a, kAlmostZero_m), 16, 12);
  expect_climb(climb_of(a, 2), 16, 12);
  expect_climb(climb_of(a, 3), 14, 10);
  expect_climb(climb_of(a, 5), 14, 10);
}

TEST(TurningPoints, CountNothingOfAWobble) {
  std::vector<double> wobble;
  for (int i = 0; i < 1001; ++i) wobble.push_back(i % 2 == 0 ? 100 : 102);
  expect_climb(climb_of(wobble, kAlmostZero_m), 1000, 1000);
  expect_climb(climb_of(wobble, 3), 0, 0);
}

TEST(TurningPoints, LoseNothingOfABigClimb) {
  expect_climb(climb_of(triangle(0), 3), 250, 250);
  expect_climb(climb_of(triangle(0), 10), 250, 250);
}

TEST(TurningPoints, KeepNoiseSmall) {
  EXPECT_NEAR(climb_of(triangle(0.9), kAlmostZero_m).gain_m, 900, 1);
  EXPECT_NEAR(climb_of(triangle(0.9), 3).gain_m, 256.5, 0.06);
}

TEST(TurningPoints, CountTheOpenLegEvenUnderTheThreshold) {
  expect_climb(climb_of({0, 10, 5, 6}, 3), 10, 5);
  expect_climb(climb_of({0, 2}, 3), 0, 0);
  expect_climb(climb_of({0, 3}, 3), 3, 0);
}

TEST(TurningPoints, MirrorGainAndLoss) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int turn = 0; turn < 100; ++turn) {
    std::vector<double> up;
    std::vector<double> down;
    double altitude_m = 0;
    for (int i = 0; i < 300; ++i) {
      altitude_m += random.normal() * 2;
      up.push_back(altitude_m);
      down.push_back(-altitude_m);
    }
    const Climb a = climb_of(up, 3);
    const Climb b = climb_of(down, 3);
    expect_climb(a, b.loss_m, b.gain_m, 1e-6);
    // What goes up and does not come down is how much higher it ended, but for one threshold at
    // either end.
    EXPECT_NEAR(a.gain_m - a.loss_m, up.back() - up.front(), 6);
  }
}

class Meter {
 public:
  explicit Meter(AltitudeSource source) : meter_(source) {}
  void add(double seconds, double altitude_m) {
    meter_.add(kStart_ms + std::llround(seconds * 1000),
               static_cast<std::int32_t>(std::lround(altitude_m * 10)));
  }
  ClimbMeter& operator*() { return meter_; }
  ClimbMeter* operator->() { return &meter_; }

 private:
  ClimbMeter meter_;
};

TEST(ClimbMeter, UsesTheThresholdOfTheAltitudeSource) {
  EXPECT_EQ(turning_threshold_m(AltitudeSource::kBarometer), 2);
  EXPECT_EQ(turning_threshold_m(AltitudeSource::kTerrainModel), 3);
  EXPECT_EQ(turning_threshold_m(AltitudeSource::kGps), 5);
  // Ten hills of 4 m, a minute apart: a barometer sees them (less what smoothing takes off the
  // tops), GPS does not.
  Meter barometer(AltitudeSource::kBarometer);
  Meter gps(AltitudeSource::kGps);
  for (int s = 0; s <= 1200; ++s) {
    const double altitude_m = 100 + 2 * std::sin(s * 2 * std::numbers::pi / 120);
    barometer.add(s, altitude_m);
    gps.add(s, altitude_m);
  }
  EXPECT_NEAR(barometer->climb().gain_m, 38, 3);
  EXPECT_EQ(gps->climb().gain_m, 0);
}

TEST(ClimbMeter, SmoothsNoiseOf1HzRecordings) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  Meter meter(AltitudeSource::kBarometer);
  for (int s = 0; s <= 3600; ++s) {
    const double clean_m = 200 + 100 * std::sin(s * 2 * std::numbers::pi / 1800);
    meter.add(s, clean_m + random.normal() * 0.7);
  }
  // Two whole waves of 200 m: 400 m of true climb, of which raw sums would make well over 1000.
  EXPECT_NEAR(meter->climb().gain_m, 400, 8);
  EXPECT_NEAR(meter->climb().loss_m, 400, 8);
}

TEST(ClimbMeter, DoesNotSmoothSparseRecordingsAway) {
  Meter meter(AltitudeSource::kTerrainModel);
  for (int i = 0; i <= 200; ++i) meter.add(i * 15, i % 20 < 10 ? i % 20 * 5 : (20 - i % 20) * 5);
  EXPECT_NEAR(meter->climb().gain_m, 500, 1e-6);
  EXPECT_NEAR(meter->climb().loss_m, 500, 1e-6);
}

TEST(ClimbMeter, IgnoresASpike) {
  Meter clean(AltitudeSource::kBarometer);
  Meter spiked(AltitudeSource::kBarometer);
  for (int s = 0; s <= 600; ++s) {
    clean.add(s, 100 + s * 0.1);
    spiked.add(s, s == 300 || s == 301 || s == 450 ? 900 : 100 + s * 0.1);
  }
  EXPECT_NEAR(spiked->climb().gain_m, clean->climb().gain_m, 0.2);
  EXPECT_LT(spiked->max_altitude_m().value_or(0), 161);
}

// The difference of two altitudes did not fit their type.
TEST(ClimbMeter, BearsAnyTwoAltitudes) {
  for (const std::int32_t far :
       {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()}) {
    ClimbMeter meter(AltitudeSource::kGps);
    meter.add(0, far < 0 ? 10'000 : -10'000);
    meter.add(1000, far);
    EXPECT_EQ(meter.climb().gain_m, 0) << "a spike";
    EXPECT_EQ(meter.climb().loss_m, 0);
  }
}

TEST(ClimbMeter, TakesANewLevelWithoutCountingTheStep) {
  Meter meter(AltitudeSource::kBarometer);
  for (int s = 0; s < 100; ++s) meter.add(s, 500);
  for (int s = 100; s < 200; ++s) meter.add(s, 430);  // the barometer was calibrated
  for (int s = 200; s <= 300; ++s) meter.add(s, 430 + (s - 200) * 0.2);
  EXPECT_NEAR(meter->climb().gain_m, 20, 0.5);
  EXPECT_EQ(meter->climb().loss_m, 0);
}

TEST(ClimbMeter, CountsNothingAcrossAnInterruption) {
  Meter meter(AltitudeSource::kBarometer);
  for (int s = 0; s <= 100; ++s) meter.add(s, 100 + s * 0.1);
  meter->interrupt();
  for (int s = 1000; s <= 1100; ++s) meter.add(s, 300 + (s - 1000) * 0.1);
  EXPECT_NEAR(meter->climb().gain_m, 20, 0.8);  // the mean at either end takes 0.2 m
  EXPECT_NEAR(meter->min_altitude_m().value_or(0), 100, 0.3);
  EXPECT_NEAR(meter->max_altitude_m().value_or(0), 310, 0.3);
}

TEST(ClimbMeter, AsksTwiceAndAnswersTheSame) {
  Meter meter(AltitudeSource::kBarometer);
  for (int s = 0; s <= 60; ++s) meter.add(s, s * 0.5);
  const Climb first = meter->climb();
  EXPECT_EQ(meter->climb().gain_m, first.gain_m);
  EXPECT_GT(first.gain_m, 25);  // 30 m less the half window at either end
  EXPECT_NEAR(meter->altitude_m().value_or(0), 29, 1e-9);  // the mean of the last five seconds
}

TEST(ClimbMeter, HandlesManySamplesASecond) {
  Meter slow(AltitudeSource::kBarometer);
  Meter fast(AltitudeSource::kBarometer);
  for (int s = 0; s <= 300; ++s) slow.add(s, 50 + 30 * std::sin(s * 0.05));
  for (int i = 0; i <= 3000; ++i) fast.add(i * 0.1, 50 + 30 * std::sin(i * 0.005));
  EXPECT_NEAR(fast->climb().gain_m, slow->climb().gain_m, 1);
}

TEST(ClimbMeter, OfNothingIsNothing) {
  Meter meter(AltitudeSource::kGps);
  EXPECT_EQ(meter->climb().gain_m, 0);
  EXPECT_FALSE(meter->altitude_m());
  EXPECT_FALSE(meter->min_altitude_m());
  meter->interrupt();
  EXPECT_FALSE(meter->max_altitude_m());
}

// Reference §3.1.
TEST(IsaAltitude, AgreesWithTheReference) {
  struct Row {
    double hpa, altitude_m;
  };
  for (const Row& row :
       {Row{1013.25, 0}, Row{1012.25, 8.328}, Row{1000, 110.884}, Row{950, 540.337},
        Row{900, 988.500}, Row{850, 1457.299}, Row{800, 1948.988}, Row{700, 3012.181}}) {
    EXPECT_NEAR(isa_altitude_m(row.hpa), row.altitude_m, 0.0006) << row.hpa << " hPa";
  }
}

}  // namespace
}  // namespace ruck::rucking
