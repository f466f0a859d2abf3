#include "jobs/store.hpp"

#include "base/assert.hpp"
#include "db/postgres_array.hpp"
#include "db/session.hpp"
#include "jobs/limits.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ruck::jobs {
namespace {
using db::Dialect;
using db::Sql;

const Sql kAdd{"jobs.add",
               "INSERT INTO jobs (kind, job_key, payload, user_id, attempts, run_at, created_at)"
               " VALUES ($1, $2, $3, $4, 0, $5, $6) ON CONFLICT DO NOTHING"};

const Sql kAddAll{"jobs.add_all",
                  "INSERT INTO jobs (kind, payload, user_id, attempts, run_at, created_at)"
                  " SELECT j.kind, j.payload, j.user_id, 0, j.run_at, $5 FROM"
                  " unnest(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS UUID[]),"
                  " CAST($4 AS BIGINT[])) AS j (kind, payload, user_id, run_at)",
                  Dialect::kPostgres};

// Of two who look at the same moment each gets rows of their own.
std::string take_text(std::string_view locking) {
  return fmt::format(
      "UPDATE jobs SET run_at = $4, leased_by = $5, attempts = attempts + 1 WHERE id IN (SELECT id"
      " FROM jobs WHERE kind = $1 AND run_at <= $2 ORDER BY run_at, id LIMIT $3{})"
      " RETURNING {}",
      locking, db::columns_of<store::TakenRow>());
}
const Sql kTakeSqlite{"jobs.take", take_text(""), Dialect::kSqlite};
const Sql kTakePostgres{"jobs.take_unlocked", take_text(" FOR UPDATE SKIP LOCKED"),
                        Dialect::kPostgres};
// Names of kinds need no escapes, so a list of them is the same text between brackets.
// SQLite finds the partial index by IS NOT NULL, which MIN alone does not tell it.
const Sql kNextDueSqlite{"jobs.next_due",
                         "SELECT k.value, (SELECT MIN(j.run_at) FROM jobs j WHERE j.kind = k.value"
                         " AND j.run_at IS NOT NULL) FROM json_each($1) k",
                         Dialect::kSqlite};
const Sql kNextDuePostgres{"jobs.next_due_list",
                           "SELECT k.kind, (SELECT MIN(j.run_at) FROM jobs j WHERE j.kind = k.kind"
                           " AND j.run_at IS NOT NULL) FROM unnest(CAST($1 AS TEXT[])) AS k (kind)",
                           Dialect::kPostgres};

const Sql kRemove{"jobs.remove", "DELETE FROM jobs WHERE id = $1 AND leased_by = $2"};
const Sql kPutBack{"jobs.put_back",
                   "UPDATE jobs SET run_at = $3, leased_by = NULL, last_error = $4 WHERE id = $1"
                   " AND leased_by = $2"};
const Sql kRecur{"jobs.recur",
                 "UPDATE jobs SET run_at = $3, leased_by = NULL, last_error = NULL, attempts = 0"
                 " WHERE id = $1 AND leased_by = $2"};
const Sql kBury{"jobs.bury",
                "UPDATE jobs SET run_at = NULL, leased_by = NULL, dead_at = $3, last_error = $4"
                " WHERE id = $1 AND leased_by = $2"};

// A list of ids travels as one parameter, an array of JSON or of PostgreSQL.
constexpr std::string_view kInJson = "id IN (SELECT value FROM json_each($1))";
constexpr std::string_view kInArray = "id = ANY(CAST($1 AS BIGINT[]))";
std::string remove_all_text(std::string_view is_listed) {
  return fmt::format("DELETE FROM jobs WHERE {} AND leased_by = $2", is_listed);
}
std::string renew_text(std::string_view is_listed) {
  return fmt::format("UPDATE jobs SET run_at = $3 WHERE {} AND leased_by = $2", is_listed);
}
const Sql kRemoveAllSqlite{"jobs.remove_all", remove_all_text(kInJson), Dialect::kSqlite};
const Sql kRemoveAllPostgres{"jobs.remove_list", remove_all_text(kInArray), Dialect::kPostgres};
const Sql kRenewSqlite{"jobs.renew", renew_text(kInJson), Dialect::kSqlite};
const Sql kRenewPostgres{"jobs.renew_list", renew_text(kInArray), Dialect::kPostgres};

const Sql kGiveBack{"jobs.give_back",
                    "UPDATE jobs SET run_at = $2, leased_by = NULL, attempts = attempts - 1"
                    " WHERE leased_by = $1"};
const Sql kGiveBackAll{"jobs.give_back_all",
                       "UPDATE jobs SET run_at = $1, leased_by = NULL WHERE leased_by IS NOT NULL"};
const Sql kRemoveDead{"jobs.remove_dead",
                      "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE dead_at < $1"
                      " ORDER BY dead_at LIMIT $2)"};
const Sql kDepths{
    "jobs.depths",
    "SELECT kind, COUNT(run_at), COUNT(dead_at), MIN(run_at) FROM jobs GROUP BY kind"};

constexpr std::string_view kJobColumns =
    "id, kind, job_key, LENGTH(payload), attempts, run_at, leased_by, created_at, dead_at,"
    " last_error";
const Sql kList{"jobs.list",
                fmt::format("SELECT {} FROM jobs ORDER BY id DESC LIMIT $1", kJobColumns)};
const Sql kListOfKind{
    "jobs.list_of_kind",
    fmt::format("SELECT {} FROM jobs WHERE kind = $1 ORDER BY id DESC LIMIT $2", kJobColumns)};
const Sql kListDead{"jobs.list_dead",
                    fmt::format("SELECT {} FROM jobs WHERE dead_at IS NOT NULL AND ($1 = '' OR"
                                " kind = $1) ORDER BY dead_at DESC LIMIT $2",
                                kJobColumns)};
const Sql kFind{"jobs.find", fmt::format("SELECT {} FROM jobs WHERE id = $1", kJobColumns)};
const Sql kRevive{"jobs.revive",
                  "UPDATE jobs SET run_at = $2, dead_at = NULL, leased_by = NULL, attempts = 0"
                  " WHERE id = $1 AND leased_by IS NULL AND NOT EXISTS (SELECT 1 FROM jobs other "
                  "WHERE other.kind ="
                  " jobs.kind AND other.job_key = jobs.job_key AND other.dead_at IS NULL AND"
                  " other.id <> jobs.id)"};
const Sql kDrop{"jobs.drop", "DELETE FROM jobs WHERE id = $1"};

const Sql kRunningBefore{"jobs.running_before",
                         "SELECT payload FROM jobs WHERE user_id = $1 AND kind = $2 AND id < $3"
                         " AND leased_by IS NOT NULL AND run_at > $4"};

const Sql& for_dialect(const db::Session& q, const Sql& sqlite, const Sql& postgres) {
  return q.dialect() == Dialect::kSqlite ? sqlite : postgres;
}

std::string in_brackets(const db::Session& q, const std::string& items) {
  const bool is_sqlite = q.dialect() == Dialect::kSqlite;
  return fmt::format("{}{}{}", is_sqlite ? '[' : '{', items, is_sqlite ? ']' : '}');
}
std::string list_of(const db::Session& q, std::span<const std::int64_t> ids) {
  return in_brackets(q, fmt::format("{}", fmt::join(ids, ",")));
}
std::string list_of(const db::Session& q, std::span<const std::string_view> names) {
  return in_brackets(q, fmt::format("\"{}\"", fmt::join(names, "\",\"")));
}
}  // namespace

