#pragma once
// SQL of the rucks' tables, and nothing else. Rules are in the service's files.
#include "db/session.hpp"
#include "services/rucks/rows.hpp"
#include "services/stats/types.hpp"

#include <vector>

namespace ruck::rucks::store {

// Whose ruck and which: what every statement about a ruck starts with.
struct Key {
  UserId user;
  RuckId ruck;
};
BOOST_DESCRIBE_STRUCT(Key, (), (user, ruck))

void insert(db::Session& q, const RuckRow& row);  // with its owner and an empty progress
void update(db::Session& q, const RuckRow& row);
// The row and all that hangs on it; remove_ruck() of track/progress.hpp also closes its version.
bool remove(db::Session& q, Key key);
[[nodiscard]] std::optional<RuckRow> find(db::Session& q, Key key);
[[nodiscard]] std::optional<UserId> owner_of(db::Session& q, RuckId ruck);
[[nodiscard]] std::optional<RuckRow> find_by_client_key(db::Session& q, UserId user,
                                                        const std::string& key);
[[nodiscard]] std::optional<RuckRow> find_by_import_key(db::Session& q, UserId user,
                                                        const std::string& key);
[[nodiscard]] std::optional<RuckRow> find_active(db::Session& q, UserId user);
// The latest on the move, whoever named it: the phone, too.
[[nodiscard]] std::optional<RuckId> under_way(db::Session& q, UserId user);
struct Page {
  std::int64_t limit = 20;
  std::int64_t offset = 0;
  Day first{};  // a ruck under way has no day yet and passes
  Day last{};
  double min_distance_m = 0;
  double min_load_kg = 0;
};
[[nodiscard]] std::vector<RuckRow> list(db::Session& q, UserId user, Page page);
// The one that is best by `measure` among the completed ones, of a length and load at least these.
enum class Measure : std::uint8_t { kDistance, kDuration, kPace, kClimb, kLoad, kEnergy };
[[nodiscard]] std::optional<RuckRow> best(db::Session& q, UserId user, Measure measure,
                                          double min_distance_m);
// The latest completed ones of another user that show the viewer something.
[[nodiscard]] std::vector<RuckRow> recent_visible(db::Session& q, UserId viewer, UserId owner,
                                                  std::int64_t limit);
[[nodiscard]] std::vector<RuckRow> recent_own(db::Session& q, UserId user, std::int64_t limit);
[[nodiscard]] std::vector<RuckRow> all_completed(db::Session& q, UserId user);
[[nodiscard]] stats::DaySums sum_of_day(db::Session& q, UserId user, Day day);
void set_local_day(db::Session& q, Key key, Day day);
// Keys in their order, after the given one: for work that visits every ruck.
[[nodiscard]] std::vector<Key> keys_after(db::Session& q, Key key, std::int64_t limit);
// Open rucks whose row says that nothing has arrived since, the oldest first.
[[nodiscard]] std::vector<Key> open_since(db::Session& q, UtcUs before, std::int64_t limit);
void set_last_arrival(db::Session& q, Key key, UtcUs arrival);
void set_has_photos(db::Session& q, Key key, bool has_photos);
void set_clock_offset(db::Session& q, Key key, std::int64_t minutes);

// The row alone; find_progress() of track/progress.hpp has the batches that were appended since.
[[nodiscard]] std::optional<ProgressRow> progress_row(db::Session& q, Key key);
// A version that no row ever had. Versions are random, not counted: a queue of writes that each
// expect the one before must not meet a number that somebody else has counted up to meanwhile.
[[nodiscard]] std::int64_t new_version();
inline constexpr std::int64_t kNoVersion = -1;  // of no row
// Writes the row if it still has `expected_version`; false if it has another.
[[nodiscard]] bool write_progress(db::Session& q, Key key, std::int64_t expected_version,
                                  const ProgressRow& row);

// Recent batches. Ids ascend.
struct RecentKey {
  std::int64_t id = 0;
  UserId user;
  RuckId ruck;
};
BOOST_DESCRIBE_STRUCT(RecentKey, (), (id, user, ruck))
[[nodiscard]] std::vector<RecentKey> recent_keys(db::Session& q);
[[nodiscard]] std::optional<RecentRow> find_recent(db::Session& q, std::int64_t id, RuckId ruck);
void add_recent(db::Session& q, std::int64_t id, Key key, const RecentRow& row);
// Those before `id`, at most so many; how many there were.
std::int64_t remove_recent(db::Session& q, std::int64_t before, std::int64_t limit);

enum class Track : std::uint8_t { kPoints, kHeartRate };
void add_chunk(db::Session& q, Track track, Key key, const ChunkRow& chunk);
[[nodiscard]] std::vector<ChunkRow> chunks(db::Session& q, Track track, Key key);
[[nodiscard]] std::optional<ChunkRow> last_chunk(db::Session& q, Track track, Key key);
void remove_chunks(db::Session& q, Track track, Key key);

void put_event(db::Session& q, Key key, const EventRow& event);
[[nodiscard]] std::vector<EventRow> events(db::Session& q, Key key);

void put_splits(db::Session& q, Key key,
                const std::vector<SplitRow>& splits);  // instead of the old
[[nodiscard]] std::vector<SplitRow> splits(db::Session& q, Key key, const std::string& unit);

void put_line(db::Session& q, Key key, const LineRow& line);
[[nodiscard]] std::optional<std::string> line(db::Session& q, Key key);
[[nodiscard]] std::optional<ShownRow> shown(db::Session& q, Key key);
[[nodiscard]] std::int64_t privacy_epoch(db::Session& q, UserId user);
// Completed rucks whose shown_epoch is not this one.
[[nodiscard]] std::vector<RuckRow> shown_before(db::Session& q, UserId user, std::int64_t epoch,
                                                std::int64_t limit);

}  // namespace ruck::rucks::store
