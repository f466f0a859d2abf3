#pragma once
// Takes jobs that are due and runs them, in this process.
//
// One loop on one core plans turns. A turn is one unit of work: it ends the runs that have
// finished, renews leases, and takes as many jobs as there are free places. While it is under way
// more runs finish, so under load a turn ends and takes many. A run whose outcome has an effect
// ends in a unit of its own, together with it.
//
// The loop sleeps until a job is due, a run ends, or a notice comes (Database::listen).
#include "base/clock.hpp"
#include "base/thread_safety.hpp"
#include "db/database.hpp"
#include "jobs/job.hpp"
#include "jobs/store.hpp"
#include "runtime/core.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/metrics.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace ruck::jobs {

class Runner {
 public:
  struct Dependencies {
    db::Database& database;
    const Clock& clock;
    telemetry::Metrics& metrics;
  };
  explicit Runner(const Dependencies& dependencies);
  // stop() must have been called if start() was.
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Before start(). Kinds have different names.
  void add(Kind kind);
  // Runs are spread over the cores, which must run until stop() is back.
  void start(runtime::Cores& cores);
  // Takes no more jobs and waits for the runs under way, at most so long; the jobs of those that
  // are left then are given back, and their runs, which end later, change nothing. What runs use
  // must live until close().
  void stop(std::chrono::milliseconds at_most);
  // Waits for runs that stop() left behind.
  void close();

 private:
  struct KindState;
  struct Ending;
  struct Turn;
  struct Taken;
  struct Running {
    std::size_t kind = 0;
    UtcUs leased_until{};
  };
  class Alarm;
  task<> loop();
  task<bool> set_up();
  [[nodiscard]] std::chrono::milliseconds pause();
  [[nodiscard]] Turn plan();
  [[nodiscard]] std::size_t free_places(KindState& state, UtcUs now) RUCK_REQUIRES(mutex_);
  void plan_renewals(Turn& turn) RUCK_REQUIRES(mutex_);
  [[nodiscard]] Taken do_turn(db::Session& q, const Turn& turn) const;
  void take_due(db::Session& q, const Turn& turn, Taken& taken) const;
  void undo(Turn turn);
  void begin(Taken taken);

  task<> run_one(std::size_t kind, store::TakenRow row);
  task<Outcome> call(std::size_t kind, store::TakenRow row);
  task<> end_with_effect(Ending ending, std::function<void(db::Session&)> effect);
  [[nodiscard]] Ending ending_of(std::size_t kind, const store::TakenRow& row,
                                 Outcome outcome) const;
  // Changes the job's row; false when the lease is somebody else's.
  bool end(db::Session& q, const Ending& ending) const;
  void end_all(db::Session& q, const std::vector<Ending>& endings) const;
  void finish(Ending ending, bool is_written);

  task<Outcome> tidy();
  task<> count();
  void take_counts(const std::vector<store::DepthRow>& rows);

  Dependencies deps_;
  const std::string name_;  // of this process, as a holder of leases
  std::vector<std::unique_ptr<KindState>> kinds_;
  runtime::Cores* cores_ = nullptr;
  std::shared_ptr<Alarm> alarm_;  // shared: a post to the core may outlive the runner
  std::unique_ptr<db::Database::Listening> listening_;

  Mutex mutex_;
  std::unordered_map<std::int64_t, Running> running_ RUCK_GUARDED_BY(mutex_);  // by job
  std::vector<Ending> finished_ RUCK_GUARDED_BY(mutex_);
  bool has_given_up_ RUCK_GUARDED_BY(mutex_) = false;  // leases of what runs were given back
  std::size_t next_core_ = 0;

  telemetry::Counter& lost_leases_;
  telemetry::Counter& failed_turns_;
  runtime::TaskGroup loops_;
  runtime::TaskGroup runs_;
};

}  // namespace ruck::jobs
