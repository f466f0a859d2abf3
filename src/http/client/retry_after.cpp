#include "http/client/retry_after.hpp"

#include "base/text.hpp"
#include "http/client/outbound_limits.hpp"

#include <algorithm>
#include <array>

namespace ruck::http {
namespace {
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
// "Sun, 06 Nov 1994 08:49:37 GMT", with a digit for each digit and a letter for each letter.
constexpr std::string_view kShape = "aaa, 00 aaa 0000 00:00:00 GMT";

bool has_shape(std::string_view text) {
  return std::ranges::equal(text, kShape, [](char given, char shape) {
    if (shape == '0') return given >= '0' && given <= '9';
    if (shape == 'a') return ascii_lower(given) >= 'a' && ascii_lower(given) <= 'z';
    return given == shape;
  });
}

unsigned number_at(std::string_view text, std::size_t at, std::size_t digits) {
  return parse_number<unsigned>(text.substr(at, digits)).value_or(0);
}
}  // namespace

std::optional<UtcMs> parse_http_date(std::string_view text) {
  if (!has_shape(text)) return std::nullopt;
  const auto* const month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const std::chrono::year_month_day day(
      std::chrono::year(static_cast<int>(number_at(text, 12, 4))),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(number_at(text, 5, 2)));
  const unsigned hour = number_at(text, 17, 2);
  const unsigned minute = number_at(text, 20, 2);
  const unsigned second = number_at(text, 23, 2);  // 60 is a leap second
  if (!day.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return UtcMs(std::chrono::sys_days(day)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, UtcMs now) {
  using std::chrono::seconds;
  const std::string_view value = trim(text);
  const bool is_number =
      !value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
  seconds wait(0);
  if (is_number) {
    const auto number = parse_number<std::int64_t>(value);
    wait = number ? seconds(std::min<std::int64_t>(*number, seconds(kRetryAfterMax).count()))
                  : seconds(kRetryAfterMax);  // more digits than a number has
  } else {
    const auto date = parse_http_date(value);
    if (!date) return std::nullopt;
    wait = std::chrono::ceil<seconds>(*date - now);
  }
  return std::clamp(wait, seconds(0), seconds(kRetryAfterMax));
}

}  // namespace ruck::http
