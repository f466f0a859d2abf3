#pragma once
// Google's encoded polyline, as map libraries read it: positions as text, with 5 decimals
// ("polyline5", about a metre) or 6 ("polyline6", about a decimetre). Format: "Encoded Polyline
// Algorithm Format", Google Maps Platform; reference/science.md §4 has its vectors.
#include "rucking/geo.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::rucking {

enum class PolylinePrecision : std::uint8_t { kFive = 5, kSix = 6 };

enum class PolylineProblem : std::uint8_t {
  kTruncated,      // the text ends inside a number, or between a latitude and its longitude
  kBadCharacter,   // outside '?'..'~'
  kNumberTooLong,  // more digits than any coordinate needs
  kOutOfRange,     // a position off the Earth
};

// Rounds half away from zero, as Google's own example does.
[[nodiscard]] std::string encode_polyline(std::span<const Position> line,
                                          PolylinePrecision precision);

[[nodiscard]] std::expected<std::vector<Position>, PolylineProblem> decode_polyline(
    std::string_view text, PolylinePrecision precision);

}  // namespace ruck::rucking
