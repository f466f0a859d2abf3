#include "services/rucks/store.hpp"

#include "base/random.hpp"
#include "services/people/visibility.hpp"

#include <boost/mp11/algorithm.hpp>

#include <random>

namespace ruck::rucks::store {
namespace {
using db::BytesView;
using db::Sql;

// "$1, $2, …" for as many columns as Row has.
template <class Row>
std::string placeholders(int from = 1) {
  std::string list;
  boost::mp11::mp_for_each<db::MembersOf<Row>>(
      [&](auto) { list += (list.empty() ? "$" : ", $") + std::to_string(from++); });
  return list;
}
// "c = $3, d = $4, …" for all columns of Row but the first `skip`.
template <class Row>
std::string assignments(int skip) {
  std::string list;
  int number = 0;
  boost::mp11::mp_for_each<db::MembersOf<Row>>([&](auto member) {
    if (++number <= skip) return;
    if (!list.empty()) list += ", ";
    list += std::string(member.name) + " = $" + std::to_string(number);
  });
  return list;
}
// Calls fn with all members of the row as arguments.
template <class Row, class Fn, template <class...> class List, class... Members>
auto call_with(const Row& row, Fn fn, List<Members...>) {
  return fn(row.*Members::pointer...);
}
template <class Row, class Fn>
auto with_members(const Row& row, Fn fn) {
  return call_with(row, fn, db::MembersOf<Row>());
}

const std::string kColumns = db::columns_of<RuckRow>();

const Sql kInsert{"rucks.insert",
                  "INSERT INTO rucks (" + kColumns + ") VALUES (" + placeholders<RuckRow>() + ")"};
const Sql kInsertOwner{"rucks.insert_owner",
                       "INSERT INTO ruck_owners (ruck_id, user_id) VALUES ($1, $2)"};
const Sql kInsertProgress{"rucks.insert_progress",
                          "INSERT INTO ruck_progress (user_id, ruck_id, version, state, tail,"
                          " heart_rate_tail, point_count, heart_rate_count, last_arrival_at)"
                          " VALUES ($1, $2, 0, $3, $3, $3, 0, 0, $4)"};
const Sql kUpdate{"rucks.update", "UPDATE rucks SET " + assignments<RuckRow>(2) +
                                      " WHERE user_id = $1 AND id = $2"};
const Sql kDelete{"rucks.delete", "DELETE FROM rucks WHERE user_id = $1 AND id = $2"};
const Sql kDeleteOwner{"rucks.delete_owner", "DELETE FROM ruck_owners WHERE ruck_id = $1"};
const Sql kFind{"rucks.find", "SELECT " + kColumns + " FROM rucks WHERE user_id = $1 AND id = $2"};
const Sql kOwner{"rucks.owner", "SELECT user_id FROM ruck_owners WHERE ruck_id = $1"};
const Sql kFindByClientKey{
    "rucks.find_by_client_key",
    "SELECT " + kColumns + " FROM rucks WHERE user_id = $1 AND client_key = $2"};
const Sql kFindByImportKey{
    "rucks.find_by_import_key",
    "SELECT " + kColumns + " FROM rucks WHERE user_id = $1 AND import_key = $2"};
// The condition repeats the partial index's, so that both databases use it.
const Sql kFindActive{"rucks.find_active",
                      "SELECT " + kColumns +
                          " FROM rucks WHERE user_id = $1 AND"
                          " status IN ('created', 'in_progress', 'paused') AND client_key IS NULL"};
const Sql kUnderWay{"rucks.under_way",
                    "SELECT id FROM rucks WHERE user_id = $1 AND status IN ('in_progress',"
                    " 'paused') ORDER BY started_at DESC, id DESC LIMIT 1"};
const Sql kList{"rucks.list", "SELECT " + kColumns +
                                  " FROM rucks WHERE user_id = $1 AND status <> 'created'"
                                  " AND COALESCE(local_day, $4) BETWEEN $4 AND $5"
                                  " AND distance_m >= $6 AND ruck_weight_kg >= $7"
                                  " ORDER BY listed_at DESC, id DESC LIMIT $2 OFFSET $3"};
std::string best_by(std::string_view measure) {
  return "SELECT " + kColumns +
         " FROM rucks WHERE user_id = $1 AND listed_at > 0 AND status = 'completed'"
         " AND distance_m >= $2 AND " +
         std::string(measure) + " > 0 ORDER BY " + std::string(measure) + " DESC, id LIMIT 1";
}
const db::Sql kBestDistance{"rucks.best_distance", best_by("distance_m")};
const db::Sql kBestDuration{"rucks.best_duration", best_by("duration_s")};
const db::Sql kBestPace{"rucks.best_pace", best_by("distance_m / NULLIF(duration_s, 0)")};
const db::Sql kBestClimb{"rucks.best_climb", best_by("elevation_gain_m")};
const db::Sql kBestLoad{"rucks.best_load", best_by("ruck_weight_kg")};
const db::Sql kBestEnergy{"rucks.best_energy", best_by("calories_kcal")};
const Sql kRecentVisible{"rucks.recent_visible",
                         "SELECT " + db::columns_of<RuckRow>("r.") +
                             " FROM rucks r JOIN users u ON u.id = r.user_id WHERE r.user_id = $2"
                             " AND r.shown_at > 0 AND r.status = 'completed'"
                             " AND r.shown_epoch = u.privacy_epoch AND " +
                             people::visible_to_viewer("r", "u", "$1") +
                             " ORDER BY r.shown_at DESC, r.id DESC LIMIT $3"};
const Sql kRecentOwn{"rucks.recent_own",
                     "SELECT " + kColumns +
                         " FROM rucks WHERE user_id = $1 AND listed_at > 0 AND status = 'completed'"
                         " ORDER BY listed_at DESC, id DESC LIMIT $2"};
const Sql kAllCompleted{"rucks.all_completed",
                        "SELECT " + kColumns +
                            " FROM rucks WHERE user_id = $1 AND listed_at > 0"
                            " AND status = 'completed'"};
// A sum over the rucks that show something to everybody, or to followers alone.
std::string shown_sum(std::string_view visibility, std::string_view what) {
  return ", COALESCE(SUM(CASE WHEN r.visibility = '" + std::string(visibility) +
         "' AND r.shown_at > 0 AND r.shown_epoch = u.privacy_epoch THEN r." + std::string(what) +
         " ELSE 0 END), 0.0)";
}
std::string shown_sums(std::string_view visibility) {
  return ", CAST(COALESCE(SUM(CASE WHEN r.visibility = '" + std::string(visibility) +
         "' AND r.shown_at > 0 AND r.shown_epoch = u.privacy_epoch THEN 1 ELSE 0 END), 0) AS"
         " BIGINT)" +
         shown_sum(visibility, "shown_distance_m") + shown_sum(visibility, "shown_duration_s") +
         shown_sum(visibility, "shown_gain_m") + shown_sum(visibility, "shown_kcal");
}
const Sql kSumOfDay{
    "rucks.sum_of_day",
    "SELECT COUNT(*), COALESCE(SUM(r.distance_m), 0.0), COALESCE(SUM(r.duration_s), 0.0),"
    " COALESCE(SUM(r.moving_s), 0.0), COALESCE(SUM(r.elevation_gain_m), 0.0),"
    " COALESCE(SUM(r.calories_kcal), 0.0), COALESCE(SUM(r.power_points), 0.0),"
    " COALESCE(SUM(r.load_distance_kg_km), 0.0),"
    " COALESCE(SUM(CASE WHEN r.perceived_exertion > 0 THEN r.perceived_exertion * r.duration_s / 60"
    " ELSE 0 END), 0.0),"
    " COALESCE(SUM(CASE WHEN r.perceived_exertion > 0 THEN r.duration_s ELSE 0 END), 0.0),"
    " COALESCE(SUM(r.training_load), 0.0),"
    " COALESCE(SUM(CASE WHEN r.training_load > 0 THEN r.duration_s ELSE 0 END), 0.0)" +
        shown_sums("public") + shown_sums("followers") +
        " FROM rucks r JOIN users u ON u.id = r.user_id WHERE r.user_id = $1 AND r.local_day = $2"
        " AND r.status = 'completed'"};
const Sql kSetLocalDay{"rucks.set_local_day",
                       "UPDATE rucks SET local_day = $3 WHERE user_id = $1 AND id = $2"};
const Sql kSetHasPhotos{"rucks.set_has_photos",
                        "UPDATE rucks SET has_photos = $3 WHERE user_id = $1 AND id = $2"};
const Sql kSetClockOffset{"rucks.set_clock_offset",
                          "UPDATE rucks SET clock_offset_min = $3 WHERE user_id = $1 AND id = $2"};

const Sql kKeysAfter{"rucks.keys_after",
                     "SELECT user_id, id FROM rucks WHERE (user_id, id) > ($1, $2)"
                     " ORDER BY user_id, id LIMIT $3"};
const Sql kOpenSince{"rucks.open_since",
                     "SELECT user_id, id FROM rucks WHERE last_arrival_at <= $1 AND"
                     " status IN ('created', 'in_progress', 'paused')"
                     " ORDER BY last_arrival_at LIMIT $2"};
const Sql kSetLastArrival{"rucks.set_last_arrival",
                          "UPDATE rucks SET last_arrival_at = $3 WHERE user_id = $1 AND id = $2"};

const Sql kFindProgress{"rucks.find_progress",
                        "SELECT " + db::columns_of<ProgressRow>() +
                            " FROM ruck_progress WHERE user_id = $1 AND ruck_id = $2"};
const Sql kAdvance{"rucks.advance_progress",
                   "UPDATE ruck_progress SET version = $4, state = $5, tail = $6,"
                   " heart_rate_tail = $7, point_count = $8, heart_rate_count = $9,"
                   " last_arrival_at = $10 WHERE user_id = $1 AND ruck_id = $2 AND version = $3"};

const Sql kRecentKeys{"rucks.recent_keys",
                      "SELECT id, user_id, ruck_id FROM recent_batches ORDER BY id",
                      db::Dialect::kSqlite};
const Sql kFindRecent{"rucks.find_recent",
                      "SELECT " + db::columns_of<RecentRow>() +
                          " FROM recent_batches WHERE id = $1 AND"
                          " ruck_id = $2",
                      db::Dialect::kSqlite};
const Sql kAddRecent{"rucks.add_recent",
                     "INSERT INTO recent_batches (id, user_id, ruck_id, " +
                         db::columns_of<RecentRow>() + ") VALUES ($1, $2, $3, " +
                         placeholders<RecentRow>(4) + ")",
                     db::Dialect::kSqlite};
// By range, so that whole pages go.
const Sql kRemoveRecent{"rucks.remove_recent",
                        "DELETE FROM recent_batches WHERE id < $1 AND id < $2 + (SELECT MIN(id)"
                        " FROM recent_batches)",
                        db::Dialect::kSqlite};

const Sql kAddPoints{"rucks.add_track_chunk",
                     "INSERT INTO track_chunks (user_id, ruck_id, first_ms, points, packing, data)"
                     " VALUES ($1, $2, $3, $4, $5, $6)"};
const Sql kAddHeartRate{
    "rucks.add_heart_rate_chunk",
    "INSERT INTO heart_rate_chunks (user_id, ruck_id, first_ms, samples, packing,"
    " data) VALUES ($1, $2, $3, $4, $5, $6)"};
const Sql kPoints{"rucks.track_chunks",
                  "SELECT first_ms, points, packing, data FROM track_chunks"
                  " WHERE user_id = $1 AND ruck_id = $2 ORDER BY first_ms"};
const Sql kHeartRate{"rucks.heart_rate_chunks",
                     "SELECT first_ms, samples, packing, data FROM heart_rate_chunks"
                     " WHERE user_id = $1 AND ruck_id = $2 ORDER BY first_ms"};
const Sql kLastPoints{"rucks.last_track_chunk",
                      "SELECT first_ms, points, packing, data FROM track_chunks"
                      " WHERE user_id = $1 AND ruck_id = $2 ORDER BY first_ms DESC LIMIT 1"};
const Sql kLastHeartRate{"rucks.last_heart_rate_chunk",
                         "SELECT first_ms, samples, packing, data FROM heart_rate_chunks"
                         " WHERE user_id = $1 AND ruck_id = $2 ORDER BY first_ms DESC LIMIT 1"};
const Sql kRemovePoints{"rucks.remove_track_chunks",
                        "DELETE FROM track_chunks WHERE user_id = $1 AND ruck_id = $2"};
const Sql kRemoveHeartRate{"rucks.remove_heart_rate_chunks",
                           "DELETE FROM heart_rate_chunks WHERE user_id = $1 AND ruck_id = $2"};

const Sql kPutEvent{"rucks.put_event",
                    "INSERT INTO ruck_events (user_id, ruck_id, at_ms, kind, load_kg)"
                    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, ruck_id, at_ms, kind)"
                    " DO UPDATE SET load_kg = excluded.load_kg"};
const Sql kEvents{"rucks.events", "SELECT " + db::columns_of<EventRow>() +
                                      " FROM ruck_events WHERE user_id = $1 AND ruck_id = $2"
                                      " ORDER BY at_ms, kind"};

const Sql kClearSplits{"rucks.clear_splits",
                       "DELETE FROM splits WHERE user_id = $1 AND ruck_id = $2"};
const Sql kAddSplit{"rucks.add_split", "INSERT INTO splits (user_id, ruck_id, " +
                                           db::columns_of<SplitRow>() + ") VALUES ($1, $2, " +
                                           placeholders<SplitRow>(3) + ")"};
const Sql kSplits{"rucks.splits",
                  "SELECT " + db::columns_of<SplitRow>() +
                      " FROM splits WHERE user_id = $1 AND ruck_id = $2 AND unit = $3"
                      " ORDER BY number"};

const Sql kPutLine{"rucks.put_line",
                   "INSERT INTO ruck_lines (user_id, ruck_id, line, shown, ends)"
                   " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, ruck_id) DO UPDATE SET"
                   " line = excluded.line, shown = excluded.shown, ends = excluded.ends"};
const Sql kShown{"rucks.shown",
                 "SELECT shown, ends FROM ruck_lines WHERE user_id = $1 AND ruck_id = $2"};
const Sql kPrivacyEpoch{"rucks.privacy_epoch", "SELECT privacy_epoch FROM users WHERE id = $1"};
// Two ranges, so that the index finds those before and those after.
const Sql kShownBefore{"rucks.shown_before",
                       "SELECT " + kColumns +
                           " FROM rucks WHERE user_id = $1 AND status = 'completed'"
                           " AND (shown_epoch < $2 OR shown_epoch > $2) ORDER BY id LIMIT $3"};
const Sql kLine{"rucks.line", "SELECT line FROM ruck_lines WHERE user_id = $1 AND ruck_id = $2"};
}  // namespace

