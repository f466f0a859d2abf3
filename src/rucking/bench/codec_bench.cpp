// What storing a point costs, before general compression. Budget: 20 million points a second each
// way on one core.
#include "rucking/polyline.hpp"
#include "rucking/simplify.hpp"
#include "rucking/simulate.hpp"
#include "rucking/track_codec.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace ruck::rucking {
namespace {

// All six columns, as a phone records them.
std::vector<TrackPoint> simulated_points(std::size_t count) {
  SimulationSettings settings;
  settings.length_m = 1e9;
  settings.duration_s = 1e9;
  RuckSimulator simulator(settings, 1);
  std::vector<TrackPoint> points;
  while (points.size() < count) points.push_back(simulator.next()->point);
  return points;
}

void BM_Encode(benchmark::State& state) {
  const auto points = simulated_points(static_cast<std::size_t>(state.range(0)));
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    append_block(bytes, points);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes/point"] =
      static_cast<double>(bytes.size()) / static_cast<double>(points.size());
}
BENCHMARK(BM_Encode)->Arg(10)->Arg(100)->Arg(14'400)->Arg(200'000);

void BM_Decode(benchmark::State& state) {
  const auto points = simulated_points(static_cast<std::size_t>(state.range(0)));
  std::string bytes;
  append_block(bytes, points);
  std::vector<TrackPoint> out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(decode_block(bytes, out));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Decode)->Arg(10)->Arg(100)->Arg(14'400)->Arg(200'000);

std::vector<Position> simulated_line() {
  std::vector<Position> line;
  for (const TrackPoint& point : simulated_points(14'400)) line.push_back(point.position());
  return line;
}

void BM_SimplifyFourHours(benchmark::State& state) {
  const auto line = simulated_line();
  for (auto _ : state) benchmark::DoNotOptimize(simplify(line, 2));
  state.SetItemsProcessed(state.iterations() * 14'400);
}
BENCHMARK(BM_SimplifyFourHours);

void BM_EncodePolyline(benchmark::State& state) {
  const auto line = simulated_line();
  for (auto _ : state) {
    benchmark::DoNotOptimize(encode_polyline(line, PolylinePrecision::kSix));
  }
  state.SetItemsProcessed(state.iterations() * 14'400);
}
BENCHMARK(BM_EncodePolyline);

}  // namespace
}  // namespace ruck::rucking
