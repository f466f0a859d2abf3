#include "services/live/topics.hpp"

#include "bus/payload.hpp"

namespace ruck::live {

std::string me_topic(UserId user) { return "me:" + user.value().to_string(); }

namespace {
// Nothing is said on it: that somebody listens is all.
std::string cheer_topic(UserId user) { return "cheers:" + user.value().to_string(); }
}  // namespace

bool hears_cheers(const bus::Bus& bus, UserId user) { return bus.is_heard(cheer_topic(user)); }

std::unique_ptr<bus::Bus::Subscription> hear_cheers(bus::Bus& bus, UserId user) {
  return bus.subscribe(cheer_topic(user), [](const bus::Payload&) {});
}

bool hears(const bus::Bus& bus, UserId user) { return bus.is_wanted(me_topic(user)); }

void tell_user(bus::Bus& bus, UserId user, std::string_view json, std::uint64_t key) {
  const std::string topic = me_topic(user);
  if (!bus.is_wanted(topic)) return;
  std::string payload;
  bus::append_raw(payload, key);
  payload += json;
  bus.publish(topic, std::move(payload));
}

}  // namespace ruck::live
