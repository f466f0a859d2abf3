#pragma once
// Batches that do not continue a track: points from before its newest, or for a ruck that has
// ended. Each needs the whole track read, merged and computed again, so they are gathered by ruck:
// while one ruck is merged, what else comes for it waits and is merged in one go. Few are merged at
// a time, so that a thousand phones that find reception at once do not delay those who never lost
// it.
#include "base/clock.hpp"
#include "base/thread_safety.hpp"
#include "cache/revisions.hpp"
#include "db/database.hpp"
#include "runtime/task_group.hpp"
#include "services/rucks/recording/stored.hpp"
#include "services/rucks/store.hpp"
#include "services/rucks/summary/settle.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <vector>

namespace ruck::rucks {

class LateBatches {
 public:
  struct Dependencies {
    db::Database& database;
    cache::Revisions& revisions;
    const Clock& clock;
    telemetry::Metrics& metrics;
  };
  // `merged` is told of each ruck whose rows were written, on a core.
  LateBatches(Dependencies dependencies, std::function<void(RuckId)> merged);
  ~LateBatches();  // waits for merges under way

  task<Result<Stored>> add(store::Key key, Additions additions);
  // Whether batches of the ruck wait or are merged now: others must queue behind them.
  [[nodiscard]] bool has(store::Key key) const;

 private:
  struct Batch {
    Additions additions;
    runtime::Promise<Result<Stored>> waiter;
  };
  using Place = std::pair<RuckId, UserId>;

  task<> work();
  task<> merge(Place place, std::vector<Batch> batches);

  Dependencies deps_;
  std::function<void(RuckId)> merged_;
  const std::size_t workers_max_;
  mutable Mutex mutex_;
  // An entry stays while its ruck is merged.
  std::map<Place, std::vector<Batch>> waiting_ RUCK_GUARDED_BY(mutex_);
  std::deque<Place> ready_ RUCK_GUARDED_BY(mutex_);  // whose turn is next
  std::size_t points_ RUCK_GUARDED_BY(mutex_) = 0;   // in waiting_
  std::size_t workers_ RUCK_GUARDED_BY(mutex_) = 0;
  std::atomic<std::size_t> rucks_{0};  // in waiting_: a look at it needs no lock
  telemetry::Counter& merges_;
  runtime::TaskGroup working_;
};

}  // namespace ruck::rucks
