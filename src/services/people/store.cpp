#include "services/people/store.hpp"

#include "base/assert.hpp"
#include "services/people/visibility.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace ruck::people::store {
namespace {
using db::Sql;

// "$2, $3, …": kBatchMax of them from `first` on. A statement takes that many ids, fewer are filled
// up with NULL, which equals nothing.
std::string many_from(int first, std::size_t count = kBatchMax) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) {
    list += fmt::format("{}${}", i > 0 ? ", " : "", first + static_cast<int>(i));
  }
  return list;
}
// Calls fn with `fixed` and then N optional items.
template <std::size_t N, class T, class Fn, class... Fixed>
auto with_many(const std::vector<T>& items, Fn fn, const Fixed&... fixed) {
  RUCK_ASSERT(items.size() <= N);
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return fn(fixed..., (I < items.size() ? std::optional<T>(items[I]) : std::nullopt)...);
  }(std::make_index_sequence<N>());
}

const std::string kFollowsOwner =
    "EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = $1 AND f.followed_id = u.id)";
const std::string kRequested =
    "EXISTS (SELECT 1 FROM follow_requests fr WHERE fr.follower_id = $1 AND fr.followed_id = u.id)";
const std::string kBlocked =
    "EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = $1 AND b.other_id = u.id)";
const std::string kAccess =
    "SELECT r.id, r.user_id, r.visibility, r.status, u.is_private, " + kFollowsOwner + ", " +
    kBlocked +
    " FROM ruck_owners o JOIN rucks r ON r.user_id = o.user_id AND r.id = o.ruck_id"
    " JOIN users u ON u.id = o.user_id WHERE " +
    not_deleted("o.user_id") + " AND o.ruck_id ";
// The ruck under way of user u that the viewer may follow live, the latest if there are several.
const std::string kActiveRuck =
    "(SELECT r.id FROM rucks r WHERE r.user_id = u.id AND r.status IN ('in_progress', 'paused')"
    " AND " +
    live_for_viewer("r", "u", "$1") + " ORDER BY r.started_at DESC LIMIT 1)";

const Sql kStanding{
    "people.standing",
    "SELECT u.is_private, " + kFollowsOwner +
        ", EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = u.id AND f.followed_id = $1), " +
        kBlocked + ", u.live_audience FROM users u WHERE u.id = $2 AND " + not_deleted("u.id")};
const Sql kStandings{
    "people.standings",
    "SELECT u.is_private,"
    " EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = v.id AND f.followed_id = u.id),"
    " EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = u.id AND f.followed_id = v.id),"
    " EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = v.id AND b.other_id = u.id),"
    " u.live_audience, v.id FROM users u CROSS JOIN users v WHERE u.id = $1 AND v.id IN (" +
        many_from(2) + ") AND " + not_deleted("u.id") + " AND " + not_deleted("v.id")};
const Sql kAccessOne{"people.ruck_access", kAccess + "= $2"};
const Sql kAccessMany{"people.rucks_access", kAccess + "IN (" + many_from(2) + ")"};
const Sql kPrivacy{
    "people.owner_privacy",
    "SELECT CAST(0 AS BIGINT), secret, show_full_totals, privacy_epoch,"
    " CAST(0 AS DOUBLE PRECISION), CAST(0 AS DOUBLE PRECISION), CAST(0 AS DOUBLE PRECISION),"
    " CAST(0 AS BIGINT) FROM users WHERE id = $1"
    " UNION ALL SELECT CAST(1 AS BIGINT), NULL, FALSE, CAST(0 AS BIGINT), lat, lng, radius_m,"
    " CAST(0 AS BIGINT) FROM privacy_zones WHERE user_id = $1"
    " UNION ALL SELECT CAST(1 AS BIGINT), NULL, FALSE, CAST(0 AS BIGINT), lat, lng, radius_m,"
    " CAST(0 AS BIGINT) FROM former_zones WHERE user_id = $1"
    " UNION ALL SELECT CAST(2 AS BIGINT), NULL, FALSE, CAST(0 AS BIGINT), lat, lng, need_m,"
    " number FROM privacy_anchors WHERE user_id = $1"};