void insert(db::Session& q, const RuckRow& row) {
  with_members(row, [&](const auto&... member) { return q.execute(kInsert, member...); });
  q.execute(kInsertOwner, row.id, row.user_id);
  q.execute(kInsertProgress, row.user_id, row.id, BytesView{""}, row.last_arrival_at);
}

void update(db::Session& q, const RuckRow& row) {
  with_members(row, [&](const auto&... member) { return q.execute(kUpdate, member...); });
}

bool remove(db::Session& q, Key key) {
  q.execute(kDeleteOwner, key.ruck);
  return q.execute(kDelete, key.user, key.ruck) == 1;
}

std::optional<RuckRow> find(db::Session& q, Key key) {
  return q.optional<RuckRow>(kFind, key.user, key.ruck);
}

std::optional<UserId> owner_of(db::Session& q, RuckId ruck) {
  return q.optional<UserId>(kOwner, ruck);
}

std::optional<RuckRow> find_by_client_key(db::Session& q, UserId user, const std::string& key) {
  return q.optional<RuckRow>(kFindByClientKey, user, key);
}

std::optional<RuckRow> find_by_import_key(db::Session& q, UserId user, const std::string& key) {
  return q.optional<RuckRow>(kFindByImportKey, user, key);
}

std::optional<RuckRow> find_active(db::Session& q, UserId user) {
  return q.optional<RuckRow>(kFindActive, user);
}

