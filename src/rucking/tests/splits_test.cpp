#include "rucking/splits.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ruck::rucking {
namespace {

constexpr std::int64_t kStart_ms = 1'763'800'000'000;

Progress at(double distance_m, double seconds) {
  return {.distance_m = distance_m,
          .time_ms = kStart_ms + static_cast<std::int64_t>(seconds * 1000),
          .moving_s = seconds,
          .gain_m = distance_m / 10,
          .loss_m = distance_m / 20,
          .energy_kcal = distance_m / 8,
          .position = {.lat_deg = 47 + distance_m * 1e-5, .lng_deg = 8}};
}

std::vector<Split> splits_of(SplitUnit unit, const std::vector<Progress>& way) {
  SplitMeter meter(unit);
  meter.start(way.front());
  std::vector<Split> done;
  for (std::size_t i = 1; i < way.size(); ++i) {
    meter.advance(way[i - 1], way[i], [&](const Split& split) { done.push_back(split); });
  }
  done.push_back(meter.open(way.back()));
  return done;
}

// Reference §3.4: 816 s, 800.6667 s, and 100 m in 83.3333 s.
TEST(Splits, InterpolateTheCrossingAsTheReferenceDoes) {
  const auto splits = splits_of(SplitUnit::kKilometre, {at(0, 0), at(600, 480), at(1100, 900),
                                                        at(1500, 1200), at(2100, 1700)});
  ASSERT_EQ(splits.size(), 3U);
  EXPECT_NEAR(splits[0].elapsed_s(), 816, 0.0006);
  EXPECT_NEAR(splits[1].elapsed_s(), 800.6667, 0.0006);
  EXPECT_NEAR(splits[2].elapsed_s(), 83.3333, 0.0006);
  EXPECT_EQ(splits[0].distance_m, 1000);
  EXPECT_EQ(splits[1].distance_m, 1000);
  EXPECT_NEAR(splits[2].distance_m, 100, 1e-9);
  EXPECT_EQ(splits[0].number, 1);
  EXPECT_EQ(splits[2].number, 3);
  EXPECT_EQ(splits[1].start_ms, splits[0].end_ms);
}

TEST(Splits, InterpolateEverythingElseAlike) {
  const auto splits = splits_of(SplitUnit::kKilometre, {at(0, 0), at(600, 480), at(1400, 1000)});
  ASSERT_EQ(splits.size(), 2U);
  EXPECT_NEAR(splits[0].gain_m, 100, 1e-9);
  EXPECT_NEAR(splits[0].loss_m, 50, 1e-9);
  EXPECT_NEAR(splits[0].energy_kcal, 125, 1e-9);
  EXPECT_NEAR(splits[0].moving_s, 480 + 520 * 0.5, 1e-9);
  EXPECT_NEAR(splits[0].end.lat_deg, 47.01, 1e-9);
  EXPECT_NEAR(splits[1].gain_m, 40, 1e-9);
}

TEST(Splits, CutByTheMileToo) {
  const auto splits = splits_of(SplitUnit::kMile, {at(0, 0), at(4000, 4000)});
  ASSERT_EQ(splits.size(), 3U);
  EXPECT_EQ(splits[0].distance_m, 1609.344);
  EXPECT_NEAR(splits[0].elapsed_s(), 1609.344, 0.0006);
  EXPECT_NEAR(splits[2].distance_m, 4000 - 2 * 1609.344, 1e-9);
}

TEST(Splits, EndSeveralAcrossAGap) {
  const auto splits = splits_of(SplitUnit::kKilometre, {at(0, 0), at(900, 900), at(5100, 5100)});
  ASSERT_EQ(splits.size(), 6U);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(splits[static_cast<std::size_t>(i)].number, i + 1);
    EXPECT_NEAR(splits[static_cast<std::size_t>(i)].elapsed_s(), 1000, 0.0006);
  }
}

TEST(Splits, EndExactlyOnTheUnit) {
  const auto splits = splits_of(SplitUnit::kKilometre, {at(0, 0), at(1000, 700), at(1500, 1100)});
  ASSERT_EQ(splits.size(), 2U);
  EXPECT_NEAR(splits[0].elapsed_s(), 700, 0.0006);
  EXPECT_NEAR(splits[1].distance_m, 500, 1e-9);
}

TEST(Splits, CrossTheDateLine) {
  Progress before = at(0, 0);
  Progress after = at(2000, 2000);
  before.position = {.lat_deg = 0, .lng_deg = 179.995};
  after.position = {.lat_deg = 0, .lng_deg = -179.987};
  const auto splits = splits_of(SplitUnit::kKilometre, {before, after});
  EXPECT_NEAR(splits[0].end.lng_deg, -179.996, 1e-9);
}

TEST(Splits, TakeTheMeanHeartRateOfTheirTime) {
  auto splits = splits_of(SplitUnit::kKilometre, {at(0, 0), at(1000, 600), at(2500, 1500)});
  ASSERT_EQ(splits.size(), 3U);
  std::vector<HeartRateSample> samples;
  for (int s = 0; s <= 1500; s += 100) {
    samples.push_back(
        {.time_ms = kStart_ms + s * 1000, .bpm = static_cast<std::uint16_t>(s <= 600 ? 120 : 150)});
  }
  samples.resize(13);  // the strap died at 1200 s, where the last split begins
  add_heart_rate(splits, samples);
  EXPECT_EQ(splits[0].average_bpm, 120);
  EXPECT_EQ(splits[1].average_bpm, 150);
  EXPECT_EQ(splits[2].average_bpm, std::nullopt);
}

}  // namespace
}  // namespace ruck::rucking
