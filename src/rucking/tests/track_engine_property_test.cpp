// Whatever way a ruck is fed, its totals are the same to the last bit. These are the promises that
// let the server write a state per batch, rebuild it after a crash, and recompute it years later.
#include "base/crc32c.hpp"
#include "rucking/tests/scenario.hpp"
#include "rucking/tests/test_seed.hpp"
#include "rucking/track_codec.hpp"
#include "rucking/track_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace ruck::rucking {
namespace {

using test::Event;
using test::Scenario;

constexpr int kScenarios = 25;

// Everything an engine can tell, as bits.
struct Outcome {
  std::string state;
  std::vector<std::uint64_t> totals;
  std::vector<Split> splits;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::vector<std::uint64_t> bits_of(const Totals& t) {
  std::vector<std::uint64_t> bits;
  for (const double value : {t.distance_m,
                             t.estimated_distance_m,
                             t.elapsed_s,
                             t.moving_s,
                             t.estimated_moving_s,
                             t.paused_s,
                             t.coverage,
                             t.gain_m,
                             t.loss_m,
                             t.min_altitude_m.value_or(-1),
                             t.max_altitude_m.value_or(-1),
                             t.energy.lcda_kcal,
                             t.energy.pandolf_kcal,
                             t.energy.heart_rate_kcal,
                             t.energy.heart_rate_coverage,
                             t.energy.fused_kcal,
                             t.energy.resting_kcal,
                             t.heart_rate.average_bpm,
                             t.heart_rate.trimp,
                             t.heart_rate.edwards,
                             t.heart_rate.energy_kcal,
                             t.heart_rate.covered_s,
                             t.load_distance_kg_km,
                             t.power_points}) {
    EXPECT_TRUE(std::isfinite(value));
    bits.push_back(std::bit_cast<std::uint64_t>(value));
  }
  for (const double zone_s : t.heart_rate.zone_s) {
    bits.push_back(std::bit_cast<std::uint64_t>(zone_s));
  }
  for (const std::uint32_t count :
       {t.points.fed, t.points.used, t.points.while_paused, t.points.poor_accuracy, t.points.jumps,
        t.points.in_vehicle, t.heart_rate.samples}) {
    bits.push_back(count);
  }
  return bits;
}

Outcome outcome_of(TrackEngine& engine, std::vector<Split> splits = {}) {
  const auto rest = engine.drain_splits();
  splits.insert(splits.end(), rest.begin(), rest.end());
  const auto open = engine.open_splits();
  splits.insert(splits.end(), open.begin(), open.end());
  return {.state = engine.serialize(), .totals = bits_of(engine.totals()), .splits = splits};
}

Outcome fed_one_by_one(const Scenario& scenario) {
  TrackEngine engine(scenario.config);
  for (const Event& event : scenario.events) test::feed(engine, event);
  for (const HeartRateSample& sample : scenario.heart_rate) {
    EXPECT_EQ(engine.feed(sample), FeedResult::kTaken);
  }
  return outcome_of(engine);
}

// Points in batches of up to `most`, cut where another event stands between them.
void feed_in_batches(TrackEngine& engine, const Scenario& scenario, SeededRandom& random,
                     std::uint64_t most, auto between) {
  std::vector<TrackPoint> batch;
  std::uint64_t size = 1 + random.below(most);
  const auto flush = [&] {
    if (batch.empty()) return;
    ASSERT_EQ(engine.feed(batch), batch.size());
    batch.clear();
    size = 1 + random.below(most);
    between();
  };
  for (const Event& event : scenario.events) {
    if (event.kind == Event::Kind::kPoint) {
      batch.push_back(event.point);
      if (batch.size() >= size) flush();
      continue;
    }
    flush();
    test::feed(engine, event);
  }
  flush();
}

void feed_heart_rate(TrackEngine& engine, const Scenario& scenario) {
  EXPECT_EQ(engine.feed(scenario.heart_rate), scenario.heart_rate.size());
}

TEST(TrackEngineProperty, BatchesOfAnySizeGiveTheSameBits) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int i = 0; i < kScenarios; ++i) {
    const Scenario scenario = test::random_scenario(random);
    const Outcome expected = fed_one_by_one(scenario);
    for (const std::uint64_t most : {2U, 37U, 100'000U}) {
      TrackEngine engine(scenario.config);
      feed_in_batches(engine, scenario, random, most, [] {});
      feed_heart_rate(engine, scenario);
      ASSERT_EQ(outcome_of(engine), expected) << "scenario " << i << ", batches up to " << most;
    }
  }
}

TEST(TrackEngineProperty, AStoredAndRestoredStateGivesTheSameBits) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int i = 0; i < kScenarios; ++i) {
    const Scenario scenario = test::random_scenario(random);
    const Outcome expected = fed_one_by_one(scenario);
    TrackEngine engine(scenario.config);
    std::vector<Split> splits;
    feed_in_batches(engine, scenario, random, 20, [&] {
      const auto drained = engine.drain_splits();
      splits.insert(splits.end(), drained.begin(), drained.end());
      auto restored = TrackEngine::restore(scenario.config, engine.serialize());
      ASSERT_TRUE(restored);
      engine = std::move(*restored);
    });
    feed_heart_rate(engine, scenario);
    ASSERT_EQ(outcome_of(engine, splits), expected) << "scenario " << i;
  }
}

