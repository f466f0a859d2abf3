#include "rucking/tests/recorded_tracks.hpp"

#include "base/text.hpp"
#include "base/time.hpp"
#include "rucking/geo.hpp"
#include "support/tracks.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace ruck::rucking::test {
namespace {
constexpr std::int64_t kNoLimit_ms = 4'102'444'800'000;  // 2100: recordings are of the past

// The text between `open` and `close` from `at` on, which moves behind it.
std::optional<std::string_view> next_between(std::string_view text, std::size_t& at,
                                             std::string_view open, std::string_view close) {
  const std::size_t start = text.find(open, at);
  if (start == std::string_view::npos) return std::nullopt;
  const std::size_t end = text.find(close, start + open.size());
  if (end == std::string_view::npos) return std::nullopt;
  at = end + close.size();
  return text.substr(start + open.size(), end - start - open.size());
}

std::optional<std::string_view> between(std::string_view text, std::string_view open,
                                        std::string_view close) {
  std::size_t at = 0;
  return next_between(text, at, open, close);
}

std::optional<double> number(std::string_view text, std::string_view open, std::string_view close) {
  const auto found = between(text, open, close);
  return found ? parse_double(trim(*found)) : std::nullopt;
}

void read_point(std::string_view point, RecordedSegment& segment, int& unusable) {
  const auto lat = number(point, "lat=\"", "\"");
  const auto lng = number(point, "lon=\"", "\"");
  const auto time_text = between(point, "<time>", "</time>");
  const auto time = time_text ? parse_iso8601(trim(*time_text)) : std::nullopt;
  if (!lat || !lng || !time) {
    ++unusable;
    return;
  }
  const RawPoint raw{.time_ms = time->time.time_since_epoch().count(),
                     .lat_deg = *lat,
                     .lng_deg = *lng,
                     .altitude_m = number(point, "<ele>", "</ele>"),
                     .accuracy_m = number(point, "accuracy_horizontal>", "<"),
                     .speed_m_per_s = number(point, "speed>", "<")};
  const auto quantised = quantise(raw, kNoLimit_ms);
  if (!quantised) {
    ++unusable;
    return;
  }
  segment.points.push_back(quantised->point);
  const auto bpm = number(point, ":hr>", "<");
  if (bpm && *bpm > 0) {
    segment.heart_rate.push_back({.time_ms = raw.time_ms, .bpm = static_cast<std::uint16_t>(*bpm)});
  }
}
}  // namespace

std::vector<TrackPoint> RecordedTrack::points() const {
  std::vector<TrackPoint> all;
  for (const auto& segment : segments) {
    all.insert(all.end(), segment.points.begin(), segment.points.end());
  }
  return all;
}

std::vector<HeartRateSample> RecordedTrack::heart_rate() const {
  std::vector<HeartRateSample> all;
  for (const auto& segment : segments) {
    all.insert(all.end(), segment.heart_rate.begin(), segment.heart_rate.end());
  }
  return all;
}

std::optional<RecordedTrack> read_recorded_track(const std::string& file) {
  std::ifstream in(std::filesystem::path(::ruck::test::tracks_folder()) / file, std::ios::binary);
  if (!in) return std::nullopt;
  const std::string text(std::istreambuf_iterator<char>(in), {});
  RecordedTrack track;
  std::size_t at = 0;
  while (const auto segment_text = next_between(text, at, "<trkseg>", "</trkseg>")) {
    RecordedSegment segment;
    std::size_t point_at = 0;
    while (const auto point = next_between(*segment_text, point_at, "<trkpt", "</trkpt>")) {
      read_point(*point, segment, track.unusable_points);
    }
    if (!segment.points.empty()) track.segments.push_back(std::move(segment));
  }
  return track;
}

double raw_distance_m(const RecordedTrack& track) {
  double sum_m = 0;
  for (const auto& segment : track.segments) {
    for (std::size_t i = 1; i < segment.points.size(); ++i) {
      sum_m += distance_m(segment.points[i - 1].position(), segment.points[i].position());
    }
  }
  return sum_m;
}

}  // namespace ruck::rucking::test
