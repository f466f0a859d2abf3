#include "services/rucks/recording/closing.hpp"

#include "services/rucks/limits.hpp"
#include "services/rucks/recording/jobs.hpp"
#include "services/rucks/summary/settle.hpp"
#include "services/rucks/track/progress.hpp"

#include <algorithm>

namespace ruck::rucks {

std::vector<store::Key> open_without_news(db::Session& q, UtcUs now) {
  return store::open_since(q, now - kOpenMax, kClosedAtOnceMax);
}

Result<bool> close_if_left(db::Session& q, const RuckRow& row, UtcUs now) {
  const store::Key key{row.user_id, row.id};
  const auto progress = find_progress(q, key);
  if (!progress) return fail(ErrorCode::kRuckNotFound);
  const UtcUs arrival = std::max(row.last_arrival_at, progress->last_arrival_at);
  if (arrival > now - kOpenMax) {
    // Batches are noted in the progress alone; from here the index knows as well.
    store::set_last_arrival(q, key, arrival);
    return false;
  }
  RuckRow closed = row;
  const bool has_data = progress->point_count > 0 || progress->heart_rate_count > 0;
  closed.status = has_data ? status::kCompleted : status::kCancelled;
  closed.updated_at = now;
  // Who never set out need not be told.
  if (is_live(row.status)) {
    enqueue_news(q, kClosedJob, {.owner = key.user, .ruck = key.ruck}, now);
  }
  if (!has_data) {
    store::update(q, closed);
    return true;
  }
  const Result<Merged> merged = merge_track(q, std::move(closed), {}, now);
  if (!merged) return fail(merged.error());
  return true;
}

}  // namespace ruck::rucks
