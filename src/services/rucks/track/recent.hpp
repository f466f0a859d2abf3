#pragma once
// Batches are appended, then merged.
//
//   batch ─→ recent_batches: rows of all rucks side by side, one page for many
//                 │  every kBatchesPerMerge batches or kRecentAge
//                 └─→ merge: ruck_progress (state, tail), track_chunks; then rows are deleted
//                     from the front
//
// To rewrite a ruck's row with each batch would touch a page of its own each time: 6.5 KB of log
// and checkpoint for 100 bytes of points.
//
// Which rows are a ruck's own is said by the rows: each names the version before it and its own.
// From the version of ruck_progress they make a chain; what is not in it (merged already, or
// before a completion) is not read.
//
// SQLite: the index by ruck is in memory alone (RecentIndex) and only says where to look: an id too
// many does no harm. At the first use the table is read once. PostgreSQL: recent_partitions.hpp.
#include "base/clock.hpp"
#include "base/thread_safety.hpp"
#include "db/companions.hpp"
#include "db/database.hpp"
#include "services/rucks/store.hpp"
#include "services/rucks/track/merge_schedule.hpp"
#include "services/rucks/track/recent_partitions.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace ruck::rucks {

// Where the recent batches of each ruck are. From any thread.
class RecentIndex final : public db::Companion {
 public:
  using SteadyTime = MergeSchedule::SteadyTime;

  // Null where other processes write, too: there batches are not appended.
  [[nodiscard]] static RecentIndex* of(db::Session& q);

  // Of the batches that a row of this version does not have; perhaps of some more.
  [[nodiscard]] std::vector<std::int64_t> ids_after(RuckId ruck, std::int64_t row_version) const;
  // The ruck's row has been written, or what was added may have been rolled back: look at the rows.
  void doubt(RuckId ruck);
  // The id for a batch that is about to be added, in a transaction that may yet fail. With
  // `expected` only if that is known to be the ruck's newest version.
  [[nodiscard]] std::optional<std::int64_t> append(const store::Key& key,
                                                   std::optional<std::int64_t> expected,
                                                   std::int64_t version);

  // Rucks to merge now: those with many batches, and those with old ones.
  [[nodiscard]] std::vector<store::Key> due(std::size_t limit, SteadyTime now);
  // Their batches up to `last` are merged, by a transaction that was committed.
  void merged(RuckId ruck, std::int64_t last, std::int64_t version, SteadyTime now);
  // It could not be done; later again.
  void postpone(RuckId ruck, SteadyTime now);
  // Rows before this id are read by nobody any more.
  [[nodiscard]] std::int64_t first_needed(SteadyTime now);
  // From the first that is needed to the newest.
  [[nodiscard]] std::size_t rows() const;

 private:
  static constexpr std::int64_t kUnknown = store::kNoVersion;
  struct Entry {
    std::vector<std::int64_t> ids;        // ascending
    std::size_t merged = 0;               // so many of the first are merged
    std::int64_t row_version = kUnknown;  // with the first `merged` ids
    std::int64_t version = kUnknown;      // the newest
  };
  struct Retired {
    SteadyTime at{};
    RuckId ruck;
    std::int64_t last = 0;
  };
  void load(db::Session& q) RUCK_EXCLUDES(mutex_);
  void add_locked(const store::Key& key, Entry& entry, std::int64_t id, std::int64_t version,
                  SteadyTime now) RUCK_REQUIRES(mutex_);
  void retire(SteadyTime now) RUCK_REQUIRES(mutex_);
  [[nodiscard]] std::size_t rows_locked() const RUCK_REQUIRES(mutex_);

