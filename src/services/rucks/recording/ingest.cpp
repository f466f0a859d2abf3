#include "services/rucks/recording/ingest.hpp"

#include "base/assert.hpp"
#include "base/sabotage.hpp"
#include "rucking/track_codec.hpp"
#include "runtime/sleep.hpp"
#include "services/rucks/recording/jobs.hpp"
#include "services/rucks/recording/recent_times.hpp"
#include "services/rucks/recording/topics.hpp"
#include "services/rucks/summary/settle.hpp"
#include "services/rucks/track/packing.hpp"
#include "services/rucks/track/progress.hpp"
#include "services/rucks/track/track.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <random>
#include <unordered_set>

namespace ruck::rucks {
namespace {
using rucking::HeartRateSample;
using rucking::TrackEngine;
using rucking::TrackPoint;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kShards = 16;
constexpr std::size_t kQueuedWritesMax = 20'000;  // half a second of the fastest disk we have seen
constexpr std::size_t kGatherMin = 8;  // batches of a transaction: below, nobody waits for others
constexpr auto kGatherTime = std::chrono::microseconds(400);  // less than most disks take to sync
// Where several send at once, a transaction begins no sooner after the one before began to gather:
// a sync writes 4 to 8 KB and costs 150 µs of processor, whatever is in it.
constexpr auto kCommitEvery = std::chrono::milliseconds(3);
constexpr std::size_t kPostgresLanes = 4;  // transactions at a time; SQLite has one writer

Error overloaded() {
  return {.code = ErrorCode::kOverloaded, .detail = "ingest queue full", .retry_after_s = 2};
}

// The newest times of a stretch of samples, ascending.
template <class Sample>
std::vector<std::int64_t> newest_times(const std::vector<Sample>& samples) {
  std::vector<std::int64_t> times;
  const std::size_t from = samples.size() > kRecentTimesMax ? samples.size() - kRecentTimesMax : 0;
  for (std::size_t i = from; i < samples.size(); ++i) times.push_back(samples[i].time_ms);
  std::ranges::sort(times);
  return times;
}

// Doubling waits with jitter: two instances that write one ruck must not keep meeting.
std::chrono::milliseconds back_off(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<int> wait(1, 2 << std::min(attempt, 6));
  return std::chrono::milliseconds(wait(random));
}

// The samples of a batch that are new, by time, each time once. Nothing if one of them is older
// than what memory knows.
template <class Sample>
std::optional<std::vector<Sample>> new_ones(const RecentTimes& recent,
                                            const std::vector<Sample>& batch,
                                            std::int64_t& duplicates) {
  std::vector<Sample> fresh;
  for (const Sample& sample : batch) {
    const RecentTimes::Seen seen = recent.look(sample.time_ms);
    if (seen == RecentTimes::Seen::kUnknown) return std::nullopt;
    if (seen == RecentTimes::Seen::kNew) fresh.push_back(sample);
  }
  std::ranges::stable_sort(fresh, {}, &Sample::time_ms);
  const auto repeated = std::ranges::unique(fresh, {}, &Sample::time_ms);
  fresh.erase(repeated.begin(), repeated.end());
  duplicates = static_cast<std::int64_t>(batch.size() - fresh.size());
  return fresh;
}
}  // namespace

struct Ingest::Batch {
  std::vector<TrackPoint> points;
  std::vector<HeartRateSample> heart_rate;
};

// A ruck under way, as memory knows it.
struct Ingest::Live {
  Live(store::Key k, TrackEngine e) : key(k), engine(std::move(e)) {}
  store::Key key;
  TrackEngine engine;
  std::uint64_t generation = 0;  // tells this reading of the ruck from a later one
  std::int64_t version = 0;      // of the row, once everything queued is written
  RecentTimes points;
  RecentTimes heart_rate;
  int queued = 0;
  bool has_started = false;  // by this reading: it was only created before
  SteadyTime last_used{};
  std::list<RuckId>::iterator place;  // in the shard's order of use
};

struct Ingest::Shard {
  Mutex mutex;
  std::unordered_map<RuckId, std::unique_ptr<Live>> live RUCK_GUARDED_BY(mutex);
  std::list<RuckId> by_use RUCK_GUARDED_BY(mutex);  // the most recently used first

