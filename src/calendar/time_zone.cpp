#include "calendar/time_zone.hpp"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <date/tz.h>
#pragma clang diagnostic pop

namespace ruck::calendar {
namespace {
const date::time_zone& zone_of(const void* zone) {
  return *static_cast<const date::time_zone*>(zone);
}
}  // namespace

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  constexpr std::size_t kNameMax = 64;  // the longest in the database has 30 characters
  if (name.empty() || name.size() > kNameMax) return std::nullopt;
  try {
    return TimeZone(date::locate_zone(std::string(name)));
  } catch (const std::exception&) {
    return std::nullopt;  // the library's way to say there is none
  }
}

TimeZone TimeZone::utc() {
  static const TimeZone zone(date::locate_zone("Etc/UTC"));
  return zone;
}

UtcMs TimeZone::to_local(UtcMs time) const {
  return UtcMs(zone_of(zone_).to_local(time).time_since_epoch());
}

UtcMs TimeZone::from_local(UtcMs wall) const {
  const date::local_time<std::chrono::milliseconds> local(wall.time_since_epoch());
  return zone_of(zone_).to_sys(local, date::choose::earliest);
}

Day TimeZone::day_of(UtcMs time) const {
  return std::chrono::floor<std::chrono::days>(to_local(time));
}

UtcMs TimeZone::start_of(Day day) const { return from_local(day); }

}  // namespace ruck::calendar
