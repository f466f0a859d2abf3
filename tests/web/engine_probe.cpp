// The engine as the server has it, behind the same C interface that the browser calls: prints what
// it was fed and what it made of it, as JSON, for engine.test.mjs to do the same in WebAssembly.
//   engine_probe FILE.gpx...        engine_probe --simulate SEED
#include "gpx/document.hpp"
#include "rucking/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
double* ruck_input();
double* ruck_output();
void ruck_begin();
int ruck_feed(int count, double latest_allowed_ms);
void ruck_event(int kind, double time_ms, double load_kg);
int ruck_totals();
int ruck_splits();
}

namespace {
using namespace ruck;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr double kLatest = 4e12;  // whenever the track was recorded, it is not in the future
constexpr int kNumbersPerSplit = 9;
using Point = std::array<double, 6>;

double or_nothing(const std::optional<double>& value) { return value.value_or(kNothing); }

std::vector<Point> read_track(const char* path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto document = gpx::read(text, utc_ms(static_cast<std::int64_t>(kLatest)));
  std::vector<Point> points;
  if (!document) return points;
  for (const auto& segment : document->segments) {
    for (const gpx::Fix& fix : segment) {
      if (!fix.time) continue;
      points.push_back({static_cast<double>(fix.time->time_since_epoch().count()), fix.lat_deg,
                        fix.lng_deg, or_nothing(fix.altitude_m), or_nothing(fix.accuracy_m),
                        or_nothing(fix.speed_m_per_s)});
    }
  }
  return points;
}

std::vector<Point> simulate(std::uint64_t seed) {
  rucking::RuckSimulator simulator({}, seed);
  std::vector<Point> points;
  while (const auto fix = simulator.next()) {
    const rucking::TrackPoint& p = fix->point;
    points.push_back({static_cast<double>(p.time_ms), p.position().lat_deg, p.position().lng_deg,
                      or_nothing(p.altitude_m()), or_nothing(p.accuracy_m()),
                      or_nothing(p.speed_m_per_s())});
  }
  return points;
}

void print_numbers(const double* numbers, int count) {
  std::printf("[");
  for (int i = 0; i < count; ++i) {
    if (i > 0) std::printf(",");
    if (std::isnan(numbers[i])) {
      std::printf("null");
    } else {
      std::printf("%.17g", numbers[i]);
    }
  }
  std::printf("]");
}

void feed(const std::vector<Point>& points) {
  for (const Point& point : points) {
    std::copy(point.begin(), point.end(), ruck_input());
    ruck_feed(1, kLatest);
  }
}

// A load change at a third, a pause in the middle. The events come late, as a browser may tell
// them.
void run(const char* name, const std::vector<Point>& points, bool is_first) {
  if (points.size() < 10) return;
  constexpr std::array<double, 9> kRucker = {82, 181, 34, 1, 55, 188, 12.5, 0, 0};
  std::copy(kRucker.begin(), kRucker.end(), ruck_input());
  ruck_begin();
  feed(points);
  const double third = points[points.size() / 3][0];
  const double half = points[points.size() / 2][0];
  const std::vector<std::array<double, 3>> events = {
      {2, third, 20}, {0, half, 0}, {1, half + 90'000, 0}};
  for (const auto& event : events) ruck_event(static_cast<int>(event[0]), event[1], event[2]);
  std::printf("%s{\"name\":\"%s\",\"rucker\":", is_first ? "" : ",\n", name);
  print_numbers(kRucker.data(), static_cast<int>(kRucker.size()));
  std::printf(",\"points\":[");
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i > 0) std::printf(",");
    print_numbers(points[i].data(), static_cast<int>(points[i].size()));
  }
  std::printf("],\"events\":[");
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i > 0) std::printf(",");
    print_numbers(events[i].data(), 3);
  }
  const int totals = ruck_totals();
  std::printf("],\"totals\":");
  print_numbers(ruck_output(), totals);
  const int splits = ruck_splits();
  std::printf(",\"splits\":");
  print_numbers(ruck_output(), splits * kNumbersPerSplit);
  std::printf("}");
}
}  // namespace

int main(int argc, char** argv) {
  std::printf("[");
  bool is_first = true;
  for (int i = 1; i < argc; ++i) {
    const bool simulated = std::string_view(argv[i]) == "--simulate" && i + 1 < argc;
    const std::vector<Point> points =
        simulated ? simulate(std::strtoull(argv[++i], nullptr, 10)) : read_track(argv[i]);
    run(argv[i], points, is_first);
    is_first = is_first && points.size() < 10;
  }
  std::printf("]\n");
  return 0;
}