  Live* find(RuckId ruck) RUCK_REQUIRES(mutex) {
    const auto found = live.find(ruck);
    if (found == live.end()) return nullptr;
    by_use.splice(by_use.begin(), by_use, found->second->place);
    found->second->last_used = std::chrono::steady_clock::now();
    return found->second.get();
  }
  void erase(RuckId ruck) RUCK_REQUIRES(mutex) {
    const auto found = live.find(ruck);
    if (found == live.end()) return;
    by_use.erase(found->second->place);
    live.erase(found);
  }
  void evict_surplus() RUCK_REQUIRES(mutex) {
    const SteadyTime idle_since = std::chrono::steady_clock::now() - kLiveIdle;
    while (!by_use.empty()) {
      const auto last = live.find(by_use.back());
      const bool is_surplus = live.size() > kLiveRucksMax / kShards;
      const bool is_idle = last->second->last_used < idle_since;
      if (!(is_surplus || is_idle) || last->second->queued > 0) return;
      erase(last->first);
    }
  }
};

// One row on its way to the database, and who waits for it.
struct Ingest::Write {
  AppendedBatch batch;
  std::uint64_t generation = 0;
  bool is_orphan = false;          // follows one that was not written
  std::vector<TrackPoint> points;  // for those who follow live
  Stored stored;
  std::optional<runtime::Promise<Result<Outcome>>> waiter;
};

// Writes of one lane go out one transaction after the other.
struct Ingest::Lane {
  Mutex mutex;
  Condition gathered;
  std::vector<Write> queued RUCK_GUARDED_BY(mutex);
  std::size_t last_group RUCK_GUARDED_BY(mutex) = 0;  // how many went out together before
  SteadyTime last_at RUCK_GUARDED_BY(mutex){};        // when it began to gather
  // How many a transaction that is about to begin waits for.
  std::size_t awaited RUCK_GUARDED_BY(mutex) = 0;
  std::atomic<std::size_t> size{0};  // of `queued`
  bool in_flight RUCK_GUARDED_BY(mutex) = false;
};

// Takes all that waits when its turn comes, and answers all of it when it is committed.
class Ingest::FlushJob final : public db::Job {
 public:
  FlushJob(Ingest& ingest, Lane& lane)
      : ingest_(ingest), lane_(lane), under_way_(ingest.flushes_under_way_.enter()) {}

  bool run(db::Session& q) override {
    take();
    index_ = RecentIndex::of(q);
    if (index_ != nullptr) {
      for (Write& write : writes_) {
        AppendedBatch& batch = write.batch;
        batch.is_written = !write.is_orphan && append_batch(*index_, q, batch.key, batch.row);
      }
    } else {
      std::vector<AppendedBatch*> batches;
      for (Write& write : writes_) {
        if (!write.is_orphan) batches.push_back(&write.batch);
      }
      write_batches(q, batches);
    }
    return true;
  }
  void fail(Error error) override {
    error_ = std::move(error);
    if (index_ == nullptr) return;
    for (const Write& write : writes_) index_->doubt(write.batch.key.ruck);
  }
  // Each row is written only if its version is the one that memory was built on.
  [[nodiscard]] bool needs_isolation() const override { return false; }
  std::unique_ptr<runtime::Resumption> finish() override {
    take();  // those of a job that was refused before it ran
    ingest_.finish_flush(lane_, std::move(writes_), error_ ? &*error_ : nullptr);
    return nullptr;
  }

