#include "load/histogram.hpp"

#include "rucking/seeded_random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace ruck::load {
namespace {

// The definition, on the values themselves.
Micros exact_quantile(std::vector<Micros> values, double q) {
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(1, rank) - 1];
}

TEST(Histogram, QuantilesAreWithinOnePercentOfTheExactOnes) {
  rucking::SeededRandom random(20261122);
  for (const double spread : {0.1, 1.0, 3.0}) {
    Histogram histogram;
    std::vector<Micros> values;
    for (int i = 0; i < 50'000; ++i) {
      values.push_back(std::llround(2000 * std::exp(spread * random.normal())));
      histogram.record(values.back());
    }
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
      const auto exact = static_cast<double>(exact_quantile(values, q));
      EXPECT_NEAR(static_cast<double>(histogram.quantile(q)), exact, 0.01 * exact + 0.5)
          << "q " << q << ", spread " << spread;
    }
  }
}

TEST(Histogram, EveryMagnitudeIsKeptWithinOnePercent) {
  for (Micros value = 1; value < (Micros{1} << 39); value = value * 9 / 8 + 1) {
    Histogram histogram;
    histogram.record(value / 2);
    histogram.record(value);
    histogram.record(value * 2);
    EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5)), static_cast<double>(value),
                0.01 * static_cast<double>(value) + 0.5);
  }
}

TEST(Histogram, AddedUpTheyAreAsOneThatSawEverything) {
  rucking::SeededRandom random(7);
  Histogram all;
  Histogram parts[3];
  for (int i = 0; i < 10'000; ++i) {
    const auto value = static_cast<Micros>(random.below(1'000'000));
    all.record(value);
    parts[i % 3].record(value);
  }
  Histogram sum;
  for (const Histogram& part : parts) sum.add(part);
  sum.add(Histogram());
  EXPECT_EQ(sum.count(), all.count());
  EXPECT_EQ(sum.max(), all.max());
  EXPECT_DOUBLE_EQ(sum.mean(), all.mean());
  for (const double q : {0.0, 0.5, 0.99, 1.0}) EXPECT_EQ(sum.quantile(q), all.quantile(q));
}

TEST(Histogram, EmptyAndExtremeValuesHaveAnAnswer) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.99), 0);
  EXPECT_EQ(histogram.mean(), 0);
  histogram.record(-5);
  EXPECT_EQ(histogram.quantile(1), 0);
  histogram.record(Micros{1} << 60);
  EXPECT_EQ(histogram.max(), (Micros{1} << 40) - 1);
  histogram.clear();
  EXPECT_EQ(histogram.count(), 0U);
}

}  // namespace
}  // namespace ruck::load
