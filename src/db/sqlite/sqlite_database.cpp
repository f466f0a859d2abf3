#include "db/sqlite/sqlite_database.hpp"

#include "runtime/core.hpp"
#include "telemetry/log.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace ruck::db::sqlite {
namespace {
constexpr std::size_t kGroupJobsMax = 1024;                   // bounds what one commit can delay
constexpr auto kGroupTimeMax = std::chrono::milliseconds(3);  // likewise
constexpr int kTruncateFactor = 4;  // of the pages of a checkpoint: readers hold it back
constexpr auto kTruncateWait = std::chrono::milliseconds(100);  // for readers, before going on
constexpr auto kReadTimeMax = std::chrono::seconds(2);          // a longer read would pin the log
constexpr auto kRecoveryEvery = std::chrono::seconds(2);

constexpr const char* kProbeTable =
    "CREATE TABLE IF NOT EXISTS storage_probe (id INTEGER PRIMARY KEY, count INTEGER NOT NULL)"
    " STRICT; INSERT INTO storage_probe (id, count) VALUES (1, 0) ON CONFLICT DO NOTHING;";
constexpr const char* kProbe = "UPDATE storage_probe SET count = count + 1 WHERE id = 1;";

// Transaction control goes through prepared statements like everything else: parsing them anew for
// each job would cost more than the savepoint does.
const Sql kBeginWrite{"db.begin_write", "BEGIN IMMEDIATE"};
const Sql kBeginRead{"db.begin_read", "BEGIN"};
const Sql kCommit{"db.commit", "COMMIT"};
const Sql kSavepoint{"db.savepoint", "SAVEPOINT unit"};
const Sql kRelease{"db.release", "RELEASE unit"};
const Sql kRollbackTo{"db.rollback_to", "ROLLBACK TO unit"};

Error storage_error() {
  return {.code = ErrorCode::kStorageFailed,
          .message = {},
          .detail = {},
          .retry_after_s = static_cast<int>(kRecoveryEvery.count()) + 1};
}
}  // namespace

SqliteDatabase::SqliteDatabase(Options options, telemetry::Metrics& metrics)
    : Database(metrics),
      options_(std::move(options)),
      commit_seconds_(metrics.histogram("ruck_db_commit_seconds",
                                        "Time COMMIT took, the sync to disk included")),
      checkpoint_seconds_(metrics.histogram("ruck_db_checkpoint_seconds",
                                            "Time a checkpoint kept the writer busy")),
      groups_(metrics.counter("ruck_db_groups_total", "Write transactions committed")),
      grouped_jobs_(metrics.counter("ruck_db_grouped_jobs_total",
                                    "Units of work in committed write transactions")),
      wal_pages_(metrics.gauge("ruck_db_wal_pages", "Pages in the write-ahead log")) {
  if (options_.read_only) {
    connect(Mode::kReadOnly);  // throws here what a reader thread would only tell later
    can_write_ = false;
    status_ = {.can_read = true, .can_write = false, .problem = "opened for reading only"};
  } else {
    take_lock_file();
    writer_ = connect(Mode::kReadWrite);
    writer_->run_script(kProbeTable);
  }
  metrics.gauge_callback("ruck_db_queue_jobs", "Units of work waiting for a database thread",
                         [this] {
                           const Guard lock(writes_.mutex);
                           return static_cast<double>(writes_.jobs.size());
                         },
                         {{"access", "write"}});
  metrics.gauge_callback("ruck_db_queue_jobs", "",
                         [this] {
                           const Guard lock(reads_.mutex);
                           return static_cast<double>(reads_.jobs.size());
                         },
                         {{"access", "read"}});
  if (!options_.read_only) {
    writer_thread_ = std::thread([this] {
      runtime::name_thread("ruck-db-write");
      writer_loop();
    });
  }
  for (std::size_t i = 0; i < options_.readers; ++i) {
    reader_threads_.emplace_back([this] {
      runtime::name_thread("ruck-db-read");
      reader_loop();
    });
  }
}

SqliteDatabase::~SqliteDatabase() { close(); }

void SqliteDatabase::take_lock_file() {
  const std::filesystem::path folder = std::filesystem::path(options_.path).parent_path();
  std::error_code ignored;  // a folder that cannot be made shows when the file is opened
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  const std::string lock_path = options_.path + ".lock";
  lock_descriptor_ = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_descriptor_ < 0) {
    throw Failure(FailureKind::kStorage, "cannot create " + lock_path, "open");
  }
  if (::flock(lock_descriptor_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_descriptor_);
    throw Failure(FailureKind::kUnavailable,
                  "another process has " + options_.path + " open (see " + lock_path + ")", "open");
  }
}

