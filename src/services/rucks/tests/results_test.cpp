#include "services/rucks/summary/results.hpp"

#include "rucking/track_codec.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace ruck::rucks {
namespace {

constexpr std::int64_t kStartMs = 1'763'700'000'000;
constexpr double kMetresPerDegree = 111'195;

// North at 1.4 m/s, a fix every five seconds.
Track walk(int fixes) {
  Track track;
  for (int i = 0; i < fixes; ++i) {
    const auto quantised = rucking::quantise({.time_ms = kStartMs + 5000 * i,
                                              .lat_deg = 47 + 7.0 * i / kMetresPerDegree,
                                              .lng_deg = 8,
                                              .accuracy_m = 4},
                                             kStartMs + 864'000'000);
    track.points.push_back(quantised->point);
  }
  return track;
}
RuckRow row_with(double claimed_km, double claimed_s) {
  RuckRow row;
  row.ruck_weight_kg = 15;
  row.started_at = to_us(utc_ms(kStartMs));
  merge_claims(row, RuckClaims{.duration_seconds = claimed_s, .distance_km = claimed_km});
  return row;
}

TEST(Results, PointsSpeakForTheRuckWhereTheyCoverIt) {
  RuckRow row = row_with(99, 1000);  // a phone that counted wildly
  const Track track = walk(201);
  std::ignore = compute(row, track, replay(row, track));
  EXPECT_EQ(row.distance_source, "points");
  EXPECT_NEAR(row.distance_m, 1400, 10);
  EXPECT_NEAR(row.duration_s, 1000, 1);
}

TEST(Results, WhereTheyDoNotTheLargerCounts) {
  RuckRow row = row_with(6, 4300);
  const Track track = walk(201);
  std::ignore = compute(row, track, replay(row, track));
  EXPECT_EQ(row.distance_source, "client");
  EXPECT_DOUBLE_EQ(row.distance_m, 6000);
  EXPECT_DOUBLE_EQ(row.duration_s, 4300);

  RuckRow lost = row_with(1, 4300);
  std::ignore = compute(lost, track, replay(lost, track));
  EXPECT_EQ(lost.distance_source, "points_with_gaps");
  EXPECT_NEAR(lost.distance_m, 1400, 10);
}

TEST(Results, WithoutPointsEnergyIsEstimated) {
  RuckRow row = row_with(5, 3600);
  std::ignore = compute(row, {}, replay(row, {}));
  EXPECT_EQ(row.distance_source, "client");
  EXPECT_GT(row.calories_kcal, 300);
  EXPECT_LT(row.calories_kcal, 700);
  RuckRow nothing = row_with(0, 0);
  std::ignore = compute(nothing, {}, replay(nothing, {}));
  EXPECT_EQ(nothing.distance_source, "none");
  EXPECT_EQ(nothing.calories_kcal, 0);
}

TEST(Results, ARepeatedCompletionNeverShrinksTheClaims) {
  RuckRow row = row_with(6, 4300);
  merge_claims(row, RuckClaims{.duration_seconds = 9000, .distance_km = 2});
  EXPECT_DOUBLE_EQ(claims_of(row).distance_km, 6);
  EXPECT_DOUBLE_EQ(claims_of(row).duration_seconds, 9000);
}

TEST(Results, TheLineLeavesOutWhatAMapDoesNotNeed) {
  RuckRow row = row_with(1, 1000);
  const Track track = walk(201);
  const Results results = compute(row, track, replay(row, track));
  std::vector<rucking::TrackPoint> line;
  ASSERT_TRUE(rucking::decode_block(results.line, line));
  // A straight walk would be two points; one every 50 m keeps a cut of it from leaving a long gap.
  EXPECT_NEAR(static_cast<double>(line.size()), 1400.0 / 56 + 1, 2);
  ASSERT_EQ(results.splits.size(), 3U) << "one and a part kilometre, a part of a mile";
  EXPECT_NEAR(results.splits[0].distance_m, 1000, 1e-6);
}

}  // namespace
}  // namespace ruck::rucks
