#pragma once
// The JSON that a phone sends, written straight from stored points: no floating point.
#include "rucking/track_point.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace ruck::load {

enum class PointFields : std::uint8_t {
  kApp,      // all that the mobile app sends, each value under two or three names (contract §3.5)
  kCompact,  // one name each, as the benchmark of the system before sent them
};

// {"points":[…]}
void append_points(std::string& out, std::span<const rucking::TrackPoint> points,
                   PointFields fields);

// A heart rate that waits to be sent.
struct PendingBeat {
  std::int32_t second = 0;  // since the ruck's start
  std::uint16_t bpm = 0;
};
// {"heart_rate_samples":[…]}, times without a zone as the app writes them (contract §3.6): this
// phone lives in UTC.
void append_beats(std::string& out, std::span<const PendingBeat> beats, std::int64_t start_ms);

}  // namespace ruck::load
