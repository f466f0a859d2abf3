#include "services/notify/store.hpp"

#include "base/random.hpp"
#include "db/postgres_array.hpp"
#include "services/notify/limits.hpp"
#include "services/people/visibility.hpp"

#include <fmt/format.h>

namespace ruck::notify::store {
namespace {
using db::Sql;

// An id: the days since 2020, then room for a day's notifications. It begins at a random number and
// goes on in random steps, so that one which was taken out of the list is not given again.
constexpr auto kIdEpoch = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);
constexpr int kIdDayShift = 30;
constexpr std::uint64_t kIdStartMax = std::uint64_t{1} << 20;
constexpr std::uint64_t kIdStepMax = std::uint64_t{1} << 10;

// n: the notification, a: who did it. $1 is the user.
const std::string kSelect =
    "SELECT n.id, n.kind, n.actor_id, n.ruck_id, n.data, n.is_listed, n.created_at, n.read_at,"
    " a.username FROM notifications n JOIN users a ON a.id = n.actor_id WHERE n.user_id = $1 AND ";

// The ruck it is about may be seen, and of a start: watched live.
std::string ruck_may_be_seen() {
  return fmt::format(
      "(n.ruck_id IS NULL OR EXISTS (SELECT 1 FROM ruck_owners w"
      " JOIN rucks r ON r.user_id = w.user_id AND r.id = w.ruck_id"
      " JOIN users o ON o.id = w.user_id WHERE w.ruck_id = n.ruck_id"
      " AND CASE n.kind WHEN 'ruck_started' THEN {} ELSE {} END))",
      people::live_for_viewer("r", "o", "$1"), people::visible_to_viewer("r", "o", "$1"));
}

// What was done was not taken back.
std::string still_holds() {
  constexpr std::string_view kHasLiked =
      "EXISTS (SELECT 1 FROM likes k WHERE k.ruck_id = n.ruck_id AND k.user_id = n.actor_id)";
  constexpr std::string_view kHasCommented =
      "EXISTS (SELECT 1 FROM comments c WHERE c.id = n.object)";
  const auto follows = [](std::string_view table, std::string_view from, std::string_view to) {
    return fmt::format(
        "EXISTS (SELECT 1 FROM {} f WHERE f.follower_id = {} AND f.followed_id = {})", table, from,
        to);
  };
  return fmt::format(
      "CASE n.kind WHEN 'ruck_like' THEN {0} WHEN 'ruck_activity_like' THEN {0}"
      " WHEN 'ruck_comment' THEN {1} WHEN 'ruck_activity_comment' THEN {1}"
      " WHEN 'follow' THEN {2} WHEN 'follow_request' THEN {3} WHEN 'follow_approved' THEN {4}"
      " ELSE TRUE END",
      kHasLiked, kHasCommented, follows("follows", "n.actor_id", "$1"),
      follows("follow_requests", "n.actor_id", "$1"), follows("follows", "$1", "n.actor_id"));
}

// Asked again each time. Neither has blocked the other, and nobody is being deleted, comes first.
std::string may_be_shown() {
  return fmt::format("{} AND {} AND {}", people::not_blocked("n.actor_id", "$1"),
                     ruck_may_be_seen(), still_holds());
}

const Sql kListed{"notify.listed",
                  kSelect + "n.is_listed AND " + may_be_shown() + " ORDER BY n.id DESC LIMIT $2"};
const Sql kUnread{"notify.unread", kSelect + "n.read_at IS NULL AND n.is_listed AND " +
                                       may_be_shown() + " ORDER BY n.id DESC LIMIT $2"};
const Sql kUnreadGroup{"notify.unread_group",
                       kSelect +
                           "n.read_at IS NULL AND n.is_listed AND n.kind = $3"
                           " AND COALESCE(n.ruck_id, 0) = $4 AND " +
                           may_be_shown() + " ORDER BY n.id DESC LIMIT $2"};
const Sql kFind{"notify.find", kSelect + "n.id = $2 AND " + may_be_shown()};

const Sql kAdd{"notify.add",
               "INSERT INTO notifications (user_id, id, kind, actor_id, object, ruck_id, data,"
               " is_listed, created_at) VALUES ($1, (SELECT CASE WHEN COALESCE(MAX(m.id), 0) >= $2"
               " THEN MAX(m.id) + $3 ELSE $2 END FROM notifications m WHERE m.user_id = $1), $4,"
               " $5, $6, $7, $8, $9, $10)"
               " ON CONFLICT (user_id, kind, actor_id, object) DO NOTHING RETURNING id"};
const Sql kTrim{"notify.trim",
                "DELETE FROM notifications WHERE user_id = $1 AND id <= (SELECT n.id"
                " FROM notifications n WHERE n.user_id = $1 ORDER BY n.id DESC LIMIT 1 OFFSET $2)"};
const Sql kAddForAll{
    "notify.add_for_all",
    "INSERT INTO notifications (user_id, id, kind, actor_id, object, ruck_id, data, is_listed,"
    " created_at) SELECT r.user_id, CASE WHEN COALESCE(l.id, 0) >= r.first_id THEN l.id + r.step"
    " ELSE r.first_id END, $5, $6, $7, $8, $9, r.is_listed, $10"
    " FROM unnest(CAST($1 AS UUID[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[]),"
    " CAST($4 AS BOOLEAN[])) AS r (user_id, first_id, step, is_listed)"
    " LEFT JOIN LATERAL (SELECT MAX(n.id) AS id FROM notifications n"
    " WHERE n.user_id = r.user_id) l ON TRUE"
    " ON CONFLICT (user_id, kind, actor_id, object) DO NOTHING RETURNING user_id, id",
    db::Dialect::kPostgres};
const Sql kTrimAll{"notify.trim_all",
                   "DELETE FROM notifications d USING unnest(CAST($1 AS UUID[])) AS r (user_id),"
                   " LATERAL (SELECT n.id FROM notifications n WHERE n.user_id = r.user_id"
                   " ORDER BY n.id DESC LIMIT 1 OFFSET $2) o"
                   " WHERE d.user_id = r.user_id AND d.id <= o.id",
                   db::Dialect::kPostgres};
const Sql kRemove{"notify.remove", "DELETE FROM notifications WHERE user_id = $1 AND id = $2"};

struct StoredRow {
  std::string kind;
  std::optional<RuckId> ruck_id;
  std::optional<UtcUs> read_at;
};
BOOST_DESCRIBE_STRUCT(StoredRow, (), (kind, ruck_id, read_at))
const Sql kStored{"notify.stored",
                  "SELECT kind, ruck_id, read_at FROM notifications"
                  " WHERE user_id = $1 AND id = $2 AND is_listed"};
const std::string kGroup =
    " WHERE user_id = $1 AND id <= $2 AND read_at IS NULL AND kind = $4"
    " AND COALESCE(ruck_id, 0) = $5";
const Sql kReadOne{"notify.read",
                   "UPDATE notifications SET read_at = $3"
                   " WHERE user_id = $1 AND id = $2 AND read_at IS NULL"};
const Sql kReadGroup{"notify.read_group", "UPDATE notifications SET read_at = $3" + kGroup};
const Sql kReadAll{"notify.read_all",
                   "UPDATE notifications SET read_at = $2"
                   " WHERE user_id = $1 AND read_at IS NULL"};
const Sql kUnlistOne{"notify.unlist",
                     "UPDATE notifications SET is_listed = $4, read_at = COALESCE(read_at, $3)"
                     " WHERE user_id = $1 AND id = $2"};
const Sql kUnlistGroup{"notify.unlist_group",
                       "UPDATE notifications SET is_listed = $6, read_at = $3" + kGroup};

const Sql kForget{"notify.forget",
                  "DELETE FROM notifications WHERE user_id = $1 AND kind = $2 AND actor_id = $3"
                  " AND read_at IS NULL"};
const Sql kForgetLike{"notify.forget_like",
                      "DELETE FROM notifications WHERE ruck_id = $1 AND actor_id = $2"
                      " AND kind IN ('ruck_like', 'ruck_activity_like') AND read_at IS NULL"};
const Sql kForgetComment{"notify.forget_comment",
                         "DELETE FROM notifications WHERE ruck_id = $1 AND object = $2"
                         " AND kind IN ('ruck_comment', 'ruck_activity_comment')"
                         " AND read_at IS NULL"};
struct KeyRow {
  UserId user_id;
  NotificationId id;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (user_id, id))
const Sql kOld{"notify.old",
               "SELECT user_id, id FROM notifications WHERE created_at < $1"
               " ORDER BY created_at LIMIT $2"};

const std::string kChoices =
    "SELECT u.id, s.choices, s.quiet_start_min, s.quiet_end_min, u.time_zone,"
    " u.notification_buddies, s.digest_week";
const std::string kOfUser = kChoices +
                            " FROM users u LEFT JOIN notification_settings s ON s.user_id = u.id"
                            " WHERE u.id = $1";
const Sql kRecipient{"notify.recipient", kOfUser + " AND " + people::not_deleted("u.id")};
const Sql kEvenHidden{"notify.even_hidden", kOfUser};
// The rule of live following is a column, not a condition: a page is so many followers, however few
// of them may watch.
const Sql kFollowers{"notify.followers",
                     kChoices + ", l.created_at, " +
                         people::live_for_viewer("r", "o", "l.follower_id") +
                         " FROM follows l JOIN users u ON u.id = l.follower_id"
                         " JOIN users o ON o.id = l.followed_id"
                         " JOIN rucks r ON r.user_id = l.followed_id AND r.id = $2"
                         " LEFT JOIN notification_settings s ON s.user_id = u.id"
                         " WHERE l.followed_id = $1 AND (l.created_at, l.follower_id) > ($3, $4)"
                         " ORDER BY l.created_at, l.follower_id LIMIT $5"};
const Sql kPutSettings{
    "notify.put_settings",
    "INSERT INTO notification_settings (user_id, choices, quiet_start_min, quiet_end_min,"
    " updated_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id) DO UPDATE SET"
    " choices = excluded.choices, quiet_start_min = excluded.quiet_start_min,"
    " quiet_end_min = excluded.quiet_end_min, updated_at = excluded.updated_at"};

const Sql kPlanDigest{
    "notify.plan_digest",
    "UPDATE notification_settings SET digest_week = $2, digest_at = $3 WHERE user_id = $1"};
const Sql kMoveDigest{"notify.move_digest",
                      "UPDATE notification_settings SET digest_week = $3, digest_at = $4"
                      " WHERE user_id = $1 AND digest_week = $2"};
const Sql kDueDigests{"notify.due_digests",
                      kChoices +
                          " FROM notification_settings s JOIN users u ON u.id = s.user_id"
                          " WHERE s.digest_at <= $1 ORDER BY s.digest_at LIMIT $2"};

std::int64_t first_id_of(UtcUs now) {
  const std::int64_t day = (std::chrono::floor<std::chrono::days>(now) - kIdEpoch).count();
  return (day << kIdDayShift) + static_cast<std::int64_t>(random_u64() % kIdStartMax);
}
std::int64_t random_step() { return static_cast<std::int64_t>(1 + random_u64() % kIdStepMax); }
}  // namespace

