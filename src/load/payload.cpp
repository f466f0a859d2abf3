#include "load/payload.hpp"

#include "base/time.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <string_view>

namespace ruck::load {
namespace {
void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 24> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), end);
}

// `value` / 10^decimals, exactly.
void append_decimal(std::string& out, std::int64_t value, int decimals) {
  std::int64_t scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  if (value < 0) {
    out.push_back('-');
    value = -value;
  }
  append_integer(out, value / scale);
  out.push_back('.');
  std::int64_t rest = value % scale;
  for (scale /= 10; scale > 0; scale /= 10) {
    out.push_back(static_cast<char>('0' + rest / scale));
    rest %= scale;
  }
}

void append_time(std::string& out, std::string_view key, std::int64_t time_ms) {
  out += key;
  out.push_back('"');
  append_iso8601(out, utc_ms(time_ms));
  out.push_back('"');
}

// 16 hexadecimal digits of time and place, as the app makes them.
void append_unique_id(std::string& out, const rucking::TrackPoint& p) {
  constexpr std::string_view kHex = "0123456789abcdef";
  auto hash = static_cast<std::uint64_t>(p.time_ms) * 0x9e3779b97f4a7c15;
  hash ^= std::rotl(static_cast<std::uint64_t>(static_cast<std::uint32_t>(p.lat_e7)), 32) ^
          static_cast<std::uint32_t>(p.lng_e7);
  hash = (hash ^ (hash >> 29)) * 0xbf58476d1ce4e5b9;
  out += ",\"unique_id\":\"";
  for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kHex[(hash >> shift) & 15]);
  out.push_back('"');
}

void append_app_point(std::string& out, const rucking::TrackPoint& p) {
  for (const std::string_view key : {"{\"lat\":", ",\"latitude\":"}) {
    out += key;
    append_decimal(out, p.lat_e7, 7);
  }
  for (const std::string_view key : {",\"lng\":", ",\"longitude\":"}) {
    out += key;
    append_decimal(out, p.lng_e7, 7);
  }
  if (p.altitude_dm != rucking::TrackPoint::kNoAltitude) {
    for (const std::string_view key : {",\"altitude\":", ",\"elevation_meters\":"}) {
      out += key;
      append_decimal(out, p.altitude_dm, 1);
    }
  }
  append_time(out, ",\"timestamp\":", p.time_ms);
  if (p.accuracy_hm != rucking::TrackPoint::kNoAccuracy) {
    for (const std::string_view key :
         {",\"accuracy\":", ",\"accuracy_meters\":", ",\"horizontal_accuracy_m\":"}) {
      out += key;
      append_decimal(out, std::int64_t{p.accuracy_hm} * 5, 1);
    }
  }
  if (p.speed_5cm != rucking::TrackPoint::kNoSpeed) {
    for (const std::string_view key : {",\"speed\":", ",\"speed_mps\":"}) {
      out += key;
      append_decimal(out, std::int64_t{p.speed_5cm} * 5, 2);
    }
  }
  out += ",\"is_estimated\":false";
  append_unique_id(out, p);
  out.push_back('}');
}

void append_compact_point(std::string& out, const rucking::TrackPoint& p) {
  out += "{\"lat\":";
  append_decimal(out, p.lat_e7, 7);
  out += ",\"lng\":";
  append_decimal(out, p.lng_e7, 7);
  if (p.altitude_dm != rucking::TrackPoint::kNoAltitude) {
    out += ",\"elevation_meters\":";
    append_decimal(out, p.altitude_dm, 1);
  }
  append_time(out, ",\"timestamp\":", p.time_ms);
  if (p.accuracy_hm != rucking::TrackPoint::kNoAccuracy) {
    out += ",\"accuracy\":";
    append_decimal(out, std::int64_t{p.accuracy_hm} * 5, 1);
  }
  if (p.speed_5cm != rucking::TrackPoint::kNoSpeed) {
    out += ",\"speed\":";
    append_decimal(out, std::int64_t{p.speed_5cm} * 5, 2);
  }
  out.push_back('}');
}
}  // namespace

void append_points(std::string& out, std::span<const rucking::TrackPoint> points,
                   PointFields fields) {
  out += "{\"points\":[";
  for (const rucking::TrackPoint& point : points) {
    if (&point != points.data()) out.push_back(',');
    if (fields == PointFields::kApp) {
      append_app_point(out, point);
    } else {
      append_compact_point(out, point);
    }
  }
  out += "]}";
}

void append_beats(std::string& out, std::span<const PendingBeat> beats, std::int64_t start_ms) {
  out += "{\"heart_rate_samples\":[";
  for (const PendingBeat& beat : beats) {
    if (&beat != beats.data()) out.push_back(',');
    append_time(out, "{\"timestamp\":", start_ms + std::int64_t{beat.second} * 1000);
    out.erase(out.size() - 2, 1);  // the zone
    out += ",\"bpm\":";
    append_integer(out, beat.bpm);
    out.push_back('}');
  }
  out += "]}";
}

}  // namespace ruck::load
