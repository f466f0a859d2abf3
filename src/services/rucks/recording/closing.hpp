#pragma once
// Rucks that were left open: a dead battery, an app that was closed. One for which nothing has
// arrived for kOpenMax is completed at its last point, or cancelled if it has none. What arrives
// later is merged, and makes either a completed ruck again.
#include "base/error.hpp"
#include "db/session.hpp"
#include "services/rucks/rows.hpp"
#include "services/rucks/store.hpp"

#include <vector>

namespace ruck::rucks {

// Open rucks that may have been left, those longest without news first.
[[nodiscard]] std::vector<store::Key> open_without_news(db::Session& q, UtcUs now);

// Closes the ruck if nothing has arrived for it for kOpenMax; whether it did. Time that counts is
// that of arrival, not of fixes: a phone may send yesterday's walk today.
[[nodiscard]] Result<bool> close_if_left(db::Session& q, const RuckRow& row, UtcUs now);

}  // namespace ruck::rucks