std::unique_ptr<Connection> SqliteDatabase::connect(Mode mode) {
  return std::make_unique<Connection>(
      ConnectionOptions{.path = options_.path,
                        .mode = mode,
                        .writer_cache_kib = options_.writer_cache_kib,
                        .vfs = options_.vfs,
                        .companions = &companions_},
      [this](const Sql& sql, std::chrono::nanoseconds took) {
        statement_seconds(sql).record(took);
      });
}

std::unique_ptr<Job> SqliteDatabase::enqueue(Access access, std::unique_ptr<Job> job) {
  Queue& queue = access == Access::kRead ? reads_ : writes_;
  const std::size_t limit =
      access == Access::kRead ? options_.read_queue_max : options_.write_queue_max;
  const Guard lock(queue.mutex);
  const bool is_refused = access == Access::kWrite && options_.read_only;
  if (queue.closed || is_refused || queue.jobs.size() >= limit) return job;
  queue.jobs.push_back(std::move(job));
  queue.ready.notify_one();
  return nullptr;
}

Database::Status SqliteDatabase::status() const {
  const Guard lock(status_mutex_);
  return status_;
}

void SqliteDatabase::break_off() {
  for (Queue* queue : {&reads_, &writes_}) {
    const Guard lock(queue->mutex);
    queue->closed = true;
    for (auto& job : queue->jobs) refuse(std::move(job));
    queue->jobs.clear();
    queue->ready.notify_all();
  }
}

void SqliteDatabase::finish_queued() {
  for (Queue* queue : {&reads_, &writes_}) {
    const Guard lock(queue->mutex);
    queue->closed = true;
    queue->ready.notify_all();
  }
  for (std::thread& thread : reader_threads_) thread.join();
  reader_threads_.clear();
  if (writer_thread_.joinable()) writer_thread_.join();
  if (lock_descriptor_ >= 0) ::close(lock_descriptor_);
  lock_descriptor_ = -1;
}

// ---- the writer ------------------------------------------------------------------------------

void SqliteDatabase::writer_loop() {
  Group group;
  while (wait_for_writes(group)) {
    if (!can_write_) {
      fail_all(group);
    } else if (!group.empty()) {
      commit_group(group);
    }
    deliver_all(std::move(group));
    group.clear();
    if (can_write_) checkpoint_if_due();
    if (!can_write_) try_to_recover();
  }
  try {
    if (writer_) writer_->checkpoint(Connection::Checkpoint::kTruncate, kTruncateWait);
  } catch (const Failure& failure) {
    telemetry::log_error("db.final_checkpoint_failed", {{"what", failure.what()}});
  }
  writer_.reset();
}

// Waits for jobs and takes them; false when closed and empty. While writes are refused it also
// wakes by time, so that recovery does not wait for a request.
bool SqliteDatabase::wait_for_writes(Group& group) {
  Guard lock(writes_.mutex);
  const auto wake_at = std::chrono::steady_clock::now() + kRecoveryEvery;
  while (!writes_.closed && writes_.jobs.empty()) {
    if (can_write_) {
      writes_.ready.wait(lock);
    } else if (!writes_.ready.wait_until(lock, wake_at)) {
      break;
    }
  }
  if (writes_.jobs.empty()) return !writes_.closed;
  while (!writes_.jobs.empty() && group.size() < kGroupJobsMax) {
    group.push_back(std::move(writes_.jobs.front()));
    writes_.jobs.pop_front();
  }
  return true;
}

void SqliteDatabase::take_arrived(Group& group) {
  const Guard lock(writes_.mutex);
  while (!writes_.jobs.empty() && group.size() < kGroupJobsMax) {
    group.push_back(std::move(writes_.jobs.front()));
    writes_.jobs.pop_front();
  }
}

void SqliteDatabase::commit_group(Group& group) {
  const auto start = std::chrono::steady_clock::now();
  static_cast<void>(writer_->take_notified());  // of a group that failed
  try {
    writer_->execute(kBeginWrite);
    for (std::size_t i = 0; i < group.size(); ++i) {
      record_wait(Access::kWrite, *group[i]);
      if (!refuse_if_late(*group[i]) && !run_in_savepoint(*group[i])) {
        degrade("a write failed and the transaction is gone");
        fail_all(group);
        return;
      }
      const bool last = i + 1 == group.size();
      if (last && std::chrono::steady_clock::now() - start < kGroupTimeMax) take_arrived(group);
    }
    const telemetry::Stopwatch commit_time(commit_seconds_);
    writer_->execute(kCommit);
  } catch (const Failure& failure) {
    degrade(failure.what());
    fail_all(group);
    return;
  }
  groups_.add();
  grouped_jobs_.add(group.size());
  wal_pages_.set(writer_->wal_pages());
  tell(writer_->take_notified());
}