const Sql kAddAnchor{"people.add_anchor",
                     "INSERT INTO privacy_anchors (user_id, lat, lng, need_m, number)"
                     " VALUES ($1, $2, $3, $4, (SELECT COALESCE(MAX(number), 0) + 1"
                     " FROM privacy_anchors WHERE user_id = $1))"
                     " ON CONFLICT (user_id, lat, lng) DO NOTHING"};
const Sql kAddFormer{"people.add_former_zone",
                     "INSERT INTO former_zones (user_id, id, lat, lng, radius_m, until)"
                     " VALUES ($1, $2, $3, $4, $5, $6)"};
const Sql kCountFormer{"people.count_former_zones",
                       "SELECT COUNT(*) FROM former_zones WHERE user_id = $1"};
const Sql kOwnersOfFormer{"people.owners_of_former_zones",
                          "SELECT user_id FROM former_zones WHERE until <= $1 ORDER BY until"
                          " LIMIT $2"};
const Sql kRemoveFormer{"people.remove_former_zones",
                        "DELETE FROM former_zones WHERE user_id = $1 AND until <= $2"};
const Sql kNextEpoch{"people.next_privacy_epoch",
                     "UPDATE users SET privacy_epoch = privacy_epoch + 1 WHERE id = $1"};
const Sql kAddRefresh{"people.add_refresh",
                      "INSERT INTO privacy_refreshes (user_id, asked_at) VALUES ($1, $2)"
                      " ON CONFLICT (user_id) DO UPDATE SET asked_at = excluded.asked_at"};
const Sql kRefreshes{"people.refreshes",
                     "SELECT user_id FROM privacy_refreshes ORDER BY asked_at, user_id LIMIT $1"};
const Sql kRemoveRefresh{"people.remove_refresh",
                         "DELETE FROM privacy_refreshes WHERE user_id = $1 AND EXISTS"
                         " (SELECT 1 FROM users WHERE id = $1 AND privacy_epoch = $2)"};

const Sql kPage{"people.page",
                "SELECT u.username, u.avatar_url, u.created_at, u.prefer_metric, u.gender,"
                " COALESCE(c.followers, 0), COALESCE(c.following, 0), " +
                    kActiveRuck + ", " + kRequested +
                    " FROM users u LEFT JOIN user_counts c ON c.user_id = u.id WHERE u.id = $2"};
std::string people_list(std::string_view listed, std::string_view of) {
  return fmt::format(
      "SELECT u.id, u.username, u.avatar_url, u.is_private, l.created_at, {0}, {1}, {5} FROM "
      "follows l"
      " JOIN users u ON u.id = l.{2} WHERE l.{3} = $2 AND {4}"
      " AND (l.created_at, l.{2}) < ($3, $4)"
      " ORDER BY l.created_at DESC, l.{2} DESC LIMIT $5 OFFSET $6",
      kFollowsOwner, kActiveRuck, listed, of, not_blocked("u.id", "$1"), kRequested);
}
const Sql kFollowers{"people.followers", people_list("follower_id", "followed_id")};
const Sql kFollowing{"people.following", people_list("followed_id", "follower_id")};
const Sql kOutNow{"people.out_now",
                  "SELECT u.id, u.username, u.avatar_url, r.id, r.status, r.started_at,"
                  " r.ruck_weight_kg FROM follows l JOIN users u ON u.id = l.followed_id"
                  " JOIN rucks r ON r.user_id = u.id AND r.status IN ('in_progress', 'paused')"
                  " WHERE l.follower_id = $1 AND r.id = " +
                      kActiveRuck + " ORDER BY u.name_key, u.id LIMIT $2"};
const Sql kFollow{"people.follow",
                  "INSERT INTO follows (follower_id, followed_id, created_at) VALUES ($1, $2, $3)"
                  " ON CONFLICT (follower_id, followed_id) DO NOTHING"};
const Sql kUnfollow{"people.unfollow",
                    "DELETE FROM follows WHERE follower_id = $1 AND followed_id = $2"};
const Sql kApproves{"people.approves_followers",
                    "SELECT approve_followers FROM users WHERE id = $1"};
const Sql kRequest{
    "people.request_follow",
    "INSERT INTO follow_requests (follower_id, followed_id, created_at) VALUES ($1, $2, $3)"
    " ON CONFLICT (follower_id, followed_id) DO NOTHING"};
