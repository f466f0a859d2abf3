#pragma once
// Work that can wait. A job is written in the unit of work of its cause (a transactional outbox),
// so it exists if and only if its cause does; a runner of any instance then takes it. It runs at
// least once: after a crash, or when its lease is over, it runs again.
#include "base/ids.hpp"
#include "base/time.hpp"
#include "runtime/task.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::db {
class Session;
}

namespace ruck::jobs {

struct NewJob {
  std::string_view kind;             // a registered kind: "mail.send"
  std::string payload = {};          // the kind's own encoding, at most kPayloadBytesMax
  std::string key = {};              // idempotency: at most one unfinished job of a kind has it
  std::optional<UserId> user = {};   // whose it is: it goes when the account does
  std::optional<UtcUs> run_at = {};  // not before; now when absent
};

// Adds the job to the unit of work. False: an unfinished job of this kind has this key, and nothing
// was added.
bool enqueue(db::Session& q, const NewJob& job, UtcUs now);

// The same for many jobs without keys, of which PostgreSQL makes one statement.
void enqueue_all(db::Session& q, std::span<const NewJob> jobs, UtcUs now);

// Payloads of the user's jobs of this kind that were added before job `id` and run at this moment,
// in any process. For work of which one must not overtake another.
[[nodiscard]] std::vector<std::string> running_before(db::Session& q, std::string_view kind,
                                                      UserId user, std::int64_t id, UtcUs now);

// One run of a job, as its handler sees it.
struct RunningJob {
  std::int64_t id = 0;
  std::string payload;
  std::optional<UserId> user;
  std::int64_t attempt = 1;  // 1 for the first run
  UtcUs created_at{};
};

// What a handler says of a run.
struct Outcome {
  enum class Kind : std::uint8_t { kDone, kRetry, kDead, kAgain };
  Kind kind = Kind::kDone;
  // For operators, of kRetry and kDead; never secrets, e-mails or positions.
  std::string error = {};
  // Of kRetry: not before this, where the other side said so. Backoff with jitter otherwise.
  std::optional<std::chrono::seconds> retry_after = {};
  // Of kAgain: when a job that recurs is due next. Its attempts start anew.
  UtcUs next_at{};
  // Written in the unit of work that ends the run, and only if the lease still holds: so it is
  // there once, however often the job runs. May run more than once; changes only the database.
  std::function<void(db::Session&)> effect = {};
};

[[nodiscard]] inline Outcome done(std::function<void(db::Session&)> effect = {}) {
  return Outcome{.kind = Outcome::Kind::kDone, .effect = std::move(effect)};
}
[[nodiscard]] inline Outcome retry(std::string error,
                                   std::optional<std::chrono::seconds> retry_after = {}) {
  return Outcome{
      .kind = Outcome::Kind::kRetry, .error = std::move(error), .retry_after = retry_after};
}
[[nodiscard]] inline Outcome dead(std::string error) {
  return Outcome{.kind = Outcome::Kind::kDead, .error = std::move(error)};
}
[[nodiscard]] inline Outcome again_at(UtcUs next, std::function<void(db::Session&)> effect = {}) {
  return Outcome{.kind = Outcome::Kind::kAgain, .next_at = next, .effect = std::move(effect)};
}

enum class Priority : std::uint8_t { kHigh, kNormal, kLow };

// A kind of job, registered at start by the service that runs it.
struct Kind {
  std::string_view name;  // a literal; also its metric label
  Priority priority = Priority::kNormal;
  std::size_t concurrency_max = 4;  // runs at a time in one process
  double per_second_max = 0;        // starts a second in one process; 0: no limit
  std::int64_t attempts_max = 10;   // then it is a dead letter
  std::chrono::milliseconds backoff_first = std::chrono::seconds(1);  // doubled each time
  std::chrono::milliseconds backoff_max = std::chrono::minutes(15);
  // Renewed while the handler runs; what a crash delays the next run by.
  std::chrono::milliseconds lease = std::chrono::seconds(60);
  // Recurring: one job of this kind exists always, first due at start.
  bool is_recurring = false;
  // Called on a core. What it throws is a retry.
  std::function<task<Outcome>(RunningJob)> run;
};

}  // namespace ruck::jobs
