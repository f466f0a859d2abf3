#include "db/postgres/postgres_database.hpp"

#include "runtime/core.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <optional>
#include <random>

namespace ruck::db::postgres {
namespace {
// Of one unit: two seconds of waits in all. Contention that outlives this answers 503. With half of
// it a zone that was edited while the ruck it hides was computed anew was refused on a loaded
// machine.
constexpr int kAttemptsMax = 16;
// From here on it runs alone, in this process and among all that share the database. Computing many
// rucks anew is unit after unit of the same user: each edit of a zone that met one of them lost,
// all sixteen times. Three servers on a slow disk refused one of fifty completions.
constexpr int kAttemptAlone = 6;
constexpr auto kBackoffUnit = std::chrono::milliseconds(2);
constexpr auto kWatchEvery = std::chrono::milliseconds(250);  // an answer is late by so much
// After the deadline: the server's own statement_timeout comes first, and keeps the connection.
constexpr auto kCutAfter = std::chrono::seconds(2);
constexpr std::size_t kKeptForWrites = 2;  // connections that reads never take

// Serializable units of all processes hold the turn together, and one that runs alone holds it for
// itself. It is waited for before BEGIN: a snapshot that is older than the wait would lose again.
const Sql kBeginWrite{
    "db.begin_serializable",
    "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT pg_advisory_xact_lock_shared(7283466)",
    Dialect::kPostgres};
const Sql kTakeTurn{"db.turn_taken", "SELECT pg_advisory_lock(7283466)", Dialect::kPostgres};
const Sql kGiveTurn{"db.turn_given", "SELECT pg_advisory_unlock(7283466)", Dialect::kPostgres};
const Sql kBeginSimple{"db.begin_read_committed", "BEGIN ISOLATION LEVEL READ COMMITTED"};
const Sql kBeginRead{"db.begin_snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
const Sql kCommit{"db.commit_postgres", "COMMIT"};
const Sql kRollback{"db.rollback", "ROLLBACK"};

// Doubling waits with jitter, so that units that collided do not meet again.
void back_off(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto ceiling = kBackoffUnit * (1 << std::min(attempt, 6));
  std::uniform_int_distribution<std::int64_t> wait(1, ceiling.count());
  std::this_thread::sleep_for(std::chrono::milliseconds(wait(random)));
}
}  // namespace

// The turn of all processes, while a unit runs alone.
class SoleTurn {
 public:
  explicit SoleTurn(Connection& connection) : connection_(connection) {
    connection_.execute(kTakeTurn);
  }
  // Who cannot give it back loses the connection, and with it the turn.
  ~SoleTurn() {
    try {
      if (connection_.is_alive()) connection_.execute(kGiveTurn);
    } catch (const Failure&) {
      connection_.break_off();
    }
  }
  SoleTurn(const SoleTurn&) = delete;
  SoleTurn& operator=(const SoleTurn&) = delete;

 private:
  Connection& connection_;
};

// A connection that break_off() has to cut.
class PostgresDatabase::InUse {
 public:
  InUse(PostgresDatabase& database, Connection& connection, Deadline deadline)
      : database_(database) {
    const Guard lock(database_.mutex_);
    if (database_.is_broken_off_) {
      throw Failure(FailureKind::kUnavailable, "the server is stopping", "unit");
    }
    place_ = database_.in_use_.insert(database_.in_use_.end(),
                                      Running{.connection = &connection, .deadline = deadline});
  }
  ~InUse() {
    const Guard lock(database_.mutex_);
    database_.in_use_.erase(place_);
  }
  // From here on it is not cut for being late: whether it is committed would not be known.
  void lift_deadline() {
    const Guard lock(database_.mutex_);
    place_->deadline.reset();
  }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;