const Sql kDropRequest{"people.drop_request",
                       "DELETE FROM follow_requests WHERE follower_id = $1 AND followed_id = $2"};
const Sql kRequests{"people.follow_requests",
                    "SELECT u.id, u.username, u.avatar_url, r.created_at FROM follow_requests r"
                    " JOIN users u ON u.id = r.follower_id WHERE r.followed_id = $1 AND " +
                        not_deleted("u.id") + " ORDER BY r.created_at, r.follower_id LIMIT $2"};
const Sql kCount{"people.count",
                 "INSERT INTO user_counts (user_id, followers, following) VALUES ($1, $2, $3)"
                 " ON CONFLICT (user_id) DO UPDATE SET"
                 " followers = user_counts.followers + excluded.followers,"
                 " following = user_counts.following + excluded.following"};
const Sql kRecount{
    "people.recount",
    "INSERT INTO user_counts (user_id, followers, following)"
    " SELECT user_id, CAST(SUM(followers) AS BIGINT), CAST(SUM(following) AS BIGINT) FROM"
    " (SELECT followed_id AS user_id, COUNT(*) AS followers, 0 AS following FROM follows"
    " GROUP BY followed_id UNION ALL SELECT follower_id, 0, COUNT(*) FROM follows"
    " GROUP BY follower_id) sides GROUP BY user_id ON CONFLICT (user_id) DO UPDATE SET"
    " followers = excluded.followers, following = excluded.following"};
const Sql kFollowersCount{"people.followers_count",
                          "SELECT followers FROM user_counts WHERE user_id = $1"};
const Sql kCountFollowers{"people.count_followers_again",
                          "UPDATE user_counts SET followers = followers + $2 WHERE user_id IN"
                          " (SELECT followed_id FROM follows WHERE follower_id = $1)"};
const Sql kCountFollowing{"people.count_following_again",
                          "UPDATE user_counts SET following = following + $2 WHERE user_id IN"
                          " (SELECT follower_id FROM follows WHERE followed_id = $1)"};

const Sql kAcquainted{"people.acquainted",
                      "SELECT followed_id FROM follows WHERE follower_id = $1 UNION"
                      " SELECT follower_id FROM follows WHERE followed_id = $1"};

const Sql kBlock{"people.block",
                 "INSERT INTO blocks (user_id, other_id, by_user, by_other, created_at)"
                 " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, other_id) DO UPDATE SET"
                 " by_user = blocks.by_user OR excluded.by_user,"
                 " by_other = blocks.by_other OR excluded.by_other"};
const Sql kUnblockMine{"people.unblock",
                       "UPDATE blocks SET by_user = $3 WHERE user_id = $1 AND other_id = $2"};
const Sql kUnblockTheirs{"people.unblock_other",
                         "UPDATE blocks SET by_other = $3 WHERE user_id = $1 AND other_id = $2"};
const Sql kDropBlock{"people.drop_block",
                     "DELETE FROM blocks WHERE user_id = $1 AND other_id = $2"
                     " AND NOT by_user AND NOT by_other"};
const Sql kBlockedList{
    "people.blocked",
    "SELECT u.id, u.username, u.avatar_url, b.created_at FROM blocks b"
    " JOIN users u ON u.id = b.other_id WHERE b.user_id = $1 AND b.by_user AND " +
        not_deleted("u.id") + " ORDER BY b.created_at DESC, u.id LIMIT $2"};

const Sql kNamesFrom{"people.names_from",
                     "SELECT u.id, u.username, u.avatar_url, u.is_private, " + kFollowsOwner +
                         ", " + kRequested +
                         " FROM users u WHERE u.name_key >= $2 AND u.name_key < $3 AND " +
                         not_blocked("u.id", "$1") + " ORDER BY u.name_key, u.id LIMIT $4"};