TEST(TrackEngineProperty, RestoringAfterEveryPointGivesTheSameBits) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  const Scenario scenario = test::random_scenario(random);
  const Outcome expected = fed_one_by_one(scenario);
  TrackEngine engine(scenario.config);
  std::vector<Split> splits;
  for (const Event& event : scenario.events) {
    test::feed(engine, event);
    const auto drained = engine.drain_splits();
    splits.insert(splits.end(), drained.begin(), drained.end());
    auto restored = TrackEngine::restore(scenario.config, engine.serialize());
    ASSERT_TRUE(restored);
    engine = std::move(*restored);
  }
  for (const HeartRateSample& sample : scenario.heart_rate) {
    EXPECT_EQ(engine.feed(sample), FeedResult::kTaken);
    auto restored = TrackEngine::restore(scenario.config, engine.serialize());
    ASSERT_TRUE(restored);
    engine = std::move(*restored);
  }
  EXPECT_EQ(outcome_of(engine, splits), expected);
}

TEST(TrackEngineProperty, HeartRateMayComeBeforeBetweenOrAfter) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int i = 0; i < kScenarios; ++i) {
    const Scenario scenario = test::random_scenario(random);
    const Outcome expected = fed_one_by_one(scenario);
    TrackEngine before(scenario.config);
    feed_heart_rate(before, scenario);
    feed_in_batches(before, scenario, random, 50, [] {});
    ASSERT_EQ(outcome_of(before), expected) << "scenario " << i;

    TrackEngine between(scenario.config);
    std::size_t fed = 0;
    feed_in_batches(between, scenario, random, 50, [&] {
      const std::size_t left = scenario.heart_rate.size() - fed;
      const std::size_t some = std::min<std::size_t>(left, random.below(30));
      EXPECT_EQ(between.feed(std::span(scenario.heart_rate).subspan(fed, some)), some);
      fed += some;
    });
    EXPECT_EQ(between.feed(std::span(scenario.heart_rate).subspan(fed)),
              scenario.heart_rate.size() - fed);
    ASSERT_EQ(outcome_of(between), expected) << "scenario " << i;
  }
}

TEST(TrackEngineProperty, AskingChangesNothing) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int i = 0; i < kScenarios; ++i) {
    const Scenario scenario = test::random_scenario(random);
    const Outcome expected = fed_one_by_one(scenario);
    TrackEngine engine(scenario.config);
    feed_in_batches(engine, scenario, random, 60, [&] {
      const std::string state = engine.serialize();
      const auto once = bits_of(engine.totals());
      (void)engine.live();
      (void)engine.open_splits();
      ASSERT_EQ(bits_of(engine.totals()), once);
      ASSERT_EQ(engine.serialize(), state);
    });
    feed_heart_rate(engine, scenario);
    ASSERT_EQ(outcome_of(engine), expected) << "scenario " << i;
  }
}

