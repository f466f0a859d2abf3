#pragma once
// The table of jobs. Everything here runs inside a unit of work.
//
// A job is due when its run_at has passed. Who takes it sets run_at to the end of their lease and
// leased_by to their own name: a job whose process died is due again by itself. Who ends a run
// names the lease; if somebody else has it by now, nothing is changed.
#include "base/ids.hpp"
#include "base/time.hpp"
#include "jobs/job.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::jobs {

// The channel on which runners listen for new jobs.
inline constexpr std::string_view kChannel = "ruck_jobs";

namespace store {

struct TakenRow {
  std::int64_t id = 0;
  std::string payload;
  std::optional<UserId> user_id;
  std::int64_t attempts = 0;
  UtcUs created_at;
};
BOOST_DESCRIBE_STRUCT(TakenRow, (), (id, payload, user_id, attempts, created_at))

struct Lease {
  std::string_view holder;  // name of the process
  UtcUs until;
};
// Up to `count` jobs of the kind that are due, the longest waiting first. Several processes never
// get the same one.
[[nodiscard]] std::vector<TakenRow> take(db::Session& q, std::string_view kind, std::int64_t count,
                                         UtcUs now, const Lease& lease);
struct DueRow {
  std::string kind;
  std::optional<UtcUs> run_at;  // of the first; nothing where there is none
};
BOOST_DESCRIBE_STRUCT(DueRow, (), (kind, run_at))
// When the next of each kind is due; what somebody runs counts with the end of its lease.
[[nodiscard]] std::vector<DueRow> next_due(db::Session& q, std::span<const std::string_view> kinds);

// False from the following four: the lease is not the holder's any more, and nothing was changed.
// Removes a job that is done.
bool remove(db::Session& q, std::int64_t id, std::string_view holder);
// Makes it due again at `at`.
bool put_back(db::Session& q, std::int64_t id, std::string_view holder, UtcUs at,
              std::string_view error);
// The same for one that recurs: its attempts start anew.
bool recur(db::Session& q, std::int64_t id, std::string_view holder, UtcUs at);
bool bury(db::Session& q, std::int64_t id, std::string_view holder, UtcUs now,
          std::string_view error);

// The same as remove() for many, in one statement.
void remove_all(db::Session& q, std::span<const std::int64_t> ids, std::string_view holder);
// Leases that are still the holder's last until then.
void renew(db::Session& q, std::span<const std::int64_t> ids, const Lease& lease);
// What the holder has is due now, its last attempt not counted: it was not to blame.
std::int64_t give_back(db::Session& q, std::string_view holder, UtcUs now);
// The same for every holder: for a database that belongs to one process, when that starts. The
// attempts count, since one of the jobs may have ended the process before.
std::int64_t give_back_all(db::Session& q, UtcUs now);

// At most `count` of those that died before.
std::int64_t remove_dead(db::Session& q, UtcUs before, std::int64_t count);

struct DepthRow {
  std::string kind;
  std::int64_t living = 0;
  std::int64_t dead = 0;
  std::optional<UtcUs> oldest_due;  // run_at of the longest waiting
};
BOOST_DESCRIBE_STRUCT(DepthRow, (), (kind, living, dead, oldest_due))
[[nodiscard]] std::vector<DepthRow> depths(db::Session& q);

// ---- for operators
// -------------------------------------------------------------------------------

struct JobRow {
  std::int64_t id = 0;
  std::string kind;
  std::optional<std::string> job_key;
  std::int64_t payload_bytes = 0;
  std::int64_t attempts = 0;
  std::optional<UtcUs> run_at;
  std::optional<std::string> leased_by;
  UtcUs created_at;
  std::optional<UtcUs> dead_at;
  std::optional<std::string> last_error;
};
BOOST_DESCRIBE_STRUCT(JobRow, (),
                      (id, kind, job_key, payload_bytes, attempts, run_at, leased_by, created_at,
                       dead_at, last_error))
// The newest first; `kind` empty: of all kinds.
[[nodiscard]] std::vector<JobRow> list(db::Session& q, std::string_view kind, bool only_dead,
                                       std::int64_t limit);
[[nodiscard]] std::optional<JobRow> find(db::Session& q, std::int64_t id);
// Due now, with all its attempts; false for one that runs, and for a dead letter whose key a living
// job has by now.
bool revive(db::Session& q, std::int64_t id, UtcUs now);
bool drop(db::Session& q, std::int64_t id);

}  // namespace store
}  // namespace ruck::jobs
