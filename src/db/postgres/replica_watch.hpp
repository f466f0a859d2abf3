#pragma once
// How far a replica is behind its primary: what a read there can be relied on to see.
//
// Every kWatchReplicaEvery the watch asks the primary how far its log is flushed, then the replica
// how far it has replayed it. Once the replica has come to a position, all that was committed
// before the primary was asked for it can be read there: fresh_as_of() is that moment, by this
// process's steady clock. No clock of another machine is used.
//
// A replica is used only after it was seen to move: one that was left behind on an old timeline by
// a failover may stand at a higher position than the new primary, but moves no more.
#include "base/thread_safety.hpp"
#include "db/postgres/connection.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace ruck::db::postgres {

// A query each to both servers: 40 µs of either.
inline constexpr auto kWatchReplicaEvery = std::chrono::milliseconds(50);
// Behind by more than this it is left out. What a person reads of others may be as old as this.
inline constexpr auto kReplicaLagMax = std::chrono::milliseconds(500);
// Without an answer for so long a server hangs, and what waits for it goes elsewhere.
inline constexpr auto kReplicaSilentMax = std::chrono::seconds(1);
// Between attempts to connect to a server that is away.
inline constexpr auto kReplicaAgainAfter = std::chrono::milliseconds(500);

class ReplicaWatch {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Options {
    std::string name;  // in metrics and the log: its place in the setting, from 1
    ConnectionOptions primary;
    ConnectionOptions replica;
  };
  ReplicaWatch(Options options, telemetry::Metrics& metrics);
  ~ReplicaWatch();
  ReplicaWatch(const ReplicaWatch&) = delete;
  ReplicaWatch& operator=(const ReplicaWatch&) = delete;

  // What was committed before this moment can be read there. Nothing: it must not be used.
  [[nodiscard]] std::optional<SteadyTime> fresh_as_of() const;
  // Breaks off a question that is not answered. True where it was the replica that was asked: what
  // runs there will not be answered either.
  bool end_silence();

 private:
  struct Position {
    std::int64_t timeline = 0;
    std::int64_t lsn = 0;  // bytes of log
  };
  struct Sample {
    SteadyTime asked;
    std::int64_t lsn = 0;
  };
  class Question;

  void run();
  void look();
  std::unique_ptr<Connection> connect(const ConnectionOptions& options);
  Position ask_primary();
  std::optional<std::int64_t> ask_replica();
  void take(SteadyTime asked, const Position& primary, std::optional<std::int64_t> replayed);
  void show(const std::string& problem);
  bool wait(std::chrono::milliseconds time);

  const Options options_;
  std::atomic<std::int64_t> fresh_as_of_ns_{0};  // 0: not to be used
  Mutex mutex_;
  Condition over_;
  bool is_over_ RUCK_GUARDED_BY(mutex_) = false;
  Connection* asked_ RUCK_GUARDED_BY(mutex_) = nullptr;  // waits for an answer
  bool is_replica_asked_ RUCK_GUARDED_BY(mutex_) = false;
  SteadyTime asked_at_ RUCK_GUARDED_BY(mutex_);
  // Of the thread alone.
  std::unique_ptr<Connection> primary_;
  std::unique_ptr<Connection> replica_;
  std::deque<Sample> samples_;  // oldest first, no older than kReplicaLagMax
  std::int64_t timeline_ = 0;
  std::optional<std::int64_t> stood_at_;  // the first replayed position of this timeline
  bool has_moved_ = false;
  bool is_used_ = false;
  std::string problem_;  // of the last look
  std::thread thread_;   // last: it uses the rest
};

}  // namespace ruck::db::postgres
