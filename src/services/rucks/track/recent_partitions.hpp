#pragma once
// Appended batches where several processes write: PostgreSQL.
//
// A batch is a row of recent_batches under the key (ruck, expected version): whoever comes first is
// the one that follows a version, whichever process they are. Nothing is updated.
//
// A version is the period in which it was made (kPeriod) and a number. So the table has a partition
// for each period, and a batch lies in the one of the version that it follows. A partition is
// dropped when no ruck has a batch in it that is not merged. It is never made again, and a period
// is used in a version only after its partition was seen. That makes the rule for those who write a
// ruck's row with another version (a completion, a late merge, a batch after a long silence): if
// the old version's partition is there, they put a row in it as well, without a batch ("closed"),
// so that nothing can be appended to the old version; if it is not, nothing can be anyway.
//
//   ruck_progress v1   recent: v1 → v2, v2 → v3        the chain: v1, v2, v3
//   merge:        v3           v1 → v2, v2 → v3, v3 → v4 (appended meanwhile)
//   completion:   v9           …, v4 → v9 (closed)
#include "base/thread_safety.hpp"
#include "db/database.hpp"
#include "services/rucks/track/merge_schedule.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <vector>

namespace ruck::rucks {

// A batch on its way to the database.
struct AppendedBatch {
  store::Key key;
  RecentRow row;
  bool is_whole = false;  // as a change of the ruck's row
  bool is_written = false;
};

// Whose partition holds the batch that follows this version.
[[nodiscard]] std::int64_t period_of(std::int64_t version);

// What this process knows of the partitions, and which rucks it has appended to. From any thread.
class RecentPartitions {
 public:
  using SteadyTime = MergeSchedule::SteadyTime;

  // Whether a batch that follows this version may be appended now.
  [[nodiscard]] bool takes(std::int64_t version) const;
  // A version that follows `version`. Ascending within a period.
  [[nodiscard]] std::int64_t version_after(std::int64_t version) const;

  void appended(const store::Key& key);
  void merged(RuckId ruck);
  void postpone(RuckId ruck);
  [[nodiscard]] std::vector<store::Key> due(std::size_t limit);

  // Seen in the database just now; 0: there is none to append to.
  void set_current(std::int64_t period);

 private:
  [[nodiscard]] std::int64_t current() const;

  mutable Mutex mutex_;
  std::int64_t current_ RUCK_GUARDED_BY(mutex_) = 0;
  SteadyTime seen_at_ RUCK_GUARDED_BY(mutex_){};
  MergeSchedule schedule_ RUCK_GUARDED_BY(mutex_);
};

// ---- units of work ------------------------------------------------------------------------------

// Writes each batch whose ruck still has its expected version, and says which. A batch that follows
// one that was not written is not written either.
void write_batches(db::Session& q, std::span<AppendedBatch* const> batches);

// Adds to what the row says the batches that were appended since. Where the ruck's row was written
// meanwhile (only outside of a snapshot) the version becomes one that no row has.
void add_partitioned(db::Session& q, store::Key key, Progress& progress);

// To be called in the unit of work that writes a ruck's row with `next` instead of `version`, after
// the row is locked. False if a batch was appended to `version` meanwhile: roll back.
[[nodiscard]] bool close_version(db::Session& q, store::Key key, std::int64_t version,
                                 std::int64_t next);

// Makes the partition of the present period and of the next. Returns the present one's, by the
// clock of the database; 0 while another process is at it.
[[nodiscard]] std::int64_t make_partitions(db::Session& q);

// One partition that nothing is appended to any more: rucks that have batches there to merge; if
// there are none, it is dropped.
struct OldPartition {
  bool is_dropped = false;
  std::vector<store::Key> to_merge;  // at most kLeftoversPerUnit
};
[[nodiscard]] std::optional<std::int64_t> oldest_partition(db::Session& q);
[[nodiscard]] OldPartition drop_partition(db::Session& q, std::int64_t period);

}  // namespace ruck::rucks
