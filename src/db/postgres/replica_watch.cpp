#include "db/postgres/replica_watch.hpp"

#include "runtime/core.hpp"
#include "telemetry/log.hpp"

#include <algorithm>

namespace ruck::db::postgres {
namespace {
using SteadyClock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

const Sql kSystem{"db.system_identifier", "SELECT system_identifier FROM pg_control_system()",
                  Dialect::kPostgres};
// The name of a file of the log begins with its timeline, as 8 hexadecimal digits. What is flushed
// is what a standby can have; a COMMIT that was answered is flushed.
const Sql kPrimaryAt{"db.primary_position",
                     "SELECT ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))"
                     "::bit(32)::bigint, (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint",
                     Dialect::kPostgres};
// Nothing where it is no standby, or receives nothing.
const Sql kReplicaAt{"db.replica_position",
                     "SELECT (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint"
                     " WHERE pg_is_in_recovery() AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver)",
                     Dialect::kPostgres};

std::int64_t ns(SteadyClock::time_point time) {
  return nanoseconds(time.time_since_epoch()).count();
}
}  // namespace

// While one of the servers is asked.
class ReplicaWatch::Question {
 public:
  Question(ReplicaWatch& watch, Connection& connection) : watch_(watch) {
    const Guard lock(watch_.mutex_);
    watch_.asked_ = &connection;
    watch_.is_replica_asked_ = &connection == watch_.replica_.get();
    watch_.asked_at_ = SteadyClock::now();
    if (watch_.is_over_) connection.break_off();
  }
  ~Question() {
    const Guard lock(watch_.mutex_);
    watch_.asked_ = nullptr;
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

 private:
  ReplicaWatch& watch_;
};

ReplicaWatch::ReplicaWatch(Options options, telemetry::Metrics& metrics)
    : options_(std::move(options)) {
  metrics.gauge_callback(
      "ruck_db_replica_lag_seconds", "How old what a replica shows may be; -1: it is not used",
      [this] {
        const auto fresh = fresh_as_of();
        if (!fresh) return -1.0;
        return std::chrono::duration<double>(SteadyClock::now() - *fresh).count();
      },
      {{"replica", options_.name}});
  thread_ = std::thread([this] {
    runtime::name_thread("ruck-db-lag");
    run();
  });
}

ReplicaWatch::~ReplicaWatch() {
  {
    const Guard lock(mutex_);
    is_over_ = true;
    if (asked_ != nullptr) asked_->break_off();
  }
  over_.notify_all();
  thread_.join();
}

std::optional<ReplicaWatch::SteadyTime> ReplicaWatch::fresh_as_of() const {
  const std::int64_t fresh = fresh_as_of_ns_.load();
  if (fresh == 0 || fresh < ns(SteadyClock::now() - kReplicaLagMax)) return std::nullopt;
  return SteadyTime(nanoseconds(fresh));
}

bool ReplicaWatch::end_silence() {
  const Guard lock(mutex_);
  if (asked_ == nullptr || SteadyClock::now() < asked_at_ + kReplicaSilentMax) return false;
  asked_->break_off();
  return is_replica_asked_;
}

bool ReplicaWatch::wait(std::chrono::milliseconds time) {
  const auto until = SteadyClock::now() + time;
  Guard lock(mutex_);
  while (!is_over_ && SteadyClock::now() < until) over_.wait_until(lock, until);
  return !is_over_;
}

void ReplicaWatch::run() {
  do {
    try {
      look();
    } catch (const Failure& failure) {
      fresh_as_of_ns_ = 0;
      show(failure.what());
      if (primary_ && !primary_->is_alive()) primary_.reset();
      if (replica_ && !replica_->is_alive()) replica_.reset();
    }
  } while (wait(primary_ && replica_ ? kWatchReplicaEvery : kReplicaAgainAfter));
}

std::unique_ptr<Connection> ReplicaWatch::connect(const ConnectionOptions& options) {
  return std::make_unique<Connection>(options, [](const Sql&, nanoseconds) {});
}

void ReplicaWatch::look() {
  const bool is_new = !primary_ || !replica_;
  if (!primary_) primary_ = connect(options_.primary);
  if (!replica_) replica_ = connect(options_.replica);
  if (is_new) {
    const auto system_of = [this](Connection& connection) {
      const Question question(*this, connection);
      return connection.one<std::int64_t>(kSystem);
    };
    if (system_of(*primary_) != system_of(*replica_)) {
      replica_.reset();
      throw Failure(FailureKind::kMistake,
                    "it is a copy of another database system (another system identifier)", "watch");
    }
    timeline_ = 0;
  }
  const SteadyTime asked = SteadyClock::now();
  const Position primary = ask_primary();
  take(asked, primary, ask_replica());
}

ReplicaWatch::Position ReplicaWatch::ask_primary() {
  const Question question(*this, *primary_);
  Position at;
  primary_->each(kPrimaryAt, [&](const Row& row) {
    at = {.timeline = row.integer(0), .lsn = row.integer(1)};
    return true;
  });
  return at;
}

std::optional<std::int64_t> ReplicaWatch::ask_replica() {
  const Question question(*this, *replica_);
  return replica_->optional<std::int64_t>(kReplicaAt);
}

void ReplicaWatch::take(SteadyTime asked, const Position& primary,
                        std::optional<std::int64_t> replayed) {
  if (primary.timeline != timeline_) {
    timeline_ = primary.timeline;
    samples_.clear();
    stood_at_.reset();
    has_moved_ = false;
  }
  samples_.push_back({.asked = asked, .lsn = primary.lsn});
  while (samples_.front().asked < asked - kReplicaLagMax) samples_.pop_front();
  if (!replayed) {
    has_moved_ = false;
    stood_at_.reset();
    fresh_as_of_ns_ = 0;
    return show("it follows no primary");
  }
  if (!stood_at_) stood_at_ = *replayed;
  has_moved_ = has_moved_ || *replayed != *stood_at_;
  const auto reached = std::ranges::find_if(samples_.rbegin(), samples_.rend(),
                                            [&](const Sample& s) { return s.lsn <= *replayed; });
  if (has_moved_ && reached != samples_.rend()) fresh_as_of_ns_ = ns(reached->asked);
  show(fresh_as_of() || !has_moved_ ? std::string() : "it is behind by more than 0.5 s");
}

// Once for each change.
void ReplicaWatch::show(const std::string& problem) {
  const bool is_used = fresh_as_of().has_value();
  if (is_used != is_used_ && is_used) {
    telemetry::log_info("db.replica_used", {{"replica", options_.name}});
  } else if (!problem.empty() && (is_used != is_used_ || problem != problem_)) {
    telemetry::log_warning("db.replica_left_out",
                           {{"replica", options_.name}, {"reason", problem}});
  }
  is_used_ = is_used;
  problem_ = problem;
}

}  // namespace ruck::db::postgres
