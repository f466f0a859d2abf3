#include "rucking/simulate.hpp"

#include "rucking/tests/test_seed.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace ruck::rucking {
namespace {

using Sampling = SimulationSettings::Sampling;

std::vector<SimulatedFix> all_of(RuckSimulator& simulator) {
  std::vector<SimulatedFix> fixes;
  while (auto fix = simulator.next()) fixes.push_back(*fix);
  return fixes;
}

TEST(SeededRandom, IsTheGeneratorItSaysItIs) {
  // xoshiro256++ from the state that splitmix64 makes of seed 0, by an independent implementation.
  SeededRandom random(0);
  EXPECT_EQ(random.next(), 0x53175d61490b23dfULL);
  EXPECT_EQ(random.next(), 0x61da6f3dc380d507ULL);
  EXPECT_EQ(random.next(), 0x5c0fdf91ec9a7bfcULL);
}

TEST(SeededRandom, IsUniformAndNormal) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  constexpr int kCount = 200'000;
  std::array<int, 10> bins{};
  double sum = 0;
  double squares = 0;
  int beyond_two = 0;
  for (int i = 0; i < kCount; ++i) {
    const double u = random.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    ++bins[static_cast<std::size_t>(u * 10)];
    const double n = random.normal();
    sum += n;
    squares += n * n;
    beyond_two += std::fabs(n) > 2 ? 1 : 0;
  }
  for (const int bin : bins) EXPECT_NEAR(bin, kCount / 10, 800);  // six deviations
  EXPECT_NEAR(sum / kCount, 0, 0.014);
  EXPECT_NEAR(squares / kCount, 1, 0.02);
  EXPECT_NEAR(beyond_two / static_cast<double>(kCount), 0.0455, 0.003);
}

TEST(RuckSimulator, IsTheSameForTheSameSeed) {
  SimulationSettings settings;
  settings.length_m = 2000;
  RuckSimulator a(settings, 42);
  RuckSimulator b(settings, 42);
  RuckSimulator c(settings, 43);
  const auto fixes_a = all_of(a);
  const auto fixes_b = all_of(b);
  const auto fixes_c = all_of(c);
  ASSERT_EQ(fixes_a.size(), fixes_b.size());
  for (std::size_t i = 0; i < fixes_a.size(); ++i) {
    ASSERT_EQ(fixes_a[i].point, fixes_b[i].point);
    ASSERT_EQ(fixes_a[i].heart_rate, fixes_b[i].heart_rate);
  }
  EXPECT_NE(fixes_a[10].point, fixes_c[10].point);
}

TEST(RuckSimulator, WalksTheLengthItWasTold) {
  RUCK_PRINT_SEED(seed);
  SimulationSettings settings;
  settings.length_m = 5000;
  RuckSimulator simulator(settings, seed);
  const auto fixes = all_of(simulator);
  EXPECT_NEAR(simulator.truth().distance_m, 5000, 1e-6);
  EXPECT_EQ(static_cast<double>(fixes.size()), simulator.truth().elapsed_s + 1);
  double along_m = 0;
  for (std::size_t i = 1; i < fixes.size(); ++i) {
    along_m += distance_m(fixes[i - 1].true_position, fixes[i].true_position);
  }
  EXPECT_NEAR(along_m, 5000, 1);
  const double speed = 5000 / simulator.truth().moving_s;
  EXPECT_GT(speed, 0.9);
  EXPECT_LT(speed, 1.5);
  EXPECT_GT(simulator.truth().gain_m, 40);
}

TEST(RuckSimulator, HasMoods) {
  RUCK_PRINT_SEED(seed);
  SimulationSettings settings;
  settings.length_m = 20'000;
  settings.hill_height_m = 0;
  settings.stops_per_hour = 0;
  settings.speed_variation = 0.08;
  RuckSimulator simulator(settings, seed);
  const auto fixes = all_of(simulator);
  double sum = 0;
  double squares = 0;
  const auto steps = static_cast<double>(fixes.size() - 2);  // the last step is cut short
  for (std::size_t i = 1; i + 1 < fixes.size(); ++i) {
    const double step_m = distance_m(fixes[i - 1].true_position, fixes[i].true_position);
    sum += step_m;
    squares += step_m * step_m;
  }
  const double mean = sum / steps;
  EXPECT_NEAR(mean, 1.4, 0.06);
  EXPECT_NEAR(std::sqrt(squares / steps - mean * mean) / mean, 0.08, 0.02);
}

TEST(RuckSimulator, MakesTheNoiseItWasTold) {
  RUCK_PRINT_SEED(seed);
  SimulationSettings settings;
  settings.duration_s = 20'000;
  settings.speed_m_per_s = 0;
  RuckSimulator simulator(settings, seed);
  double squares = 0;
  double products = 0;  // with the fix a correlation time before
  std::vector<double> north_m;
  while (auto fix = simulator.next()) {
    const LocalScale scale = local_scale(fix->true_position.lat_deg);
    north_m.push_back(offset(fix->true_position, fix->point.position(), scale).north_m);
  }
  for (std::size_t i = 60; i < north_m.size(); ++i) {
    squares += north_m[i] * north_m[i];
    products += north_m[i] * north_m[i - 60];
  }
  const auto count = static_cast<double>(north_m.size() - 60);
  // Twenty thousand seconds are some 170 independent minutes: within 40 %, six deviations.
  EXPECT_NEAR(squares / count, 9.09, 3.6);
  EXPECT_NEAR(products / count, 9 * std::exp(-1.0), 3.6);
}

TEST(RuckSimulator, SamplesAsThePhoneDoes) {
  RUCK_PRINT_SEED(seed);
  SimulationSettings settings;
  settings.length_m = 3000;
  settings.stops_per_hour = 10;
  settings.sampling = Sampling::kAdaptive;
  RuckSimulator simulator(settings, seed);
  const auto fixes = all_of(simulator);
  for (std::size_t i = 1; i < fixes.size(); ++i) {
    const std::int64_t dt_ms = fixes[i].point.time_ms - fixes[i - 1].point.time_ms;
    ASSERT_GE(dt_ms, 5000);
    ASSERT_LE(dt_ms, 30'000);
  }
  EXPECT_LT(static_cast<double>(fixes.size()), simulator.truth().elapsed_s / 4);
}

TEST(RuckSimulator, LetsTheHeartFollowTheEffort) {
  SimulationSettings level;
  level.hill_height_m = 0;
  level.stops_per_hour = 0;
  level.length_m = 3000;
  SimulationSettings loaded = level;
  loaded.load_kg = 40;
  const auto last_bpm = [](const SimulationSettings& settings) {
    RuckSimulator simulator(settings, 7);
    double sum = 0;
    int count = 0;
    for (const SimulatedFix& fix : all_of(simulator)) {
      if (!fix.heart_rate || fix.point.time_ms < settings.start_ms + 600'000) continue;
      sum += fix.heart_rate->bpm;
      ++count;
    }
    return sum / count;
  };
  EXPECT_GT(last_bpm(level), 90);
  EXPECT_GT(last_bpm(loaded), last_bpm(level) + 10);
  EXPECT_LT(last_bpm(loaded), level.heart_rate.max_bpm);
}

TEST(RuckSimulator, IsSmallEnoughForThousands) { EXPECT_LE(sizeof(RuckSimulator), 1024U); }

}  // namespace
}  // namespace ruck::rucking
