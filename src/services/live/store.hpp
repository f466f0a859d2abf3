#pragma once
// SQL of cheers and share links, and nothing else.
#include "db/session.hpp"
#include "services/live/types.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::live::store {

struct CheerRow {
  UserId user_id;  // the rucker
  RuckId ruck_id;
  Uuid id;
  UserId sender_id;
  std::string message;
  std::optional<std::string> voice_id;
  UtcUs created_at{};
  UtcUs due_at{};
  std::optional<UtcUs> delivered_at;
  std::optional<UtcUs> read_at;
  std::string username;  // of the sender
  std::optional<std::string> avatar_url;
};
BOOST_DESCRIBE_STRUCT(CheerRow, (),
                      (user_id, ruck_id, id, sender_id, message, voice_id, created_at, due_at,
                       delivered_at, read_at, username, avatar_url))

void add_cheer(db::Session& q, const CheerRow& cheer);
[[nodiscard]] std::optional<CheerRow> cheer(db::Session& q, UserId rucker, RuckId ruck,
                                            const Uuid& id);
// When the sender last cheered anybody.
[[nodiscard]] std::optional<UtcUs> last_cheer_of(db::Session& q, UserId sender);
// The newest, as far as they are due; of `sender` alone, if one is given.
[[nodiscard]] std::vector<CheerRow> cheers(db::Session& q, UserId rucker, RuckId ruck,
                                           std::optional<UserId> sender, UtcUs now);
[[nodiscard]] std::vector<CheerRow> unread_cheers(db::Session& q, UserId rucker, UtcUs now);
// Marks all that are due as read; how many.
std::int64_t read_cheers(db::Session& q, UserId rucker, RuckId ruck, UtcUs now);
// Those whose time has come, marked as delivered: each is given once.
[[nodiscard]] bool is_any_due(db::Session& q, UtcUs now);
[[nodiscard]] std::vector<CheerRow> take_due(db::Session& q, UtcUs now, std::int64_t limit);

struct LinkRow {
  Uuid id;
  UserId user_id;
  RuckId ruck_id;
  UtcUs created_at{};
  UtcUs expires_at{};
};
BOOST_DESCRIBE_STRUCT(LinkRow, (), (id, user_id, ruck_id, created_at, expires_at))

[[nodiscard]] std::string hash_of(std::string_view token);
void add_link(db::Session& q, const LinkRow& link, const std::string& hash);
// One that has not expired.
[[nodiscard]] std::optional<LinkRow> find_link(db::Session& q, std::string_view token, UtcUs now);
[[nodiscard]] bool has_link(db::Session& q, const std::string& hash);

// What the rights to many rooms hang on, in one statement each; on PostgreSQL only.
struct RoomRow {
  RuckId ruck;
  std::string status;
  std::string visibility;
  bool allow_live_following = false;
  double load_kg = 0;
  std::int64_t privacy_epoch = 0;  // another one after every change of what is hidden
  std::string live_audience;       // of the owner
};
BOOST_DESCRIBE_STRUCT(RoomRow, (),
                      (ruck, status, visibility, allow_live_following, load_kg, privacy_epoch,
                       live_audience))
// Of those that exist and whose owner's account is not being deleted; in no order.
[[nodiscard]] std::vector<RoomRow> rooms_now(db::Session& q, const std::vector<RuckId>& rucks);
struct Pair {
  UserId viewer;
  UserId owner;
};
struct PairRow {
  std::int64_t number = 0;  // among those asked about, from 1
  bool is_private = false;
  bool follows = false;
  bool is_followed_by = false;
  bool is_blocked = false;
  std::string live_audience;
};
BOOST_DESCRIBE_STRUCT(PairRow, (),
                      (number, is_private, follows, is_followed_by, is_blocked, live_audience))
// Likewise; of people that exist and are not being deleted.
[[nodiscard]] std::vector<PairRow> pairs_now(db::Session& q, const std::vector<Pair>& pairs);
[[nodiscard]] std::vector<LinkRow> links(db::Session& q, UserId user, RuckId ruck, UtcUs now);
// False if there was none.
bool remove_link(db::Session& q, UserId user, RuckId ruck, LinkId link);

}  // namespace ruck::live::store

namespace ruck::live {
[[nodiscard]] CheerView view_of(const store::CheerRow& row);
}