 private:
  void take() {
    if (!writes_.empty()) return;
    Guard lock(lane_.mutex);
    gather(lock);
    writes_.swap(lane_.queued);
    lane_.last_group = writes_.size();
    lane_.size = 0;
  }
  // Those whose batches went out together come again together. A sync to disk costs more than the
  // moment it takes until most of them are here, so many wait for it once rather than half of them
  // twice (as commit_delay of PostgreSQL does).
  void gather(Guard& lock) RUCK_REQUIRES(lane_.mutex) {
    const SteadyTime now = std::chrono::steady_clock::now();
    const SteadyTime last = std::exchange(lane_.last_at, now);
    if (lane_.last_group < 2 || lane_.queued.size() >= std::max(lane_.last_group, kGatherMin)) {
      return;
    }
    lane_.awaited = std::max(lane_.last_group, kGatherMin);
    SteadyTime until = last + kCommitEvery;
    if (lane_.last_group >= kGatherMin) until = std::max(until, now + kGatherTime);
    while (lane_.queued.size() < lane_.awaited && lane_.gathered.wait_until(lock, until)) {
    }
    lane_.awaited = 0;
  }
  Ingest& ingest_;
  Lane& lane_;
  RecentIndex* index_ = nullptr;
  runtime::Gate::Pass under_way_;
  std::vector<Write> writes_;
  std::optional<Error> error_;
};

Ingest::Ingest(Dependencies dependencies)
    : deps_(std::move(dependencies)),
      batches_(deps_.metrics.counter("ruck_ingest_batches_total", "Batches stored")),
      points_(deps_.metrics.counter("ruck_ingest_points_total", "Points and samples stored")),
      duplicates_(deps_.metrics.counter("ruck_ingest_duplicates_total",
                                        "Points and samples that were stored before")),
      conflicts_(deps_.metrics.counter("ruck_ingest_conflicts_total",
                                       "Batches tried again because the ruck had changed")),
      flushes_(deps_.metrics.counter("ruck_ingest_flushes_total", "Transactions of batches")),
      late_({.database = deps_.database,
             .revisions = deps_.revisions,
             .clock = deps_.clock,
             .metrics = deps_.metrics},
            [this](RuckId ruck) {
              forget(ruck);
              publish_changed(deps_.bus, ruck);
            }) {
  for (std::size_t i = 0; i < kShards; ++i) shards_.push_back(std::make_unique<Shard>());
  const std::size_t lanes = deps_.database.is_exclusive() ? 1 : kPostgresLanes;
  for (std::size_t i = 0; i < lanes; ++i) lanes_.push_back(std::make_unique<Lane>());
  deps_.metrics.gauge_callback("ruck_live_rucks", "Rucks in memory", [this] {
    std::size_t count = 0;
    for (const auto& shard : shards_) {
      const Guard lock(shard->mutex);
      count += shard->live.size();
    }
    return static_cast<double>(count);
  });
  deps_.metrics.gauge_callback("ruck_ingest_queue_writes", "Batches waiting for a transaction",
                               [this] {
                                 std::size_t count = 0;
                                 for (const auto& lane : lanes_) {
                                   count += lane->size.load();
                                 }
                                 return static_cast<double>(count);
                               });
}

// A batch is answered before the writer is done with its lane.
Ingest::~Ingest() { flushes_under_way_.wait(); }

Ingest::Shard& Ingest::shard_of(RuckId ruck) {
  return *shards_[std::hash<RuckId>{}(ruck) % shards_.size()];
}
Ingest::Lane& Ingest::lane_of(RuckId ruck) {
  return *lanes_[std::hash<RuckId>{}(ruck) % lanes_.size()];
}

task<Result<Stored>> Ingest::add_points(store::Key key, std::vector<TrackPoint> points) {
  co_return co_await add(key, Batch{.points = std::move(points), .heart_rate = {}});
}

task<Result<Stored>> Ingest::add_heart_rate(store::Key key, std::vector<HeartRateSample> samples) {
  co_return co_await add(key, Batch{.points = {}, .heart_rate = std::move(samples)});
}

task<Result<Stored>> Ingest::add(store::Key key, Batch batch) {
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (attempt > 1) co_await runtime::sleep_for(back_off(attempt));
    Result<Outcome> outcome = Outcome{.step = Step::kOutOfOrder};
    if (!late_.has(key)) outcome = co_await try_live(key, batch);
    if (outcome && outcome->step == Step::kNotLoaded) {
      const Result<bool> loaded = co_await load(key);
      if (!loaded) co_return fail(loaded.error());
      if (*loaded) outcome = co_await try_live(key, batch);
    }
    const bool must_merge =
        outcome && (outcome->step == Step::kNotLoaded || outcome->step == Step::kOutOfOrder);
    if (must_merge) {
      Result<Stored> stored = co_await late_.add(key, {batch.points, batch.heart_rate});
      if (!stored) co_return fail(std::move(stored).error());
      outcome = Outcome{.step = Step::kStored, .stored = *stored};
    }
    if (!outcome) co_return fail(std::move(outcome).error());
    if (outcome->step == Step::kStored) {
      batches_.add();
      points_.add(static_cast<std::uint64_t>(outcome->stored.inserted));
      duplicates_.add(static_cast<std::uint64_t>(outcome->stored.duplicates));
      co_return outcome->stored;
    }
    conflicts_.add();
    forget(key.ruck);
  }
  co_return fail(Error{
      .code = ErrorCode::kUnavailable, .detail = "the ruck kept changing", .retry_after_s = 1});
}

