#include "services/rucks/recording/late.hpp"

#include "services/rucks/limits.hpp"
#include "telemetry/log.hpp"

namespace ruck::rucks {
namespace {
std::size_t size_of(const Additions& additions) {
  return additions.points.size() + additions.heart_rate.size();
}
}  // namespace

LateBatches::LateBatches(Dependencies dependencies, std::function<void(RuckId)> merged)
    : deps_(dependencies),
      merged_(std::move(merged)),
      workers_max_(deps_.database.is_exclusive() ? kMergesAtOnceSqlite : kMergesAtOncePostgres),
      merges_(deps_.metrics.counter("ruck_ingest_merges_total",
                                    "Times a track was merged with late batches")),
      working_("merge", [](std::string_view name, const std::exception_ptr& failure) {
        telemetry::log_exception("ingest.merge_failed", name, failure);
      }) {
  deps_.metrics.gauge_callback("ruck_ingest_late_points", "Points that wait to be merged", [this] {
    const Guard lock(mutex_);
    return static_cast<double>(points_);
  });
}

LateBatches::~LateBatches() { working_.join(); }

bool LateBatches::has(store::Key key) const {
  if (rucks_.load(std::memory_order_relaxed) == 0) return false;
  const Guard lock(mutex_);
  return waiting_.contains({key.ruck, key.user});
}

task<Result<Stored>> LateBatches::add(store::Key key, Additions additions) {
  return runtime::await_promise<Result<Stored>>(
      [this, key,
       additions = std::move(additions)](runtime::Promise<Result<Stored>> promise) mutable {
        bool needs_worker = false;
        {
          const Guard lock(mutex_);
          if (points_ + size_of(additions) > kLatePointsMax) {
            promise.set(ruck::fail(Error{.code = ErrorCode::kOverloaded,
                                         .detail = "too many late points wait",
                                         .retry_after_s = kRetryLate_s}));
            return;
          }
          points_ += size_of(additions);
          const Place place{key.ruck, key.user};
          const auto [entry, is_new] = waiting_.try_emplace(place);
          entry->second.push_back({std::move(additions), std::move(promise)});
          if (is_new) ready_.push_back(place);
          rucks_ = waiting_.size();
          needs_worker = is_new && workers_ < workers_max_;
          if (needs_worker) workers_ += 1;
        }
        if (needs_worker) working_.spawn(*runtime::Core::current(), work());
      });
}

// Merges the rucks that wait, one after the other, each in its turn, until none is left.
task<> LateBatches::work() {
  for (;;) {
    Place place{RuckId(0), UserId(Uuid())};
    std::vector<Batch> batches;
    {
      const Guard lock(mutex_);
      if (ready_.empty()) {
        workers_ -= 1;
        co_return;
      }
      place = ready_.front();
      ready_.pop_front();
      batches.swap(waiting_.find(place)->second);
      for (const Batch& batch : batches) points_ -= size_of(batch.additions);
    }
    co_await merge(place, std::move(batches));
    const Guard lock(mutex_);
    const auto entry = waiting_.find(place);
    if (entry->second.empty()) {
      waiting_.erase(entry);
    } else {
      ready_.push_back(place);  // more has come meanwhile; others first
    }
    rucks_ = waiting_.size();
  }
}

task<> LateBatches::merge(Place place, std::vector<Batch> batches) {
  const store::Key key{.user = place.second, .ruck = place.first};
  merges_.add();
  std::vector<Additions> additions;
  for (Batch& batch : batches) additions.push_back(std::move(batch.additions));
  const Result<Merged> merged = co_await deps_.revisions.write(
      key.user, [key, &additions, now = deps_.clock.now()](db::Session& q) -> Result<Merged> {
        const auto row = store::find(q, key);
        if (!row) return fail(ErrorCode::kRuckNotFound);
        return merge_track(q, *row, additions, now);
      });
  merged_(key.ruck);
  std::vector<std::unique_ptr<runtime::Resumption>> waiters;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    Result<Stored> outcome;
    if (merged) {
      const auto given = static_cast<std::int64_t>(size_of(additions[i]));
      outcome = Stored{.inserted = merged->inserted[i],
                       .duplicates = given - merged->inserted[i],
                       .distance_m = merged->distance_m,
                       .duration_s = merged->duration_s};
    } else {
      outcome = ruck::fail(merged.error());
    }
    waiters.push_back(batches[i].waiter.fulfil(std::move(outcome)));
  }
  runtime::deliver(std::move(waiters));
}

}  // namespace ruck::rucks