bool enqueue(db::Session& q, const NewJob& job, UtcUs now) {
  RUCK_ASSERT(job.payload.size() <= kPayloadBytesMax && job.key.size() <= kKeyBytesMax);
  const std::optional<std::string_view> key =
      job.key.empty() ? std::nullopt : std::optional<std::string_view>(job.key);
  const UtcUs run_at = job.run_at.value_or(now);
  if (q.execute(kAdd, job.kind, key, job.payload, job.user, run_at, now) == 0) return false;
  q.notify(kChannel);
  return true;
}

void enqueue_all(db::Session& q, std::span<const NewJob> jobs, UtcUs now) {
  if (jobs.empty()) return;
  if (q.dialect() == Dialect::kSqlite) {
    for (const NewJob& job : jobs) enqueue(q, job, now);
    return;
  }
  db::PostgresArray kinds;
  db::PostgresArray payloads;
  db::PostgresArray users;
  db::PostgresArray run_at;
  for (const NewJob& job : jobs) {
    RUCK_ASSERT(job.payload.size() <= kPayloadBytesMax && job.key.empty());
    kinds.add(job.kind);
    payloads.add(job.payload);
    if (job.user) {
      users.add(job.user->value().to_string());
    } else {
      users.add_null();
    }
    run_at.add(job.run_at.value_or(now).time_since_epoch().count());
  }
  q.execute(kAddAll, kinds.text(), payloads.text(), users.text(), run_at.text(), now);
  q.notify(kChannel);
}

