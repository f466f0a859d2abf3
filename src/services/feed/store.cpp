#include "services/feed/store.hpp"

#include "base/assert.hpp"
#include "services/people/visibility.hpp"

#include <fmt/format.h>

#include <utility>

namespace ruck::feed::store {
namespace {
using db::Sql;

// Word for word the condition of the partial indexes in migrations/0016.
constexpr std::string_view kEligible =
    "r.visibility = 'public' AND r.status = 'completed' AND NOT r.is_manual"
    " AND r.shown_duration_s > 180 AND r.shown_distance_m >= 500";

// The columns of FeedRow for ruck r of user u. The viewer is $1. Others get the line that is kept
// for them.
std::string select_from(std::string_view tables) {
  return fmt::format(
      "SELECT r.id, r.user_id, r.title, r.status, r.visibility, r.is_manual,"
      " r.has_photos, r.started_at,"
      " r.completed_at, r.created_at, r.listed_at, r.ruck_weight_kg, r.distance_m, r.duration_s,"
      " r.elevation_gain_m, r.elevation_loss_m, r.calories_kcal, r.shown_started_at, r.shown_at,"
      " r.shown_distance_m, r.shown_duration_s, r.shown_gain_m, r.shown_loss_m, r.shown_kcal,"
      " u.username, u.avatar_url,"
      " u.gender, COALESCE(c.likes, 0), COALESCE(c.comments, 0),"
      " EXISTS (SELECT 1 FROM likes k WHERE k.ruck_id = r.id AND k.user_id = $1),"
      " NOT EXISTS (SELECT 1 FROM rucks e WHERE e.user_id = r.user_id AND e.shown_at > 0"
      " AND e.shown_at < r.shown_at AND e.visibility = 'public'),"
      " CASE WHEN r.user_id = $1 THEN l.line ELSE l.shown END"
      " FROM {} JOIN users u ON u.id = r.user_id LEFT JOIN ruck_counts c ON c.ruck_id = r.id"
      " LEFT JOIN ruck_lines l ON l.user_id = r.user_id AND l.ruck_id = r.id",
      tables);
}

// The CASE ties the condition to both tables: one on users alone makes SQLite read all users for a
// Bloom filter before it looks at the first of the twenty rucks.
std::string shown_in_feed() {
  return "CASE WHEN r.user_id <> $1 THEN u.allow_ruck_sharing END"
         " AND r.shown_epoch = u.privacy_epoch AND " +
         people::visible_to_viewer("r", "u", "$1");
}

std::string feed_text(std::string_view key) {
  return fmt::format(
      "{0} WHERE {1} AND {2} AND (r.{3}, r.id) < ($2, $3)"
      " ORDER BY r.{3} DESC, r.id DESC LIMIT $4 OFFSET $5",
      select_from("rucks r"), kEligible, shown_in_feed(), key);
}

// Through all rucks of those one follows since $6, by the index rucks_of_followed; what a card
// needs is read of the page alone.
std::string following_text(std::string_view key) {
  const std::string page = fmt::format(
      "(SELECT r.user_id, r.id FROM follows f JOIN rucks r ON r.user_id = f.followed_id"
      " JOIN users u ON u.id = r.user_id WHERE f.follower_id = $1 AND r.shown_at > $6"
      " AND r.status = 'completed' AND NOT r.is_manual AND r.shown_duration_s > 180"
      " AND r.shown_distance_m >= 500 AND {0} AND (r.{1}, r.id) < ($2, $3)"
      " ORDER BY r.{1} DESC, r.id DESC LIMIT $4 OFFSET $5) n"
      " JOIN rucks r ON r.user_id = n.user_id AND r.id = n.id",
      shown_in_feed(), key);
  return fmt::format("{0} ORDER BY r.{1} DESC, r.id DESC", select_from(page), key);
}

// The newest of each cell, then the newest of these. $4 is limit and offset together, for the
// cells.
std::string nearby_text() {
  std::string cells;
  for (std::size_t i = 0; i < kCells; ++i) {
    cells += fmt::format(
        "{0}SELECT user_id, id FROM (SELECT r.user_id, r.id FROM rucks r"
        " JOIN users u ON u.id = r.user_id WHERE r.place_cell = ${1} AND {2} AND {3}"
        " AND (r.shown_at, r.id) < ($2, $3) ORDER BY r.shown_at DESC, r.id DESC LIMIT $4) c{4}",
        i > 0 ? " UNION ALL " : "", 7 + i, kEligible, shown_in_feed(), i);
  }
  return select_from("(" + cells + ") n JOIN rucks r ON r.user_id = n.user_id AND r.id = n.id") +
         " ORDER BY r.shown_at DESC, r.id DESC LIMIT $5 OFFSET $6";
}

const Sql kFeedRecent{"feed.recent", feed_text("shown_at")};
const Sql kFeedDistance{"feed.by_distance", feed_text("shown_distance_m")};
const Sql kFeedDuration{"feed.by_duration", feed_text("shown_duration_s")};
const Sql kFeedCalories{"feed.by_calories", feed_text("shown_kcal")};
const Sql kFeedClimb{"feed.by_climb", feed_text("shown_gain_m")};
const Sql kFollowingRecent{"feed.following_recent", following_text("shown_at")};
const Sql kFollowingDistance{"feed.following_by_distance", following_text("shown_distance_m")};
const Sql kFollowingDuration{"feed.following_by_duration", following_text("shown_duration_s")};
const Sql kFollowingCalories{"feed.following_by_calories", following_text("shown_kcal")};
const Sql kFollowingClimb{"feed.following_by_climb", following_text("shown_gain_m")};
const Sql kNearby{"feed.nearby", nearby_text()};
const Sql kOfUser{"feed.of_user",
                  select_from("rucks r") +
                      " WHERE r.user_id = $2 AND r.shown_at > 0 AND r.status = 'completed'"
                      " AND r.shown_epoch = u.privacy_epoch AND " +
                      people::visible_to_viewer("r", "u", "$1") +
                      " AND (r.shown_at, r.id) < ($3, $4)"
                      " ORDER BY r.shown_at DESC, r.id DESC LIMIT $5 OFFSET $6"};
const Sql kOwn{"feed.own", select_from("rucks r") +
                               " WHERE r.user_id = $1 AND r.listed_at > 0"
                               " AND r.status = 'completed' AND (r.listed_at, r.id) < ($2, $3)"
                               " ORDER BY r.listed_at DESC, r.id DESC LIMIT $4 OFFSET $5"};

const Sql kKeys{"feed.keys",
                "SELECT r.user_id, r.listed_at, r.shown_at, r.shown_distance_m,"
                " r.shown_duration_s, r.shown_kcal, r.shown_gain_m"
                " FROM ruck_owners o JOIN rucks r ON r.user_id = o.user_id"
                " AND r.id = o.ruck_id JOIN users u ON u.id = r.user_id WHERE o.ruck_id = $2"
                " AND r.status = 'completed' AND (r.user_id = $1 OR (r.shown_at > 0"
                " AND r.shown_epoch = u.privacy_epoch)) AND " +
                    people::visible_to_viewer("r", "u", "$1")};

const Sql kLikes{"feed.likes",
                 "SELECT k.id, k.user_id, u.username, u.avatar_url, k.created_at FROM likes k"
                 " JOIN users u ON u.id = k.user_id WHERE k.ruck_id = $2 AND " +
                     people::not_blocked("k.user_id", "$1") +
                     " ORDER BY k.created_at DESC, k.user_id DESC LIMIT $3"};
const Sql kLike{"feed.like",
                "INSERT INTO likes (ruck_id, user_id, id, created_at) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (ruck_id, user_id) DO NOTHING"};
const Sql kUnlike{"feed.unlike", "DELETE FROM likes WHERE ruck_id = $1 AND user_id = $2"};
const Sql kCount{"feed.count",
                 "INSERT INTO ruck_counts (ruck_id, likes, comments) VALUES ($1, $2, $3)"
                 " ON CONFLICT (ruck_id) DO UPDATE SET likes = ruck_counts.likes + excluded.likes,"
                 " comments = ruck_counts.comments + excluded.comments"};

const std::string kCounts =
    "SELECT o.ruck_id, COALESCE(c.likes, 0), COALESCE(c.comments, 0),"
    " EXISTS (SELECT 1 FROM likes k WHERE k.ruck_id = o.ruck_id AND k.user_id = $1)"
    " FROM ruck_owners o LEFT JOIN ruck_counts c ON c.ruck_id = o.ruck_id WHERE o.ruck_id ";
std::string batch_placeholders() {
  std::string list;
  for (std::size_t i = 0; i < kLikesBatchMax; ++i) {
    list += fmt::format("{}${}", i > 0 ? ", " : "", 2 + i);
  }
  return list;
}
const Sql kCountsOne{"feed.counts", kCounts + "= $2"};
const Sql kCountsMany{"feed.counts_batch", kCounts + "IN (" + batch_placeholders() + ")"};

const std::string kCommentColumns =
    "SELECT c.id, c.ruck_id, c.user_id, c.content, c.created_at, c.updated_at, u.username,"
    " u.avatar_url FROM comments c JOIN users u ON u.id = c.user_id WHERE ";
const Sql kComments{"feed.comments", kCommentColumns + "c.ruck_id = $2 AND " +
                                         people::not_blocked("c.user_id", "$1") +
                                         " ORDER BY c.created_at DESC, c.id DESC LIMIT $3"};
const Sql kComment{"feed.comment", kCommentColumns + "c.id = $1"};
const Sql kAddComment{"feed.add_comment",
                      "INSERT INTO comments (id, ruck_id, user_id, content, created_at, updated_at)"
                      " VALUES ($1, $2, $3, $4, $5, $5)"};
const Sql kChangeComment{"feed.change_comment",
                         "UPDATE comments SET content = $2, updated_at = $3 WHERE id = $1"};
const Sql kRemoveComment{"feed.remove_comment", "DELETE FROM comments WHERE id = $1"};

const Sql kReacted{"feed.reacted",
                   "SELECT user_id FROM (SELECT user_id FROM likes WHERE ruck_id = $1"
                   " ORDER BY created_at DESC, user_id DESC LIMIT $2) k"
                   " UNION SELECT user_id FROM (SELECT user_id FROM comments WHERE ruck_id = $1"
                   " ORDER BY created_at DESC, id DESC LIMIT $2) c"};
// Through the owner's rucks: each is one look into the index by ruck and time.
std::string received_in(std::string_view table) {
  return fmt::format(
      "(SELECT COUNT(*) FROM rucks r JOIN {} k ON k.ruck_id = r.id WHERE r.user_id = $1"
      " AND k.user_id <> $1 AND k.created_at >= $2 AND k.created_at < $3 AND {})",
      table, people::not_blocked("k.user_id", "$1"));
}
const Sql kReceived{"feed.received",
                    "SELECT " + received_in("likes") + ", " + received_in("comments")};
const Sql kCountLikesOf{"feed.count_likes_of",
                        "UPDATE ruck_counts SET likes = likes + $2 WHERE ruck_id IN"
                        " (SELECT ruck_id FROM likes WHERE user_id = $1)"};
const Sql kCountCommentsOf{
    "feed.count_comments_of",
    "UPDATE ruck_counts SET comments = comments + $2 * (SELECT COUNT(*) FROM comments c"
    " WHERE c.ruck_id = ruck_counts.ruck_id AND c.user_id = $1)"
    " WHERE ruck_id IN (SELECT ruck_id FROM comments WHERE user_id = $1)"};

const Sql& of(Sort sort, const Sql& recent, const Sql& distance, const Sql& duration,
              const Sql& calories, const Sql& climb) {
  switch (sort) {
    case Sort::kDistance:
      return distance;
    case Sort::kDuration:
      return duration;
    case Sort::kCalories:
      return calories;
    case Sort::kClimb:
      return climb;
    case Sort::kRecent:
    case Sort::kNearby:
      break;
  }
  return recent;
}
std::int64_t whole_key(const Slice& slice) { return static_cast<std::int64_t>(slice.key); }
}  // namespace

std::optional<KeysRow> keys(db::Session& q, UserId viewer, RuckId ruck) {
  return q.optional<KeysRow>(kKeys, viewer, ruck);
}

std::vector<FeedRow> feed(db::Session& q, UserId viewer, Sort sort, const Slice& s) {
  const Sql& sql = of(sort, kFeedRecent, kFeedDistance, kFeedDuration, kFeedCalories, kFeedClimb);
  if (&sql == &kFeedRecent) {
    return q.many<FeedRow>(sql, viewer, whole_key(s), s.id, s.limit, s.offset);
  }
  return q.many<FeedRow>(sql, viewer, s.key, s.id, s.limit, s.offset);
}

std::vector<FeedRow> following(db::Session& q, UserId viewer, Sort sort, const Slice& s,
                               UtcUs since) {
  const Sql& sql = of(sort, kFollowingRecent, kFollowingDistance, kFollowingDuration,
                      kFollowingCalories, kFollowingClimb);
  if (&sql == &kFollowingRecent) {
    return q.many<FeedRow>(sql, viewer, whole_key(s), s.id, s.limit, s.offset, since);
  }
  return q.many<FeedRow>(sql, viewer, s.key, s.id, s.limit, s.offset, since);
}

std::vector<FeedRow> nearby(db::Session& q, UserId viewer,
                            const std::array<std::int64_t, kCells>& cells, const Slice& s) {
  return std::apply(
      [&](const auto&... cell) {
        return q.many<FeedRow>(kNearby, viewer, whole_key(s), s.id, s.limit + s.offset, s.limit,
                               s.offset, cell...);
      },
      cells);
}

std::vector<FeedRow> of_user(db::Session& q, UserId viewer, UserId user, const Slice& s) {
  return q.many<FeedRow>(kOfUser, viewer, user, whole_key(s), s.id, s.limit, s.offset);
}

std::vector<FeedRow> own(db::Session& q, UserId user, const Slice& s) {
  return q.many<FeedRow>(kOwn, user, whole_key(s), s.id, s.limit, s.offset);
}

std::vector<LikeRow> likes(db::Session& q, UserId viewer, RuckId ruck) {
  return q.many<LikeRow>(kLikes, viewer, ruck, kLikesShownMax);
}

bool like(db::Session& q, UserId user, RuckId ruck, UtcUs now) {
  if (q.execute(kLike, ruck, user, Uuid::make_v7(to_ms(now)), now) == 0) return false;
  q.execute(kCount, ruck, 1, 0);
  return true;
}

bool unlike(db::Session& q, UserId user, RuckId ruck) {
  if (q.execute(kUnlike, ruck, user) == 0) return false;
  q.execute(kCount, ruck, -1, 0);
  return true;
}

CountsRow counts(db::Session& q, UserId viewer, RuckId ruck) {
  return q.optional<CountsRow>(kCountsOne, viewer, ruck).value_or(CountsRow{.ruck_id = ruck});
}

std::vector<CountsRow> counts(db::Session& q, UserId viewer, const std::vector<RuckId>& rucks) {
  RUCK_ASSERT(rucks.size() <= kLikesBatchMax);
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return q.many<CountsRow>(
        kCountsMany, viewer,
        (I < rucks.size() ? std::optional<RuckId>(rucks[I]) : std::nullopt)...);
  }(std::make_index_sequence<kLikesBatchMax>());
}