// The whole of it happens before the coroutine is suspended, with the ruck locked; then it waits
// for the commit. The lane is flushed with nothing locked: whatever becomes of the flush, it looks
// at rucks again.
task<Result<Ingest::Outcome>> Ingest::try_live(store::Key key, const Batch& batch) {
  return runtime::await_promise<Result<Outcome>>(
      [this, key, &batch](runtime::Promise<Result<Outcome>> promise) {
        if (take_batch(key, batch, std::move(promise))) flush(lane_of(key.ruck));
      });
}

// True when the lane has to be flushed.
bool Ingest::take_batch(store::Key key, const Batch& batch,
                        runtime::Promise<Result<Outcome>> promise) {
  Shard& shard = shard_of(key.ruck);
  const Guard lock(shard.mutex);
  Live* live = shard.find(key.ruck);
  if (live == nullptr || live->key.user != key.user) {
    promise.set(Outcome{.step = Step::kNotLoaded});
    return false;
  }
  if (lane_of(key.ruck).size.load() >= kQueuedWritesMax) {
    promise.set(ruck::fail(overloaded()));
    return false;
  }
  Write write{.batch = {.key = key}, .generation = live->generation};
  if (const auto known = advance(*live, batch, write)) {
    promise.set(*known);
    return false;
  }
  if (sabotage::breaks(sabotage::Promise::kAcknowledgeAfterCommit)) {
    promise.set(Outcome{.step = Step::kStored, .stored = write.stored});
  } else {
    write.waiter = std::move(promise);
  }
  return enqueue(std::move(write));
}

// Takes the batch into the live ruck and fills in the row to write; an Outcome instead when there
// is nothing to write or the batch does not continue the ruck.
std::optional<Ingest::Outcome> Ingest::advance(Live& live, const Batch& batch, Write& write) {
  std::int64_t duplicates = 0;
  std::int64_t more_duplicates = 0;
  auto points = new_ones(live.points, batch.points, duplicates);
  const auto samples = new_ones(live.heart_rate, batch.heart_rate, more_duplicates);
  if (!points || !samples) return Outcome{.step = Step::kOutOfOrder};
  const bool is_sabotaged = sabotage::breaks(sabotage::Promise::kStoreOnce);
  const std::vector<TrackPoint>& kept = is_sabotaged ? batch.points : *points;
  for (const TrackPoint& point : *points) {
    // Only the first can come before a pause that was fed already: times ascend.
    if (live.engine.feed(point) == rucking::FeedResult::kOutOfOrder) {
      RUCK_ASSERT(&point == &points->front());
      return Outcome{.step = Step::kOutOfOrder};
    }
    live.points.add(point.time_ms);
  }
  for (const HeartRateSample& sample : *samples) {
    static_cast<void>(live.engine.feed(sample));
    live.heart_rate.add(sample.time_ms);
  }
  static_cast<void>(live.engine.drain_splits());  // computed again when they are asked for
  const rucking::Totals totals = live.engine.totals();
  write.stored = {.inserted = static_cast<std::int64_t>(kept.size() + samples->size()),
                  .duplicates = duplicates + more_duplicates,
                  .distance_m = totals.distance_m,
                  .duration_s = totals.active_s()};
  // A repeated batch waits for nothing only when what it repeats is written already.
  if (write.stored.inserted == 0 && live.queued == 0) {
    return Outcome{.step = Step::kStored, .stored = write.stored};
  }
  live.queued += 1;
  fill_row(live, kept, *samples, write.batch);
  write.points = std::move(*points);
  return std::nullopt;
}

