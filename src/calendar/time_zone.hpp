#pragma once
// Local days: which day a moment belongs to for somebody in an IANA time zone.
#include "base/time.hpp"

#include <optional>
#include <string_view>

namespace ruck::calendar {

// A zone of the system's database; cheap to copy.
class TimeZone {
 public:
  // "Europe/Berlin"; nothing if there is no such zone.
  [[nodiscard]] static std::optional<TimeZone> find(std::string_view name);
  [[nodiscard]] static TimeZone utc();

  [[nodiscard]] Day day_of(UtcMs time) const;
  // The moment when the day begins there.
  [[nodiscard]] UtcMs start_of(Day day) const;
  // What a clock on the wall shows, as if it were UTC; and back (of an hour that comes twice, the
  // first).
  [[nodiscard]] UtcMs to_local(UtcMs time) const;
  [[nodiscard]] UtcMs from_local(UtcMs wall) const;

 private:
  explicit TimeZone(const void* zone) : zone_(zone) {}
  const void* zone_;  // a date::time_zone of the database, which lives as long as the program
};

}  // namespace ruck::calendar
