#pragma once
#include "db/session.hpp"
#include "services/stats/types.hpp"

namespace ruck::stats::store {

// Replaces the day's sums; with no rucks the row goes.
void put_day(db::Session& q, UserId user, Day day, const DaySums& sums);
// Nothing is shown of any day until it is put again.
void hide_days(db::Session& q, UserId user);
void clear(db::Session& q, UserId user);
// The days from `first` to `last` that have a ruck, in order.
[[nodiscard]] std::vector<DayRow> days(db::Session& q, UserId user, Day first, Day last);
// Of all days together.
[[nodiscard]] DayShown shown(db::Session& q, UserId user);
[[nodiscard]] DayTotals sum(db::Session& q, UserId user, Day first, Day last);

}  // namespace ruck::stats::store
