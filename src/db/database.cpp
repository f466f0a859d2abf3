#include "db/database.hpp"

#include "runtime/core.hpp"
#include "telemetry/log.hpp"

namespace ruck::db {
namespace {
constexpr int kRetryAfterSeconds = 2;  // a full queue empties well within this

Error overloaded() {
  return {.code = ErrorCode::kOverloaded,
          .message = {},
          .detail = "database queue full",
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
      write_shed_(metrics.counter("ruck_db_shed_total", "", {{"access", "write"}})) {
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

void Database::submit(Access access, std::unique_ptr<Job> job) {
  job = enqueue(access, std::move(job));
  if (!job) return;
  (access == Access::kRead ? read_shed_ : write_shed_).add();
  refuse(std::move(job));
}

void Database::refuse(std::unique_ptr<Job> job) {
  job->fail(overloaded());
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

bool Database::run_unit(Job& job, Session& session) {
  try {
    return job.run(session);
  } catch (const Failure& failure) {
    if (failure.kind() == FailureKind::kConflict) throw;
    if (is_abandoned_ && failure.kind() == FailureKind::kUnavailable) {
      telemetry::log_info("db.statement_cut", {{"statement", failure.statement()}});
    } else {
      telemetry::log_error("db.statement_failed",
                           {{"statement", failure.statement()}, {"what", failure.what()}});
    }
    failures_.at(static_cast<std::size_t>(failure.kind()))->add();
    job.fail(to_error(failure));
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
