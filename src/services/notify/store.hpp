#pragma once
// SQL of notifications, and nothing else.
#include "db/session.hpp"
#include "services/notify/kinds.hpp"
#include "services/notify/types.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ruck::notify::store {

// A notification with the name of who did it.
struct NotificationRow {
  NotificationId id;
  std::string kind;
  UserId actor_id;
  std::optional<RuckId> ruck_id;
  std::string data;
  bool is_listed = true;
  UtcUs created_at{};
  std::optional<UtcUs> read_at;
  std::string actor_name;
};
BOOST_DESCRIBE_STRUCT(NotificationRow, (),
                      (id, kind, actor_id, ruck_id, data, is_listed, created_at, read_at,
                       actor_name))

// The four give what the user may see now, the latest first: nothing of people who are blocked or
// hidden, of rucks that may not be seen any more, of likes, comments and follows that were taken
// back.
[[nodiscard]] std::vector<NotificationRow> listed(db::Session& q, UserId user);
[[nodiscard]] std::vector<NotificationRow> unread(db::Session& q, UserId user);
// Of one kind and about one ruck, or none.
[[nodiscard]] std::vector<NotificationRow> unread_group(db::Session& q, UserId user,
                                                        std::string_view kind,
                                                        std::optional<RuckId> ruck);
// Also one that is not listed.
[[nodiscard]] std::optional<NotificationRow> find(db::Session& q, UserId user, NotificationId id);

struct NewNotification {
  UserId user;
  std::string_view kind;
  UserId actor;
  Uuid object;
  std::optional<RuckId> ruck;
  std::string data;
  bool is_listed = true;
};
// Nothing: it is recorded already. The user's oldest beyond kKeptMax go.
std::optional<NotificationId> add(db::Session& q, const NewNotification& notification, UtcUs now);
// The same news to many: of those to whom it is new, their notifications.
struct NewRecipient {
  UserId user;
  bool is_listed = true;
};
struct Added {
  UserId user;
  NotificationId id;
};
BOOST_DESCRIBE_STRUCT(Added, (), (user, id))
[[nodiscard]] std::vector<Added> add_for_all(db::Session& q, const NewNotification& notification,
                                             std::span<const NewRecipient> recipients, UtcUs now);
void remove(db::Session& q, UserId user, NotificationId id);

// What a notification stands for in the list: unread ones of a kind about the same ruck (0: none)
// up to it, or it alone.
struct Shown {
  UserId user;
  NotificationId id;
  bool is_group = false;
  std::string kind;
  std::int64_t ruck = 0;
};
// As it stands in the list; nothing where there is none.
[[nodiscard]] std::optional<Shown> shown(db::Session& q, UserId user, NotificationId id);
void read(db::Session& q, const Shown& shown, UtcUs now);
void read_all(db::Session& q, UserId user, UtcUs now);
// Takes it out of the list. What it was about is not told again.
void unlist(db::Session& q, const Shown& shown, UtcUs now);

// Unread ones that are true no longer.
void forget(db::Session& q, UserId user, std::string_view kind, UserId actor);
void forget_like(db::Session& q, RuckId ruck, UserId actor);
void forget_comment(db::Session& q, RuckId ruck, const Uuid& comment);

// Of those made before then, at most `limit`; how many went.
std::int64_t prune(db::Session& q, UtcUs before, std::int64_t limit);

// Somebody who may be told, and what they have chosen.
struct RecipientRow {
  UserId user;
  std::optional<std::string> choices;
  std::optional<std::int64_t> quiet_start_min;
  std::optional<std::int64_t> quiet_end_min;
  std::string time_zone;
  bool wants_buddies = true;       // the mobile app's one switch for news of others
  std::optional<Day> digest_week;  // of DigestPlan; nothing: no digest is wanted
};
BOOST_DESCRIBE_STRUCT(RecipientRow, (),
                      (user, choices, quiet_start_min, quiet_end_min, time_zone, wants_buddies,
                       digest_week))
// Nothing for an account that is being deleted.
[[nodiscard]] std::optional<RecipientRow> recipient(db::Session& q, UserId user);
// Also for such a one.
[[nodiscard]] std::optional<RecipientRow> even_hidden(db::Session& q, UserId user);

// Followers of a rucker, those who have followed longest first, and whether they may watch the ruck
// live.
struct FollowerRow : RecipientRow {
  UtcUs followed_at{};
  bool may_watch = false;
};
BOOST_DESCRIBE_STRUCT(FollowerRow, (RecipientRow), (followed_at, may_watch))
struct FollowersAfter {
  UtcUs followed_at{};
  UserId follower;
};
[[nodiscard]] std::vector<FollowerRow> followers(db::Session& q, UserId owner, RuckId ruck,
                                                 const FollowersAfter& after, std::int64_t limit);

struct SettingsRow {
  std::string choices;
  std::optional<std::int64_t> quiet_start_min;
  std::optional<std::int64_t> quiet_end_min;
};
BOOST_DESCRIBE_STRUCT(SettingsRow, (), (choices, quiet_start_min, quiet_end_min))
void put_settings(db::Session& q, UserId user, const SettingsRow& settings, UtcUs now);

// The next weekly digest.
struct DigestPlan {
  Day week;  // a Monday: it tells of the seven days before
  UtcUs at{};
  friend bool operator==(const DigestPlan&, const DigestPlan&) = default;
};
// Of a user with settings. Nothing: none is wanted.
void plan_digest(db::Session& q, UserId user, const std::optional<DigestPlan>& plan);
// The same for one whose plan is still for `week`; false if it is not.
bool move_digest(db::Session& q, UserId user, Day week, const DigestPlan& plan);
// Whose time has come, those who wait longest first; also of accounts that are being deleted.
[[nodiscard]] std::vector<RecipientRow> due_digests(db::Session& q, UtcUs now, std::int64_t limit);

}  // namespace ruck::notify::store
