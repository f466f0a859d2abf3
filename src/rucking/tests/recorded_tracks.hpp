#pragma once
// Real recorded tracks for tests, from the folder that RUCK_TRACKS_DIR names, by default the shared
// folder beside the repository. They are not part of the repository: a test that needs one is
// skipped, and says so, where it is absent.
#include "rucking/track_point.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ruck::rucking::test {

struct RecordedSegment {
  std::vector<TrackPoint> points;  // quantised; points without a usable time are left out
  std::vector<HeartRateSample> heart_rate;
};

struct RecordedTrack {
  std::vector<RecordedSegment> segments;
  int unusable_points = 0;  // without time, or refused by quantise()

  [[nodiscard]] std::vector<TrackPoint> points() const;  // of all segments
  [[nodiscard]] std::vector<HeartRateSample> heart_rate() const;
};

// Nothing if the file is not there. Reads as much of GPX as the recorded tracks use.
[[nodiscard]] std::optional<RecordedTrack> read_recorded_track(const std::string& file);

// Sums the metres between consecutive points, within segments.
[[nodiscard]] double raw_distance_m(const RecordedTrack& track);

#define RUCK_RECORDED_TRACK(track, file)                                         \
  const auto track##_or_none = ::ruck::rucking::test::read_recorded_track(file); \
  if (!track##_or_none) GTEST_SKIP() << file << " is not in RUCK_TRACKS_DIR";    \
  const ::ruck::rucking::test::RecordedTrack& track = *track##_or_none

}  // namespace ruck::rucking::test