std::vector<NotificationRow> listed(db::Session& q, UserId user) {
  return q.many<NotificationRow>(kListed, user, kKeptMax);
}

std::vector<NotificationRow> unread(db::Session& q, UserId user) {
  return q.many<NotificationRow>(kUnread, user, kKeptMax);
}

std::vector<NotificationRow> unread_group(db::Session& q, UserId user, std::string_view kind,
                                          std::optional<RuckId> ruck) {
  return q.many<NotificationRow>(kUnreadGroup, user, kKeptMax, kind, ruck ? ruck->value() : 0);
}

std::optional<NotificationRow> find(db::Session& q, UserId user, NotificationId id) {
  return q.optional<NotificationRow>(kFind, user, id);
}

std::optional<NotificationId> add(db::Session& q, const NewNotification& n, UtcUs now) {
  const std::int64_t step = random_step();
  const auto id = q.optional<NotificationId>(kAdd, n.user, first_id_of(now), step, n.kind, n.actor,
                                             n.object, n.ruck, n.data, n.is_listed, now);
  if (id) q.execute(kTrim, n.user, kKeptMax);
  return id;
}

std::vector<Added> add_for_all(db::Session& q, const NewNotification& n,
                               std::span<const NewRecipient> recipients, UtcUs now) {
  std::vector<Added> added;
  if (q.dialect() == db::Dialect::kSqlite) {
    NewNotification one = n;
    for (const NewRecipient& recipient : recipients) {
      one.user = recipient.user;
      one.is_listed = recipient.is_listed;
      if (const auto id = add(q, one, now)) added.push_back({recipient.user, *id});
    }
    return added;
  }
  db::PostgresArray users;
  db::PostgresArray firsts;
  db::PostgresArray steps;
  db::PostgresArray listed;
  for (const NewRecipient& recipient : recipients) {
    users.add(recipient.user.value().to_string());
    firsts.add(first_id_of(now));
    steps.add(random_step());
    listed.add(recipient.is_listed);
  }
  added = q.many<Added>(kAddForAll, users.text(), firsts.text(), steps.text(), listed.text(),
                        n.kind, n.actor, n.object, n.ruck, n.data, now);
  q.execute(kTrimAll, users.text(), kKeptMax);
  return added;
}

