#include "rucking/ruck_ends.hpp"

#include "rucking/tests/test_seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ruck::rucking {
namespace {
constexpr Position kDoor{.lat_deg = 47.0, .lng_deg = 8.0};
constexpr std::int64_t kStart_ms = 1'763'800'000'000;

Position off(double east_m, double north_m) {
  return moved(kDoor, {.east_m = east_m, .north_m = north_m}, local_scale(kDoor.lat_deg));
}

TrackPoint fix(double seconds, Position at, double accuracy_m = 5) {
  return {.time_ms = kStart_ms + static_cast<std::int64_t>(seconds * 1000),
          .lat_e7 = static_cast<std::int32_t>(std::lround(at.lat_deg * 1e7)),
          .lng_e7 = static_cast<std::int32_t>(std::lround(at.lng_deg * 1e7)),
          .accuracy_hm = static_cast<std::uint16_t>(accuracy_m * 2)};
}

// From the door to the east at 1.4 m/s, a fix every `step_s`.
std::vector<TrackPoint> walk(double from_s = 0, double length_m = 3000, double step_s = 5) {
  std::vector<TrackPoint> points;
  for (double s = 0; s * 1.4 <= length_m; s += step_s) {
    points.push_back(fix(from_s + s, off(1.4 * s, 0)));
  }
  return points;
}

double nearest_m(const std::vector<RuckEnd>& ends, Position to) {
  double nearest = 1e9;
  for (const RuckEnd& end : ends) nearest = std::min(nearest, distance_m(end.at, to));
  return nearest;
}

std::vector<TrackPoint> with(TrackPoint first, std::vector<TrackPoint> rest) {
  rest.insert(rest.begin(), first);
  return rest;
}

TEST(RuckEnds, OfAPlainWalkAreItsFirstAndLastFixes) {
  const auto ends = ends_of(walk());
  EXPECT_LT(nearest_m(ends, kDoor), 1);
  EXPECT_LT(nearest_m(ends, off(3000, 0)), 8);
  EXPECT_EQ(ends.size(), 2U) << "and nothing in between";
  for (const RuckEnd& end : ends) {
    const double along = distance_m(end.at, kDoor);
    EXPECT_TRUE(along < 100 || along > 2900) << along;
  }
}

// Each of these hid a place that was not the door, and showed the door.
TEST(RuckEnds, AWrongFirstFixDoesNotUncoverTheDoor) {
  for (const TrackPoint& wrong : {fix(0, {.lat_deg = 0, .lng_deg = 0}), fix(0, off(-1000, 0)),
                                  fix(0, off(0, 600), 45), fix(0, off(800, 0), 300)}) {
    for (const double after_s : {5.0, 60.0, 900.0}) {
      EXPECT_LT(nearest_m(ends_of(with(wrong, walk(after_s))), kDoor), 1)
          << distance_m(wrong.position(), kDoor) << " m, " << after_s << " s";
    }
  }
}

TEST(RuckEnds, SeveralWrongFixesThatAgreeDoNotEither) {
  std::vector<TrackPoint> points;
  for (int i = 0; i < 20; ++i) points.push_back(fix(5 * i, off(1000, 700)));  // of yesterday
  const auto rest = walk(110);
  points.insert(points.end(), rest.begin(), rest.end());
  EXPECT_LT(nearest_m(ends_of(points), kDoor), 1);
  EXPECT_LT(nearest_m(ends_of(points), off(1000, 700)), 1);
}

TEST(RuckEnds, AWrongLastFixDoesNotUncoverTheEnd) {
  const Position end = off(3000, 0);
  for (const Position wrong : {Position{}, off(2000, 0), off(3000, 600), off(9000, 9000)}) {
    for (const double after_s : {5.0, 60.0, 900.0}) {
      auto points = walk();
      points.push_back(fix(2143 + after_s, wrong, 40));
      EXPECT_LT(nearest_m(ends_of(points), end), 8) << after_s;
      EXPECT_LT(nearest_m(ends_of(points), wrong), 1);
    }
  }
}

TEST(RuckEnds, AJumpInTheMiddleIsNoEndUnlessItStays) {
  auto points = walk();
  points[300] = fix(1500, off(2100, 900));  // one wrong fix
  EXPECT_GT(nearest_m(ends_of(points), off(2100, 900)), 500);
  EXPECT_GT(nearest_m(ends_of(points), off(2100, 0)), 500);
  // A ride of 4 km in four minutes, without fixes: where it began and ended are ends.
  auto ride = walk(0, 1500);
  for (const TrackPoint& p : walk(1500 / 1.4 + 240, 1500)) {
    const Position there = moved(p.position(), {.east_m = 5500}, local_scale(kDoor.lat_deg));
    ride.push_back(fix(static_cast<double>(p.time_ms - kStart_ms) / 1000, there));
  }
  EXPECT_LT(nearest_m(ends_of(ride), off(1500, 0)), 8);
  EXPECT_LT(nearest_m(ends_of(ride), off(5500, 0)), 8);
}

TEST(RuckEnds, AStayAndASilenceOfHalfAnHourAreEnds) {
  // To the door of the second home, an hour there with a wandering receiver, and on.
  std::mt19937_64 random(3);
  std::normal_distribution<double> wander(0, 15);
  auto points = walk(0, 1500);
  const Position stop = points.back().position();
  for (double s = 1075; s < 1075 + 3600; s += 10) {
    points.push_back(fix(s, moved(stop, {.east_m = wander(random), .north_m = wander(random)},
                                  local_scale(kDoor.lat_deg))));
  }
  for (double s = 0; s < 1000; s += 5) points.push_back(fix(4700 + s, off(1500 + 1.4 * s, 0)));
  EXPECT_LT(nearest_m(ends_of(points), stop), 20);

  auto silent = walk(0, 1500);
  for (double s = 0; s < 1000; s += 5) silent.push_back(fix(4700 + s, off(1520 + 1.4 * s, 0)));
  EXPECT_LT(nearest_m(ends_of(silent), off(1500, 0)), 25);
}

TEST(RuckEnds, ASparseTrackHidesUntilFixesAgree) {
  const auto points = walk(0, 20'000, 300);  // a fix every five minutes
  const auto ends = ends_of(points);
  EXPECT_LT(nearest_m(ends, kDoor), 1);
  EXPECT_GT(nearest_m(ends, off(10'000, 0)), 1000) << "the middle may be seen";
}

TEST(RuckEnds, UnderWayNothingIsKnownUntilFixesAgree) {
  EndFinder finder;
  const auto points = walk();
  std::size_t settled_at = 0;
  for (std::size_t i = 0; i < points.size() && settled_at == 0; ++i) {
    finder.add(points[i]);
    if (finder.is_settled()) settled_at = i;
  }
  EXPECT_EQ(settled_at, 6U) << "30 s and five fixes";
}

// What live hides of the start, the finished ruck hides as well.
TEST(RuckEnds, WhatIsAnEndUnderWayIsOneWhenFinished) {
  RUCK_PRINT_SEED(seed);
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(0, 6);
  std::bernoulli_distribution is_wild(0.02);
  for (int round = 0; round < 50; ++round) {
    std::vector<TrackPoint> points = walk();
    for (TrackPoint& p : points) {
      const double far = is_wild(random) ? 100 : 1;
      p = fix(static_cast<double>(p.time_ms - kStart_ms) / 1000,
              moved(p.position(), {.east_m = far * noise(random), .north_m = far * noise(random)},
                    local_scale(kDoor.lat_deg)));
    }
    const auto all = ends_of(points);
    EndFinder finder;
    for (const TrackPoint& p : points) finder.add(p);
    for (const RuckEnd& end : finder.ends()) EXPECT_LT(nearest_m(all, end.at), kSameEndM);
  }
}

TEST(RuckEnds, ATrackOfNoiseHasSoManyThatNothingIsShown) {
  std::mt19937_64 random(9);
  std::uniform_real_distribution<double> anywhere(-50'000, 50'000);
  std::vector<TrackPoint> points;
  for (int i = 0; i < 2000; ++i) points.push_back(fix(i, off(anywhere(random), anywhere(random))));
  EXPECT_GE(ends_of(points).size(), 128U);
  EXPECT_LE(ends_of(points).size(), kRuckEndsMax);
}

}  // namespace
}  // namespace ruck::rucking
