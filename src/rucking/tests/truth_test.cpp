// How near the engine comes to what is known to be true: the figures that a recording states of
// itself, and simulated rucks, whose truth is known exactly.
#include "rucking/simulate.hpp"
#include "rucking/tests/recorded_tracks.hpp"
#include "rucking/tests/test_seed.hpp"
#include "rucking/track_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace ruck::rucking {
namespace {

using Route = SimulationSettings::Route;
using Sampling = SimulationSettings::Sampling;

struct Measured {
  Totals totals;
  SimulationTruth truth;

  [[nodiscard]] double distance_error() const { return totals.distance_m / truth.distance_m - 1; }
  [[nodiscard]] double moving_error() const { return totals.moving_s / truth.moving_s - 1; }
};

Measured measure(const SimulationSettings& settings, std::uint64_t seed) {
  RuckSimulator simulator(settings, seed);
  EngineConfig config;
  config.altitude_source = AltitudeSource::kBarometer;
  TrackEngine engine(config);
  while (const auto fix = simulator.next()) {
    EXPECT_NE(engine.feed(fix->point), FeedResult::kOutOfOrder);
  }
  return {.totals = engine.totals(), .truth = simulator.truth()};
}

// The noise of the reference's experiment (science §2.5): 3 m over a minute and half a metre white.
SimulationSettings even_walk(Route route) {
  SimulationSettings settings;
  settings.route = route;
  settings.speed_variation = 0;
  settings.hill_height_m = 0;
  settings.stops_per_hour = 0;
  settings.white_noise_m = 0.5;
  settings.heart_rate_every_s = 0;
  return settings;
}

struct Errors {
  double mean = 0;
  double worst = 0;
};

Errors distance_errors(const SimulationSettings& settings, std::uint64_t seed, int rucks) {
  Errors errors;
  for (int i = 0; i < rucks; ++i) {
    const double e = measure(settings, seed + static_cast<std::uint64_t>(i)).distance_error();
    errors.mean += e / rucks;
    errors.worst = std::max(errors.worst, std::fabs(e));
  }
  return errors;
}

void expect_within(const SimulationSettings& settings, double bound, const char* what) {
  RUCK_USUAL_SEED(seed, 1);
  const Errors errors = distance_errors(settings, seed, 12);
  std::printf("[  figure  ] %s: mean error %+.2f %%, worst of 12 %.2f %%\n", what,
              errors.mean * 100, errors.worst * 100);
  EXPECT_LE(errors.worst, bound) << what;
}

TEST(SimulatedTruth, TenKilometresStraightAreWithinOneAndAHalfPercent) {
  expect_within(even_walk(Route::kStraight), 0.015, "10 km straight");
}

TEST(SimulatedTruth, TenKilometresOfSquareTurnsAreWithinOneAndAHalfPercent) {
  expect_within(even_walk(Route::kSquareTurns), 0.015, "10 km, a square turn every minute");
}

TEST(SimulatedTruth, TenKilometresOfWindingPathAreWithinOneAndAHalfPercent) {
  expect_within(even_walk(Route::kWinding), 0.015, "10 km winding");
}

TEST(SimulatedTruth, AdaptiveSamplingIsWithinTwoPercent) {
  SimulationSettings settings = even_walk(Route::kWinding);
  settings.sampling = Sampling::kAdaptive;
  expect_within(settings, 0.02, "10 km winding, adaptive sampling");
}

// With hills, moods and stops the walk is slower, and slow is where wander weighs most.
TEST(SimulatedTruth, APlausibleRuckIsWithinTwoPercent) {
  SimulationSettings settings;
  settings.stops_per_hour = 6;
  expect_within(settings, 0.02, "10 km with hills and stops");
}

TEST(SimulatedTruth, MovingTimeIsWithinFivePercent) {
  RUCK_USUAL_SEED(seed, 1);
  for (const Sampling sampling : {Sampling::kEverySecond, Sampling::kAdaptive}) {
    SimulationSettings settings;
    settings.stops_per_hour = 6;
    settings.sampling = sampling;
    double worst = 0;
    for (std::uint64_t i = 0; i < 8; ++i) {
      worst = std::max(worst, std::fabs(measure(settings, seed + i).moving_error()));
    }
    std::printf("[  figure  ] moving time, worst of 8: %.2f %%\n", worst * 100);
    EXPECT_LE(worst, 0.05);
  }
}

TEST(SimulatedTruth, ClimbByBarometerIsWithinTenPercent) {
  RUCK_USUAL_SEED(seed, 1);
  SimulationSettings settings;
  settings.altitude_noise_m = 0.7;  // a barometer over two minutes
  double mean = 0;
  for (std::uint64_t i = 0; i < 8; ++i) {
    const Measured m = measure(settings, seed + i);
    mean += (m.totals.gain_m / m.truth.gain_m - 1) / 8;
  }
  std::printf("[  figure  ] climb, mean of 8: %+.2f %%\n", mean * 100);
  EXPECT_LE(std::fabs(mean), 0.1);
}

// An hour on a bench, with the noise of §2.5: raw sums make 4 km of it.
TEST(SimulatedTruth, AnHourOfStandingIsLessThanFiftyMetres) {
  RUCK_USUAL_SEED(seed, 1);
  for (const Sampling sampling : {Sampling::kEverySecond, Sampling::kAdaptive}) {
    SimulationSettings settings = even_walk(Route::kStraight);
    settings.speed_m_per_s = 0;
    settings.duration_s = 3600;
    settings.sampling = sampling;
    double worst_m = 0;
    for (std::uint64_t i = 0; i < 40; ++i) {
      const Totals t = measure(settings, seed + i).totals;
      worst_m = std::max(worst_m, t.distance_m);
      EXPECT_EQ(t.elapsed_s, 3600);
    }
    std::printf("[  figure  ] standing for an hour, worst of 40: %.1f m\n", worst_m);
    EXPECT_LT(worst_m, 50);
  }
}

TEST(SimulatedTruth, ARunWithAPackCountsInFull) {
  SimulationSettings settings = even_walk(Route::kWinding);
  settings.speed_m_per_s = 4.5;
  expect_within(settings, 0.015, "10 km at 4.5 m/s");
}

TEST(SimulatedTruth, ARideCountsNothing) {
  RUCK_USUAL_SEED(seed, 1);
  SimulationSettings settings = even_walk(Route::kWinding);
  settings.speed_m_per_s = 8;
  for (std::uint64_t i = 0; i < 8; ++i) {
    EXPECT_LT(measure(settings, seed + i).totals.distance_m, 100);
  }
}

// ---- recorded -----------------------------------------------------------------------------------

Totals totals_of(const test::RecordedSegment& segment, AltitudeSource source) {
  EngineConfig config;
  config.load_kg = 15;
  config.altitude_source = source;
  TrackEngine engine(config);
  EXPECT_EQ(engine.feed(segment.points), segment.points.size());
  (void)engine.feed(segment.heart_rate);
  return engine.totals();
}

// The recording says of itself: 2697.698 m, moving 2104 s of 2750 s.
TEST(RecordedTruth, TheHikeAgreesWithWhatItsRecorderSays) {
  RUCK_RECORDED_TRACK(track, "hike-opentracks-geoid.gpx");
  ASSERT_EQ(track.segments.size(), 1U);
  const Totals t = totals_of(track.segments[0], AltitudeSource::kGps);
  std::printf("[  figure  ] hike: %.1f m (%+.2f %%), moving %.0f s (%+.2f %%)\n", t.distance_m,
              (t.distance_m / 2697.698486328125 - 1) * 100, t.moving_s,
              (t.moving_s / 2104 - 1) * 100);
  EXPECT_NEAR(t.distance_m, 2697.698486328125, 0.01 * 2697.698486328125);
  EXPECT_NEAR(t.moving_s, 2104, 0.05 * 2104);
  EXPECT_NEAR(t.elapsed_s, 2750, 5);
  EXPECT_EQ(t.points.used, 265U);
}

// Three days, a fix every 13 s. Of the raw 81.6 km, 1.7 km are the wander of three hours of rests.
TEST(RecordedTruth, TheTrekKeepsItsLength) {
  RUCK_RECORDED_TRACK(track, "black-forest-trek-3-days.gpx");
  ASSERT_EQ(track.segments.size(), 3U);
  double distance_m = 0;
  double gain_m = 0;
  double moving_s = 0;
  for (const auto& segment : track.segments) {
    const Totals t = totals_of(segment, AltitudeSource::kGps);
    distance_m += t.distance_m;
    gain_m += t.gain_m;
    moving_s += t.moving_s;
    EXPECT_LE(t.points.jumps, 1U);
    EXPECT_LT(t.estimated_distance_m, 0.02 * t.distance_m);
  }
  const double raw_m = test::raw_distance_m(track);
  std::printf("[  figure  ] trek: %.0f m of raw %.0f m (%+.2f %%), climb %.0f m, moving %.1f h\n",
              distance_m, raw_m, (distance_m / raw_m - 1) * 100, gain_m, moving_s / 3600);
  EXPECT_NEAR(raw_m, 81'648, 1);
  EXPECT_NEAR(distance_m, raw_m, 0.03 * raw_m);
  EXPECT_NEAR(gain_m, 2880, 300);
}

// A run with a jump of 82 m in a second and a receiver that loses its way for some seconds before.
TEST(RecordedTruth, TheRunKeepsItsLengthButNotItsJump) {
  RUCK_RECORDED_TRACK(track, "run-1hz-heart-rate.gpx");
  const Totals t = totals_of(track.segments[0], AltitudeSource::kBarometer);
  const double raw_m = test::raw_distance_m(track);
  std::printf("[  figure  ] run: %.0f m of raw %.0f m (%+.2f %%), climb %.0f m, average %.0f bpm\n",
              t.distance_m, raw_m, (t.distance_m / raw_m - 1) * 100, t.gain_m,
              t.heart_rate.average_bpm);
  EXPECT_NEAR(raw_m, 3568, 1);
  EXPECT_LT(t.distance_m, raw_m - 82);
  EXPECT_GT(t.distance_m, 0.96 * raw_m);
  EXPECT_EQ(t.points.jumps, 2U);
  EXPECT_EQ(t.heart_rate.samples, 1118U);
  EXPECT_GT(t.heart_rate.average_bpm, 130);
}

// Segments 2 and 4 are car legs; the others are on foot.
TEST(RecordedTruth, TheCarLegsOfCerknicaDoNotCount) {
  RUCK_RECORDED_TRACK(track, "cerknica-missing-times.gpx");
  ASSERT_GE(track.segments.size(), 4U);
  const auto one = [](const test::RecordedSegment& segment) {
    test::RecordedTrack alone;
    alone.segments.push_back(segment);
    return test::raw_distance_m(alone);
  };
  const double walk_raw_m = one(track.segments[0]);
  EXPECT_NEAR(totals_of(track.segments[0], AltitudeSource::kGps).distance_m, walk_raw_m,
              0.02 * walk_raw_m);
  for (const std::size_t ride : {1U, 3U}) {
    EXPECT_LT(totals_of(track.segments[ride], AltitudeSource::kGps).distance_m,
              0.15 * one(track.segments[ride]));
  }
}

TEST(RecordedTruth, NoTimeOf1901IsTaken) {
  RUCK_RECORDED_TRACK(track, "mojstrovka-1901-times.gpx");
  EXPECT_TRUE(track.segments.empty());
  EXPECT_EQ(track.unusable_points, 184);
}

}  // namespace
}  // namespace ruck::rucking
