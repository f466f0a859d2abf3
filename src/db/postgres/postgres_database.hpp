#pragma once
// PostgreSQL behind the same units of work: a bounded pool, one thread a connection, blocking
// libpq.
//
// A write unit is a SERIALIZABLE transaction and is run again when the server reports a
// serialization failure, in the end alone among those of its process, so a unit means the same here
// as with SQLite's single writer. A read unit is one READ ONLY snapshot. Writes go before reads,
// and reads may never hold the last connections: under load reads are shed first.
//
// A server that does not answer keeps its connections' threads. So a watch looks at the clock: it
// ends what waits in a queue longer than its request, and cuts connections on which a unit still
// runs well after that, unless it is committing.
//
// A connection may have been dead for long when a unit comes: the server was restarted, or another
// one is the primary now. A unit that loses its connection before COMMIT was sent is run again,
// once. After that nobody knows whether it is committed: that is the caller's to find out.
//
// Replicas. Each has a pool of its own, of this same class, and a watch. A read whose request says
// how old its answer may be (runtime::ReadFloor) goes to a replica that is fresh enough; one that a
// replica does not answer, for whatever reason, is run again at the primary. All other units are
// the primary's.
#include "db/database.hpp"
#include "db/postgres/connection.hpp"
#include "db/postgres/notices.hpp"
#include "db/postgres/replica_watch.hpp"
#include "db/postgres/turns.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ruck::db::postgres {

// Of the pool of a replica.
struct ReplicaRole {
  ReplicaWatch* watch;
  std::function<void(std::unique_ptr<Job>)> hand_back;  // what it cannot answer
};

struct Options {
  std::string dsn;
  std::size_t connections = 20;
  bool prepares = true;  // see ConnectionOptions
  std::size_t write_queue_max = 8192;
  std::size_t read_queue_max = 4096;
  std::vector<std::string> replicas = {};
  std::optional<ReplicaRole> role = {};  // nothing: it is the primary
};

class PostgresDatabase final : public Database {
 public:
  // Opens the first connection (throws Failure when that fails) and starts the threads; the other
  // connections, and those to replicas, are made when they are first needed.
  PostgresDatabase(Options options, telemetry::Metrics& metrics);
  ~PostgresDatabase() override;

  [[nodiscard]] Status status() const override;
  [[nodiscard]] std::string_view kind() const override { return "postgresql"; }
  [[nodiscard]] bool is_exclusive() const override { return false; }

 protected:
  void break_off() override;
  std::unique_ptr<Job> enqueue(Access access, std::unique_ptr<Job> job) override;
  void finish_queued() override;
  void start_listening(const std::string& channel) override;

 private:
  class InUse;
  struct Replica {
    std::unique_ptr<ReplicaWatch> watch;
    std::unique_ptr<PostgresDatabase> pool;
    telemetry::Counter& reads;
  };
  struct Work {
    Access access = Access::kRead;
    std::unique_ptr<Job> job;
    bool was_lost = false;  // with its connection, and run again
  };
  std::unique_ptr<Connection> connect();
  [[nodiscard]] ConnectionOptions connection_options() const;
  void add_replica(const std::string& dsn, telemetry::Metrics& metrics);
  std::unique_ptr<Job> offer_to_replicas(std::unique_ptr<Job> job);
  void take_back(std::unique_ptr<Job> job);
  std::size_t waiting() const;
  void worker_loop(std::unique_ptr<Connection> connection);
  bool take(Guard& lock, Work& work) RUCK_REQUIRES(mutex_);
  [[nodiscard]] bool can_read() const RUCK_REQUIRES(mutex_);
  void run(Work& work, std::unique_ptr<Connection>& connection);
  void answer(Work& work);
  bool run_once(Work& work, Connection& connection, bool is_alone);
  bool may_run_again(Work& work);
  void drop(std::unique_ptr<Connection>& connection);
  void watch_loop();
  void end_late(std::deque<std::unique_ptr<Job>>& queue) RUCK_REQUIRES(mutex_);
  void cut_late() RUCK_REQUIRES(mutex_);
  void announce(const std::vector<std::string>& channels);
  std::unique_ptr<Notices> make_notices();
  void note_reachable(bool reachable, const std::string& problem);

  const Options options_;
  mutable Mutex mutex_;
  Condition ready_;
  std::deque<std::unique_ptr<Job>> writes_ RUCK_GUARDED_BY(mutex_);
  std::deque<std::unique_ptr<Job>> reads_ RUCK_GUARDED_BY(mutex_);
  std::size_t reading_ RUCK_GUARDED_BY(mutex_) = 0;  // threads busy with a read
  bool closed_ RUCK_GUARDED_BY(mutex_) = false;
  bool is_broken_off_ RUCK_GUARDED_BY(mutex_) = false;
  struct Running {
    Connection* connection;
    Deadline deadline;  // none: it takes what it takes
  };
  std::list<Running> in_use_ RUCK_GUARDED_BY(mutex_);  // with a unit under way
  bool has_ended_ RUCK_GUARDED_BY(mutex_) = false;     // the threads have ended
  Condition ended_;
  Turns turns_;

  mutable Mutex status_mutex_;
  Status status_ RUCK_GUARDED_BY(status_mutex_);
  Mutex notices_mutex_;
  std::unique_ptr<Notices> notices_ RUCK_GUARDED_BY(notices_mutex_);  // null: nobody needs them
  telemetry::Counter& retries_;
  telemetry::Gauge& open_connections_;
  std::vector<Replica> replicas_;
  std::vector<std::thread> threads_;
  std::thread watch_;
};

}  // namespace ruck::db::postgres