TEST(TrackEngineProperty, WhatWasStoredAndDecodedGivesTheSameBits) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int i = 0; i < kScenarios; ++i) {
    const Scenario scenario = test::random_scenario(random);
    std::vector<TrackPoint> points;
    for (const Event& event : scenario.events) {
      if (event.kind == Event::Kind::kPoint) points.push_back(event.point);
    }
    std::string bytes;
    append_block(bytes, points);
    const auto decoded = decode_points(bytes);
    ASSERT_TRUE(decoded);
    TrackEngine first(scenario.config);
    TrackEngine again(scenario.config);
    ASSERT_EQ(first.feed(points), points.size());
    ASSERT_EQ(again.feed(*decoded), points.size());
    ASSERT_EQ(outcome_of(first), outcome_of(again)) << "scenario " << i;
  }
}

// Every second of a ruck is moving, standing or paused, every point is counted once, and nothing
// ever shrinks.
TEST(TrackEngineProperty, TotalsAddUpAndOnlyGrow) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int i = 0; i < kScenarios; ++i) {
    const Scenario scenario = test::random_scenario(random);
    TrackEngine engine(scenario.config);
    double settled_m = 0;
    feed_in_batches(engine, scenario, random, 40, [&] {
      const Totals t = engine.totals();
      ASSERT_GE(t.standing_s(), -1e-9);
      ASSERT_GE(t.moving_s, t.estimated_moving_s);
      ASSERT_GE(t.distance_m, t.estimated_distance_m);
      ASSERT_LE(t.coverage, 1);
      const PointCounts& c = t.points;
      ASSERT_EQ(c.fed, c.used + c.while_paused + c.poor_accuracy + c.jumps + c.in_vehicle);
      // Only the last metres are a guess until it is clear what they were: a chord of 20 m, or ten
      // seconds of a sprint that turns out to be a ride.
      ASSERT_GE(t.distance_m, settled_m - 105);
      settled_m = std::max(settled_m, t.distance_m);
      ASSERT_GE(t.energy.lcda_kcal, t.energy.resting_kcal - 1e-6);
    });
    const Totals t = engine.totals();
    EXPECT_NEAR(t.elapsed_s, static_cast<double>(t.end_ms - t.start_ms) / 1000, 1e-9);
  }
}

// The splits of a unit are the ruck, cut into pieces.
TEST(TrackEngineProperty, SplitsAddUpToTheTotals) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int i = 0; i < kScenarios; ++i) {
    const Scenario scenario = test::random_scenario(random);
    TrackEngine engine(scenario.config);
    feed_in_batches(engine, scenario, random, 100, [] {});
    const Totals t = engine.totals();
    auto splits = engine.drain_splits();
    const auto open = engine.open_splits();
    splits.insert(splits.end(), open.begin(), open.end());
    for (const SplitUnit unit : {SplitUnit::kKilometre, SplitUnit::kMile}) {
      double distance_m = 0;
      double moving_s = 0;
      double gain_m = 0;
      double kcal = 0;
      std::int64_t end_ms = t.start_ms;
      std::int32_t number = 0;
      for (const Split& split : splits) {
        if (split.unit != unit) continue;
        distance_m += split.distance_m;
        moving_s += split.moving_s;
        gain_m += split.gain_m;
        kcal += split.energy_kcal;
        EXPECT_EQ(split.number, ++number);
        EXPECT_EQ(split.start_ms, end_ms);
        end_ms = split.end_ms;
      }
      if (number == 0) continue;
      EXPECT_EQ(end_ms, t.end_ms);
      EXPECT_NEAR(distance_m, t.distance_m, 1e-6);
      EXPECT_NEAR(moving_s, t.moving_s, 1e-6);
      EXPECT_NEAR(gain_m, t.gain_m, 1e-6);
      const bool lcda = scenario.config.energy_model == EnergyModel::kLcda;
      EXPECT_NEAR(kcal, lcda ? t.energy.lcda_kcal : t.energy.pandolf_kcal, 1e-6);
    }
  }
}