void Ingest::fill_row(Live& live, const std::vector<TrackPoint>& points,
                      const std::vector<HeartRateSample>& samples, AppendedBatch& batch) const {
  const std::int64_t before = live.version;
  const bool is_exclusive = deps_.database.is_exclusive();
  batch.is_whole = !is_exclusive && !deps_.partitions.takes(before);
  live.version = is_exclusive ? store::new_version() : deps_.partitions.version_after(before);
  batch.row = {.expected_version = before,
               .version = live.version,
               .points = {},
               .heart_rate = {},
               .point_count = static_cast<std::int64_t>(points.size()),
               .heart_rate_count = static_cast<std::int64_t>(samples.size()),
               .arrived_at = deps_.clock.now()};
  if (!points.empty()) rucking::append_block(batch.row.points.data, points);
  if (!samples.empty()) rucking::append_block(batch.row.heart_rate.data, samples);
}

bool Ingest::enqueue(Write write) {
  Lane& lane = lane_of(write.batch.key.ruck);
  const Guard lock(lane.mutex);
  lane.queued.push_back(std::move(write));
  lane.size = lane.queued.size();
  if (lane.awaited > 0 && lane.queued.size() >= lane.awaited) lane.gathered.notify_one();
  return !std::exchange(lane.in_flight, true);
}

void Ingest::flush(Lane& lane) {
  deps_.database.write_job(std::make_unique<FlushJob>(*this, lane));
}

void Ingest::finish_flush(Lane& lane, std::vector<Write> writes, const Error* error) {
  flushes_.add();
  std::vector<std::unique_ptr<runtime::Resumption>> waiters;
  waiters.reserve(writes.size());
  std::unordered_set<std::uint64_t> broken;  // generations with a write that did not happen
  for (Write& write : writes) {
    const store::Key key = write.batch.key;
    const bool is_written = error == nullptr && write.batch.is_written;
    if (!is_written) broken.insert(write.generation);
    {
      Shard& shard = shard_of(key.ruck);
      const Guard lock(shard.mutex);
      const auto found = shard.live.find(key.ruck);
      if (found != shard.live.end() && found->second->generation == write.generation) {
        found->second->queued -= 1;
        // Memory went ahead of a write that did not happen: it must be read again.
        if (!is_written) shard.erase(key.ruck);
      }
    }
    if (is_written && !deps_.database.is_exclusive()) {
      if (write.batch.is_whole) {
        deps_.partitions.merged(key.ruck);
      } else {
        deps_.partitions.appended(key);
      }
    }
    if (is_written && !write.points.empty()) {
      publish_stored(deps_.bus,
                     {.key = key, .points = std::move(write.points), .stored = write.stored});
    }
    if (!write.waiter) continue;  // sabotage
    if (error != nullptr) {
      waiters.push_back(write.waiter->fulfil(ruck::fail(*error)));
    } else {
      waiters.push_back(write.waiter->fulfil(
          Outcome{.step = is_written ? Step::kStored : Step::kConflict, .stored = write.stored}));
    }
  }
  runtime::deliver(std::move(waiters));
  bool more = false;
  {
    const Guard lock(lane.mutex);
    // No more of them come: their rucks are no longer in memory.
    for (Write& write : lane.queued) write.is_orphan |= broken.contains(write.generation);
    more = !lane.queued.empty();
    lane.in_flight = more;
  }
  if (more) flush(lane);
}