std::optional<RuckId> under_way(db::Session& q, UserId user) {
  return q.optional<RuckId>(kUnderWay, user);
}

std::vector<RuckRow> list(db::Session& q, UserId user, Page page) {
  return q.many<RuckRow>(kList, user, page.limit, page.offset, page.first, page.last,
                         page.min_distance_m, page.min_load_kg);
}

std::optional<RuckRow> best(db::Session& q, UserId user, Measure measure, double min_distance_m) {
  const auto sql = [&]() -> const db::Sql& {
    switch (measure) {
      case Measure::kDistance:
        return kBestDistance;
      case Measure::kDuration:
        return kBestDuration;
      case Measure::kPace:
        return kBestPace;
      case Measure::kClimb:
        return kBestClimb;
      case Measure::kLoad:
        return kBestLoad;
      case Measure::kEnergy:
        break;
    }
    return kBestEnergy;
  };
  return q.optional<RuckRow>(sql(), user, min_distance_m);
}

std::vector<RuckRow> recent_visible(db::Session& q, UserId viewer, UserId owner,
                                    std::int64_t limit) {
  return q.many<RuckRow>(kRecentVisible, viewer, owner, limit);
}

std::vector<RuckRow> recent_own(db::Session& q, UserId user, std::int64_t limit) {
  return q.many<RuckRow>(kRecentOwn, user, limit);
}

