#pragma once
// From a computed number to a whole one that every reader of JSON keeps exactly.
#include <cmath>
#include <cstdint>

namespace ruck {

inline constexpr std::int64_t kWholeNumberMax = (std::int64_t{1} << 53) - 1;  // RFC 8259 §6

// Rounded to the nearest; what is beyond ±kWholeNumberMax becomes that, what is no number 0.
// std::llround of such a value has no defined result.
[[nodiscard]] inline std::int64_t whole_number(double value) {
  if (std::isnan(value)) return 0;
  constexpr auto kMax = static_cast<double>(kWholeNumberMax);
  if (value >= kMax) return kWholeNumberMax;
  if (value <= -kMax) return -kWholeNumberMax;
  return std::llround(value);
}

}  // namespace ruck