 private:
  PostgresDatabase& database_;
  std::list<Running>::iterator place_;
};

PostgresDatabase::PostgresDatabase(Options options, telemetry::Metrics& metrics)
    : Database(metrics),
      options_(std::move(options)),
      retries_(metrics.counter("ruck_db_retries_total",
                               "Write units run again after a serialization failure")),
      open_connections_(metrics.gauge("ruck_db_connections", "Open connections to PostgreSQL")) {
  std::unique_ptr<Connection> first = options_.role ? nullptr : connect();
  for (std::size_t i = 0; i < options_.connections; ++i) {
    threads_.emplace_back([this, connection = std::move(first)]() mutable {
      runtime::name_thread("ruck-db-pool");
      worker_loop(std::move(connection));
    });
  }
  watch_ = std::thread([this] {
    runtime::name_thread("ruck-db-watch");
    watch_loop();
  });
  if (options_.role) return;
  for (const std::string& dsn : options_.replicas) add_replica(dsn, metrics);
  metrics.gauge_callback("ruck_db_queue_jobs", "Units of work waiting for a database thread",
                         [this] {
                           const Guard lock(mutex_);
                           return static_cast<double>(writes_.size());
                         },
                         {{"access", "write"}});
  metrics.gauge_callback("ruck_db_queue_jobs", "",
                         [this] {
                           const Guard lock(mutex_);
                           return static_cast<double>(reads_.size());
                         },
                         {{"access", "read"}});
}

PostgresDatabase::~PostgresDatabase() { close(); }

std::unique_ptr<Connection> PostgresDatabase::connect() {
  return std::make_unique<Connection>(connection_options(),
                                      [this](const Sql& sql, std::chrono::nanoseconds took) {
                                        statement_seconds(sql).record(took);
                                      });
}

ConnectionOptions PostgresDatabase::connection_options() const {
  return {
      .dsn = options_.dsn, .prepares = options_.prepares, .is_replica = options_.role.has_value()};
}

void PostgresDatabase::add_replica(const std::string& dsn, telemetry::Metrics& metrics) {
  const std::string name = std::to_string(replicas_.size() + 1);
  auto watch = std::make_unique<ReplicaWatch>(
      ReplicaWatch::Options{
          .name = name,
          .primary = connection_options(),
          .replica = {.dsn = dsn, .prepares = options_.prepares, .is_replica = true}},
      metrics);
  auto& handed_back = metrics.counter("ruck_db_replica_handed_back_total",
                                      "Reads that a replica did not answer, run at the primary",
                                      {{"replica", name}});
  auto pool = std::make_unique<PostgresDatabase>(
      Options{.dsn = dsn,
              .connections = options_.connections,
              .prepares = options_.prepares,
              .role = ReplicaRole{.watch = watch.get(),
                                  .hand_back =
                                      [this, &handed_back](std::unique_ptr<Job> job) {
                                        handed_back.add();
                                        take_back(std::move(job));
                                      }}},
      metrics);
  replicas_.push_back(
      {.watch = std::move(watch),
       .pool = std::move(pool),
       .reads = metrics.counter("ruck_db_replica_reads_total", "Reads that went to a replica",
                                {{"replica", name}})});
}

std::size_t PostgresDatabase::waiting() const {
  const Guard lock(mutex_);
  return reads_.size() + reading_;
}

// To the one with the least to do of those that are fresh enough; given back where there is none.
std::unique_ptr<Job> PostgresDatabase::offer_to_replicas(std::unique_ptr<Job> job) {
  if (replicas_.empty() || job->needs_newest || !job->context) return job;
  const auto floor = job->context->read_floor.get();
  if (!floor) return job;
  const Replica* best = nullptr;
  std::size_t least = 0;
  for (const Replica& each : replicas_) {
    const auto fresh = each.watch->fresh_as_of();
    if (!fresh || *fresh < *floor) continue;
    const std::size_t many = each.pool->waiting();
    if (best != nullptr && many >= least) continue;
    best = &each;
    least = many;
  }
  if (best == nullptr) return job;
  job = best->pool->enqueue(Access::kRead, std::move(job));
  if (!job) best->reads.add();
  return job;
}

void PostgresDatabase::take_back(std::unique_ptr<Job> job) {
  job->needs_newest = true;
  job = enqueue(Access::kRead, std::move(job));
  if (job) refuse(std::move(job));
}

std::unique_ptr<Job> PostgresDatabase::enqueue(Access access, std::unique_ptr<Job> job) {
  const bool is_write = access == Access::kWrite;
  if (!is_write) {
    job = offer_to_replicas(std::move(job));
    if (!job) return nullptr;
  }
  auto& queue = is_write ? writes_ : reads_;
  const std::size_t limit = is_write ? options_.write_queue_max : options_.read_queue_max;
  const Guard lock(mutex_);
  if (closed_ || queue.size() >= limit) return job;
  queue.push_back(std::move(job));
  ready_.notify_one();
  return nullptr;
}

Database::Status PostgresDatabase::status() const {
  const Guard lock(status_mutex_);
  return status_;
}

void PostgresDatabase::break_off() {
  for (Replica& each : replicas_) each.pool->abandon();
  const Guard lock(mutex_);
  closed_ = true;
  is_broken_off_ = true;
  for (auto* queue : {&writes_, &reads_}) {
    for (auto& job : *queue) refuse(std::move(job));
    queue->clear();
  }
  for (const Running& running : in_use_) running.connection->break_off();
  ready_.notify_all();
}

void PostgresDatabase::finish_queued() {
  for (Replica& each : replicas_) each.pool->close();
  {
    const Guard lock(mutex_);
    closed_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  {
    const Guard lock(mutex_);
    has_ended_ = true;
  }
  ended_.notify_all();
  if (watch_.joinable()) watch_.join();
  const Guard lock(notices_mutex_);
  notices_.reset();
}

void PostgresDatabase::start_listening(const std::string& channel) {
  // Behind such a pooler LISTEN stays with a connection that is another's in a moment.
  if (!options_.prepares) return;
  const Guard lock(notices_mutex_);
  if (!notices_) notices_ = make_notices();
  notices_->listen(channel);
}

std::unique_ptr<Notices> PostgresDatabase::make_notices() {
  return std::make_unique<Notices>([this] { return connect(); },
                                   [this](const std::vector<std::string>& channels) {
                                     if (channels.empty()) return tell_all();
                                     tell(channels);
                                   });
}

void PostgresDatabase::announce(const std::vector<std::string>& channels) {
  if (channels.empty()) return;
  tell(channels);
  const Guard lock(notices_mutex_);
  if (!notices_) notices_ = make_notices();
  notices_->announce(channels);
}

bool PostgresDatabase::can_read() const {
  const std::size_t threads = options_.connections;
  const std::size_t kept = options_.role ? 0 : kKeptForWrites;
  const std::size_t allowed = threads > kept ? threads - kept : 1;
  return !reads_.empty() && reading_ < allowed;
}

// Waits for work; false when closed and empty.
bool PostgresDatabase::take(Guard& lock, Work& work) {
  while (writes_.empty() && !can_read() && !(closed_ && reads_.empty())) ready_.wait(lock);
  if (!writes_.empty()) {
    work = {.access = Access::kWrite, .job = std::move(writes_.front())};
    writes_.pop_front();
    return true;
  }
  if (!can_read()) return false;
  work = {.access = Access::kRead, .job = std::move(reads_.front())};
  reads_.pop_front();
  ++reading_;
  return true;
}

void PostgresDatabase::worker_loop(std::unique_ptr<Connection> connection) {
  if (connection) open_connections_.add(1);
  Work work;
  Guard lock(mutex_);
  while (take(lock, work)) {
    lock.unlock();
    record_wait(work.access, *work.job);
    if (!refuse_if_late(*work.job)) run(work, connection);
    answer(work);
    lock.lock();
    if (work.access == Access::kRead) {
      --reading_;
      ready_.notify_one();
    }
  }
  if (connection) open_connections_.add(-1);
}

// Unless it was handed back.
void PostgresDatabase::answer(Work& work) {
  const auto job = std::exchange(work.job, nullptr);
  if (!job) return;
  if (auto waiter = job->finish()) {
    std::vector<std::unique_ptr<runtime::Resumption>> one;
    one.push_back(std::move(waiter));
    runtime::deliver(std::move(one));
  }
}

void PostgresDatabase::watch_loop() {
  Guard lock(mutex_);
  while (!has_ended_) {
    ended_.wait_until(lock, std::chrono::steady_clock::now() + kWatchEvery);
    end_late(writes_);
    end_late(reads_);
    cut_late();
  }
}

void PostgresDatabase::end_late(std::deque<std::unique_ptr<Job>>& queue) {
  const auto late = std::ranges::stable_partition(
      queue, [this](const std::unique_ptr<Job>& job) { return !refuse_if_late(*job); });
  for (std::unique_ptr<Job>& job : late) finish_later(std::move(job));
  queue.erase(late.begin(), late.end());
}

void PostgresDatabase::cut_late() {
  const auto now = std::chrono::steady_clock::now();
  const bool is_silent = options_.role && options_.role->watch->end_silence();
  for (Running& running : in_use_) {
    const bool is_late = running.deadline && now >= *running.deadline + kCutAfter;
    if (!is_silent && !is_late) continue;
    telemetry::log_warning("db.connection_cut", {{"reason", "no answer from the server"}});
    running.connection->break_off();
    running.deadline.reset();
  }
}

void PostgresDatabase::run(Work& work, std::unique_ptr<Connection>& connection) {
  for (int attempt = 1; attempt <= kAttemptsMax; ++attempt) {
    try {
      if (!connection) {
        connection = connect();
        open_connections_.add(1);
      }
      // Run again it sees the other's row, or fails for good.
      connection->set_taken_keys_are_conflicts(attempt == 1 && work.job->needs_isolation());
      if (run_once(work, *connection, attempt >= kAttemptAlone)) {
        note_reachable(true, {});
        return;
      }
      if (!connection->is_alive()) drop(connection);
      if (options_.role) return options_.role->hand_back(std::move(work.job));
      retries_.add();
    } catch (const Failure& failure) {
      const bool lost = !connection || !connection->is_alive();
      if (lost && connection) drop(connection);
      if (lost && options_.role) return options_.role->hand_back(std::move(work.job));
      work.job->fail(to_error(failure));
      telemetry::log_warning("db.unit_refused",
                             {{"statement", failure.statement()}, {"what", failure.what()}});
      note_reachable(!lost, failure.what());
      return;
    }
    back_off(attempt);
    if (refuse_if_late(*work.job)) return;
  }
  work.job->fail({.code = ErrorCode::kUnavailable,
                  .message = {},
                  .detail = "serialization failures did not end",
                  .retry_after_s = 1});
}

// True when the unit has its outcome, false when it must be run again. Throws Failure.
bool PostgresDatabase::run_once(Work& work, Connection& connection, bool is_alone) {
  const bool is_write = work.access == Access::kWrite;
  bool is_committing = false;
  std::optional<Turns::Turn> turn;
  if (is_write && work.job->needs_isolation()) turn.emplace(turns_, is_alone);
  InUse in_use(*this, connection, deadline_of(*work.job));
  std::optional<SoleTurn> sole;  // outlives the rollback: a failed transaction runs nothing
  try {
    static_cast<void>(connection.take_notified());  // of a unit that was rolled back
    // Behind a pooler a lock of the session would be somebody else's.
    if (turn && is_alone && options_.prepares) sole.emplace(connection);
    if (is_write) {
      connection.begin(work.job->needs_isolation() ? kBeginWrite : kBeginSimple,
                       deadline_of(*work.job));
    } else {
      connection.begin_read(kBeginRead, deadline_of(*work.job));
    }
    const bool commit = run_unit(*work.job, connection);
    if (!connection.is_alive()) {
      throw Failure(FailureKind::kUnavailable, "connection lost", "unit");
    }
    is_committing = commit && is_write;
    if (is_committing) in_use.lift_deadline();
    if (is_write) {
      connection.end(commit ? kCommit : kRollback);
    } else {
      connection.end_read(kCommit);
    }
    if (is_committing) announce(connection.take_notified());
    return true;
  } catch (const Failure& failure) {
    if (connection.is_alive() && connection.in_transaction()) connection.end(kRollback);
    if (failure.kind() == FailureKind::kConflict) return false;
    if (!connection.is_alive() && !is_committing && may_run_again(work)) return false;
    throw;
  }
}

// Once, and not when it was the stop that cut the connection.
bool PostgresDatabase::may_run_again(Work& work) {
  const Guard lock(mutex_);
  return !is_broken_off_ && !std::exchange(work.was_lost, true);
}

void PostgresDatabase::drop(std::unique_ptr<Connection>& connection) {
  connection.reset();
  open_connections_.add(-1);
}

void PostgresDatabase::note_reachable(bool reachable, const std::string& problem) {
  const Guard lock(status_mutex_);
  if (status_.can_read == reachable) return;
  status_ = {.can_read = reachable,
             .can_write = reachable,
             .problem = reachable ? std::string() : problem};
}

}  // namespace ruck::db::postgres
