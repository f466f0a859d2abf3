#include "services/rucks/recording/batch.hpp"

#include "base/text.hpp"
#include "base/whole_number.hpp"
#include "http/json/element.hpp"
#include "services/rucks/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ruck::rucks {
namespace {
using json::Element;

constexpr double kSecondsEnd = 1e11;  // larger epoch numbers are milliseconds (the year 5138)
constexpr auto kClockSlack = std::chrono::minutes(5);  // between a phone's clock and ours
constexpr int kOffsetQuartersMax = 56;                 // 14 hours: the widest time zone

// A number, or a number in a string, which older app versions send.
std::optional<double> number_in(const Element& value) {
  if (const auto number = value.number()) return number;
  if (const auto text = value.string()) return parse_double(trim(*text));
  return std::nullopt;
}

std::optional<http::Timestamp> time_in(const Element& value) {
  if (const auto text = value.string()) {
    const auto parsed = parse_iso8601(trim(*text));
    if (!parsed) return std::nullopt;
    return http::Timestamp{.time = parsed->time, .has_zone = parsed->has_zone};
  }
  const auto number = value.number();
  if (!number || !std::isfinite(*number)) return std::nullopt;
  const double ms = std::abs(*number) < kSecondsEnd ? *number * 1000 : *number;
  if (std::abs(ms) > 1e15) return std::nullopt;
  return http::Timestamp{.time = utc_ms(whole_number(ms)), .has_zone = true};
}

enum class PointField : std::uint8_t { kNone, kLat, kLng, kAltitude, kTime, kAccuracy, kSpeed };

// Several names for one thing: the app sends each value two or three times.
PointField field_of(std::string_view key) {
  switch (key.size()) {
    case 3:
      if (key == "lat") return PointField::kLat;
      if (key == "lng" || key == "lon") return PointField::kLng;
      if (key == "alt") return PointField::kAltitude;
      return PointField::kNone;
    case 4:
      return key == "time" ? PointField::kTime : PointField::kNone;
    case 5:
      return key == "speed" ? PointField::kSpeed : PointField::kNone;
    case 8:
      if (key == "latitude") return PointField::kLat;
      if (key == "altitude") return PointField::kAltitude;
      return key == "accuracy" ? PointField::kAccuracy : PointField::kNone;
    case 9:
      if (key == "longitude") return PointField::kLng;
      if (key == "timestamp") return PointField::kTime;
      return key == "speed_mps"   ? PointField::kSpeed
             : key == "elevation" ? PointField::kAltitude
                                  : PointField::kNone;
    case 15:
      return key == "accuracy_meters" ? PointField::kAccuracy : PointField::kNone;
    case 16:
      return key == "elevation_meters" ? PointField::kAltitude : PointField::kNone;
    case 21:
      return key == "horizontal_accuracy_m" ? PointField::kAccuracy : PointField::kNone;
    default:
      return PointField::kNone;
  }
}

struct ReadPoint {
  rucking::RawPoint raw;
  bool has_lat = false;
  bool has_lng = false;
  bool has_time = false;
  bool bad_altitude = false;
  bool bad_accuracy = false;
  bool bad_speed = false;
};

void read_optional(const Element& value, std::optional<double>& target, bool& bad) {
  if (value.is_null()) return;
  if (const auto number = number_in(value)) {
    target = number;
  } else {
    bad = true;
  }
}

ReadPoint read_point(const Element& element) {
  ReadPoint point;
  for (json::Members it(element); it.next();) {
    switch (field_of(it.key())) {
      case PointField::kLat:
        if (const auto number = number_in(it.value())) {
          point.raw.lat_deg = *number;
          point.has_lat = true;
        }
        break;
      case PointField::kLng:
        if (const auto number = number_in(it.value())) {
          point.raw.lng_deg = *number;
          point.has_lng = true;
        }
        break;
      case PointField::kTime:
        if (const auto time = time_in(it.value())) {
          point.raw.time_ms = time->time.time_since_epoch().count();
          point.has_time = true;
        }
        break;
      case PointField::kAltitude:
        read_optional(it.value(), point.raw.altitude_m, point.bad_altitude);
        break;
      case PointField::kAccuracy:
        read_optional(it.value(), point.raw.accuracy_m, point.bad_accuracy);
        break;
      case PointField::kSpeed:
        read_optional(it.value(), point.raw.speed_m_per_s, point.bad_speed);
        break;
      case PointField::kNone:
        break;
    }
  }
  return point;
}

class PointReader {
 public:
  explicit PointReader(UtcMs now)
      : latest_allowed_ms_((now + kClockAhead).time_since_epoch().count()) {}

