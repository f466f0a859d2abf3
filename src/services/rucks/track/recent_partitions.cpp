#include "services/rucks/track/recent_partitions.hpp"

#include "base/text.hpp"
#include "db/failure.hpp"
#include "services/rucks/limits.hpp"
#include "services/rucks/track/recent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace ruck::rucks {
namespace {
using db::Sql;

// 24 bits of period are good until the year 2129.
constexpr int kNumberBits = 39;
constexpr std::int64_t kNumberMask = (std::int64_t{1} << kNumberBits) - 1;
constexpr std::int64_t kStepMax = 1 << 16;  // a million versions of a ruck fit into a period

std::string name_of(std::int64_t period) { return fmt::format("recent_batches_{}", period); }

constexpr auto kOnly = db::Dialect::kPostgres;
constexpr std::string_view kPrefix = "recent_batches_";

// One who makes or drops partitions at a time; the others go on.
const Sql kTryLock{"rucks.partitions_lock", "SELECT pg_try_advisory_xact_lock(7283466)", kOnly};
const Sql kPeriod{
    "rucks.partitions_period",
    fmt::format("SELECT CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) / {}) AS BIGINT)",
                std::chrono::seconds(kRecentPeriod).count()),
    kOnly};
const Sql kPartitions{"rucks.partitions",
                      "SELECT CAST(c.relname AS TEXT) FROM pg_inherits i JOIN pg_class c ON c.oid ="
                      " i.inhrelid WHERE i.inhparent = CAST('recent_batches' AS regclass)",
                      kOnly};
const Sql kIsThere{"rucks.partition_is_there", "SELECT to_regclass($1) IS NOT NULL", kOnly};
const Sql kFind{"rucks.recent_of_ruck",
                "SELECT " + db::columns_of<RecentRow>() +
                    " FROM recent_batches WHERE user_id = $1 AND ruck_id = $2",
                kOnly};
const Sql kIsWritten{"rucks.recent_is_written",
                     "SELECT version FROM recent_batches WHERE user_id = $1 AND ruck_id = $2 AND"
                     " expected_version = $3",
                     kOnly};
// Chains that begin in a stretch of versions: batches that follow what the ruck's row says.
const Sql kUnmerged{"rucks.recent_unmerged",
                    "SELECT r.user_id, r.ruck_id FROM recent_batches r JOIN ruck_progress p ON"
                    " p.user_id = r.user_id AND p.ruck_id = r.ruck_id AND p.version ="
                    " r.expected_version WHERE r.expected_version >= $1 AND r.expected_version < $2"
                    " LIMIT $3",
                    kOnly};

constexpr std::size_t kRowsPerInsert = 16;
std::string insert_of(std::size_t rows) {
  std::string text =
      "INSERT INTO recent_batches (user_id, ruck_id, " + db::columns_of<RecentRow>() + ") VALUES ";
  constexpr std::size_t kColumns = 2 + boost::mp11::mp_size<db::MembersOf<RecentRow>>::value;
  std::size_t number = 1;
  for (std::size_t row = 0; row < rows; ++row) {
    text += row == 0 ? "(" : ", (";
    for (std::size_t column = 0; column < kColumns; ++column) {
      text += fmt::format("{}${}", column == 0 ? "" : ", ", number++);
    }
    text += ")";
  }
  return text + " ON CONFLICT DO NOTHING";
}
const Sql kAppend{"rucks.append_batch", insert_of(1), kOnly};
const Sql kAppendMany{"rucks.append_batches", insert_of(kRowsPerInsert), kOnly};

void add_params(std::vector<db::Param>& params, const store::Key& key, const RecentRow& row) {
  params.push_back(db::to_param(key.user));
  params.push_back(db::to_param(key.ruck));
  boost::mp11::mp_for_each<db::MembersOf<RecentRow>>(
      [&](auto member) { params.push_back(db::to_param(row.*member.pointer)); });
}

bool is_there(db::Session& q, const AppendedBatch& batch) {
  return q.optional<std::int64_t>(kIsWritten, batch.key.user, batch.key.ruck,
                                  batch.row.expected_version) == batch.row.version;
}

void insert(db::Session& q, std::span<AppendedBatch* const> batches) {
  std::vector<db::Param> params;
  for (const AppendedBatch* batch : batches) add_params(params, batch->key, batch->row);
  const Sql& sql = batches.size() == kRowsPerInsert ? kAppendMany : kAppend;
  const std::int64_t written = q.execute_list(sql, params);
  const bool all = written == static_cast<std::int64_t>(batches.size());
  for (AppendedBatch* batch : batches) batch->is_written = all || is_there(q, *batch);
}

// The periods of all partitions, ascending.
std::set<std::int64_t> partitions(db::Session& q) {
  std::set<std::int64_t> periods;
  for (const std::string& name : q.many<std::string>(kPartitions)) {
    const auto period = parse_number<std::int64_t>(std::string_view(name).substr(kPrefix.size()));
    if (period) periods.insert(*period);
  }
  return periods;
}

// A lock on the table waits for those who use it, and all who come later wait behind it.
constexpr const char* kWaitBriefly = "SET LOCAL lock_timeout = '250ms';";
}  // namespace

std::int64_t period_of(std::int64_t version) { return version >> kNumberBits; }

// ---- what this process knows --------------------------------------------------------------------

std::int64_t RecentPartitions::current() const {
  const Guard lock(mutex_);
  const bool is_known = std::chrono::steady_clock::now() - seen_at_ < kRecentPeriodKnown;
  return is_known ? current_ : 0;
}

bool RecentPartitions::takes(std::int64_t version) const {
  const std::int64_t now = current();
  const std::int64_t period = period_of(version);
  return now != 0 && (period == now || period == now - 1);
}