// The ruck as the database has it; null if it is not under way. One that was only created starts.
Result<std::unique_ptr<Ingest::Live>> Ingest::read_live(db::Session& q, store::Key key) const {
  auto row = store::find(q, key);
  const auto progress = find_progress(q, key);
  if (!row || !progress) return fail(ErrorCode::kRuckNotFound);
  const bool starts = row->status == status::kCreated;
  if (starts) {
    const UtcUs now = deps_.clock.now();
    start_now(*row, now);
    store::update(q, *row);
    enqueue_news(q, kStartedJob, {.owner = key.user, .ruck = key.ruck}, now);
    deps_.revisions.bump(q, key.user);
  }
  if (!is_live(row->status)) return std::unique_ptr<Live>();
  auto newest = load_newest(q, key, *progress);
  if (!newest) return fail(std::move(newest).error());
  auto engine = engine_of(q, *row, *progress);
  if (!engine) return fail(std::move(engine).error());
  auto live = std::make_unique<Live>(key, std::move(*engine));
  live->version = progress->version;
  live->has_started = starts;
  live->points = RecentTimes(newest_times(newest->points));
  live->heart_rate = RecentTimes(newest_times(newest->heart_rate));
  return live;
}

task<Result<bool>> Ingest::load(store::Key key) {
  // On the writer's side, so that it comes after every write of this ruck that is under way.
  auto loaded =
      co_await deps_.database.write([this, key](db::Session& q) { return read_live(q, key); });
  if (!loaded) co_return fail(std::move(loaded).error());
  if (*loaded == nullptr) co_return false;
  const bool has_started = (*loaded)->has_started;
  keep(std::move(*loaded));
  if (has_started) co_await deps_.revisions.changed(key.user);
  co_return true;
}

// Unless it has been read meanwhile by another.
void Ingest::keep(std::unique_ptr<Live> live) {
  const RuckId ruck = live->key.ruck;
  Shard& shard = shard_of(ruck);
  const Guard lock(shard.mutex);
  if (shard.live.contains(ruck)) return;
  shard.by_use.push_front(ruck);
  live->place = shard.by_use.begin();
  live->last_used = std::chrono::steady_clock::now();
  live->generation = next_generation_.fetch_add(1);
  shard.live.emplace(ruck, std::move(live));
  shard.evict_surplus();
}

void Ingest::forget(RuckId ruck) {
  Shard& shard = shard_of(ruck);
  const Guard lock(shard.mutex);
  shard.erase(ruck);
}

void Ingest::forget_user(UserId user) {
  for (const auto& shard : shards_) {
    const Guard lock(shard->mutex);
    std::vector<RuckId> theirs;
    for (const auto& [id, live] : shard->live) {
      if (live->key.user == user) theirs.push_back(id);
    }
    for (const RuckId id : theirs) shard->erase(id);
  }
}

std::optional<rucking::Totals> Ingest::live_totals(store::Key key) {
  Shard& shard = shard_of(key.ruck);
  const Guard lock(shard.mutex);
  Live* live = shard.find(key.ruck);
  if (live == nullptr || live->key.user != key.user) return std::nullopt;
  return live->engine.totals();
}

std::optional<std::string> Ingest::state_at(RuckId ruck, std::int64_t version) {
  Shard& shard = shard_of(ruck);
  const Guard lock(shard.mutex);
  const auto found = shard.live.find(ruck);
  if (found == shard.live.end() || found->second->version != version) return std::nullopt;
  return found->second->engine.serialize();
}

}  // namespace ruck::rucks