std::vector<RuckRow> all_completed(db::Session& q, UserId user) {
  return q.many<RuckRow>(kAllCompleted, user);
}

stats::DaySums sum_of_day(db::Session& q, UserId user, Day day) {
  return q.one<stats::DaySums>(kSumOfDay, user, day);
}

void set_local_day(db::Session& q, Key key, Day day) {
  q.execute(kSetLocalDay, key.user, key.ruck, day);
}

std::vector<Key> keys_after(db::Session& q, Key key, std::int64_t limit) {
  return q.many<Key>(kKeysAfter, key.user, key.ruck, limit);
}

std::vector<Key> open_since(db::Session& q, UtcUs before, std::int64_t limit) {
  return q.many<Key>(kOpenSince, before, limit);
}

void set_last_arrival(db::Session& q, Key key, UtcUs arrival) {
  q.execute(kSetLastArrival, key.user, key.ruck, arrival);
}

void set_has_photos(db::Session& q, Key key, bool has_photos) {
  q.execute(kSetHasPhotos, key.user, key.ruck, has_photos);
}

void set_clock_offset(db::Session& q, Key key, std::int64_t minutes) {
  q.execute(kSetClockOffset, key.user, key.ruck, minutes);
}

std::optional<ProgressRow> progress_row(db::Session& q, Key key) {
  return q.optional<ProgressRow>(kFindProgress, key.user, key.ruck);
}