  Mutex loading_;
  bool is_read_ RUCK_GUARDED_BY(loading_) = false;
  std::atomic<bool> is_loaded_{false};
  mutable Mutex mutex_;
  std::unordered_map<RuckId, Entry> entries_ RUCK_GUARDED_BY(mutex_);
  std::map<std::int64_t, RuckId> first_ RUCK_GUARDED_BY(mutex_);  // id of each one's first
  MergeSchedule schedule_ RUCK_GUARDED_BY(mutex_);
  std::deque<Retired> retired_ RUCK_GUARDED_BY(mutex_);  // merged a moment ago
  std::int64_t next_id_ RUCK_GUARDED_BY(mutex_) = 1;
};

// Adds one batch to what is known of a ruck.
void add_batch(Progress& progress, const RecentRow& batch);
// Adds to what the row says the batches that were appended since.
void add_recent_batches(db::Session& q, store::Key key, Progress& progress);

// Appends a batch if `row.expected_version` is the ruck's newest; false if it is not.
[[nodiscard]] bool append_batch(RecentIndex& index, db::Session& q, store::Key key,
                                const RecentRow& row);

// To be called in the unit of work that writes or deletes a ruck's row, after that: nothing can be
// appended to `version` any more, `next` is its version now. False if a batch was appended to it
// meanwhile: roll back.
[[nodiscard]] bool replace_version(db::Session& q, store::Key key, std::int64_t version,
                                   std::int64_t next);

// Engines that memory has, so that a merge need not compute them again.
class EngineStates {
 public:
  EngineStates() = default;
  virtual ~EngineStates() = default;
  EngineStates(const EngineStates&) = delete;
  EngineStates& operator=(const EngineStates&) = delete;

  // The serialized engine of a ruck at this version, if it is at hand. From any thread.
  [[nodiscard]] virtual std::optional<std::string> state_at(RuckId ruck, std::int64_t version) = 0;
};

// What is merged of a ruck after a unit of work.
struct MergedBatches {
  std::int64_t last = std::numeric_limits<std::int64_t>::max();  // id; by default all
  std::int64_t version = 0;
  bool is_row_written = false;
};

// The ruck's row and chunks with all its recent batches. Its version stays that of the newest, so
// that batches go on meanwhile. Reading and computing is one step, writing another, which may
// happen in a later unit of work: it fails with kUnavailable when the row was written in between.
struct MergePlan {
  MergedBatches merged;
  std::vector<std::int64_t> unseen;  // ids behind `merged.last` that had no row yet
  std::int64_t row_version = 0;      // of the row that `next` was made from
  std::optional<ProgressRow> next;   // without it there is nothing to write
  std::optional<ChunkRow> points;
  std::optional<ChunkRow> heart_rate;
};
// With `more`, a batch that is not appended, the plan is empty unless the ruck has the version that
// the batch expects.
[[nodiscard]] Result<MergePlan> plan_merge(db::Session& q, store::Key key,
                                           EngineStates* engines = nullptr,
                                           const RecentRow* more = nullptr);
[[nodiscard]] Result<MergedBatches> write_merge(db::Session& q, store::Key key,
                                                const MergePlan& plan);
// Writes the row with its recent batches and one more; false if the ruck has not the version that
// the batch expects.
[[nodiscard]] Result<bool> merge_with(db::Session& q, store::Key key, const RecentRow& batch);

// Merges in the background, and deletes what nobody reads any more.
class RecentMerger {
 public:
  struct Dependencies {
    db::Database& database;
    RecentPartitions& partitions;
    EngineStates& engines;
    telemetry::Metrics& metrics;
  };
  explicit RecentMerger(Dependencies dependencies);

  // Merges what is due.
  task<> run();

 private:
  [[nodiscard]] std::vector<store::Key> due();
  task<bool> merge_some();
  // False if one of them was not merged.
  task<bool> merge(const std::vector<store::Key>& keys);
  task<> delete_some(RecentIndex& index);
  task<> tend_partitions();

  Dependencies deps_;
  telemetry::Counter& merged_;
  telemetry::Counter& failed_;
  RecentIndex* index_ = nullptr;  // SQLite: once it has been asked for
  std::int64_t deleted_before_ = 0;
  MergeSchedule::SteadyTime tended_at_{};
};

}  // namespace ruck::rucks
