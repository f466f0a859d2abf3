#include "db/database.hpp"

#include "runtime/core.hpp"
#include "telemetry/log.hpp"

#include <algorithm>

namespace ruck::db {
namespace {
constexpr int kRetryAfterSeconds = 2;  // a full queue empties well within this

Error overloaded() {
  return {.code = ErrorCode::kOverloaded,
          .message = {},
          .detail = "database queue full",
          .retry_after_s = kRetryAfterSeconds};
}

Error out_of_time() {
  return {.code = ErrorCode::kOverloaded,
          .message = {},
          .detail = "the request's time was over before the database was done",
          .retry_after_s = kRetryAfterSeconds};
}

Error out_of_memory() {
  return {.code = ErrorCode::kOverloaded,
          .message = {},
          .detail = "out of memory",
          .retry_after_s = kRetryAfterSeconds};
}

void finish_all(const std::vector<std::unique_ptr<Job>>& jobs) {
  std::vector<std::unique_ptr<runtime::Resumption>> waiters;
  for (const auto& job : jobs) {
    if (auto waiter = job->finish()) waiters.push_back(std::move(waiter));
  }
  runtime::deliver(std::move(waiters));
}
}  // namespace

Error to_error(const Failure& failure) {
  Error error{.code = ErrorCode::kInternal,
              .message = {},
              .detail = failure.statement() + ": " + failure.what(),
              .retry_after_s = {}};
  switch (failure.kind()) {
    case FailureKind::kConstraint:
      error.code = ErrorCode::kConflict;
      break;
    case FailureKind::kConflict:
    case FailureKind::kTimeout:
    case FailureKind::kUnavailable:
      error.code = ErrorCode::kUnavailable;
      break;
    case FailureKind::kStorage:
      error.code = ErrorCode::kStorageFailed;
      break;
    case FailureKind::kMistake:
      break;
  }
  if (error_row(error.code).http_status == 503) error.retry_after_s = kRetryAfterSeconds;
  return error;
}

Database::Database(telemetry::Metrics& metrics)
    : read_wait_(metrics.histogram("ruck_db_wait_seconds",
                                   "Time a unit of work waited for a database thread",
                                   {{"access", "read"}})),
      write_wait_(metrics.histogram("ruck_db_wait_seconds", "", {{"access", "write"}})),
      read_shed_(metrics.counter("ruck_db_shed_total",
                                 "Units of work refused because the queue was full",
                                 {{"access", "read"}})),
      write_shed_(metrics.counter("ruck_db_shed_total", "", {{"access", "write"}})),
      late_waiting_(metrics.counter("ruck_db_late_total",
                                    "Units of work ended because their request's time was over",
                                    {{"when", "waiting"}})),
      late_running_(metrics.counter("ruck_db_late_total", "", {{"when", "running"}})) {
  // In the order of FailureKind.
  for (const char* kind :
       {"constraint", "conflict", "timeout", "unavailable", "storage", "mistake"}) {
    failures_.push_back(&metrics.counter(
        "ruck_db_failures_total", "Units of work that the database failed", {{"kind", kind}}));
  }
  for (const Sql* sql : Sql::all()) {
    statements_.push_back(&metrics.histogram("ruck_db_statement_seconds",
                                             "Time a named statement took, rows read included",
                                             {{"statement", sql->name()}}));
  }
  refuser_ = std::thread([this] {
    runtime::name_thread("ruck-db-refuse");
    refuse_loop();
  });
}

Database::~Database() { end_refusals(); }

Database::Listening::Listening(Database& database, std::string channel, std::function<void()> fn)
    : database_(database), channel_(std::move(channel)), fn_(std::move(fn)) {
  const Guard lock(database_.listening_mutex_);
  database_.listening_.push_back(this);
}

Database::Listening::~Listening() {
  const Guard lock(database_.listening_mutex_);
  std::erase(database_.listening_, this);
}

std::unique_ptr<Database::Listening> Database::listen(std::string channel,
                                                      std::function<void()> fn) {
  start_listening(channel);
  return std::make_unique<Listening>(*this, std::move(channel), std::move(fn));
}

void Database::tell(const std::vector<std::string>& channels) {
  if (channels.empty()) return;
  const Guard lock(listening_mutex_);
  for (const Listening* listening : listening_) {
    if (std::ranges::find(channels, listening->channel_) != channels.end()) listening->fn_();
  }
}

void Database::tell_all() {
  const Guard lock(listening_mutex_);
  for (const Listening* listening : listening_) listening->fn_();
}

void Database::close() {
  finish_queued();
  end_refusals();
}

void Database::end_refusals() {
  {
    const Guard lock(refused_mutex_);
    is_over_ = true;
  }
  refused_any_.notify_one();
  if (refuser_.joinable()) refuser_.join();
}

telemetry::Histogram& Database::statement_seconds(const Sql& sql) {
  return *statements_.at(sql.index());
}

void Database::record_wait(Access access, const Job& job) {
  (access == Access::kRead ? read_wait_ : write_wait_)
      .record(std::chrono::steady_clock::now() - job.queued_at);
}

Database::Deadline Database::deadline_of(const Job& job) {
  const bool has_one =
      job.context && job.context->deadline != std::chrono::steady_clock::time_point::max();
  return has_one ? Deadline(job.context->deadline) : std::nullopt;
}

bool Database::refuse_if_late(Job& job) {
  const Deadline deadline = deadline_of(job);
  if (!deadline || std::chrono::steady_clock::now() < *deadline) return false;
  late_waiting_.add();
  job.fail(out_of_time());
  return true;
}

void Database::submit(Access access, std::unique_ptr<Job> job) {
  if (access == Access::kReadNewest) {
    access = Access::kRead;
    job->needs_newest = true;
  } else if (access == Access::kWrite && job->context) {
    job->context->read_floor.raise_to_newest();  // what it reads later shows what it wrote
  }
  job = enqueue(access, std::move(job));
  if (!job) return;
  (access == Access::kRead ? read_shed_ : write_shed_).add();
  refuse(std::move(job));
}

void Database::refuse(std::unique_ptr<Job> job) {
  job->fail(overloaded());
  finish_later(std::move(job));
}

void Database::finish_later(std::unique_ptr<Job> job) {
  std::vector<std::unique_ptr<Job>> one;
  one.push_back(std::move(job));
  {
    const Guard lock(refused_mutex_);
    if (!is_over_) {
      refused_.push_back(std::move(one.front()));
      refused_any_.notify_one();
      return;
    }
  }
  finish_all(one);
}

void Database::refuse_loop() {
  Guard lock(refused_mutex_);
  for (;;) {
    while (refused_.empty() && !is_over_) refused_any_.wait(lock);
    if (refused_.empty()) return;
    std::vector<std::unique_ptr<Job>> jobs;
    jobs.swap(refused_);
    lock.unlock();
    finish_all(jobs);
    jobs.clear();
    lock.lock();
  }
}

void Database::abandon() {
  is_abandoned_ = true;
  break_off();
}

void Database::fail_unit(Job& job, const Failure& failure) {
  const std::string request = job.context ? job.context->request_id : std::string();
  const Deadline deadline = deadline_of(job);
  const bool is_late = failure.kind() == FailureKind::kTimeout && deadline &&
                       std::chrono::steady_clock::now() >= *deadline;
  failures_.at(static_cast<std::size_t>(failure.kind()))->add();
  if (is_late) {
    telemetry::log_warning("db.out_of_time",
                           {{"statement", failure.statement()}, {"request_id", request}});
    late_running_.add();
    job.fail(out_of_time());
    return;
  }
  if (is_abandoned_ && failure.kind() == FailureKind::kUnavailable) {
    telemetry::log_info("db.statement_cut", {{"statement", failure.statement()}});
  } else {
    telemetry::log_error(
        "db.statement_failed",
        {{"statement", failure.statement()}, {"what", failure.what()}, {"request_id", request}});
  }
  job.fail(to_error(failure));
}

bool Database::run_unit(Job& job, Session& session) {
  try {
    return job.run(session);
  } catch (const Failure& failure) {
    if (failure.kind() == FailureKind::kConflict) throw;
    fail_unit(job, failure);
  } catch (const std::bad_alloc&) {
    telemetry::log_error("db.out_of_memory");
    job.fail(out_of_memory());
  } catch (const std::exception&) {
    telemetry::log_exception("db.unit_failed", "unit of work", std::current_exception());
    job.fail({.code = ErrorCode::kInternal, .message = {}, .detail = {}, .retry_after_s = {}});
  }
  return false;
}

}  // namespace ruck::db
