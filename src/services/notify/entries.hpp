#pragma once
// From the rows of notifications to what people read; pure.
#include "services/notify/kinds.hpp"
#include "services/notify/store.hpp"
#include "services/notify/types.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ruck::notify {

using TextPairs = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::string to_json(const TextPairs& pairs);

// One line of the list: a notification, or unread ones of a kind about the same thing.
struct Entry {
  const KindRow* kind = nullptr;
  store::NotificationRow newest;
  std::int64_t count = 1;           // of notifications
  std::vector<UserId> people;       // who did it, each once
  std::vector<NotificationId> ids;  // all of them, the newest first
};
// `rows` and the entries are sorted the newest first. Kinds of another version are left out.
[[nodiscard]] std::vector<Entry> entries_of(std::vector<store::NotificationRow> rows);

[[nodiscard]] std::string message_of(const Entry& entry);
// What an app needs to know where to go (contract core §7), with `type`. `user` is whose it is.
[[nodiscard]] TextPairs data_of(const Entry& entry, UserId user);
[[nodiscard]] NotificationView view_of(const Entry& entry, UserId user);

}  // namespace ruck::notify