std::int64_t RecentPartitions::version_after(std::int64_t version) const {
  const std::int64_t now = current();
  if (now == 0) return store::new_version();
  thread_local std::mt19937_64 random{std::random_device{}()};
  const std::int64_t step = 1 + static_cast<std::int64_t>(random() % kStepMax);
  const bool goes_on = period_of(version) == now && (version & kNumberMask) < kNumberMask - step;
  if (goes_on) return version + step;
  const auto begin = static_cast<std::int64_t>(random() & (kNumberMask >> 1));
  return (now << kNumberBits) | begin;
}

void RecentPartitions::appended(const store::Key& key) {
  const Guard lock(mutex_);
  schedule_.add(key, std::chrono::steady_clock::now());
}

void RecentPartitions::merged(RuckId ruck) {
  const Guard lock(mutex_);
  schedule_.set(ruck, 0, std::chrono::steady_clock::now());
}

void RecentPartitions::postpone(RuckId ruck) {
  const Guard lock(mutex_);
  schedule_.postpone(ruck, std::chrono::steady_clock::now());
}

std::vector<store::Key> RecentPartitions::due(std::size_t limit) {
  const Guard lock(mutex_);
  return schedule_.due(limit, std::chrono::steady_clock::now());
}

void RecentPartitions::set_current(std::int64_t period) {
  const Guard lock(mutex_);
  current_ = period;
  seen_at_ = std::chrono::steady_clock::now();
}

// ---- units of work ------------------------------------------------------------------------------

void write_batches(db::Session& q, std::span<AppendedBatch* const> batches) {
  std::unordered_set<RuckId> failed;
  std::vector<AppendedBatch*> appended;
  for (AppendedBatch* batch : batches) {
    batch->is_written = false;
    if (!batch->is_whole) {
      appended.push_back(batch);
      continue;
    }
    const Result<bool> merged = merge_with(q, batch->key, batch->row);
    batch->is_written = merged && *merged;
    if (!batch->is_written) failed.insert(batch->key.ruck);
  }
  // In one order everywhere, so that two transactions do not wait for each other in a circle.
  std::ranges::stable_sort(appended, {},
                           [](const AppendedBatch* batch) { return batch->key.ruck; });
  const std::span<AppendedBatch* const> all = appended;
  std::size_t at = 0;
  for (; at + kRowsPerInsert <= all.size(); at += kRowsPerInsert) {
    insert(q, all.subspan(at, kRowsPerInsert));
  }
  for (; at < all.size(); ++at) insert(q, all.subspan(at, 1));
  for (AppendedBatch* batch : appended) {
    if (failed.contains(batch->key.ruck)) batch->is_written = false;
    if (!batch->is_written) failed.insert(batch->key.ruck);
  }
}

void add_partitioned(db::Session& q, store::Key key, Progress& progress) {
  std::unordered_map<std::int64_t, RecentRow> after;  // by the version they follow
  for (RecentRow& row : q.many<RecentRow>(kFind, key.user, key.ruck)) {
    after.emplace(row.expected_version, std::move(row));
  }
  // Each once: a chain ends.
  for (auto next = after.extract(progress.version); !next.empty();
       next = after.extract(progress.version)) {
    const RecentRow& row = next.mapped();
    if (row.arrived_at == UtcUs{}) {
      progress.version = store::kNoVersion;
      return;
    }
    add_batch(progress, row);
  }
}

bool close_version(db::Session& q, store::Key key, std::int64_t version, std::int64_t next) {
  // Whoever comes here has read the ruck's batches: no partition can be dropped under them.
  if (!q.one<bool>(kIsThere, name_of(period_of(version)))) return true;
  std::vector<db::Param> params;
  const RecentRow closed{
      .expected_version = version, .version = next, .points = {}, .heart_rate = {}};
  add_params(params, key, closed);
  return q.execute_list(kAppend, params) == 1;
}

std::int64_t make_partitions(db::Session& q) {
  const auto now = q.one<std::int64_t>(kPeriod);
  std::set<std::int64_t> there = partitions(q);
  if (there.contains(now) && there.contains(now + 1)) return now;
  if (!q.one<bool>(kTryLock)) return there.contains(now) ? now : 0;
  for (const std::int64_t period : {now, now + 1}) {
    // None is made again, however wrong a clock may go.
    if (there.contains(period) || (!there.empty() && period < *there.rbegin())) continue;
    q.run_script(
        kWaitBriefly +
        fmt::format("CREATE TABLE {} PARTITION OF recent_batches FOR VALUES FROM ({}) TO ({})",
                    name_of(period), period << kNumberBits, (period + 1) << kNumberBits));
    there.insert(period);
  }
  return there.contains(now) ? now : 0;
}

std::optional<std::int64_t> oldest_partition(db::Session& q) {
  const std::set<std::int64_t> there = partitions(q);
  if (there.empty()) return std::nullopt;
  const bool is_old = *there.begin() + kRecentPeriodsKept < q.one<std::int64_t>(kPeriod);
  return is_old ? std::optional(*there.begin()) : std::nullopt;
}

OldPartition drop_partition(db::Session& q, std::int64_t period) {
  OldPartition old;
  // The lock comes before the first look, so that the look shows all that was appended.
  q.run_script(kWaitBriefly +
               fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", name_of(period)));
  old.to_merge = q.many<store::Key>(kUnmerged, period << kNumberBits, (period + 1) << kNumberBits,
                                    kLeftoversPerUnit);
  if (!old.to_merge.empty()) return old;
  q.run_script(fmt::format("DROP TABLE {}", name_of(period)));
  old.is_dropped = true;
  return old;
}

}  // namespace ruck::rucks
