#pragma once
#include "db/session.hpp"
#include "services/stats/types.hpp"

namespace ruck::stats::store {

// Replaces the day's sums; with no rucks the row goes.
void put_day(db::Session& q, UserId user, Day day, const DayTotals& totals);
void clear(db::Session& q, UserId user);
// The days from `first` to `last` that have a ruck, in order.
[[nodiscard]] std::vector<DayRow> days(db::Session& q, UserId user, Day first, Day last);
[[nodiscard]] DayTotals sum(db::Session& q, UserId user, Day first, Day last);

}  // namespace ruck::stats::store