// Of each trigram at most so many users, because some are in every second name; who shares most of
// them comes first.
std::string names_like_text() {
  std::string all;
  for (std::size_t i = 0; i < kSearchTrigramsMax; ++i) {
    all += fmt::format(
        "{}SELECT user_id FROM (SELECT user_id FROM name_trigrams WHERE trigram = ${}"
        " ORDER BY user_id LIMIT {}) t{}",
        i > 0 ? " UNION ALL " : "", 4 + i, kTrigramRowsMax, i);
  }
  return "SELECT u.id, u.username, u.avatar_url, u.is_private, " + kFollowsOwner + ", " +
         kRequested + " FROM (SELECT user_id, COUNT(*) AS shared FROM (" + all +
         ") a GROUP BY user_id HAVING COUNT(*) >= $2 ORDER BY COUNT(*) DESC, user_id LIMIT 200) m"
         " JOIN users u ON u.id = m.user_id WHERE " +
         not_blocked("u.id", "$1") +
         " ORDER BY m.shared DESC, LENGTH(u.name_key), u.name_key, u.id LIMIT $3";
}
const Sql kNamesLike{"people.names_like", names_like_text()};

const Sql kZones{"people.zones", "SELECT " + db::columns_of<ZoneRow>() +
                                     " FROM privacy_zones WHERE user_id = $1"
                                     " ORDER BY created_at, id"};
const Sql kPutZone{"people.put_zone",
                   "INSERT INTO privacy_zones (user_id, id, name, lat, lng, radius_m, created_at)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (user_id, id) DO UPDATE SET"
                   " name = excluded.name, lat = excluded.lat, lng = excluded.lng,"
                   " radius_m = excluded.radius_m"};
const Sql kRemoveZone{"people.remove_zone",
                      "DELETE FROM privacy_zones WHERE user_id = $1 AND id = $2"};

void count(db::Session& q, UserId user, int followers, int following) {
  q.execute(kCount, user, followers, following);
}
}  // namespace

std::optional<StandingRow> standing(db::Session& q, UserId viewer, UserId owner) {
  return q.optional<StandingRow>(kStanding, viewer, owner);
}

std::vector<ViewerStandingRow> standings(db::Session& q, const std::vector<UserId>& viewers,
                                         UserId owner) {
  return with_many<kBatchMax>(
      viewers, [&](const auto&... args) { return q.many<ViewerStandingRow>(kStandings, args...); },
      owner);
}

std::vector<AccessRow> access_rows(db::Session& q, UserId viewer,
                                   const std::vector<RuckId>& rucks) {
  if (rucks.size() == 1) return q.many<AccessRow>(kAccessOne, viewer, rucks.front());
  return with_many<kBatchMax>(
      rucks, [&](const auto&... args) { return q.many<AccessRow>(kAccessMany, args...); }, viewer);
}

std::vector<PrivacyRow> privacy_rows(db::Session& q, UserId owner) {
  return q.many<PrivacyRow>(kPrivacy, owner);
}

void add_anchor(db::Session& q, UserId owner, const rucking::Anchor& anchor) {
  q.execute(kAddAnchor, owner, anchor.at.lat_deg, anchor.at.lng_deg, anchor.need_m);
}

void add_former_zone(db::Session& q, UserId owner, const ZoneRow& zone, UtcUs until) {
  q.execute(kAddFormer, owner, Uuid::make_v7(to_ms(until)), zone.lat, zone.lng, zone.radius_m,
            until);
}

std::int64_t count_former_zones(db::Session& q, UserId owner) {
  return q.one<std::int64_t>(kCountFormer, owner);
}

std::vector<UserId> owners_of_former_zones(db::Session& q, UtcUs now, std::int64_t limit) {
  return q.many<UserId>(kOwnersOfFormer, now, limit);
}

std::int64_t remove_former_zones(db::Session& q, UserId owner, UtcUs now) {
  return q.execute(kRemoveFormer, owner, now);
}

void next_privacy_epoch(db::Session& q, UserId owner) { q.execute(kNextEpoch, owner); }

void add_refresh(db::Session& q, UserId owner, UtcUs now) { q.execute(kAddRefresh, owner, now); }

std::vector<UserId> refreshes(db::Session& q, std::int64_t limit) {
  return q.many<UserId>(kRefreshes, limit);
}

bool remove_refresh(db::Session& q, UserId owner, std::int64_t epoch) {
  return q.execute(kRemoveRefresh, owner, epoch) > 0;
}

