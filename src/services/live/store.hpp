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
[[nodiscard]] std::vector<LinkRow> links(db::Session& q, UserId user, RuckId ruck, UtcUs now);
// False if there was none.
bool remove_link(db::Session& q, UserId user, RuckId ruck, LinkId link);

}  // namespace ruck::live::store

namespace ruck::live {
[[nodiscard]] CheerView view_of(const store::CheerRow& row);
}