std::vector<RecentKey> recent_keys(db::Session& q) { return q.many<RecentKey>(kRecentKeys); }

std::optional<RecentRow> find_recent(db::Session& q, std::int64_t id, RuckId ruck) {
  return q.optional<RecentRow>(kFindRecent, id, ruck);
}

void add_recent(db::Session& q, std::int64_t id, Key key, const RecentRow& row) {
  with_members(row, [&](const auto&... member) {
    return q.execute(kAddRecent, id, key.user, key.ruck, member...);
  });
}

std::int64_t remove_recent(db::Session& q, std::int64_t before, std::int64_t limit) {
  return q.execute(kRemoveRecent, before, limit);
}

std::int64_t new_version() {
  thread_local std::mt19937_64 random{random_u64()};
  // The highest bit is set: no period of recent_partitions.hpp has it in the coming decades.
  return static_cast<std::int64_t>((random() >> 2) | (std::uint64_t{1} << 62));
}

bool write_progress(db::Session& q, Key key, std::int64_t expected_version,
                    const ProgressRow& row) {
  return q.execute(kAdvance, key.user, key.ruck, expected_version, row.version, row.state, row.tail,
                   row.heart_rate_tail, row.point_count, row.heart_rate_count,
                   row.last_arrival_at) == 1;
}

