#include "rucking/track_engine.hpp"

#include "rucking/load.hpp"
#include "rucking/tests/track_builder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ruck::rucking {
namespace {

using test::TrackBuilder;

constexpr std::int64_t kStart_ms = test::kBuilderStart_ms;

EngineConfig man80_with(double load_kg) {
  EngineConfig config;
  config.rucker = {.weight_kg = 80, .height_cm = 178, .age_years = 30, .sex = Sex::kMale};
  config.load_kg = load_kg;
  config.altitude_source = AltitudeSource::kBarometer;
  return config;
}

Body man80() { return {.weight_kg = 80, .height_cm = 178, .age_years = 30, .sex = Sex::kMale}; }

TrackEngine engine_of(const TrackBuilder& track, const EngineConfig& config = man80_with(20)) {
  TrackEngine engine(config);
  EXPECT_EQ(engine.feed(track.points()), track.points().size());
  return engine;
}

void feed_from(TrackEngine& engine, const TrackBuilder& track, std::size_t first) {
  const auto rest = std::span(track.points()).subspan(first);
  ASSERT_EQ(engine.feed(rest), rest.size());
}

// ---- totals -------------------------------------------------------------------------------------

TEST(TrackEngine, OfNothingIsNothing) {
  const TrackEngine engine{EngineConfig{}};
  const Totals t = engine.totals();
  EXPECT_EQ(t.distance_m, 0);
  EXPECT_EQ(t.elapsed_s, 0);
  EXPECT_EQ(t.energy.lcda_kcal, 0);
  EXPECT_EQ(t.pace_s_per_km(), std::nullopt);
  EXPECT_EQ(t.min_altitude_m, std::nullopt);
  EXPECT_EQ(engine.live(), std::nullopt);
  EXPECT_TRUE(engine.open_splits().empty());
}

TEST(TrackEngine, MeasuresALevelWalk) {
  TrackEngine engine = engine_of(TrackBuilder().altitude(100).start().walk(4020, 1.34));
  const Totals t = engine.totals();
  EXPECT_NEAR(t.distance_m, 4020, 1);
  EXPECT_EQ(t.elapsed_s, 3000);
  EXPECT_NEAR(t.moving_s, 3000, 1);
  EXPECT_NEAR(t.standing_s(), 0, 1);
  EXPECT_NEAR(t.pace_s_per_km().value_or(0), 1000 / 1.34, 0.5);
  EXPECT_EQ(t.gain_m, 0);
  EXPECT_EQ(t.min_altitude_m, 100);
  EXPECT_EQ(t.max_altitude_m, 100);
  EXPECT_EQ(t.coverage, 1);
  EXPECT_EQ(t.points.fed, 3001U);
  EXPECT_EQ(t.points.used, 3001U);
  EXPECT_NEAR(t.load_distance_kg_km, 20 * 4.02, 0.03);
  EXPECT_NEAR(t.power_points, power_points(20, t.distance_m, 0), 1e-9);
}

// Reference §1.5: 420.900001 W by LCDA, 401.84 W by Pandolf, at 1.34 m/s with 20 kg.
TEST(TrackEngine, ChargesALevelWalkAsTheReferenceDoes) {
  const Totals t = engine_of(TrackBuilder().altitude(100).start().walk(4020, 1.34)).totals();
  EXPECT_NEAR(t.energy.lcda_kcal, to_kcal(420.900001 * 3000), 0.3);
  EXPECT_NEAR(t.energy.pandolf_kcal, to_kcal(401.84 * 3000), 0.3);
  EXPECT_NEAR(t.energy.resting_kcal, to_kcal(89.800262 * 3000), 1e-3);
  EXPECT_EQ(t.energy.gross_kcal(EnergyModel::kLcda, CalorieMethod::kFusion), t.energy.lcda_kcal);
  EXPECT_NEAR(t.energy.net_kcal(EnergyModel::kPandolf, CalorieMethod::kMechanical),
              t.energy.pandolf_kcal - t.energy.resting_kcal, 1e-9);
}

// 610.101119 W uphill at 5 %, 315.408461 W down.
TEST(TrackEngine, ChargesASlopeAsTheReferenceDoes) {
  const Totals up =
      engine_of(TrackBuilder().altitude(100).climb(0.05).start().walk(4020, 1.34)).totals();
  EXPECT_NEAR(up.gain_m, 201, 1.5);  // smoothing and the start take a metre
  EXPECT_EQ(up.loss_m, 0);
  EXPECT_NEAR(up.energy.lcda_kcal, to_kcal(610.101119 * 3000), 4);
  const Totals down =
      engine_of(TrackBuilder().altitude(400).climb(-0.05).start().walk(4020, 1.34)).totals();
  EXPECT_NEAR(down.loss_m, 201, 1.5);
  EXPECT_NEAR(down.energy.lcda_kcal, to_kcal(315.408461 * 3000), 4);
}

TEST(TrackEngine, ChargesTheTerrainAndAVest) {
  EngineConfig rough = man80_with(20);
  rough.terrain_factor = 1.2;
  const auto track = TrackBuilder().start().walk(4020, 1.34);
  EXPECT_NEAR(engine_of(track, rough).totals().energy.lcda_kcal, to_kcal(482.760423 * 3000), 0.4);
  EngineConfig vest = man80_with(20);
  vest.load_is_vest = true;
  EXPECT_NEAR(engine_of(track, vest).totals().energy.lcda_kcal, to_kcal(410.790440 * 3000), 0.4);
}

TEST(TrackEngine, ChargesStandingWhileItLastsAndNothingWhilePaused) {
  TrackBuilder track;
  track.start().walk(1340, 1.34).stand(3600);
  TrackEngine engine = engine_of(track);
  const Totals stood = engine.totals();
  EXPECT_NEAR(stood.moving_s, 1000, 10);
  EXPECT_NEAR(stood.energy.lcda_kcal, to_kcal(420.9 * 1000 + 111.597888 * 3600), 2);

  EXPECT_EQ(engine.pause(track.now_ms()), FeedResult::kTaken);
  EXPECT_EQ(engine.resume(track.now_ms() + 3'600'000), FeedResult::kTaken);
  const Totals paused = engine.totals();
  EXPECT_EQ(paused.paused_s, 3600);
  EXPECT_EQ(paused.active_s(), 4600);
  EXPECT_NEAR(paused.energy.lcda_kcal, stood.energy.lcda_kcal, 1e-9);
  EXPECT_EQ(paused.energy.resting_kcal, stood.energy.resting_kcal);
}

TEST(TrackEngine, MakesRunningCheaperThanVeryFastWalking) {
  const Totals t = engine_of(TrackBuilder().start().walk(9000, 3)).totals();
  const double running_w =
      80 * lcda_load_multiplier(80, {.pack_kg = 20}) * running_watts_per_kg(3, 0);
  EXPECT_NEAR(t.energy.lcda_kcal, to_kcal(running_w * 3000), 1);
}

// ---- load ---------------------------------------------------------------------------------------

// Drop 5 kg of water at kilometre 6 of 10.
TEST(TrackEngine, UsesTheLoadOfItsTime) {
  TrackBuilder track;
  track.start().walk(6030, 1.34);
  TrackEngine engine = engine_of(track);
  const std::int64_t drop_ms = track.now_ms() + 500;  // between two points
  EXPECT_EQ(engine.set_load(drop_ms, 15), FeedResult::kTaken);
  const std::size_t before = track.points().size();
  track.walk(4020, 1.34);
  feed_from(engine, track, before);
  const Totals t = engine.totals();
  EXPECT_NEAR(t.load_distance_kg_km, 20 * 6.03 + 15 * 4.02, 0.05);
  const double light_w = lcda_backpacking_watts(man80(), {.pack_kg = 15}, {.speed_m_per_s = 1.34});
  EXPECT_NEAR(t.energy.lcda_kcal, to_kcal(420.900001 * 4500 + light_w * 3000), 0.5);
  EXPECT_EQ(engine.live()->load_kg, 15);
  const double mean_kg = t.load_distance_kg_km / (t.distance_m / 1000);
  EXPECT_NEAR(t.power_points, power_points(mean_kg, t.distance_m, t.gain_m), 1e-6);
}

TEST(TrackEngine, SpreadsALoadThatChangesInAGapOverItsTime) {
  TrackBuilder track;
  track.start().walk(134, 1.34);
  TrackEngine engine = engine_of(track);
  EXPECT_EQ(engine.set_load(track.now_ms() + 100'000, 0), FeedResult::kTaken);
  const std::size_t before = track.points().size();
  track.silence(400, 536);
  feed_from(engine, track, before);
  EXPECT_NEAR(engine.totals().load_distance_kg_km, 20 * 0.134 + 5 * 0.536, 0.01);
}

TEST(TrackEngine, LetsASecondChangeAtTheSameMomentReplaceTheFirst) {
  TrackBuilder track;
  track.start().walk(1340, 1.34);
  TrackEngine engine = engine_of(track);
  const std::int64_t now_ms = track.now_ms();
  EXPECT_EQ(engine.set_load(now_ms, 90), FeedResult::kTaken);
  EXPECT_EQ(engine.set_load(now_ms, 10), FeedResult::kTaken);
  const std::size_t before = track.points().size();
  track.walk(1340, 1.34);
  feed_from(engine, track, before);
  // The last chord before the change is decided after it, and was walked with 20 kg.
  EXPECT_NEAR(engine.totals().load_distance_kg_km, 20 * 1.34 + 10 * 1.34, 0.03);
}

TEST(TrackEngine, BringsNonsenseInTheConfigurationToItsEdge) {
  EngineConfig wild;
  wild.rucker = {.weight_kg = std::nan(""), .height_cm = 1e9, .age_years = -3};
  wild.rucker.max_bpm = 10;
  wild.load_kg = -5;
  wild.terrain_factor = std::nan("");
  TrackEngine engine = engine_of(TrackBuilder().start().walk(1340, 1.34), wild);
  EXPECT_EQ(engine.set_load(kStart_ms + 10'000'000, std::nan("")), FeedResult::kTaken);
  const Totals t = engine.totals();
  EXPECT_TRUE(std::isfinite(t.energy.lcda_kcal));
  EXPECT_GT(t.energy.lcda_kcal, 0);
  EXPECT_EQ(t.load_distance_kg_km, 0);
}

// ---- pauses -------------------------------------------------------------------------------------

TEST(TrackEngine, CountsNothingWhilePaused) {
  TrackBuilder track;
  track.altitude(100).start().walk(700, 1.4);
  TrackEngine engine = engine_of(track);
  EXPECT_EQ(engine.pause(track.now_ms()), FeedResult::kTaken);
  std::size_t before = track.points().size();
  track.climb(0.1).walk(840, 1.4).climb(0);
  feed_from(engine, track, before);
  EXPECT_EQ(engine.totals().points.while_paused, 600U);
  EXPECT_EQ(engine.totals().paused_s, 600);
  EXPECT_EQ(engine.resume(track.now_ms()), FeedResult::kTaken);
  before = track.points().size();
  track.walk(700, 1.4);
  feed_from(engine, track, before);
  const Totals t = engine.totals();
  EXPECT_NEAR(t.distance_m, 1400, 3);
  EXPECT_NEAR(t.moving_s, 1000, 3);
  EXPECT_EQ(t.paused_s, 600);
  EXPECT_EQ(t.elapsed_s, 1600);
  EXPECT_EQ(t.gain_m, 0);  // the hill was climbed in the pause
  EXPECT_EQ(t.coverage, 1);
}

TEST(TrackEngine, PausingTwiceIsPausingOnce) {
  TrackBuilder track;
  track.start().walk(140, 1.4);
  TrackEngine engine = engine_of(track);
  EXPECT_EQ(engine.resume(track.now_ms()), FeedResult::kTaken);  // nothing to resume
  EXPECT_EQ(engine.pause(track.now_ms() + 10'000), FeedResult::kTaken);
  EXPECT_EQ(engine.pause(track.now_ms() + 20'000), FeedResult::kTaken);
  EXPECT_EQ(engine.resume(track.now_ms() + 30'000), FeedResult::kTaken);
  EXPECT_EQ(engine.totals().paused_s, 20);
}

TEST(TrackEngine, MayBePausedBeforeItsFirstPoint) {
  TrackBuilder track;
  track.start().walk(140, 1.4);
  TrackEngine engine(man80_with(20));
  EXPECT_EQ(engine.pause(kStart_ms - 60'000), FeedResult::kTaken);
  EXPECT_EQ(engine.resume(kStart_ms - 10'000), FeedResult::kTaken);
  feed_from(engine, track, 0);
  const Totals t = engine.totals();
  EXPECT_EQ(t.start_ms, kStart_ms - 60'000);
  EXPECT_EQ(t.paused_s, 50);
  EXPECT_EQ(t.elapsed_s, 160);
}

// ---- order --------------------------------------------------------------------------------------

TEST(TrackEngine, RefusesWhatComesTooLateWithoutATrace) {
  TrackBuilder track;
  track.start().walk(140, 1.4);
  TrackEngine engine = engine_of(track);
  EXPECT_EQ(engine.pause(track.now_ms() + 5000), FeedResult::kTaken);
  EXPECT_EQ(engine.resume(track.now_ms() + 9000), FeedResult::kTaken);
  const std::string state = engine.serialize();
  EXPECT_EQ(engine.feed(track.points().back()), FeedResult::kOutOfOrder);  // again
  EXPECT_EQ(engine.feed(track.points().front()), FeedResult::kOutOfOrder);
  TrackPoint between = track.points().back();
  between.time_ms += 7000;  // known only after the resume that follows it
  EXPECT_EQ(engine.feed(between), FeedResult::kOutOfOrder);
  EXPECT_EQ(engine.set_load(track.now_ms(), 3), FeedResult::kOutOfOrder);
  EXPECT_EQ(engine.pause(track.now_ms() + 8000), FeedResult::kOutOfOrder);
  EXPECT_EQ(engine.resume(kStart_ms), FeedResult::kOutOfOrder);
  EXPECT_EQ(engine.serialize(), state);
}

TEST(TrackEngine, StopsABatchAtTheFirstPointOutOfOrder) {
  TrackBuilder track;
  track.start().walk(140, 1.4);
  std::vector<TrackPoint> points = track.points();
  points[60].time_ms = points[59].time_ms;
  TrackEngine engine(man80_with(20));
  EXPECT_EQ(engine.feed(points), 60U);
  EXPECT_EQ(engine.totals().points.fed, 60U);
}

TEST(TrackEngine, SaysHowMuchOfTheTimeHasPoints) {
  const Totals t = engine_of(TrackBuilder().start().walk(1400, 1.4).silence(1000, 1400)).totals();
  EXPECT_NEAR(t.coverage, 0.5, 1e-9);
  EXPECT_NEAR(t.estimated_moving_s / t.moving_s, 0.5, 0.01);
  EXPECT_NEAR(t.estimated_distance_m, 1400, 2);
  TrackBuilder slow;
  slow.every(50).start().walk(14'000, 1.4);
  EXPECT_EQ(engine_of(slow).totals().coverage, 1);
}

// ---- altitude -----------------------------------------------------------------------------------

TEST(TrackEngine, ClimbsNothingAcrossAGap) {
  const Totals t = engine_of(TrackBuilder()
                                 .altitude(100)
                                 .start()
                                 .walk(280, 1.4)
                                 .climb(0.25)
                                 .silence(300, 400)
                                 .climb(0)
                                 .walk(280, 1.4))
                       .totals();
  EXPECT_EQ(t.gain_m, 0);
  EXPECT_NEAR(t.max_altitude_m.value_or(0), 200, 0.1);
  // And it is charged as level: nobody knows which way the road went.
  const double gap_w =
      lcda_backpacking_watts(man80(), {.pack_kg = 20}, {.speed_m_per_s = 400.0 / 300});
  const double walk_w = lcda_backpacking_watts(man80(), {.pack_kg = 20}, {.speed_m_per_s = 1.4});
  EXPECT_NEAR(t.energy.lcda_kcal, to_kcal(gap_w * 300 + walk_w * 400), 1);
}

// A recorder with a fix a minute or slower still climbs: that is its habit, not a gap.
TEST(TrackEngine, ClimbsWithASparseRecorder) {
  for (const double every_s : {15.0, 30.0, 60.0, 75.0}) {
    const Totals t =
        engine_of(TrackBuilder().every(every_s).altitude(100).climb(0.1).start().walk(10'500, 1.4))
            .totals();
    EXPECT_NEAR(t.gain_m, 1050, every_s > 60 ? 150 : 20) << every_s;
  }
}

TEST(TrackEngine, DoesNotClimbWhileStanding) {
  TrackBuilder track;
  track.altitude(100).start().walk(280, 1.4);
  // The barometer breathes with the weather, and a lift takes them up and down again.
  for (int i = 0; i < 10; ++i) track.altitude(i % 2 == 0 ? 112 : 100).stand(120);
  track.altitude(100).walk(280, 1.4);
  EXPECT_LE(engine_of(track).totals().gain_m, 12);
}

TEST(TrackEngine, TakesSmallGradesOfGpsForLevel) {
  EngineConfig gps = man80_with(20);
  gps.altitude_source = AltitudeSource::kGps;
  const auto track = TrackBuilder().altitude(100).climb(0.008).start().walk(4020, 1.34);
  EXPECT_NEAR(engine_of(track, gps).totals().energy.lcda_kcal, to_kcal(420.900001 * 3000), 0.3);
  EXPECT_GT(engine_of(track).totals().energy.lcda_kcal, to_kcal(420.900001 * 3000) + 5);
}

// ---- heart rate ---------------------------------------------------------------------------------

std::vector<HeartRateSample> even_heart_rate(double seconds, std::uint16_t bpm) {
  std::vector<HeartRateSample> samples;
  for (int s = 0; s <= seconds; s += 5) {
    samples.push_back({.time_ms = kStart_ms + s * 1000, .bpm = bpm});
  }
  return samples;
}

TEST(TrackEngine, FusesHeartRateAsTheAppDoes) {
  TrackEngine engine = engine_of(TrackBuilder().start().walk(4020, 1.34));
  const auto samples = even_heart_rate(3000, 95);
  EXPECT_EQ(engine.feed(samples), samples.size());
  const Totals t = engine.totals();
  EXPECT_EQ(t.energy.heart_rate_coverage, 1);
  EXPECT_NEAR(t.energy.heart_rate_kcal, to_kcal(keytel_watts(man80(), 95) * 3000), 1e-6);
  EXPECT_NEAR(t.energy.fused_kcal, 0.6 * t.energy.heart_rate_kcal + 0.4 * t.energy.lcda_kcal, 1e-6);
  EXPECT_LT(std::fabs(t.energy.fused_kcal / t.energy.lcda_kcal - 1), 0.15);
  EXPECT_EQ(t.heart_rate.average_bpm, 95);
  EXPECT_EQ(engine.live()->heart_rate->bpm, 95);
}

TEST(TrackEngine, LeavesTheTimeWithoutHeartRateToTheMechanicalModel) {
  TrackEngine engine = engine_of(TrackBuilder().start().walk(4020, 1.34));
  const auto samples = even_heart_rate(750, 95);
  EXPECT_EQ(engine.feed(samples), samples.size());
  const EnergyTotals e = engine.totals().energy;
  EXPECT_NEAR(e.heart_rate_coverage, 0.25, 1e-9);
  EXPECT_NEAR(e.gross_kcal(EnergyModel::kLcda, CalorieMethod::kHeartRate),
              e.heart_rate_kcal + 0.75 * e.lcda_kcal, 1e-9);
  const double weight = 0.3 + 0.3 * 0.25;
  EXPECT_NEAR(e.fused_kcal,
              weight * (e.heart_rate_kcal + 0.75 * e.lcda_kcal) + (1 - weight) * e.lcda_kcal, 1e-6);
}

TEST(TrackEngine, CountsHeartRateOfPausesByItsMeanPower) {
  TrackBuilder track;
  track.start().walk(1340, 1.34);
  TrackEngine engine = engine_of(track);
  EXPECT_EQ(engine.pause(track.now_ms()), FeedResult::kTaken);
  EXPECT_EQ(engine.resume(track.now_ms() + 1'000'000), FeedResult::kTaken);
  const auto samples = even_heart_rate(2000, 118);
  EXPECT_EQ(engine.feed(samples), samples.size());
  const EnergyTotals e = engine.totals().energy;
  EXPECT_EQ(e.heart_rate_coverage, 1);
  EXPECT_NEAR(e.heart_rate_kcal, to_kcal(keytel_watts(man80(), 118) * 1000), 1e-6);
}

// ---- splits -------------------------------------------------------------------------------------

TEST(TrackEngine, CutsSplitsByKilometreAndMile) {
  TrackBuilder track;
  track.altitude(100).climb(0.02).start().walk(3360, 1.4);
  TrackEngine engine = engine_of(track);
  const auto done = engine.drain_splits();
  ASSERT_EQ(done.size(), 5U);  // three kilometres and two miles
  EXPECT_TRUE(engine.drain_splits().empty());
  for (const Split& split : done) {
    const double length = length_m(split.unit);
    EXPECT_EQ(split.distance_m, length);
    EXPECT_NEAR(split.elapsed_s(), length / 1.4, 0.5);
    EXPECT_NEAR(split.moving_s, length / 1.4, 0.5);
    EXPECT_NEAR(split.gain_m, length * 0.02, 1);
    EXPECT_NEAR(split.energy_kcal, engine.totals().energy.lcda_kcal * length / 3360, 1);
    const double along_m = distance_m({.lat_deg = 47, .lng_deg = 8}, split.end);
    EXPECT_NEAR(along_m, split.number * length, 2);
  }
  const auto open = engine.open_splits();
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(open[0].unit, SplitUnit::kKilometre);
  EXPECT_EQ(open[0].number, 4);
  EXPECT_NEAR(open[0].distance_m, 360, 1);
  EXPECT_EQ(open[1].number, 3);
  EXPECT_NEAR(open[1].distance_m, 3360 - 2 * 1609.344, 1);
}

TEST(TrackEngine, FinishesASplitWithTheLastMetresWithoutKeepingIt) {
  TrackBuilder track;
  track.start().walk(1000.8, 1.2);
  TrackEngine engine = engine_of(track);
  EXPECT_TRUE(engine.drain_splits().empty());  // the anchor is still short of the kilometre
  const auto open = engine.open_splits();
  ASSERT_EQ(open.size(), 3U);
  EXPECT_EQ(open[0].distance_m, 1000);
  EXPECT_NEAR(open[1].distance_m, 0.8, 0.3);
  EXPECT_EQ(open[2].unit, SplitUnit::kMile);
  EXPECT_TRUE(engine.drain_splits().empty());
  const std::size_t before = track.points().size();
  track.walk(30, 1.2);
  feed_from(engine, track, before);
  EXPECT_EQ(engine.drain_splits().size(), 1U);
}

TEST(TrackEngine, PutsAStopIntoItsSplit) {
  const auto track = TrackBuilder().start().walk(700, 1.4).stand(300).walk(700, 1.4);
  TrackEngine engine = engine_of(track);
  const auto done = engine.drain_splits();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_NEAR(done[0].elapsed_s(), 1000 / 1.4 + 300, 5);
  EXPECT_NEAR(done[0].moving_s, 1000 / 1.4, 10);
}

// ---- live ---------------------------------------------------------------------------------------

TEST(TrackEngine, ShowsWhatALiveMapNeeds) {
  TrackBuilder track;
  track.altitude(100).climb(0.08).start().walk(560, 1.4);
  TrackEngine engine = engine_of(track);
  const auto live = engine.live();
  ASSERT_TRUE(live);
  EXPECT_EQ(live->time_ms, track.now_ms());
  EXPECT_EQ(live->recorded, track.points().back().position());
  EXPECT_LT(distance_m(live->recorded, live->filtered), 0.5);
  EXPECT_TRUE(live->moving);
  EXPECT_NEAR(live->speed_m_per_s, 1.4, 0.02);
  EXPECT_NEAR(live->pace_s_per_km().value_or(0), 714, 10);
  EXPECT_NEAR(live->grade_percent, 8, 0.3);
  EXPECT_NEAR(live->altitude_m.value_or(0), 100 + 0.08 * 560, 0.5);
  EXPECT_EQ(live->heart_rate, std::nullopt);
  const std::size_t before = track.points().size();
  track.stand(60);
  feed_from(engine, track, before);
  EXPECT_FALSE(engine.live()->moving);
  EXPECT_EQ(engine.live()->pace_s_per_km(), std::nullopt);
}

// ---- metamorphic --------------------------------------------------------------------------------

TEST(TrackEngine, DoesNotCareWhenOrHowFarEastOrWhichWayRound) {
  const auto track = TrackBuilder()
                         .altitude(100)
                         .climb(0.03)
                         .start()
                         .walk(700, 1.4)
                         .turn(70)
                         .stand(120)
                         .walk(900, 1.2)
                         .silence(200, 250)
                         .turn(-130)
                         .walk(400, 1.5);
  const Totals expected = engine_of(track).totals();
  const auto expect_same = [&](auto change, const char* what) {
    TrackEngine engine(man80_with(20));
    for (TrackPoint point : track.points()) {
      change(point);
      ASSERT_EQ(engine.feed(point), FeedResult::kTaken) << what;
    }
    const Totals t = engine.totals();
    EXPECT_NEAR(t.distance_m, expected.distance_m, 1e-5) << what;
    EXPECT_EQ(t.moving_s, expected.moving_s) << what;
    EXPECT_EQ(t.gain_m, expected.gain_m) << what;
    EXPECT_NEAR(t.energy.lcda_kcal, expected.energy.lcda_kcal, 1e-6) << what;
  };
  expect_same([](TrackPoint& p) { p.time_ms += 86'400'000LL * 365; }, "a year later");
  expect_same([](TrackPoint& p) { p.lng_e7 += 500'000'000; }, "50 degrees east");
  expect_same([](TrackPoint& p) { p.lng_e7 = -p.lng_e7; }, "mirrored east to west");
  expect_same([](TrackPoint& p) { p.lat_e7 = -p.lat_e7; }, "mirrored north to south");
  expect_same(
      [](TrackPoint& p) {
        p.lng_e7 += 1'719'900'000;  // the walk starts 7 km before the date line
        if (p.lng_e7 > 1'800'000'000) p.lng_e7 -= 3'600'000'000;
      },
      "across the date line");
}

TEST(TrackEngine, CutAtAPauseIsTheSumOfItsParts) {
  TrackBuilder track;
  track.altitude(100).climb(0.02).start().walk(1400, 1.4);
  const std::size_t cut = track.points().size();
  track.silence(900, 200).walk(2100, 1.4);

  TrackEngine whole(man80_with(20));
  ASSERT_EQ(whole.feed(std::span(track.points()).first(cut)), cut);
  ASSERT_EQ(whole.pause(track.points()[cut - 1].time_ms), FeedResult::kTaken);
  ASSERT_EQ(whole.resume(track.points()[cut].time_ms), FeedResult::kTaken);
  feed_from(whole, track, cut);
  TrackEngine first(man80_with(20));
  TrackEngine second(man80_with(20));
  ASSERT_EQ(first.feed(std::span(track.points()).first(cut)), cut);
  feed_from(second, track, cut);

  const Totals w = whole.totals();
  const Totals a = first.totals();
  const Totals b = second.totals();
  EXPECT_NEAR(w.distance_m, a.distance_m + b.distance_m, 1e-9);
  EXPECT_EQ(w.moving_s, a.moving_s + b.moving_s);
  EXPECT_EQ(w.elapsed_s, a.elapsed_s + b.elapsed_s + 900);
  EXPECT_NEAR(w.gain_m, a.gain_m + b.gain_m, 1e-9);
  EXPECT_NEAR(w.energy.lcda_kcal, a.energy.lcda_kcal + b.energy.lcda_kcal, 1e-9);
}

TEST(TrackEngine, ChargesMoreForMoreLoadAndChangesNothingElse) {
  const auto track = TrackBuilder().altitude(100).climb(0.03).start().walk(2800, 1.4).stand(100);
  Totals last;
  for (const double load_kg : {0.0, 5.0, 10.0, 20.0, 40.0}) {
    const Totals t = engine_of(track, man80_with(load_kg)).totals();
    if (load_kg > 0) {
      EXPECT_GT(t.energy.lcda_kcal, last.energy.lcda_kcal);
      EXPECT_GT(t.energy.pandolf_kcal, last.energy.pandolf_kcal);
      EXPECT_EQ(t.distance_m, last.distance_m);
      EXPECT_EQ(t.moving_s, last.moving_s);
      EXPECT_EQ(t.gain_m, last.gain_m);
      EXPECT_EQ(t.energy.resting_kcal, last.energy.resting_kcal);
    }
    last = t;
  }
}

}  // namespace
}  // namespace ruck::rucking
