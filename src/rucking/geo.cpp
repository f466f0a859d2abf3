#include "rucking/geo.hpp"

#include <cmath>
#include <numbers>

namespace ruck::rucking {
namespace {
constexpr double kRadPerDeg = std::numbers::pi / 180;
// WGS84 (NIMA TR8350.2): equatorial radius and squared eccentricity f·(2 − f).
constexpr double kEquatorialRadius_m = 6378137.0;
constexpr double kFlattening = 1 / 298.257223563;
constexpr double kEccentricity2 = kFlattening * (2 - kFlattening);
// Above this latitude meridians converge so fast that a kilometre is no longer flat in degrees:
// the flat formula passes 1 ppm, and at 90° it is wrong altogether.
constexpr double kFlatLatitude_deg = 80;

// The radius of curvature across the meridian is kEquatorialRadius_m * inverse_root(sin φ);
// along the meridian it is that, cubed in the root, times (1 − e²).
double inverse_root(double sin_lat) {
  return 1 / std::sqrt(1 - kEccentricity2 * sin_lat * sin_lat);
}

double axis_distance_m(double lat_rad) {
  return kEquatorialRadius_m * inverse_root(std::sin(lat_rad)) * std::cos(lat_rad);
}

// d² = (M·Δφ)² + 4·p(φ1)·p(φ2)·sin²(Δλ/2), with p the distance from the Earth's axis: the law of
// cosines in the tangent plane of the pole, which is exact there in longitude and stays within
// 1 ppm for a kilometre at 80°. The meridian term also holds across the pole, as the two longitudes
// are then half a turn apart and the second term carries the distance.
double polar_distance_m(Position a, Position b) {
  const double mid_rad = (a.lat_deg + b.lat_deg) / 2 * kRadPerDeg;
  const double w = inverse_root(std::sin(mid_rad));
  const double meridian_radius_m = kEquatorialRadius_m * w * w * w * (1 - kEccentricity2);
  const double north_m = meridian_radius_m * (b.lat_deg - a.lat_deg) * kRadPerDeg;
  const double half_turn = std::sin(wrap_degrees(b.lng_deg - a.lng_deg) / 2 * kRadPerDeg);
  const double east2_m2 = 4 * axis_distance_m(a.lat_deg * kRadPerDeg) *
                          axis_distance_m(b.lat_deg * kRadPerDeg) * half_turn * half_turn;
  // At exactly ±90° the cosine is a rounding away from zero and may be negative.
  return std::sqrt(north_m * north_m + std::fmax(east2_m2, 0));
}
}  // namespace

double wrap_degrees(double degrees) {
  if (degrees >= -180 && degrees <= 180) return degrees;
  return std::remainder(degrees, 360);
}

LocalScale local_scale(double lat_deg) {
  const double lat_rad = lat_deg * kRadPerDeg;
  const double w = inverse_root(std::sin(lat_rad));
  const double cross_radius_m = kEquatorialRadius_m * w;
  return {.east_m_per_deg = kRadPerDeg * cross_radius_m * std::cos(lat_rad),
          .north_m_per_deg = kRadPerDeg * cross_radius_m * w * w * (1 - kEccentricity2)};
}

Offset offset(Position from, Position to, LocalScale scale) {
  return {.east_m = wrap_degrees(to.lng_deg - from.lng_deg) * scale.east_m_per_deg,
          .north_m = (to.lat_deg - from.lat_deg) * scale.north_m_per_deg};
}

Position moved(Position from, Offset by, LocalScale scale) {
  return {.lat_deg = from.lat_deg + by.north_m / scale.north_m_per_deg,
          .lng_deg = wrap_degrees(from.lng_deg + by.east_m / scale.east_m_per_deg)};
}

double distance_m(Position a, Position b) {
  const double mid_deg = (a.lat_deg + b.lat_deg) / 2;
  if (std::fabs(mid_deg) > kFlatLatitude_deg) return polar_distance_m(a, b);
  const Offset d = offset(a, b, local_scale(mid_deg));
  return std::sqrt(d.east_m * d.east_m + d.north_m * d.north_m);
}

}  // namespace ruck::rucking
