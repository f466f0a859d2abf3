#include "rucking/polyline.hpp"

#include <cmath>

namespace ruck::rucking {
namespace {
constexpr unsigned kChunkBits = 5;
constexpr std::uint64_t kChunkMask = (1 << kChunkBits) - 1;
constexpr std::uint64_t kMoreFollow = 1 << kChunkBits;
constexpr char kFirstCharacter = '?';  // 63: a chunk of zero
constexpr char kLastCharacter = '~';   // 126: a chunk of 63
// ±360° at six decimals, the widest difference, is 30 bits with its sign: six chunks of five bits.
constexpr unsigned kMaxShift = 6 * kChunkBits;

double units_per_degree(PolylinePrecision precision) {
  return precision == PolylinePrecision::kFive ? 1e5 : 1e6;
}

void append_number(std::string& out, std::int64_t value) {
  std::uint64_t folded = static_cast<std::uint64_t>(value) << 1;
  if (value < 0) folded = ~folded;
  for (; folded > kChunkMask; folded >>= kChunkBits) {
    out.push_back(static_cast<char>(kFirstCharacter + ((folded & kChunkMask) | kMoreFollow)));
  }
  out.push_back(static_cast<char>(kFirstCharacter + folded));
}

std::expected<std::int64_t, PolylineProblem> take_number(std::string_view& text) {
  std::uint64_t folded = 0;
  for (unsigned shift = 0; shift <= kMaxShift; shift += kChunkBits) {
    if (text.empty()) return std::unexpected(PolylineProblem::kTruncated);
    const char c = text.front();
    if (c < kFirstCharacter || c > kLastCharacter) {
      return std::unexpected(PolylineProblem::kBadCharacter);
    }
    text.remove_prefix(1);
    const auto chunk = static_cast<std::uint64_t>(c - kFirstCharacter);
    folded |= (chunk & kChunkMask) << shift;
    if (chunk < kMoreFollow) {
      const auto half = static_cast<std::int64_t>(folded >> 1);
      return (folded & 1) != 0 ? ~half : half;
    }
  }
  return std::unexpected(PolylineProblem::kNumberTooLong);
}
}  // namespace

std::string encode_polyline(std::span<const Position> line, PolylinePrecision precision) {
  const double scale = units_per_degree(precision);
  std::string out;
  out.reserve(line.size() * 6);
  std::int64_t last_lat = 0;
  std::int64_t last_lng = 0;
  for (const Position& position : line) {
    const std::int64_t lat = std::llround(position.lat_deg * scale);
    const std::int64_t lng = std::llround(position.lng_deg * scale);
    append_number(out, lat - last_lat);
    append_number(out, lng - last_lng);
    last_lat = lat;
    last_lng = lng;
  }
  return out;
}

std::expected<std::vector<Position>, PolylineProblem> decode_polyline(std::string_view text,
                                                                      PolylinePrecision precision) {
  const double scale = units_per_degree(precision);
  std::vector<Position> line;
  line.reserve(text.size() / 4);
  std::int64_t lat = 0;
  std::int64_t lng = 0;
  while (!text.empty()) {
    const auto lat_step = take_number(text);
    if (!lat_step) return std::unexpected(lat_step.error());
    const auto lng_step = take_number(text);
    if (!lng_step) return std::unexpected(lng_step.error());
    lat += *lat_step;
    lng += *lng_step;
    const Position position{.lat_deg = static_cast<double>(lat) / scale,
                            .lng_deg = static_cast<double>(lng) / scale};
    if (std::fabs(position.lat_deg) > 90 || std::fabs(position.lng_deg) > 180) {
      return std::unexpected(PolylineProblem::kOutOfRange);
    }
    line.push_back(position);
  }
  return line;
}

}  // namespace ruck::rucking
