#include "services/profile/topics.hpp"

#include "bus/payload.hpp"

namespace ruck::profile {
namespace {
void publish(bus::Bus& bus, const AccessChange& change) {
  std::string payload;
  bus::append_raw(payload, change.owner.value());
  if (change.parted) bus::append_raw(payload, change.parted->value());
  bus.publish(kAccessChanged, payload);
  bus.publish(topic_of(change.owner), std::move(payload));
}
}  // namespace

std::string topic_of(UserId owner) { return "owner:" + owner.value().to_string(); }

void publish_privacy(bus::Bus& bus, UserId owner) { publish(bus, {.owner = owner, .parted = {}}); }

void publish_parted(bus::Bus& bus, UserId one, UserId other) {
  publish(bus, {.owner = one, .parted = other});
  publish(bus, {.owner = other, .parted = one});
}

std::optional<AccessChange> access_change(std::string_view payload) {
  if (payload.size() != sizeof(Uuid) && payload.size() != 2 * sizeof(Uuid)) return std::nullopt;
  AccessChange change{.owner = UserId(bus::take_raw<Uuid>(payload)), .parted = {}};
  if (!payload.empty()) change.parted = UserId(bus::take_raw<Uuid>(payload));
  return change;
}

void publish_account(bus::Bus& bus, UserId user) {
  publish_privacy(bus, user);
  std::string payload;
  bus::append_raw(payload, user.value());
  bus.publish(kAccountChanged, std::move(payload));
}

std::optional<UserId> account_change(std::string_view payload) {
  if (payload.size() != sizeof(Uuid)) return std::nullopt;
  return UserId(bus::take_raw<Uuid>(payload));
}

}  // namespace ruck::profile