  void read(std::int64_t index, const Element& element) {
    batch_.submitted += 1;
    if (element.kind() != json::Kind::kObject) return reject(index, "not_an_object");
    if (batch_.points.size() >= kPointsPerBatchMax) return reject(index, "batch_too_long");
    const ReadPoint read = read_point(element);
    if (!read.has_lat) return reject(index, "latitude_missing");
    if (!read.has_lng) return reject(index, "longitude_missing");
    if (!read.has_time) return reject(index, "timestamp_missing");
    const auto quantised = rucking::quantise(read.raw, latest_allowed_ms_);
    if (!quantised) return reject(index, rucking::name_of(quantised.error()));
    if (read.bad_altitude || quantised->dropped_altitude) warn(index, "altitude");
    if (read.bad_accuracy || quantised->dropped_accuracy) warn(index, "accuracy");
    if (read.bad_speed || quantised->dropped_speed) warn(index, "speed");
    batch_.points.push_back(quantised->point);
  }
  [[nodiscard]] PointBatch take() { return std::move(batch_); }

 private:
  void reject(std::int64_t index, std::string reason) {
    batch_.rejected_count += 1;
    if (batch_.rejected.size() < kNamedProblemsMax)
      batch_.rejected.push_back({index, std::move(reason)});
  }
  void warn(std::int64_t index, std::string_view field) {
    if (batch_.warnings.size() >= kNamedProblemsMax) return;
    batch_.warnings.push_back(fmt::format("$.points[{}].{}: not usable, left out", index, field));
  }

  std::int64_t latest_allowed_ms_;
  PointBatch batch_;
};

// The list in a body, under one of its names; a bare list; or nothing for a bare object.
std::optional<Element> list_in(const Element& root, std::string_view name, std::string_view other) {
  if (root.kind() == json::Kind::kArray) return root;
  for (const std::string_view key : {name, other}) {
    const auto found = root.find(key);
    if (found && found->kind() == json::Kind::kArray) return found;
  }
  return std::nullopt;
}

constexpr std::string_view kNotHeartRate = "heart_rate_out_of_range";

std::optional<std::uint16_t> bpm_of(const std::optional<double>& number) {
  if (!number || !(*number >= rucking::kLowestHeartRate_bpm) ||
      *number > rucking::kHighestHeartRate_bpm) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(std::lround(*number));
}

void add_sample(SampleBatch& batch, const std::optional<http::Timestamp>& time,
                const std::optional<double>& number) {
  const std::int64_t index = batch.submitted++;
  const auto bpm = bpm_of(number);
  if (time && bpm && batch.samples.size() < kSamplesPerChunkMax) {
    batch.samples.push_back({.index = index, .time = *time, .bpm = *bpm});
    return;
  }
  batch.rejected_count += 1;
  if (batch.rejected.size() >= kNamedProblemsMax) return;
  batch.rejected.push_back({index, !time  ? "timestamp_missing"
                                   : !bpm ? std::string(kNotHeartRate)
                                          : "batch_too_long"});
}

void read_sample(SampleBatch& batch, const Element& element) {
  std::optional<http::Timestamp> time;
  std::optional<double> bpm;
  for (json::Members it(element); it.next();) {
    if (it.key() == "timestamp" || it.key() == "time") time = time_in(it.value());
    if (it.key() == "bpm" || it.key() == "heart_rate") bpm = number_in(it.value());
  }
  add_sample(batch, time, bpm);
}

UtcMs earliest(const SampleWindow& window) {
  // A strap may be on a while before the start is pressed.
  constexpr auto kBeforeStart = std::chrono::minutes(30);
  return window.started_at ? *window.started_at - kBeforeStart : UtcMs::min();
}
UtcMs latest(const SampleWindow& window) {
  return window.ended_at ? *window.ended_at + std::chrono::minutes(30) : window.now + kClockSlack;
}

// Whether every zone-less sample lies inside the ruck when it is read with this offset.
bool fits(const SampleBatch& batch, const SampleWindow& window, std::chrono::minutes offset) {
  return std::ranges::all_of(batch.samples, [&](const SampleBatch::Sample& sample) {
    if (sample.time.has_zone) return true;
    const UtcMs time = sample.time.time - offset;
    return time >= earliest(window) && time <= latest(window);
  });
}
// The quarter hour between the newest zone-less sample and now: uploads are at most minutes late
// while the ruck is under way.
std::chrono::minutes arrival_offset(const SampleBatch& batch, UtcMs now) {
  UtcMs newest = UtcMs::min();
  for (const SampleBatch::Sample& sample : batch.samples) {
    if (!sample.time.has_zone) newest = std::max(newest, sample.time.time);
  }
  if (newest == UtcMs::min()) return std::chrono::minutes(0);
  constexpr double kQuarterMs = 15 * 60 * 1000.0;
  const auto quarters = std::lround(static_cast<double>((newest - now).count()) / kQuarterMs);
  return std::chrono::minutes(15 *
                              std::clamp<long>(quarters, -kOffsetQuartersMax, kOffsetQuartersMax));
}
}  // namespace