// False when SQLite has rolled back the whole transaction under the job.
bool SqliteDatabase::run_in_savepoint(Job& job) {
  writer_->execute(kSavepoint);
  bool commit = false;
  try {
    commit = run_unit(job, *writer_);
  } catch (const Failure& failure) {  // kConflict cannot happen with one writer
    job.fail(to_error(failure));
  }
  if (!writer_->in_transaction()) return false;
  if (!commit) writer_->execute(kRollbackTo);
  writer_->execute(kRelease);
  return true;
}

void SqliteDatabase::fail_all(Group& group) {
  for (const auto& job : group) job->fail(storage_error());
}

void SqliteDatabase::deliver_all(Group group) {
  std::vector<std::unique_ptr<runtime::Resumption>> waiters;
  waiters.reserve(group.size());
  for (const auto& job : group) {
    if (auto waiter = job->finish()) waiters.push_back(std::move(waiter));
  }
  runtime::deliver(std::move(waiters));
}

void SqliteDatabase::checkpoint_if_due() {
  if (writer_->wal_pages() < options_.checkpoint_pages) return;
  const telemetry::Stopwatch time(checkpoint_seconds_);
  try {
    const bool truncate = writer_->wal_pages() >= kTruncateFactor * options_.checkpoint_pages;
    writer_->checkpoint(
        truncate ? Connection::Checkpoint::kTruncate : Connection::Checkpoint::kPassive,
        kTruncateWait);
  } catch (const Failure& failure) {
    degrade(failure.what());
  }
}

void SqliteDatabase::degrade(const std::string& reason) {
  can_write_ = false;
  next_recovery_ = std::chrono::steady_clock::now() + kRecoveryEvery;
  {
    const Guard lock(status_mutex_);
    status_.can_write = false;
    status_.problem = reason;
  }
  telemetry::log_error("db.writes_refused", {{"reason", reason}});
}

void SqliteDatabase::try_to_recover() {
  if (std::chrono::steady_clock::now() < next_recovery_) return;
  next_recovery_ = std::chrono::steady_clock::now() + kRecoveryEvery;
  try {
    writer_.reset();
    writer_ = connect(Mode::kReadWrite);
    if (!writer_->checkpoint(Connection::Checkpoint::kTruncate, kTruncateWait)) return;
    writer_->run_script(kProbe);
  } catch (const Failure& failure) {
    telemetry::log_warning("db.recovery_failed", {{"what", failure.what()}});
    return;
  }
  {
    const Guard lock(status_mutex_);
    status_ = {};
  }
  can_write_ = true;
  telemetry::log_info("db.writes_resumed");
}

// ---- the readers -----------------------------------------------------------------------------

void SqliteDatabase::reader_loop() {
  std::unique_ptr<Connection> connection;
  Guard lock(reads_.mutex);
  for (;;) {
    while (!reads_.closed && reads_.jobs.empty()) reads_.ready.wait(lock);
    if (reads_.jobs.empty()) return;
    std::unique_ptr<Job> job = std::move(reads_.jobs.front());
    reads_.jobs.pop_front();
    lock.unlock();
    record_wait(Access::kRead, *job);
    if (!refuse_if_late(*job)) run_read(*job, connection);
    Group one;
    one.push_back(std::move(job));
    deliver_all(std::move(one));
    lock.lock();
  }
}

void SqliteDatabase::run_read(Job& job, std::unique_ptr<Connection>& connection) {
  try {
    if (!connection) connection = connect(Mode::kReadOnly);
    const auto longest = std::chrono::steady_clock::now() + kReadTimeMax;
    connection->set_deadline(std::min(longest, deadline_of(job).value_or(longest)));
    connection->execute(kBeginRead);
    static_cast<void>(run_unit(job, *connection));
    connection->set_deadline(std::nullopt);
    if (connection->in_transaction()) connection->execute(kCommit);
  } catch (const Failure& failure) {
    job.fail(to_error(failure));
    connection.reset();
  }
}

}  // namespace ruck::db::sqlite
