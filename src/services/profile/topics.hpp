#pragma once
// What the bus is told of users, after each commit, by this service and those above it.
#include "base/ids.hpp"
#include "bus/bus.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ruck::profile {

// Who may see what of an owner has changed: to everybody's topic first, then to the owner's.
inline constexpr std::string_view kAccessChanged = "users.access";
[[nodiscard]] std::string topic_of(UserId owner);

struct AccessChange {
  UserId owner;
  // Set: it is about this user alone, who follows the owner no longer, or is not followed, or one
  // of the two has blocked the other.
  std::optional<UserId> parted;
};
// What the owner hides, or who may follow.
void publish_privacy(bus::Bus& bus, UserId owner);
// Of each from the other's side.
void publish_parted(bus::Bus& bus, UserId one, UserId other);
[[nodiscard]] std::optional<AccessChange> access_change(std::string_view payload);

// An account was hidden, came back, or is gone: after the news that access to it has changed.
inline constexpr std::string_view kAccountChanged = "users.account";
void publish_account(bus::Bus& bus, UserId user);
[[nodiscard]] std::optional<UserId> account_change(std::string_view payload);

}  // namespace ruck::profile
