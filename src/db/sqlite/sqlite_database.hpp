#pragma once
// The embedded database: one writer thread that owns every commit and every checkpoint, and reader
// threads with connections of their own.
//
// Group commit. The writer takes all jobs that wait, runs each in its own savepoint inside one
// transaction, commits, and only then tells who waited. Jobs that arrive during the fsync make up
// the next group; nothing is ever delayed on purpose.
//
// One writer. Debian 12's SQLite (3.40.1) can corrupt a file when one connection checkpoints while
// another commits (fixed in 3.51.3). Here only the writer does either, and a lock file beside the
// database keeps a second process out.
//
// Storage faults. If COMMIT or a checkpoint fails, what is on disk is uncertain: the group is
// refused, every later write is refused with 503 and status() says why. The writer then tries,
// every few seconds, to open the file anew, copy the whole log into it and commit a probe; what an
// earlier commit acknowledged is thereby written and synced again, and only then are writes taken
// again.
#include "db/companions.hpp"
#include "db/database.hpp"
#include "db/sqlite/connection.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ruck::db::sqlite {

inline constexpr int kCheckpointPages = 8192;  // 16 MiB of log: then it is copied into the file
// For filling a database: indexes by random keys stay in memory, and a page that is written often
// is copied into the file seldom.
inline constexpr int kFillCheckpointPages = 512 * 1024;  // 1 GiB of log
inline constexpr int kFillCacheKib = 2 * 1024 * 1024;

struct Options {
  std::string path;
  std::size_t readers = 2;
  std::size_t write_queue_max = 8192;  // jobs; each waits at most a few group commits
  std::size_t read_queue_max = 4096;
  int checkpoint_pages = kCheckpointPages;
  int writer_cache_kib = kWriterCacheKib;
  std::string vfs;  // see ConnectionOptions
  // Beside a server that has the file: no lock, no writer; every write is refused.
  bool read_only = false;
};

class SqliteDatabase final : public Database {
 public:
  // Makes the folder and the file if need be, and starts the threads. Throws Failure, also when
  // another process has the database open.
  SqliteDatabase(Options options, telemetry::Metrics& metrics);
  ~SqliteDatabase() override;

  [[nodiscard]] Status status() const override;
  [[nodiscard]] std::string_view kind() const override { return "sqlite"; }
  [[nodiscard]] bool is_exclusive() const override { return true; }

 protected:
  void break_off() override;
  void start_listening(const std::string&) override {}  // no other process writes
  std::unique_ptr<Job> enqueue(Access access, std::unique_ptr<Job> job) override;
  void finish_queued() override;

 private:
  struct Queue {
    Mutex mutex;
    Condition ready;
    std::deque<std::unique_ptr<Job>> jobs RUCK_GUARDED_BY(mutex);
    bool closed RUCK_GUARDED_BY(mutex) = false;
  };
  using Group = std::vector<std::unique_ptr<Job>>;

  void take_lock_file();
  std::unique_ptr<Connection> connect(Mode mode);
  void writer_loop();
  void reader_loop();
  void run_read(Job& job, std::unique_ptr<Connection>& connection);
  bool wait_for_writes(Group& group);
  void take_arrived(Group& group);
  void commit_group(Group& group);
  bool run_in_savepoint(Job& job);
  void checkpoint_if_due();
  void degrade(const std::string& reason);
  void try_to_recover();
  static void fail_all(Group& group);
  static void deliver_all(Group group);

  const Options options_;
  Companions companions_;
  int lock_descriptor_ = -1;
  Queue writes_;
  Queue reads_;
  std::unique_ptr<Connection> writer_;
  std::chrono::steady_clock::time_point next_recovery_{};

  mutable Mutex status_mutex_;
  Status status_ RUCK_GUARDED_BY(status_mutex_);
  std::atomic<bool> can_write_{true};

  telemetry::Histogram& commit_seconds_;
  telemetry::Histogram& checkpoint_seconds_;
  telemetry::Counter& groups_;
  telemetry::Counter& grouped_jobs_;
  telemetry::Gauge& wal_pages_;

  std::thread writer_thread_;
  std::vector<std::thread> reader_threads_;
};

}  // namespace ruck::db::sqlite