Result<PointBatch> parse_points(std::string_view body, UtcMs now) {
  const Result<Element> root = json::parse_padded(body);
  if (!root) return fail(root.error());
  PointReader reader(now);
  const auto list = list_in(*root, "points", "location_points");
  if (list) {
    for (json::Items it(*list); it.next();) {
      reader.read(static_cast<std::int64_t>(it.index()), it.value());
    }
  } else if (root->kind() == json::Kind::kObject && (root->find("lat") || root->find("latitude"))) {
    reader.read(0, *root);
  } else {
    return fail(ErrorCode::kInvalidInput, "$.points: expected an array of points");
  }
  return reader.take();
}

Result<SampleBatch> parse_samples(std::string_view body) {
  const Result<Element> root = json::parse_padded(body);
  if (!root) return fail(root.error());
  const auto list = list_in(*root, "heart_rate_samples", "samples");
  if (!list) {
    return fail(ErrorCode::kInvalidInput, "$.heart_rate_samples: expected an array of samples");
  }
  SampleBatch batch;
  for (json::Items it(*list); it.next();) read_sample(batch, it.value());
  return batch;
}

SampleBatch to_batch(const std::vector<SampleInput>& samples) {
  SampleBatch batch;
  for (const SampleInput& sample : samples) add_sample(batch, sample.timestamp, sample.bpm);
  return batch;
}

bool lacks_zone(const SampleBatch& batch) {
  return std::ranges::any_of(batch.samples,
                             [](const auto& sample) { return !sample.time.has_zone; });
}

std::chrono::minutes offset_of(const SampleBatch& batch, const SampleWindow& window) {
  constexpr std::chrono::minutes kNone{0};
  if (window.known_offset) return *window.known_offset;
  if (window.profile_offset != kNone && fits(batch, window, window.profile_offset)) {
    return window.profile_offset;
  }
  const std::chrono::minutes arrival = arrival_offset(batch, window.now);
  if (!window.ended_at && fits(batch, window, arrival)) return arrival;
  if (fits(batch, window, kNone)) return kNone;
  for (int quarters = 1; quarters <= kOffsetQuartersMax; ++quarters) {
    for (const int sign : {1, -1}) {
      const std::chrono::minutes offset(15 * quarters * sign);
      if (fits(batch, window, offset)) return offset;
    }
  }
  return window.profile_offset;
}

std::vector<rucking::HeartRateSample> place_samples(SampleBatch& batch,
                                                    const SampleWindow& window) {
  const std::chrono::minutes offset = offset_of(batch, window);
  const UtcMs newest = window.now + kClockAhead;
  std::vector<rucking::HeartRateSample> placed;
  placed.reserve(batch.samples.size());
  for (const SampleBatch::Sample& sample : batch.samples) {
    const UtcMs time = sample.time.has_zone ? sample.time.time : sample.time.time - offset;
    const bool is_old = time.time_since_epoch().count() < rucking::kEarliestTime_ms;
    if (is_old || time > newest) {
      batch.rejected_count += 1;
      if (batch.rejected.size() < kNamedProblemsMax) {
        batch.rejected.push_back({sample.index, is_old ? "time_before_2000" : "time_in_future"});
      }
      continue;
    }
    placed.push_back({.time_ms = time.time_since_epoch().count(), .bpm = sample.bpm});
  }
  return placed;
}

}  // namespace ruck::rucks