void remove(db::Session& q, UserId user, NotificationId id) { q.execute(kRemove, user, id); }

std::optional<Shown> shown(db::Session& q, UserId user, NotificationId id) {
  auto row = q.optional<StoredRow>(kStored, user, id);
  if (!row) return std::nullopt;
  const KindRow* kind = find_kind(row->kind);
  return Shown{.user = user,
               .id = id,
               .is_group = kind != nullptr && kind->groups && !row->read_at,
               .kind = std::move(row->kind),
               .ruck = row->ruck_id ? row->ruck_id->value() : 0};
}

void read(db::Session& q, const Shown& s, UtcUs now) {
  if (s.is_group) {
    q.execute(kReadGroup, s.user, s.id, now, s.kind, s.ruck);
  } else {
    q.execute(kReadOne, s.user, s.id, now);
  }
}

void read_all(db::Session& q, UserId user, UtcUs now) { q.execute(kReadAll, user, now); }

void unlist(db::Session& q, const Shown& s, UtcUs now) {
  if (s.is_group) {
    q.execute(kUnlistGroup, s.user, s.id, now, s.kind, s.ruck, false);
  } else {
    q.execute(kUnlistOne, s.user, s.id, now, false);
  }
}

void forget(db::Session& q, UserId user, std::string_view kind, UserId actor) {
  q.execute(kForget, user, kind, actor);
}