void add_chunk(db::Session& q, Track track, Key key, const ChunkRow& chunk) {
  q.execute(track == Track::kPoints ? kAddPoints : kAddHeartRate, key.user, key.ruck,
            chunk.first_ms, chunk.points, chunk.packing, chunk.data);
}

std::vector<ChunkRow> chunks(db::Session& q, Track track, Key key) {
  return q.many<ChunkRow>(track == Track::kPoints ? kPoints : kHeartRate, key.user, key.ruck);
}

std::optional<ChunkRow> last_chunk(db::Session& q, Track track, Key key) {
  return q.optional<ChunkRow>(track == Track::kPoints ? kLastPoints : kLastHeartRate, key.user,
                              key.ruck);
}

void remove_chunks(db::Session& q, Track track, Key key) {
  q.execute(track == Track::kPoints ? kRemovePoints : kRemoveHeartRate, key.user, key.ruck);
}

void put_event(db::Session& q, Key key, const EventRow& event) {
  q.execute(kPutEvent, key.user, key.ruck, event.at_ms, event.kind, event.load_kg);
}

std::vector<EventRow> events(db::Session& q, Key key) {
  return q.many<EventRow>(kEvents, key.user, key.ruck);
}

void put_splits(db::Session& q, Key key, const std::vector<SplitRow>& splits) {
  q.execute(kClearSplits, key.user, key.ruck);
  for (const SplitRow& split : splits) {
    with_members(split, [&](const auto&... member) {
      return q.execute(kAddSplit, key.user, key.ruck, member...);
    });
  }
}

std::vector<SplitRow> splits(db::Session& q, Key key, const std::string& unit) {
  return q.many<SplitRow>(kSplits, key.user, key.ruck, unit);
}

void put_line(db::Session& q, Key key, const LineRow& line) {
  q.execute(kPutLine, key.user, key.ruck, line.line, line.shown, line.ends);
}

std::optional<ShownRow> shown(db::Session& q, Key key) {
  return q.optional<ShownRow>(kShown, key.user, key.ruck);
}

std::int64_t privacy_epoch(db::Session& q, UserId user) {
  return q.optional<std::int64_t>(kPrivacyEpoch, user).value_or(0);
}

std::vector<RuckRow> shown_before(db::Session& q, UserId user, std::int64_t epoch,
                                  std::int64_t limit) {
  return q.many<RuckRow>(kShownBefore, user, epoch, limit);
}

std::optional<std::string> line(db::Session& q, Key key) {
  const auto found = q.optional<db::Bytes>(kLine, key.user, key.ruck);
  return found ? std::optional(found->data) : std::nullopt;
}

}  // namespace ruck::rucks::store
