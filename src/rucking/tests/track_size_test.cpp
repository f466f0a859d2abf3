// What a stored point costs: all blocks of a ruck merged into one long block, then compressed with
// zstd. The budgets of the project are 4 bytes a point at 1 Hz and 8 for sparse recorders; the
// bounds here are what was reached and 2 %, so that a change to the format shows.
#include "rucking/simulate.hpp"
#include "rucking/tests/recorded_tracks.hpp"
#include "rucking/track_codec.hpp"

#include <gtest/gtest.h>
#include <zstd.h>

#include <cstdio>

namespace ruck::rucking {
namespace {

std::size_t compressed_size(const std::string& bytes, int level) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
  EXPECT_FALSE(ZSTD_isError(size));
  return size;
}

void expect_bytes_per_point(const std::vector<TrackPoint>& points, double bound, const char* what) {
  std::string bytes;
  append_block(bytes, points);
  ASSERT_EQ(decode_points(bytes), points);
  const auto count = static_cast<double>(points.size());
  const double level3 = static_cast<double>(compressed_size(bytes, 3)) / count;
  std::printf("[  figure  ] %s: %.0f points, %.2f bytes each, zstd -3 %.2f, -9 %.2f, -19 %.2f\n",
              what, count, static_cast<double>(bytes.size()) / count, level3,
              static_cast<double>(compressed_size(bytes, 9)) / count,
              static_cast<double>(compressed_size(bytes, 19)) / count);
  EXPECT_LE(level3, bound) << what;
}

std::vector<TrackPoint> simulated(SimulationSettings::Sampling sampling) {
  SimulationSettings settings;  // accuracy and speed columns, 3 m of wander, half-metre-white noise
  settings.sampling = sampling;
  RuckSimulator simulator(settings, 11);
  std::vector<TrackPoint> points;
  while (const auto fix = simulator.next()) points.push_back(fix->point);
  return points;
}

TEST(TrackSize, ARealRunAt1HzFitsItsBudget) {
  RUCK_RECORDED_TRACK(track, "run-1hz-heart-rate.gpx");
  expect_bytes_per_point(track.points(), 1.53, "run at 1 Hz");
}

TEST(TrackSize, ASimulatedPhoneAt1HzFitsItsBudget) {
  expect_bytes_per_point(simulated(SimulationSettings::Sampling::kEverySecond), 3.77,
                         "simulated phone at 1 Hz");
}

TEST(TrackSize, SparseTracksFitTheirBudget) {
  expect_bytes_per_point(simulated(SimulationSettings::Sampling::kAdaptive), 4.75,
                         "simulated phone, adaptive");
  RUCK_RECORDED_TRACK(trek, "black-forest-trek-3-days.gpx");
  expect_bytes_per_point(trek.points(), 5.34, "three-day trek");
  RUCK_RECORDED_TRACK(hike, "hike-opentracks-geoid.gpx");
  expect_bytes_per_point(hike.points(), 6.08, "hike");
}

TEST(TrackSize, HeartRateIsSmall) {
  SimulationSettings settings;
  RuckSimulator simulator(settings, 12);
  std::vector<HeartRateSample> samples;
  while (const auto fix = simulator.next()) {
    if (fix->heart_rate) samples.push_back(*fix->heart_rate);
  }
  std::string bytes;
  append_block(bytes, samples);
  const double each =
      static_cast<double>(compressed_size(bytes, 3)) / static_cast<double>(samples.size());
  std::printf("[  figure  ] heart rate: %zu samples, zstd -3 %.2f bytes each\n", samples.size(),
              each);
  EXPECT_LE(each, 1);
}

}  // namespace
}  // namespace ruck::rucking
