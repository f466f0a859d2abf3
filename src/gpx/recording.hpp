#pragma once
// A GPX document as a recording: points and heart rate by time, pauses between segments.
#include "gpx/document.hpp"
#include "rucking/climb.hpp"
#include "rucking/track_point.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ruck::gpx {

struct Pause {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
};

struct Recording {
  std::vector<rucking::TrackPoint> points;
  std::vector<rucking::HeartRateSample> heart_rate;
  std::vector<Pause> pauses;
  bool has_times = false;  // false: `points` is empty, and only the length is known
  double length_m = 0;     // along all segments, for a file without times
  rucking::AltitudeSource altitude_source = rucking::AltitudeSource::kGps;
  std::string identity;              // the same walk has the same, whatever the file's blanks are
  std::vector<std::string> remarks;  // what was odd and what was done about it, for people
};

// Times that are missing inside a segment are interpolated between their neighbours; points before
// the first or after the last time of a segment are dropped.
[[nodiscard]] Recording to_recording(const Document& document, UtcMs latest);

}  // namespace ruck::gpx
