#include "db/database.hpp"

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
  job->fail(overloaded());
  if (auto waiter = job->finish()) {
    std::vector<std::unique_ptr<runtime::Resumption>> one;
    one.push_back(std::move(waiter));
    runtime::deliver(std::move(one));
  }
}

bool Database::run_unit(Job& job, Session& session) {
  try {
    return job.run(session);
  } catch (const Failure& failure) {
    if (failure.kind() == FailureKind::kConflict) throw;
    telemetry::log_error("db.statement_failed",
                         {{"statement", failure.statement()}, {"what", failure.what()}});
    failures_.at(static_cast<std::size_t>(failure.kind()))->add();
    job.fail(to_error(failure));
  } catch (const std::exception&) {
    telemetry::log_exception("db.unit_failed", "unit of work", std::current_exception());
    job.fail({.code = ErrorCode::kInternal, .message = {}, .detail = {}, .retry_after_s = {}});
  }
  return false;
}

}  // namespace ruck::db
