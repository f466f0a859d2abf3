#include "services/notify/quiet.hpp"

namespace ruck::notify {

std::optional<UtcUs> quiet_until(const QuietHours& hours, const calendar::TimeZone& zone,
                                 UtcUs now) {
  using std::chrono::days;
  using std::chrono::minutes;
  const UtcMs wall = zone.to_local(to_ms(now));
  const UtcMs midnight = std::chrono::floor<days>(wall);
  const std::int64_t minute = std::chrono::floor<minutes>(wall - midnight).count();
  const bool is_over_midnight = hours.end_minute < hours.start_minute;
  const bool is_after_start = minute >= hours.start_minute;
  const bool is_before_end = minute < hours.end_minute;
  const bool is_quiet =
      is_over_midnight ? is_after_start || is_before_end : is_after_start && is_before_end;
  if (!is_quiet) return std::nullopt;
  const bool ends_tomorrow = is_over_midnight && is_after_start;
  const UtcMs end = midnight + (ends_tomorrow ? days(1) : days(0)) + minutes(hours.end_minute);
  return to_us(zone.from_local(end));
}

}  // namespace ruck::notify
