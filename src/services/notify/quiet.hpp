#pragma once
// Hours in which somebody wants no push, in their own zone.
#include "base/time.hpp"
#include "calendar/time_zone.hpp"

#include <cstdint>
#include <optional>

namespace ruck::notify {

// Minutes of the local day; over midnight where the end is before the start; none where they are
// equal.
struct QuietHours {
  std::int64_t start_minute = 0;
  std::int64_t end_minute = 0;
};

// When the quiet hours that `now` is in are over; nothing if it is in none.
[[nodiscard]] std::optional<UtcUs> quiet_until(const QuietHours& hours,
                                               const calendar::TimeZone& zone, UtcUs now);

}  // namespace ruck::notify