TEST(TrackEngineProperty, TheStateAlwaysFitsItsBudget) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  const Scenario scenario = test::random_scenario(random);
  TrackEngine engine(scenario.config);
  std::size_t largest = engine.serialize().size();
  feed_in_batches(engine, scenario, random, 10,
                  [&] { largest = std::max(largest, engine.serialize().size()); });
  std::printf("[  figure  ] state %zu bytes, engine %zu bytes in memory\n", largest,
              sizeof(TrackEngine));
  EXPECT_LE(largest, TrackEngine::kMaxStateSize);
}

// ---- damaged states -----------------------------------------------------------------------------

std::string some_state(SeededRandom& random, const EngineConfig& config) {
  const Scenario scenario = test::random_scenario(random);
  TrackEngine engine(config);
  for (const Event& event : scenario.events) test::feed(engine, event);
  return engine.serialize();
}

TEST(TrackEngineState, ADamagedStateIsAnError) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  const EngineConfig config;
  std::string state = some_state(random, config);
  ASSERT_TRUE(TrackEngine::restore(config, state));
  for (std::size_t size = 0; size < state.size(); ++size) {
    ASSERT_FALSE(TrackEngine::restore(config, std::string_view(state).substr(0, size))) << size;
  }
  EXPECT_FALSE(TrackEngine::restore(config, state + '\0'));
  for (std::size_t bit = 0; bit < state.size() * 8; ++bit) {
    state[bit / 8] = static_cast<char>(state[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(TrackEngine::restore(config, state)) << "bit " << bit;
    state[bit / 8] = static_cast<char>(state[bit / 8] ^ (1 << (bit % 8)));
  }
}

TEST(TrackEngineState, AnUnknownVersionIsAnErrorOfItsOwn) {
  const EngineConfig config;
  std::string state = TrackEngine(config).serialize();
  state[0] = static_cast<char>(state[0] + 1);
  const auto got = TrackEngine::restore(config, state);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), StateProblem::kUnknownVersion);
  EXPECT_EQ(TrackEngine::restore(config, "").error(), StateProblem::kUnknownVersion);
  EXPECT_EQ(TrackEngine::restore(config, state.substr(0, 1).replace(0, 1, "\x01")).error(),
            StateProblem::kDamaged);
}

// A checksum is no secret: whatever a forged state says, using it stays inside its arrays.
TEST(TrackEngineState, AForgedStateIsRefusedOrHarmless) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  const EngineConfig config;
  const std::string good = some_state(random, config);
  int accepted = 0;
  for (int turn = 0; turn < 3000; ++turn) {
    std::string state = good;
    // One small field at a time: counters, flags and enumerators, which are single bytes.
    const std::size_t at = 1 + random.below(state.size() - 5);
    state[at] = static_cast<char>(random.below(turn % 2 == 0 ? 16 : 256));
    const std::uint32_t checksum = crc32c(std::string_view(state).substr(0, state.size() - 4));
    std::memcpy(state.data() + state.size() - 4, &checksum, sizeof checksum);
    auto engine = TrackEngine::restore(config, state);
    if (!engine) continue;
    ++accepted;
    for (int i = 1; i < 60; ++i) {
      (void)engine->feed(TrackPoint{.time_ms = 2'000'000'000'000 + i * 1000,
                                    .lat_e7 = 470'000'000 + i * 130,
                                    .lng_e7 = 80'000'000,
                                    .altitude_dm = 4000 + i});
    }
    (void)engine->totals();
    (void)engine->live();
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace ruck::rucking
