#pragma once
// Positions on the Earth and the metres between them.
//
// A track is a chain of short segments (0.1 m to a few hundred metres), so distance needs no
// geodesic solver: the WGS84 ellipsoid is flat enough at the middle latitude of each segment.
// Against GeographicLib the error is at most 1 ppm for segments up to 1 km and latitudes up to 85°,
// and at most 0.1 % right up to and across the poles (tests/geo_test.cpp).
#include <cstdint>

namespace ruck::rucking {

// Degrees, WGS84. Latitude -90..90, longitude any (differences are taken the short way round).
struct Position {
  double lat_deg = 0;
  double lng_deg = 0;

  friend bool operator==(const Position&, const Position&) = default;
};

// Stored positions are whole 1e-7 degrees: 1.1 cm at most, and the same integer everywhere.
inline constexpr double kDegreesPerE7 = 1e-7;

[[nodiscard]] constexpr Position from_e7(std::int32_t lat_e7, std::int32_t lng_e7) {
  return {.lat_deg = lat_e7 * kDegreesPerE7, .lng_deg = lng_e7 * kDegreesPerE7};
}

// A longitude difference brought into [-180, 180].
[[nodiscard]] double wrap_degrees(double degrees);

// Metres per degree around one latitude, the "cheap ruler" in its ellipsoidal form (science §2.3).
// Good for offsets of some kilometres around that latitude.
struct LocalScale {
  double east_m_per_deg = 0;
  double north_m_per_deg = 0;
};
[[nodiscard]] LocalScale local_scale(double lat_deg);

// An offset in metres.
struct Offset {
  double east_m = 0;
  double north_m = 0;
};
[[nodiscard]] Offset offset(Position from, Position to, LocalScale scale);
[[nodiscard]] Position moved(Position from, Offset by, LocalScale scale);

// Metres between two positions, the short way round. Finite for every finite input.
[[nodiscard]] double distance_m(Position a, Position b);

}  // namespace ruck::rucking
