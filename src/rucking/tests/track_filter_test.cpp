#include "rucking/track_filter.hpp"

#include "rucking/tests/track_builder.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ruck::rucking {
namespace {

using test::TrackBuilder;

// What the filter decided about a whole track.
struct Decided {
  double moving_m = 0;
  double estimated_m = 0;
  double moving_s = 0;
  double standing_s = 0;
  int used = 0;
  int poor = 0;
  int jumps = 0;
  int in_vehicle = 0;
  int interruptions = 0;
  std::vector<Stretch> stretches;
};

void add(Decided& decided, const Stretches& stretches) {
  for (const Stretch& stretch : stretches) {
    const double s = static_cast<double>(stretch.duration_ms()) / 1000;
    decided.moving_m += stretch.distance_m;
    if (stretch.estimated) decided.estimated_m += stretch.distance_m;
    (stretch.moving ? decided.moving_s : decided.standing_s) += s;
    decided.stretches.push_back(stretch);
  }
}

Decided decide(const TrackBuilder& track) {
  Decided decided;
  TrackFilter filter;
  for (const TrackPoint& point : track.points()) {
    const FilterStep step = filter.add(point);
    add(decided, step.stretches);
    decided.used += step.use == PointUse::kUsed ? 1 : 0;
    decided.poor += step.use == PointUse::kPoorAccuracy ? 1 : 0;
    decided.jumps += step.use == PointUse::kJump ? 1 : 0;
    decided.in_vehicle += step.use == PointUse::kVehicle ? 1 : 0;
    decided.interruptions += step.interrupted ? 1 : 0;
  }
  add(decided, filter.finish(track.now_ms()));
  return decided;
}

TEST(TrackFilter, CountsAWalkInFull) {
  const Decided d = decide(TrackBuilder().start().walk(1400, 1.4));
  EXPECT_NEAR(d.moving_m, 1400, 1);
  EXPECT_NEAR(d.moving_s, 1000, 1);
  EXPECT_NEAR(d.standing_s, 0, 1);
  EXPECT_EQ(d.estimated_m, 0);
}

TEST(TrackFilter, CutsTheTimeIntoStretchesWithoutAHole) {
  const TrackBuilder track = TrackBuilder()
                                 .stand(100)
                                 .walk(300, 1.4)
                                 .stand(200)
                                 .silence(500, 300)
                                 .walk(100, 1.4)
                                 .stray(5, 400)
                                 .silence(4000, 20)
                                 .walk(100, 1);
  const Decided d = decide(track);
  std::int64_t at_ms = track.points().front().time_ms;
  for (const Stretch& stretch : d.stretches) {
    EXPECT_EQ(stretch.start_ms, at_ms);
    EXPECT_GT(stretch.end_ms, stretch.start_ms);
    at_ms = stretch.end_ms;
  }
  EXPECT_EQ(at_ms, track.points().back().time_ms);
}

// ---- standing -----------------------------------------------------------------------------------

TEST(TrackFilter, FindsAStopAndWhenItWas) {
  const Decided d =
      decide(TrackBuilder().start().walk(700, 1.4).stand(120).walk(700, 1.4).stand(45));
  EXPECT_NEAR(d.moving_m, 1400, 3);
  EXPECT_NEAR(d.moving_s, 1000, 20);
  EXPECT_NEAR(d.standing_s, 165, 20);
}

TEST(TrackFilter, CountsTheShortWayOutOfAStop) {
  // 20 m between two long stops: too short for the gate to be open long, yet walked. What is short
  // of the anchor's distance at the last stop is never known.
  const Decided d =
      decide(TrackBuilder().start().walk(200, 1.4).stand(300).walk(20, 1.4).stand(300));
  EXPECT_LE(d.moving_m, 220);
  EXPECT_GE(d.moving_m, 220 - 9);
}

TEST(TrackFilter, CountsASlowClimbThatTheGateTakesForStanding) {
  const Decided d = decide(TrackBuilder().start().walk(300, 0.25));
  EXPECT_NEAR(d.moving_m, 300, 26);
  EXPECT_GT(d.moving_s, 300);
}

TEST(TrackFilter, TellsAStopFromOneLongStepOfADistanceRecorder) {
  // A fix every 10 m: a stop shows only as one that took two minutes.
  const Decided d = decide(
      TrackBuilder().every(7).accuracy(3).start().walk(490, 1.4).silence(120, 10).walk(490, 1.4));
  EXPECT_NEAR(d.moving_m, 990, 3);
  EXPECT_NEAR(d.moving_s, 700, 1);
  EXPECT_NEAR(d.standing_s, 120, 1);
}

// ---- accuracy -----------------------------------------------------------------------------------

TEST(TrackFilter, WaitsForAGoodFix) {
  const Decided d = decide(
      TrackBuilder().start().walk(140, 1.4).accuracy(80).walk(56, 1.4).accuracy(4).walk(140, 1.4));
  EXPECT_EQ(d.poor, 40);
  EXPECT_NEAR(d.moving_m, 336, 2);
  EXPECT_GT(d.estimated_m, 50);  // 40 s without a good one are a gap
}

// A gorge: three kilometres with nothing better than 80 m.
TEST(TrackFilter, BridgesAGorgeWithPoorFixes) {
  const Decided d = decide(TrackBuilder().accuracy(80).start().walk(3000, 1.4));
  EXPECT_NEAR(d.moving_m, 3000, 170);
  EXPECT_EQ(d.moving_m, d.estimated_m);
  EXPECT_GT(d.used, 10);
  EXPECT_LT(d.used, 30);
}

TEST(TrackFilter, CountsNothingIndoorsWithPoorFixes) {
  TrackBuilder track;
  track.accuracy(80).start();
  for (int i = 0; i < 60; ++i) track.stand(25).stray(3, i % 2 == 0 ? 60 : -70);
  EXPECT_EQ(decide(track).moving_m, 0);
}

TEST(TrackFilter, NeverUsesAFixThatMeansTheCounty) {
  const Decided d = decide(TrackBuilder().accuracy(500).start().walk(3000, 1.4));
  EXPECT_EQ(d.used, 0);
  EXPECT_EQ(d.moving_m, 0);
}

TEST(TrackFilter, TakesTheFirstGoodFixForTheStartAfterAPoorOne) {
  TrackBuilder track;
  track.accuracy(150).stray(1, 120).accuracy(4).start().walk(280, 1.4);
  EXPECT_NEAR(decide(track).moving_m, 280, 2);
}

// ---- jumps --------------------------------------------------------------------------------------

TEST(TrackFilter, IgnoresAJump) {
  const Decided d = decide(TrackBuilder().start().walk(280, 1.4).stray(1, 90).walk(280, 1.4));
  EXPECT_EQ(d.jumps, 1);
  EXPECT_NEAR(d.moving_m, 560, 2);
}

TEST(TrackFilter, GoesOnElsewhereWhenFixesAgreeThatHeIsThere) {
  const Decided d = decide(TrackBuilder().start().walk(280, 1.4).silence(20, 5000).walk(280, 1.4));
  EXPECT_EQ(d.jumps, 2);  // the third is believed
  EXPECT_NEAR(d.moving_m, 560, 6);
  EXPECT_EQ(d.interruptions, 1);
}

TEST(TrackFilter, DoesNotBelieveJumpsThatDisagree) {
  TrackBuilder track;
  track.start().walk(280, 1.4);
  for (int i = 0; i < 9; ++i) track.stray(1, 1000 + 300 * i);
  track.walk(280, 1.4);
  const Decided d = decide(track);
  EXPECT_EQ(d.jumps, 9);
  EXPECT_NEAR(d.moving_m, 560, 2);
}

// 85 m away a fix every five seconds is a jump; ten seconds later one could have run there. But the
// fixes say they have been there all along.
TEST(TrackFilter, DoesNotRunToAPlaceOnlyBecauseTimePasses) {
  const Decided d =
      decide(TrackBuilder().every(5).start().walk(280, 1.4).silence(5, 85).walk(280, 1.4));
  EXPECT_EQ(d.jumps, 2);
  EXPECT_NEAR(d.moving_m, 560, 6);
}

TEST(TrackFilter, TakesANoisyRunForARun) {
  // 4.5 m/s with every other fix 3 m ahead: steps of 7.5 and 1.5 m.
  TrackBuilder track;
  track.start();
  for (int i = 0; i < 300; ++i) {
    track.walk(i % 2 == 0 ? 7.5 : 1.5, i % 2 == 0 ? 7.5 : 1.5);
  }
  const Decided d = decide(track);
  EXPECT_EQ(d.jumps + d.in_vehicle, 0);
  EXPECT_NEAR(d.moving_m, 300 * 4.5, 15);
}

// ---- vehicles -----------------------------------------------------------------------------------

TEST(TrackFilter, DoesNotCountARide) {
  const Decided d = decide(
      TrackBuilder().start().walk(280, 1.4).stand(60).walk(5000, 12).stand(60).walk(280, 1.4));
  EXPECT_NEAR(d.moving_m, 560, 30);
  EXPECT_GT(d.in_vehicle, 300);
  EXPECT_GE(d.interruptions, 1);
}

TEST(TrackFilter, CountsASprint) {
  const Decided d = decide(TrackBuilder().start().walk(280, 1.4).walk(130, 6.5).walk(280, 1.4));
  EXPECT_NEAR(d.moving_m, 690, 8);
  EXPECT_EQ(d.in_vehicle, 0);
}

TEST(TrackFilter, CountsAFastRunForAsLongAsItLasts) {
  const Decided d = decide(TrackBuilder().start().walk(9000, 4.5));
  EXPECT_NEAR(d.moving_m, 9000, 5);
}

// ---- gaps ---------------------------------------------------------------------------------------

TEST(TrackFilter, JoinsAGapThatWasWalked) {
  const Decided d = decide(TrackBuilder().start().walk(280, 1.4).silence(300, 400).walk(280, 1.4));
  EXPECT_NEAR(d.moving_m, 960, 2);
  EXPECT_NEAR(d.estimated_m, 400, 2);
  EXPECT_NEAR(d.moving_s, 700, 2);
}

TEST(TrackFilter, DoesNotJoinAGapThatWasRidden) {
  const Decided d = decide(TrackBuilder().start().walk(280, 1.4).silence(300, 2000).walk(280, 1.4));
  EXPECT_NEAR(d.moving_m, 560, 2);
  EXPECT_EQ(d.estimated_m, 0);
  EXPECT_EQ(d.interruptions, 1);
}

TEST(TrackFilter, TakesASlowGapForARest) {
  const Decided d = decide(TrackBuilder().start().walk(280, 1.4).silence(1800, 8).walk(280, 1.4));
  EXPECT_NEAR(d.moving_m, 568, 3);
  EXPECT_NEAR(d.standing_s, 1800, 10);
}

TEST(TrackFilter, CountsARecorderThatIsSlowByHabit) {
  const Decided d = decide(TrackBuilder().every(45).start().walk(6300, 1.4));
  EXPECT_NEAR(d.moving_m, 6300, 1);
}

// ---- the rest -----------------------------------------------------------------------------------

TEST(TrackFilter, ForgetsThePlaceButNotTheTimeAcrossAPause) {
  TrackFilter filter;
  Decided d;
  TrackBuilder track;
  track.start().walk(140, 1.4);
  for (const TrackPoint& point : track.points()) add(d, filter.add(point).stretches);
  add(d, filter.finish(track.now_ms()));
  EXPECT_FALSE(filter.has_position());
  const std::size_t before = track.points().size();
  track.silence(600, 3000);
  filter.resume_at(track.now_ms() - 5000);
  track.walk(140, 1.4);
  for (std::size_t i = before; i < track.points().size(); ++i) {
    add(d, filter.add(track.points()[i]).stretches);
  }
  add(d, filter.finish(track.now_ms()));
  EXPECT_NEAR(d.moving_m, 280, 2);
  EXPECT_NEAR(d.moving_s, 200, 2);
  EXPECT_NEAR(d.standing_s, 5, 2);
}

TEST(TrackFilter, SaysHowFastHeGoes) {
  TrackFilter filter;
  TrackBuilder track;
  track.start().walk(140, 1.4);
  for (const TrackPoint& point : track.points()) (void)filter.add(point);
  EXPECT_TRUE(filter.is_moving());
  EXPECT_NEAR(filter.speed_m_per_s(), 1.4, 0.05);
  const std::size_t before = track.points().size();
  track.stand(60);
  for (std::size_t i = before; i < track.points().size(); ++i) (void)filter.add(track.points()[i]);
  EXPECT_FALSE(filter.is_moving());
  EXPECT_EQ(filter.speed_m_per_s(), 0);
}

TEST(TrackFilter, SurvivesThePole) {
  TrackFilter filter;
  Decided d;
  for (int i = 0; i <= 600; ++i) {
    // Along a meridian, across the pole, and down the other side.
    const double beyond = 90 - 0.004 + i * 1.4 / 111'694;
    const auto quantised = quantise({.time_ms = test::kBuilderStart_ms + i * 1000,
                                     .lat_deg = beyond > 90 ? 180 - beyond : beyond,
                                     .lng_deg = beyond > 90 ? -170.0 : 10.0,
                                     .altitude_m = {},
                                     .accuracy_m = 4,
                                     .speed_m_per_s = {}},
                                    test::kBuilderStart_ms * 2);
    add(d, filter.add(quantised.value().point).stretches);
  }
  add(d, filter.finish(test::kBuilderStart_ms + 600'000));
  EXPECT_NEAR(d.moving_m, 840, 20);
}

}  // namespace
}  // namespace ruck::rucking