std::vector<CommentRow> comments(db::Session& q, UserId viewer, RuckId ruck) {
  return q.many<CommentRow>(kComments, viewer, ruck, kCommentsShownMax);
}

std::optional<CommentRow> comment(db::Session& q, CommentId id) {
  return q.optional<CommentRow>(kComment, id);
}

void add_comment(db::Session& q, const NewComment& c, UtcUs now) {
  q.execute(kAddComment, c.id, c.ruck_id, c.user_id, c.content, now);
  q.execute(kCount, c.ruck_id, 0, 1);
}

void change_comment(db::Session& q, CommentId id, const std::string& content, UtcUs now) {
  q.execute(kChangeComment, id, content, now);
}

void remove_comment(db::Session& q, const CommentRow& comment) {
  if (q.execute(kRemoveComment, comment.id) > 0) q.execute(kCount, comment.ruck_id, 0, -1);
}

std::vector<UserId> reacted(db::Session& q, RuckId ruck, std::int64_t limit) {
  return q.many<UserId>(kReacted, ruck, limit);
}

ReceivedRow received(db::Session& q, UserId owner, UtcUs from, UtcUs until) {
  return q.one<ReceivedRow>(kReceived, owner, from, until);
}

void count_of(db::Session& q, UserId user, int by) {
  q.execute(kCountLikesOf, user, by);
  q.execute(kCountCommentsOf, user, by);
}

}  // namespace ruck::feed::store
