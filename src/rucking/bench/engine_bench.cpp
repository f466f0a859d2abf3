// What a point costs. Budget: 5 million points a second through the engine on one core.
#include "rucking/energy.hpp"
#include "rucking/geo.hpp"
#include "rucking/simulate.hpp"
#include "rucking/track_engine.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace ruck::rucking {
namespace {

std::vector<TrackPoint> simulated_points(SimulationSettings::Sampling sampling) {
  SimulationSettings settings;
  settings.length_m = 20'000;
  settings.sampling = sampling;
  RuckSimulator simulator(settings, 1);
  std::vector<TrackPoint> points;
  while (const auto fix = simulator.next()) points.push_back(fix->point);
  return points;
}

void feed_engine(benchmark::State& state, SimulationSettings::Sampling sampling) {
  const auto points = simulated_points(sampling);
  for (auto _ : state) {
    TrackEngine engine{EngineConfig{}};
    benchmark::DoNotOptimize(engine.feed(points));
    benchmark::DoNotOptimize(engine.totals());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(points.size()));
}
void BM_EngineAt1Hz(benchmark::State& state) {
  feed_engine(state, SimulationSettings::Sampling::kEverySecond);
}
BENCHMARK(BM_EngineAt1Hz);
void BM_EngineAdaptive(benchmark::State& state) {
  feed_engine(state, SimulationSettings::Sampling::kAdaptive);
}
BENCHMARK(BM_EngineAdaptive);

// A location batch as the server handles it: restore, ten points, totals, serialize.
void BM_BatchOfTenWithState(benchmark::State& state) {
  const auto points = simulated_points(SimulationSettings::Sampling::kEverySecond);
  const EngineConfig config;
  TrackEngine engine(config);
  std::string stored = engine.serialize();
  std::size_t at = 0;
  for (auto _ : state) {
    if (at + 10 > points.size()) {
      at = 0;
      stored = TrackEngine(config).serialize();
    }
    auto restored = TrackEngine::restore(config, stored);
    benchmark::DoNotOptimize(restored->feed(std::span(points).subspan(at, 10)));
    benchmark::DoNotOptimize(restored->totals());
    stored = restored->serialize();
    at += 10;
  }
  state.SetItemsProcessed(state.iterations() * 10);
}
BENCHMARK(BM_BatchOfTenWithState);

void BM_Totals(benchmark::State& state) {
  const auto points = simulated_points(SimulationSettings::Sampling::kEverySecond);
  TrackEngine engine{EngineConfig{}};
  (void)engine.feed(points);
  for (auto _ : state) benchmark::DoNotOptimize(engine.totals());
}
BENCHMARK(BM_Totals);

void BM_HeartRate(benchmark::State& state) {
  std::vector<HeartRateSample> samples;
  for (int i = 0; i < 10'000; ++i) {
    samples.push_back(
        {.time_ms = 1'763'800'000'000 + i * 5000, .bpm = static_cast<std::uint16_t>(110 + i % 40)});
  }
  for (auto _ : state) {
    TrackEngine engine{EngineConfig{}};
    benchmark::DoNotOptimize(engine.feed(samples));
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(BM_HeartRate);

// Both models, once per leg of 50 m.
void BM_EnergyOfALeg(benchmark::State& state) {
  const EnergyCalculator calculator(Body{}, false, 1.1);
  double grade = -5;
  for (auto _ : state) {
    benchmark::DoNotOptimize(calculator.moving(20, 1.3, grade));
    grade = -grade;
  }
}
BENCHMARK(BM_EnergyOfALeg);

void BM_LcdaBackpacking(benchmark::State& state) {
  const Body body;
  double grade = -5;
  for (auto _ : state) {
    benchmark::DoNotOptimize(lcda_backpacking_watts(
        body, {.pack_kg = 20}, {.speed_m_per_s = 1.34, .grade_percent = grade}));
    grade = -grade;
  }
}
BENCHMARK(BM_LcdaBackpacking);

void BM_Distance(benchmark::State& state) {
  Position a{.lat_deg = 47, .lng_deg = 8};
  const Position b{.lat_deg = 47.0001, .lng_deg = 8.0001};
  for (auto _ : state) {
    benchmark::DoNotOptimize(distance_m(a, b));
    a.lat_deg = 94 - a.lat_deg;
  }
}
BENCHMARK(BM_Distance);

void BM_Simulator(benchmark::State& state) {
  SimulationSettings settings;
  settings.length_m = 1e9;
  settings.duration_s = 1e9;
  RuckSimulator simulator(settings, 1);
  for (auto _ : state) benchmark::DoNotOptimize(simulator.next());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Simulator);

}  // namespace
}  // namespace ruck::rucking
