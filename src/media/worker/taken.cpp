#include "media/worker/taken.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

#include <array>
#include <cmath>

namespace ruck::media {
namespace {
constexpr std::size_t kTimeBytes = 19;   // "2026:11:29 10:00:00"
constexpr std::size_t kOffsetBytes = 6;  // "+01:00"

// What stands before libexif's own reading of it.
std::string_view value_of(std::string_view text) { return trim(text.substr(0, text.find(" ("))); }

std::optional<double> rational_of(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto over = parse_number<std::int64_t>(text.substr(0, slash));
  const auto under = parse_number<std::int64_t>(text.substr(slash + 1));
  if (!over || !under || *under <= 0 || *over < 0) return std::nullopt;
  return static_cast<double>(*over) / static_cast<double>(*under);
}

// "52/1 31/1 123/100": degrees, minutes, seconds; what is missing is zero.
std::optional<double> degrees_of(std::string_view text, double most) {
  constexpr std::array<double, 3> kParts = {1, 60, 3600};
  double degrees = 0;
  std::size_t count = 0;
  for (std::string_view rest = value_of(text); !rest.empty(); ++count) {
    const std::size_t blank = rest.find(' ');
    const auto part = rational_of(rest.substr(0, blank));
    if (!part || count >= kParts.size()) return std::nullopt;
    degrees += *part / kParts.at(count);
    rest = blank == std::string_view::npos ? "" : trim(rest.substr(blank));
  }
  if (count == 0 || degrees > most) return std::nullopt;
  return degrees;
}

std::optional<double> signed_by(std::optional<double> degrees, std::string_view ref,
                                std::string_view letters) {
  const std::string_view value = value_of(ref);
  if (!degrees || value.empty()) return std::nullopt;
  if (value.front() == letters[0]) return degrees;
  if (value.front() == letters[1]) return -*degrees;
  return std::nullopt;
}

std::optional<std::int64_t> time_of(std::string_view time, std::string_view offset) {
  time = value_of(time);
  offset = value_of(offset);
  if (time.size() != kTimeBytes || offset.size() != kOffsetBytes) return std::nullopt;
  std::string text(time);
  if (text[4] != ':' || text[7] != ':') return std::nullopt;
  text[4] = text[7] = '-';
  const auto parsed = parse_iso8601(text + std::string(offset));
  if (!parsed || !parsed->has_zone) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(parsed->time).time_since_epoch().count();
}
}  // namespace

Taken read_taken(const ExifTexts& texts) {
  Taken taken{.lat_deg = {}, .lng_deg = {}, .time_s = time_of(texts.time, texts.offset)};
  const auto lat = signed_by(degrees_of(texts.latitude, 90), texts.latitude_ref, "NS");
  const auto lng = signed_by(degrees_of(texts.longitude, 180), texts.longitude_ref, "EW");
  if (!lat || !lng || (*lat == 0 && *lng == 0)) return taken;
  taken.lat_deg = lat;
  taken.lng_deg = lng;
  return taken;
}

}  // namespace ruck::media