std::vector<std::string> running_before(db::Session& q, std::string_view kind, UserId user,
                                        std::int64_t id, UtcUs now) {
  return q.many<std::string>(kRunningBefore, user, kind, id, now);
}

namespace store {

std::vector<TakenRow> take(db::Session& q, std::string_view kind, std::int64_t count, UtcUs now,
                           const Lease& lease) {
  auto rows = q.many<TakenRow>(for_dialect(q, kTakeSqlite, kTakePostgres), kind, now, count,
                               lease.until, lease.holder);
  std::ranges::sort(rows, {}, &TakenRow::id);  // RETURNING has no order
  return rows;
}

std::vector<DueRow> next_due(db::Session& q, std::span<const std::string_view> kinds) {
  return q.many<DueRow>(for_dialect(q, kNextDueSqlite, kNextDuePostgres), list_of(q, kinds));
}

bool remove(db::Session& q, std::int64_t id, std::string_view holder) {
  return q.execute(kRemove, id, holder) > 0;
}
bool put_back(db::Session& q, std::int64_t id, std::string_view holder, UtcUs at,
              std::string_view error) {
  return q.execute(kPutBack, id, holder, at, error) > 0;
}
bool recur(db::Session& q, std::int64_t id, std::string_view holder, UtcUs at) {
  return q.execute(kRecur, id, holder, at) > 0;
}
bool bury(db::Session& q, std::int64_t id, std::string_view holder, UtcUs now,
          std::string_view error) {
  return q.execute(kBury, id, holder, now, error) > 0;
}

void remove_all(db::Session& q, std::span<const std::int64_t> ids, std::string_view holder) {
  if (ids.empty()) return;
  q.execute(for_dialect(q, kRemoveAllSqlite, kRemoveAllPostgres), list_of(q, ids), holder);
}

void renew(db::Session& q, std::span<const std::int64_t> ids, const Lease& lease) {
  if (ids.empty()) return;
  q.execute(for_dialect(q, kRenewSqlite, kRenewPostgres), list_of(q, ids), lease.holder,
            lease.until);
}

std::int64_t give_back(db::Session& q, std::string_view holder, UtcUs now) {
  const std::int64_t count = q.execute(kGiveBack, holder, now);
  if (count > 0) q.notify(kChannel);
  return count;
}
std::int64_t give_back_all(db::Session& q, UtcUs now) { return q.execute(kGiveBackAll, now); }

std::int64_t remove_dead(db::Session& q, UtcUs before, std::int64_t count) {
  return q.execute(kRemoveDead, before, count);
}

std::vector<DepthRow> depths(db::Session& q) { return q.many<DepthRow>(kDepths); }

std::vector<JobRow> list(db::Session& q, std::string_view kind, bool only_dead,
                         std::int64_t limit) {
  if (only_dead) return q.many<JobRow>(kListDead, kind, limit);
  return kind.empty() ? q.many<JobRow>(kList, limit) : q.many<JobRow>(kListOfKind, kind, limit);
}

std::optional<JobRow> find(db::Session& q, std::int64_t id) {
  return q.optional<JobRow>(kFind, id);
}

bool revive(db::Session& q, std::int64_t id, UtcUs now) {
  if (q.execute(kRevive, id, now) == 0) return false;
  q.notify(kChannel);
  return true;
}
bool drop(db::Session& q, std::int64_t id) { return q.execute(kDrop, id) > 0; }

}  // namespace store
}  // namespace ruck::jobs
