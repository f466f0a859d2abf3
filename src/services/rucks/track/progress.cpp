#include "services/rucks/track/progress.hpp"

#include "db/failure.hpp"
#include "services/rucks/track/recent.hpp"

namespace ruck::rucks {

std::optional<Progress> find_progress(db::Session& q, store::Key key) {
  auto row = store::progress_row(q, key);
  if (!row) return std::nullopt;
  Progress progress{std::move(*row)};
  progress.row_version = progress.version;
  progress.covered_bytes = progress.tail.data.size();
  progress.covered_hr_bytes = progress.heart_rate_tail.data.size();
  add_recent_batches(q, key, progress);
  return progress;
}

bool advance_progress(db::Session& q, store::Key key, const Progress& before,
                      const ProgressRow& row) {
  return before.version != store::kNoVersion &&
         store::write_progress(q, key, before.row_version, row) &&
         replace_version(q, key, before.version, row.version);
}

bool remove_ruck(db::Session& q, store::Key key) {
  const auto progress = find_progress(q, key);
  const bool is_removed = store::remove(q, key);
  if (progress && !replace_version(q, key, progress->version, store::new_version())) {
    throw db::Failure(db::FailureKind::kConflict, "a batch was appended meanwhile", "rucks.delete");
  }
  return is_removed;
}

}  // namespace ruck::rucks
