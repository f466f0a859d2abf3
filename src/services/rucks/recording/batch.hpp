#pragma once
// Batches as phones send them (contract core §3.5, §3.6), read straight into points and samples. A
// bad point is counted and named; the rest goes on.
#include "base/error.hpp"
#include "base/time.hpp"
#include "rucking/track_point.hpp"
#include "services/rucks/types.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ruck::rucks {

struct PointBatch {
  std::vector<rucking::TrackPoint> points;  // in the order they came
  std::int64_t submitted = 0;
  std::int64_t rejected_count = 0;
  std::vector<RejectedItem> rejected;  // the first of them
  std::vector<std::string> warnings;   // optional fields that were dropped
};

// {"points": […]}, {"location_points": […]}, a bare list or one bare point. Points later than `now`
// plus the allowance for wrong clocks, or before 2000, are rejected.
[[nodiscard]] Result<PointBatch> parse_points(std::string_view body, UtcMs now);

// A sample whose time may be device-local: phones send heart rate without a zone.
struct SampleBatch {
  struct Sample {
    std::int64_t index = 0;
    http::Timestamp time;
    std::uint16_t bpm = 0;
  };
  std::vector<Sample> samples;
  std::int64_t submitted = 0;
  std::int64_t rejected_count = 0;
  std::vector<RejectedItem> rejected;
};

// {"heart_rate_samples": […]}, {"samples": […]} or a bare list of {timestamp, bpm | heart_rate}.
[[nodiscard]] Result<SampleBatch> parse_samples(std::string_view body);
[[nodiscard]] SampleBatch to_batch(const std::vector<SampleInput>& samples);

// What a ruck tells about when its samples can have been taken.
struct SampleWindow {
  std::optional<UtcMs> started_at;
  std::optional<UtcMs> ended_at;  // of a completed ruck
  UtcMs now{};
  std::chrono::minutes profile_offset{0};  // of the user's time zone at that time, east positive
  std::optional<std::chrono::minutes> known_offset;  // of the phone, seen in an earlier batch
};
// Which offset from UTC the zone-less times of a batch have. The one that is known of the phone;
// else the profile's, if it is set and puts them inside the ruck; else, while the ruck is under
// way, the quarter hour that makes the newest sample the present; else none, or the smallest that
// fits.
[[nodiscard]] std::chrono::minutes offset_of(const SampleBatch& batch, const SampleWindow& window);
[[nodiscard]] bool lacks_zone(const SampleBatch& batch);

// The samples as they are stored; those outside the ruck's possible times are moved to `rejected`.
[[nodiscard]] std::vector<rucking::HeartRateSample> place_samples(SampleBatch& batch,
                                                                  const SampleWindow& window);

}  // namespace ruck::rucks
