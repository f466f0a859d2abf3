#include "services/rucks/track/recent.hpp"

#include "db/failure.hpp"
#include "rucking/track_codec.hpp"
#include "runtime/cancelled.hpp"
#include "services/rucks/limits.hpp"
#include "services/rucks/track/packing.hpp"
#include "services/rucks/track/progress.hpp"
#include "services/rucks/track/track.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <utility>

namespace ruck::rucks {

// ---- where they are ----------------------------------------------------------------------------

RecentIndex* RecentIndex::of(db::Session& q) {
  db::Companions* companions = q.companions();
  if (companions == nullptr) return nullptr;
  auto& index = companions->get<RecentIndex>();
  if (!index.is_loaded_) index.load(q);
  return &index;
}

// Whoever appends first comes by here as well, so nothing is added before the table has been read.
void RecentIndex::load(db::Session& q) {
  const Guard once(loading_);
  if (is_read_) return;
  const std::vector<store::RecentKey> keys = store::recent_keys(q);
  const Guard lock(mutex_);
  const SteadyTime now = std::chrono::steady_clock::now();
  for (const auto& [id, user, ruck] : keys) {
    add_locked({.user = user, .ruck = ruck}, entries_[ruck], id, kUnknown, now);
    next_id_ = id + 1;
  }
  is_read_ = true;
  is_loaded_ = true;
}

std::vector<std::int64_t> RecentIndex::ids_after(RuckId ruck, std::int64_t row_version) const {
  const Guard lock(mutex_);
  const auto found = entries_.find(ruck);
  if (found == entries_.end()) return {};
  const Entry& entry = found->second;
  // A read that began before the last merge has an older row.
  const std::size_t from = entry.row_version == row_version ? entry.merged : 0;
  return {entry.ids.begin() + static_cast<std::ptrdiff_t>(from), entry.ids.end()};
}

void RecentIndex::doubt(RuckId ruck) {
  const Guard lock(mutex_);
  const auto found = entries_.find(ruck);
  if (found != entries_.end()) found->second.version = kUnknown;
}

std::optional<std::int64_t> RecentIndex::append(const store::Key& key,
                                                std::optional<std::int64_t> expected,
                                                std::int64_t version) {
  const SteadyTime now = std::chrono::steady_clock::now();
  const Guard lock(mutex_);
  const auto found = entries_.find(key.ruck);
  const bool is_newest = found != entries_.end() && found->second.version == expected;
  if (expected && !is_newest) return std::nullopt;
  Entry& entry = found != entries_.end() ? found->second : entries_[key.ruck];
  const std::int64_t id = next_id_++;
  add_locked(key, entry, id, version, now);
  return id;
}

void RecentIndex::add_locked(const store::Key& key, Entry& entry, std::int64_t id,
                             std::int64_t version, SteadyTime now) {
  if (entry.ids.empty()) first_.emplace(id, key.ruck);
  entry.ids.push_back(id);
  entry.version = version;
  schedule_.add(key, now);
}

std::vector<store::Key> RecentIndex::due(std::size_t limit, SteadyTime now) {
  const Guard lock(mutex_);
  return schedule_.due(limit, now, rows_locked() > kRecentRowsMax);
}

void RecentIndex::merged(RuckId ruck, std::int64_t last, std::int64_t version, SteadyTime now) {
  const Guard lock(mutex_);
  const auto found = entries_.find(ruck);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const auto upto = std::ranges::upper_bound(entry.ids, last) - entry.ids.begin();
  entry.merged = std::max(entry.merged, static_cast<std::size_t>(upto));
  entry.row_version = version;
  schedule_.set(ruck, entry.ids.size() - entry.merged, now);
  retired_.push_back({.at = now, .ruck = ruck, .last = last});
}

void RecentIndex::postpone(RuckId ruck, SteadyTime now) {
  const Guard lock(mutex_);
  schedule_.postpone(ruck, now);
}

// A read that began before the merge still looks for what was merged, so long as it may last.
void RecentIndex::retire(SteadyTime now) {
  while (!retired_.empty() && now - retired_.front().at >= kMergedKept) {
    const Retired retired = retired_.front();
    retired_.pop_front();
    const auto found = entries_.find(retired.ruck);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    const auto end = std::ranges::upper_bound(entry.ids, retired.last);
    const auto count = static_cast<std::size_t>(end - entry.ids.begin());
    if (count == 0) continue;
    first_.erase(entry.ids.front());
    entry.ids.erase(entry.ids.begin(), end);
    entry.merged -= std::min(entry.merged, count);
    if (entry.ids.empty()) {
      entries_.erase(found);
    } else {
      first_.emplace(entry.ids.front(), retired.ruck);
    }
  }
}

std::int64_t RecentIndex::first_needed(SteadyTime now) {
  const Guard lock(mutex_);
  retire(now);
  return first_.empty() ? next_id_ : first_.begin()->first;
}

std::size_t RecentIndex::rows() const {
  const Guard lock(mutex_);
  return rows_locked();
}

std::size_t RecentIndex::rows_locked() const {
  return first_.empty() ? 0 : static_cast<std::size_t>(next_id_ - first_.begin()->first);
}

// ---- rows --------------------------------------------------------------------------------------

void add_batch(Progress& progress, const RecentRow& batch) {
  progress.version = batch.version;
  progress.tail.data += batch.points.data;
  progress.heart_rate_tail.data += batch.heart_rate.data;
  progress.point_count += batch.point_count;
  progress.heart_rate_count += batch.heart_rate_count;
  progress.last_arrival_at = batch.arrived_at;
}

void add_recent_batches(db::Session& q, store::Key key, Progress& progress) {
  const RecentIndex* index = RecentIndex::of(q);
  if (index == nullptr) {
    add_partitioned(q, key, progress);
    return;
  }
  for (const std::int64_t id : index->ids_after(key.ruck, progress.row_version)) {
    const auto batch = store::find_recent(q, id, key.ruck);
    if (!batch) {
      progress.unseen.push_back(id);
      continue;
    }
    progress.last_batch = id;
    progress.unseen.clear();  // a ruck's batches are committed in their order
    if (batch->expected_version == progress.version) add_batch(progress, *batch);
  }
}

bool append_batch(RecentIndex& index, db::Session& q, store::Key key, const RecentRow& row) {
  auto id = index.append(key, row.expected_version, row.version);
  if (!id) {
    const auto progress = find_progress(q, key);
    if (!progress || progress->version != row.expected_version) return false;
    id = index.append(key, std::nullopt, row.version);
  }
  store::add_recent(q, *id, key, row);
  return true;
}

bool replace_version(db::Session& q, store::Key key, std::int64_t version, std::int64_t next) {
  RecentIndex* index = RecentIndex::of(q);
  if (index == nullptr) return close_version(q, key, version, next);
  index->doubt(key.ruck);
  return true;
}

namespace {
// A tail that has grown long becomes a row of its own.
template <class Sample>
std::optional<ChunkRow> seal(
    std::string& tail, const std::expected<std::vector<Sample>, rucking::CodecError>& samples) {
  if (!samples || samples->empty()) return std::nullopt;
  return ChunkRow{.first_ms = samples->front().time_ms,
                  .points = static_cast<std::int64_t>(samples->size()),
                  .packing = std::string(kPackingBlocks),
                  .data = {std::exchange(tail, {})}};
}
}  // namespace

Result<MergePlan> plan_merge(db::Session& q, store::Key key, EngineStates* engines,
                             const RecentRow* more) {
  MergePlan plan;
  auto progress = find_progress(q, key);
  if (!progress) return plan;  // deleted meanwhile
  if (progress->version == store::kNoVersion) return fail(ErrorCode::kUnavailable);
  if (more != nullptr) {
    if (progress->version != more->expected_version) return plan;
    add_batch(*progress, *more);
  }
  plan.merged = {.last = progress->last_batch, .version = progress->version};
  plan.unseen = std::move(progress->unseen);
  if (progress->version == progress->row_version) return plan;
  plan.row_version = progress->row_version;
  auto state = engines != nullptr ? engines->state_at(key.ruck, progress->version) : std::nullopt;
  if (!state) {
    const auto row = store::find(q, key);
    if (!row) return MergePlan();
    const auto engine = engine_of(q, *row, *progress);
    state = engine ? engine->serialize() : std::string();  // damaged: computed when read
  }
  ProgressRow& next = plan.next.emplace(std::move(static_cast<ProgressRow&>(*progress)));
  next.state.data = std::move(*state);
  // What cannot be read stays as it is.
  if (next.tail.data.size() > kTailBytesMax) {
    plan.points = seal(next.tail.data, rucking::decode_points(next.tail.data));
  }
  if (next.heart_rate_tail.data.size() > kTailBytesMax) {
    plan.heart_rate =
        seal(next.heart_rate_tail.data, rucking::decode_heart_rate(next.heart_rate_tail.data));
  }
  return plan;
}

Result<MergedBatches> write_merge(db::Session& q, store::Key key, const MergePlan& plan) {
  MergedBatches merged = plan.merged;
  for (const std::int64_t id : plan.unseen) {
    if (store::find_recent(q, id, key.ruck)) break;  // committed since
    merged.last = id;                                // rolled back
  }
  if (!plan.next) return merged;
  // First the row: if somebody else has written it, nothing may be changed.
  if (!store::write_progress(q, key, plan.row_version, *plan.next)) {
    return fail(ErrorCode::kUnavailable);
  }
  if (plan.points) store::add_chunk(q, store::Track::kPoints, key, *plan.points);
  if (plan.heart_rate) store::add_chunk(q, store::Track::kHeartRate, key, *plan.heart_rate);
  merged.is_row_written = true;
  return merged;
}

Result<bool> merge_with(db::Session& q, store::Key key, const RecentRow& batch) {
  const Result<MergePlan> plan = plan_merge(q, key, nullptr, &batch);
  if (!plan) return fail(plan.error());
  const Result<MergedBatches> merged = write_merge(q, key, *plan);
  if (!merged) return fail(merged.error());
  if (!merged->is_row_written) return false;
  if (!close_version(q, key, batch.expected_version, batch.version)) {
    throw db::Failure(db::FailureKind::kConflict, "a batch was appended meanwhile", "merge_with");
  }
  return true;
}

// ---- in the background -------------------------------------------------------------------------

RecentMerger::RecentMerger(Dependencies dependencies)
    : deps_(dependencies),
      merged_(deps_.metrics.counter("ruck_ingest_recent_merges_total",
                                    "Rucks whose appended batches were merged")),
      failed_(deps_.metrics.counter("ruck_ingest_recent_failures_total",
                                    "Merges of appended batches that failed")) {}

task<> RecentMerger::run() {
  if (deps_.database.is_exclusive() && index_ == nullptr) {
    const auto found =
        co_await deps_.database.read([](db::Session& q) { return RecentIndex::of(q); });
    if (!found) co_return;
    index_ = *found;
  }
  // Thousands may be due: a stop does not wait for them.
  while (!co_await runtime::is_cancelled() && co_await merge_some()) {
  }
  if (index_ != nullptr) {
    co_await delete_some(*index_);
  } else {
    co_await tend_partitions();
  }
}

std::vector<store::Key> RecentMerger::due() {
  if (index_ == nullptr) return deps_.partitions.due(kMergesPerUnit);
  return index_->due(kMergesPerUnit, std::chrono::steady_clock::now());
}

task<bool> RecentMerger::merge_some() {
  const std::vector<store::Key> keys = due();
  co_return !keys.empty() && co_await merge(keys);
}

// What takes time is done beside the writer: recording waits behind it.
task<bool> RecentMerger::merge(const std::vector<store::Key>& keys) {
  const Result<std::vector<Result<MergePlan>>> plans =
      co_await deps_.database.read([this, &keys](db::Session& q) {
        std::vector<Result<MergePlan>> made;
        for (const store::Key& key : keys) made.push_back(plan_merge(q, key, &deps_.engines));
        return made;
      });
  std::vector<Result<MergedBatches>> outcomes;
  Result<> written = plans ? Result<>() : fail(plans.error());
  if (plans) {
    written = co_await deps_.database.write([&keys, &plans, &outcomes](db::Session& q) {
      outcomes.clear();
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const Result<MergePlan>& plan = (*plans)[i];
        outcomes.push_back(plan ? write_merge(q, keys[i], *plan) : fail(plan.error()));
      }
    });
  }
  const auto now = std::chrono::steady_clock::now();
  bool is_clean = true;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const RuckId ruck = keys[i].ruck;
    if (written && outcomes[i]) {
      if (index_ != nullptr) {
        index_->merged(ruck, outcomes[i]->last, outcomes[i]->version, now);
      } else {
        deps_.partitions.merged(ruck);
      }
      merged_.add();
      continue;
    }
    const Error& error = written ? outcomes[i].error() : written.error();
    is_clean = false;
    if (index_ != nullptr) {
      index_->postpone(ruck, now);
    } else {
      deps_.partitions.postpone(ruck);
    }
    failed_.add();
    telemetry::log_warning("ingest.recent_not_merged",
                           {{"ruck", ruck.value()}, {"reason", error.detail}});
  }
  co_return is_clean;
}