void forget_like(db::Session& q, RuckId ruck, UserId actor) { q.execute(kForgetLike, ruck, actor); }

void forget_comment(db::Session& q, RuckId ruck, const Uuid& comment) {
  q.execute(kForgetComment, ruck, comment);
}

std::int64_t prune(db::Session& q, UtcUs before, std::int64_t limit) {
  const auto old = q.many<KeyRow>(kOld, before, limit);
  for (const KeyRow& key : old) remove(q, key.user_id, key.id);
  return std::ssize(old);
}

std::optional<RecipientRow> recipient(db::Session& q, UserId user) {
  return q.optional<RecipientRow>(kRecipient, user);
}

std::optional<RecipientRow> even_hidden(db::Session& q, UserId user) {
  return q.optional<RecipientRow>(kEvenHidden, user);
}

std::vector<FollowerRow> followers(db::Session& q, UserId owner, RuckId ruck,
                                   const FollowersAfter& after, std::int64_t limit) {
  return q.many<FollowerRow>(kFollowers, owner, ruck, after.followed_at, after.follower, limit);
}

void put_settings(db::Session& q, UserId user, const SettingsRow& s, UtcUs now) {
  q.execute(kPutSettings, user, s.choices, s.quiet_start_min, s.quiet_end_min, now);
}

void plan_digest(db::Session& q, UserId user, const std::optional<DigestPlan>& plan) {
  const auto week = plan ? std::optional(plan->week) : std::nullopt;
  const auto at = plan ? std::optional(plan->at) : std::nullopt;
  q.execute(kPlanDigest, user, week, at);
}

bool move_digest(db::Session& q, UserId user, Day week, const DigestPlan& plan) {
  return q.execute(kMoveDigest, user, week, plan.week, plan.at) > 0;
}

std::vector<RecipientRow> due_digests(db::Session& q, UtcUs now, std::int64_t limit) {
  return q.many<RecipientRow>(kDueDigests, now, limit);
}

}  // namespace ruck::notify::store
