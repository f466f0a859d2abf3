#pragma once
// Moments in UTC, and ISO 8601 text for them. Fix times are milliseconds, everything stored in an
// `*_at` column is microseconds.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ruck {

using UtcMs = std::chrono::sys_time<std::chrono::milliseconds>;
using UtcUs = std::chrono::sys_time<std::chrono::microseconds>;
using Day = std::chrono::sys_days;

[[nodiscard]] constexpr UtcUs to_us(UtcMs time) { return time; }
[[nodiscard]] constexpr UtcMs to_ms(UtcUs time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}
[[nodiscard]] constexpr UtcMs utc_ms(std::int64_t ms) {
  return UtcMs(std::chrono::milliseconds(ms));
}
[[nodiscard]] constexpr UtcUs utc_us(std::int64_t us) {
  return UtcUs(std::chrono::microseconds(us));
}

struct ParsedTime {
  UtcMs time;         // rounded to the nearest millisecond
  bool has_zone = 0;  // false: the text named no zone, and `time` took it as UTC
};

// ISO 8601 as phones and GPX files write it: `2026-11-22T10:00:00[.fraction][Z|±hh[:]mm]`, also
// with a blank instead of `T`, without seconds, or a date alone. Years 0001 to 9999.
[[nodiscard]] std::optional<ParsedTime> parse_iso8601(std::string_view text);

// `2026-11-22T10:00:00.123Z`; the fraction only where it is not zero.
[[nodiscard]] std::string to_iso8601(UtcMs time);
void append_iso8601(std::string& out, UtcMs time);

// `2026-11-22`, and back. Only days that exist.
[[nodiscard]] std::string to_iso8601(Day day);
[[nodiscard]] std::optional<Day> parse_date(std::string_view text);

}  // namespace ruck