task<> RecentMerger::delete_some(RecentIndex& index) {
  const std::int64_t first = index.first_needed(std::chrono::steady_clock::now());
  if (first == deleted_before_) co_return;
  // Until nothing is left: ids have gaps where a unit of work was rolled back.
  for (std::int64_t removed = 1; removed > 0;) {
    if (co_await runtime::is_cancelled()) co_return;
    const Result<std::int64_t> outcome = co_await deps_.database.write(
        [first](db::Session& q) { return store::remove_recent(q, first, kDeletesPerUnit); });
    if (!outcome) co_return;
    removed = *outcome;
  }
  deleted_before_ = first;
}

// Makes the next partition and drops an old one, at most one of each a time.
task<> RecentMerger::tend_partitions() {
  const auto now = std::chrono::steady_clock::now();
  if (now - tended_at_ < kPartitionsEvery) co_return;
  tended_at_ = now;
  const auto period = co_await deps_.database.write(make_partitions);
  if (!period) {
    telemetry::log_warning("ingest.partitions_not_made", {{"reason", period.error().detail}});
    co_return;
  }
  if (*period == 0) co_return;  // another process is at it
  deps_.partitions.set_current(*period);
  const auto oldest = co_await deps_.database.read(oldest_partition);
  if (!oldest || !*oldest) co_return;
  const auto old = co_await deps_.database.write(
      [period = **oldest](db::Session& q) { return drop_partition(q, period); });
  // Refused while a long read goes on, or dropped by another process: the next time.
  if (old && !old->to_merge.empty()) static_cast<void>(co_await merge(old->to_merge));
}

}  // namespace ruck::rucks
