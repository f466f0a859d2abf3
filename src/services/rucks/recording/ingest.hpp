#pragma once
// The hot path: batches of points and heart rate of rucks that are under way.
//
// A live ruck is in memory: its engine, the tail of its blocks, the newest fix times. A batch that
// continues it is checked, fed to the engine and encoded on the core that received it; the result
// is one row, appended to recent_batches (recent.hpp). All rows that wait are written by one unit
// of work, so that many users share one transaction and one fsync, and every batch is answered only
// after the commit.
//
//   core A  parse ── lock ruck ── new? feed, encode ── queue ─┐            ┌─ reply
//   core B  parse ── lock ruck ── new? feed, encode ── queue ─┴─ flush ────┴─ reply
//                                                              (one COMMIT)
//
// Memory is only ever ahead of the database by what is queued. The row carries a version, a random
// one each time: a write that finds another version than the one memory was built on (another
// instance, a completion, an edit) changes nothing; the ruck is dropped from memory, read again,
// and the batch tried again. What does not continue the track (older fixes, a completed ruck) takes
// the slow path of late.hpp: one unit of work reads the whole track, merges, computes everything
// again and writes it.
#include "base/clock.hpp"
#include "bus/bus.hpp"
#include "cache/revisions.hpp"
#include "db/database.hpp"
#include "rucking/track_engine.hpp"
#include "runtime/gate.hpp"
#include "services/rucks/limits.hpp"
#include "services/rucks/recording/batch.hpp"
#include "services/rucks/recording/late.hpp"
#include "services/rucks/recording/stored.hpp"
#include "services/rucks/rows.hpp"
#include "services/rucks/store.hpp"
#include "services/rucks/track/recent.hpp"
#include "telemetry/metrics.hpp"

#include <array>
#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace ruck::rucks {

class Ingest final : public EngineStates {
 public:
  struct Dependencies {
    db::Database& database;
    bus::Bus& bus;                 // topics.hpp, after each commit
    RecentPartitions& partitions;  // unused where no other process writes
    cache::Revisions& revisions;
    const Clock& clock;
    telemetry::Metrics& metrics;
  };
  explicit Ingest(Dependencies dependencies);
  ~Ingest() override;

  // Points in any order, of any age; for each time the first point wins.
  task<Result<Stored>> add_points(store::Key key, std::vector<rucking::TrackPoint> points);
  task<Result<Stored>> add_heart_rate(store::Key key,
                                      std::vector<rucking::HeartRateSample> samples);

  // Drops what memory holds of a ruck, or of all rucks of a user: its rows have changed.
  void forget(RuckId ruck);
  void forget_user(UserId user);

  // The engine of a live ruck, if it is in memory.
  [[nodiscard]] std::optional<rucking::Totals> live_totals(store::Key key);
  [[nodiscard]] std::optional<std::string> state_at(RuckId ruck, std::int64_t version) override;

 private:
  struct Live;
  struct Shard;
  struct Write;
  struct Lane;
  class FlushJob;
  struct Batch;
  enum class Step : std::uint8_t { kStored, kNotLoaded, kOutOfOrder, kConflict };
  struct Outcome {
    Step step = Step::kStored;
    Stored stored;
  };

  task<Result<Stored>> add(store::Key key, Batch batch);
  task<Result<Outcome>> try_live(store::Key key, const Batch& batch);
  bool take_batch(store::Key key, const Batch& batch, runtime::Promise<Result<Outcome>> promise);
  // Brings the ruck into memory; false when it is not under way and must be merged.
  task<Result<bool>> load(store::Key key);
  [[nodiscard]] Result<std::unique_ptr<Live>> read_live(db::Session& q, store::Key key) const;
  void keep(std::unique_ptr<Live> live);

  [[nodiscard]] Shard& shard_of(RuckId ruck);
  [[nodiscard]] Lane& lane_of(RuckId ruck);
  std::optional<Outcome> advance(Live& live, const Batch& batch, Write& write);
  // True when the lane has to be flushed: by the caller, once it has let go of the ruck's shard.
  [[nodiscard]] bool enqueue(Write write);
  void flush(Lane& lane);
  void finish_flush(Lane& lane, std::vector<Write> writes, const Error* error);
  void fill_row(Live& live, const std::vector<rucking::TrackPoint>& points,
                const std::vector<rucking::HeartRateSample>& samples, AppendedBatch& batch) const;

  Dependencies deps_;
  std::atomic<std::uint64_t> next_generation_{1};
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  telemetry::Counter& batches_;
  telemetry::Counter& points_;
  telemetry::Counter& duplicates_;
  telemetry::Counter& conflicts_;
  telemetry::Counter& flushes_;
  LateBatches late_;
  runtime::Gate flushes_under_way_;
};

}  // namespace ruck::rucks
