#include "db/session.hpp"

#include <algorithm>

namespace ruck::db {

void Session::notify(std::string_view channel) {
  const auto is_allowed = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  RUCK_ASSERT(!channel.empty() && std::ranges::all_of(channel, is_allowed));
  if (std::ranges::find(notified_, channel) != notified_.end()) return;
  notified_.emplace_back(channel);
}

}  // namespace ruck::db
