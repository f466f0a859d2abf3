#pragma once
// A GPS fix exactly as it is stored: whole numbers, no floating point. Quantising happens once, at
// the door; from there on the engine, the codec and a recomputation years later see the same
// integers, so a stored total can be reproduced bit for bit.
#include "rucking/geo.hpp"

#include <cstdint>
#include <expected>
#include <limits>
#include <optional>

namespace ruck::rucking {

struct TrackPoint {
  // What an optional column holds where the phone did not say.
  static constexpr std::int32_t kNoAltitude = std::numeric_limits<std::int32_t>::min();
  static constexpr std::uint16_t kNoAccuracy = std::numeric_limits<std::uint16_t>::max();
  static constexpr std::uint16_t kNoSpeed = std::numeric_limits<std::uint16_t>::max();

  std::int64_t time_ms = 0;  // UTC, of the fix; together with the ruck, the point's identity
  std::int32_t lat_e7 = 0;
  std::int32_t lng_e7 = 0;
  std::int32_t altitude_dm = kNoAltitude;   // 0.1 m
  std::uint16_t accuracy_hm = kNoAccuracy;  // half metres: horizontal accuracy as the phone gave it
  std::uint16_t speed_5cm = kNoSpeed;       // 0.05 m/s: the receiver's own (Doppler) speed

  [[nodiscard]] constexpr Position position() const { return from_e7(lat_e7, lng_e7); }
  [[nodiscard]] constexpr std::optional<double> altitude_m() const {
    if (altitude_dm == kNoAltitude) return std::nullopt;
    return altitude_dm * 0.1;
  }
  [[nodiscard]] constexpr std::optional<double> accuracy_m() const {
    if (accuracy_hm == kNoAccuracy) return std::nullopt;
    return accuracy_hm * 0.5;
  }
  [[nodiscard]] constexpr std::optional<double> speed_m_per_s() const {
    if (speed_5cm == kNoSpeed) return std::nullopt;
    return speed_5cm * 0.05;
  }
  friend bool operator==(const TrackPoint&, const TrackPoint&) = default;
};

// What arrived, before anything was checked. Units as in the field names.
struct RawPoint {
  std::int64_t time_ms = 0;
  double lat_deg = 0;
  double lng_deg = 0;
  std::optional<double> altitude_m;
  std::optional<double> accuracy_m;
  std::optional<double> speed_m_per_s;
};

// Why a point cannot be stored at all.
enum class PointProblem : std::uint8_t {
  kLatitudeNotANumber,
  kLatitudeOutOfRange,  // beyond ±90
  kLongitudeNotANumber,
  kLongitudeOutOfRange,  // beyond ±180
  kBefore2000,           // a receiver that has not seen a satellite yet reports 1970, 1980 or 1901
  kInFuture,             // beyond `latest_allowed_ms`
};
inline constexpr int kPointProblemCount = 6;
// A stable name for replies and metric labels, as "latitude_out_of_range".
[[nodiscard]] const char* name_of(PointProblem problem);

// GPS time starts in 1980, but no phone that recorded rucks is older than this.
inline constexpr std::int64_t kEarliestTime_ms = 946'684'800'000;  // 2000-01-01T00:00:00Z
// Phone clocks run ahead; an hour covers a wrong daylight-saving setting.
inline constexpr std::int64_t kClockAheadAllowed_ms = 3'600'000;
// The Dead Sea shore is at -430 m and the deepest open mines near -1000; airliners end at 15 km.
inline constexpr double kLowestAltitude_m = -1000;
inline constexpr double kHighestAltitude_m = 15'000;
// A worse accuracy than this is the phone saying "somewhere in this county".
inline constexpr double kWorstAccuracy_m = 5000;
// Faster than any airliner: the receiver's speed is broken, its position may still be right.
inline constexpr double kHighestSpeed_m_per_s = 340;

struct QuantisedPoint {
  TrackPoint point;
  // Optional fields that were there but unusable (NaN, negative, out of range), and so were left
  // out. The point itself stays: losing a position over a bad altitude would lose a walk.
  bool dropped_altitude = false;
  bool dropped_accuracy = false;
  bool dropped_speed = false;
};

// Checks and rounds to the nearest step. `latest_allowed_ms` is the caller's now plus
// kClockAheadAllowed_ms: this library has no clock. Latitude and longitude zero are places.
[[nodiscard]] std::expected<QuantisedPoint, PointProblem> quantise(const RawPoint& raw,
                                                                   std::int64_t latest_allowed_ms);

// A heart-rate sample as stored.
struct HeartRateSample {
  std::int64_t time_ms = 0;
  std::uint16_t bpm = 0;

  friend bool operator==(const HeartRateSample&, const HeartRateSample&) = default;
};
// The span that a living, walking person's heart and the usual straps can show.
inline constexpr int kLowestHeartRate_bpm = 25;
inline constexpr int kHighestHeartRate_bpm = 250;

}  // namespace ruck::rucking