std::optional<PageRow> page(db::Session& q, UserId viewer, UserId user) {
  return q.optional<PageRow>(kPage, viewer, user);
}

std::vector<PersonRow> followers(db::Session& q, UserId viewer, UserId of, const Slice& s) {
  return q.many<PersonRow>(kFollowers, viewer, of, s.before_us, s.before_id, s.limit, s.offset);
}

std::vector<PersonRow> following(db::Session& q, UserId viewer, UserId of, const Slice& s) {
  return q.many<PersonRow>(kFollowing, viewer, of, s.before_us, s.before_id, s.limit, s.offset);
}

std::vector<OutRow> out_now(db::Session& q, UserId viewer) {
  return q.many<OutRow>(kOutNow, viewer, kOutNowMax);
}

bool add_follow(db::Session& q, Pair pair, UtcUs now) {
  return q.execute(kFollow, pair.from, pair.to, now) > 0;
}

void recount(db::Session& q) { q.execute(kRecount); }

bool follow(db::Session& q, Pair pair, UtcUs now) {
  if (!add_follow(q, pair, now)) return false;
  count(q, pair.from, 0, 1);
  count(q, pair.to, 1, 0);
  return true;
}

bool unfollow(db::Session& q, Pair pair) {
  if (q.execute(kUnfollow, pair.from, pair.to) == 0) return false;
  count(q, pair.from, 0, -1);
  count(q, pair.to, -1, 0);
  return true;
}

bool approves_followers(db::Session& q, UserId user) {
  return q.optional<bool>(kApproves, user).value_or(true);
}

void request(db::Session& q, Pair pair, UtcUs now) { q.execute(kRequest, pair.from, pair.to, now); }

bool drop_request(db::Session& q, Pair pair) {
  return q.execute(kDropRequest, pair.from, pair.to) > 0;
}

std::vector<RequestRow> requests(db::Session& q, UserId user, std::int64_t limit) {
  return q.many<RequestRow>(kRequests, user, limit);
}

std::int64_t followers_count(db::Session& q, UserId user) {
  return q.optional<std::int64_t>(kFollowersCount, user).value_or(0);
}

std::vector<UserId> acquainted(db::Session& q, UserId user) {
  return q.many<UserId>(kAcquainted, user);
}

void count_of_others(db::Session& q, UserId user, int by) {
  q.execute(kCountFollowers, user, by);
  q.execute(kCountFollowing, user, by);
}

void block(db::Session& q, Pair pair, UtcUs now) {
  q.execute(kBlock, pair.from, pair.to, true, false, now);
  q.execute(kBlock, pair.to, pair.from, false, true, now);
}

void unblock(db::Session& q, Pair pair) {
  q.execute(kUnblockMine, pair.from, pair.to, false);
  q.execute(kUnblockTheirs, pair.to, pair.from, false);
  q.execute(kDropBlock, pair.from, pair.to);
  q.execute(kDropBlock, pair.to, pair.from);
}

std::vector<BlockedRow> blocked(db::Session& q, UserId by) {
  return q.many<BlockedRow>(kBlockedList, by, kBlocksShownMax);
}

std::vector<FoundRow> names_from(db::Session& q, UserId viewer, const std::string& prefix,
                                 std::int64_t limit) {
  // The first text after all that begin so: the prefix and the largest code point.
  return q.many<FoundRow>(kNamesFrom, viewer, prefix, prefix + "\xf4\x8f\xbf\xbf", limit);
}

std::vector<FoundRow> names_like(db::Session& q, UserId viewer, const LikeName& name) {
  return with_many<kSearchTrigramsMax>(
      name.trigrams, [&](const auto&... args) { return q.many<FoundRow>(kNamesLike, args...); },
      viewer, name.shared_min, name.limit);
}

std::vector<ZoneRow> zones(db::Session& q, UserId user) { return q.many<ZoneRow>(kZones, user); }

void put_zone(db::Session& q, UserId user, const ZoneRow& z) {
  q.execute(kPutZone, user, z.id, z.name, z.lat, z.lng, z.radius_m, z.created_at);
}

bool remove_zone(db::Session& q, UserId user, ZoneId zone) {
  return q.execute(kRemoveZone, user, zone) > 0;
}

}  // namespace ruck::people::store
