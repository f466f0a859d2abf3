#include "gpx/recording.hpp"

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "rucking/geo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace ruck::gpx {
namespace {
double length_of(const std::vector<Fix>& segment) {
  double metres = 0;
  for (std::size_t i = 1; i < segment.size(); ++i) {
    metres += rucking::distance_m({segment[i - 1].lat_deg, segment[i - 1].lng_deg},
                                  {segment[i].lat_deg, segment[i].lng_deg});
  }
  return metres;
}

// Gives points between two timed ones times in proportion to their number.
std::size_t interpolate_times(std::vector<Fix>& segment) {
  std::size_t filled = 0;
  std::size_t last_timed = segment.size();
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (!segment[i].time) continue;
    if (last_timed < i) {
      const auto span = *segment[i].time - *segment[last_timed].time;
      const auto steps = static_cast<std::int64_t>(i - last_timed);
      for (std::size_t k = last_timed + 1; k < i; ++k, ++filled) {
        segment[k].time =
            *segment[last_timed].time + span * static_cast<std::int64_t>(k - last_timed) / steps;
      }
    }
    last_timed = i;
  }
  return filled;
}

rucking::AltitudeSource altitude_source_of(std::string_view creator) {
  const bool has_barometer = creator.contains("Garmin") || creator.contains("with Barometer") ||
                             creator.contains("Suunto") || creator.contains("COROS");
  return has_barometer ? rucking::AltitudeSource::kBarometer : rucking::AltitudeSource::kGps;
}

std::string identity_of(const Document& document) {
  std::string text;
  for (const auto& segment : document.segments) {
    for (const Fix& fix : segment) {
      const std::array<std::int64_t, 3> row = {
          fix.time ? fix.time->time_since_epoch().count() : -1,
          static_cast<std::int64_t>(std::llround(fix.lat_deg * 1e7)),
          static_cast<std::int64_t>(std::llround(fix.lng_deg * 1e7))};
      text.append(reinterpret_cast<const char*>(row.data()), sizeof row);
    }
  }
  return "gpx-" + to_hex(crypto::sha256(text)).substr(0, 40);
}

class Builder {
 public:
  Builder(const Document& document, UtcMs latest) : latest_ms_(latest.time_since_epoch().count()) {
    out_.altitude_source = altitude_source_of(document.creator);
    out_.identity = identity_of(document);
    for (const auto& segment : document.segments) {
      out_.length_m += length_of(segment);
      add_segment(segment);
    }
    remark(document.odd_times, "impossible times (before 2000 or in the future) were left out");
    remark(document.dropped, "points without a usable position were left out");
    remark(filled_, "points without a time got one between their neighbours");
    remark(untimed_, "points without a time could not be placed and were left out");
    remark(backward_, "points that went back in time were left out");
  }
  Recording take() {
    out_.has_times = out_.points.size() >= 2;
    if (!out_.has_times) {
      out_.points.clear();
      out_.heart_rate.clear();
      out_.pauses.clear();
      out_.remarks.push_back("the points have no times: only the distance is known");
    }
    return std::move(out_);
  }

 private:
  void add_segment(std::vector<Fix> segment) {
    filled_ += interpolate_times(segment);
    bool is_first = true;
    for (const Fix& fix : segment) {
      if (!fix.time) {
        untimed_ += 1;
        continue;
      }
      const std::int64_t time_ms = fix.time->time_since_epoch().count();
      if (!out_.points.empty() && time_ms <= out_.points.back().time_ms) {
        backward_ += time_ms < out_.points.back().time_ms ? 1 : 0;
        continue;
      }
      const auto quantised = rucking::quantise({.time_ms = time_ms,
                                                .lat_deg = fix.lat_deg,
                                                .lng_deg = fix.lng_deg,
                                                .altitude_m = fix.altitude_m,
                                                .accuracy_m = fix.accuracy_m,
                                                .speed_m_per_s = fix.speed_m_per_s},
                                               latest_ms_);
      if (!quantised) continue;
      if (is_first && !out_.points.empty()) {
        out_.pauses.push_back({.from_ms = out_.points.back().time_ms, .to_ms = time_ms});
      }
      is_first = false;
      out_.points.push_back(quantised->point);
      add_heart_rate(fix, time_ms);
    }
  }
  void add_heart_rate(const Fix& fix, std::int64_t time_ms) {
    const int bpm = fix.heart_rate_bpm.value_or(0);
    if (bpm < rucking::kLowestHeartRate_bpm || bpm > rucking::kHighestHeartRate_bpm) return;
    out_.heart_rate.push_back({.time_ms = time_ms, .bpm = static_cast<std::uint16_t>(bpm)});
  }
  void remark(std::size_t count, std::string_view what) {
    if (count > 0) out_.remarks.push_back(fmt::format("{} {}", count, what));
  }

  std::int64_t latest_ms_;
  Recording out_;
  std::size_t filled_ = 0;
  std::size_t untimed_ = 0;
  std::size_t backward_ = 0;
};
}  // namespace

Recording to_recording(const Document& document, UtcMs latest) {
  return Builder(document, latest).take();
}

}  // namespace ruck::gpx
