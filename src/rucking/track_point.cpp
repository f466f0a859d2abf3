#include "rucking/track_point.hpp"

#include <array>
#include <cmath>

namespace ruck::rucking {
namespace {
constexpr double kMaxLatitude_deg = 90;
constexpr double kMaxLongitude_deg = 180;

template <class Step>
Step rounded(double value, double per_unit) {
  return static_cast<Step>(std::llround(value * per_unit));
}

bool within(double value, double low, double high) { return value >= low && value <= high; }
}  // namespace

const char* name_of(PointProblem problem) {
  static constexpr std::array<const char*, kPointProblemCount> kNames = {
      "latitude_not_a_number",  "latitude_out_of_range", "longitude_not_a_number",
      "longitude_out_of_range", "time_before_2000",      "time_in_future"};
  return kNames[static_cast<std::size_t>(problem)];
}

std::expected<QuantisedPoint, PointProblem> quantise(const RawPoint& raw,
                                                     std::int64_t latest_allowed_ms) {
  using enum PointProblem;
  if (!std::isfinite(raw.lat_deg)) return std::unexpected(kLatitudeNotANumber);
  if (std::fabs(raw.lat_deg) > kMaxLatitude_deg) return std::unexpected(kLatitudeOutOfRange);
  if (!std::isfinite(raw.lng_deg)) return std::unexpected(kLongitudeNotANumber);
  if (std::fabs(raw.lng_deg) > kMaxLongitude_deg) return std::unexpected(kLongitudeOutOfRange);
  if (raw.time_ms < kEarliestTime_ms) return std::unexpected(kBefore2000);
  if (raw.time_ms > latest_allowed_ms) return std::unexpected(kInFuture);

  QuantisedPoint out;
  out.point.time_ms = raw.time_ms;
  out.point.lat_e7 = rounded<std::int32_t>(raw.lat_deg, 1e7);
  out.point.lng_e7 = rounded<std::int32_t>(raw.lng_deg, 1e7);
  // A NaN fails every `within`, so it is dropped like any other value out of range.
  if (raw.altitude_m) {
    out.dropped_altitude = !within(*raw.altitude_m, kLowestAltitude_m, kHighestAltitude_m);
    if (!out.dropped_altitude) out.point.altitude_dm = rounded<std::int32_t>(*raw.altitude_m, 10);
  }
  if (raw.accuracy_m) {
    out.dropped_accuracy = !within(*raw.accuracy_m, 0, kWorstAccuracy_m);
    if (!out.dropped_accuracy) out.point.accuracy_hm = rounded<std::uint16_t>(*raw.accuracy_m, 2);
  }
  if (raw.speed_m_per_s) {
    out.dropped_speed = !within(*raw.speed_m_per_s, 0, kHighestSpeed_m_per_s);
    if (!out.dropped_speed) out.point.speed_5cm = rounded<std::uint16_t>(*raw.speed_m_per_s, 20);
  }
  return out;
}

}  // namespace ruck::rucking
