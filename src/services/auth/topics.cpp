#include "services/auth/topics.hpp"

#include "bus/payload.hpp"

namespace ruck::auth {

void publish_ended(bus::Bus& bus, std::span<const Uuid> sessions) {
  if (sessions.empty()) return;
  std::string payload;
  for (const Uuid& session : sessions) bus::append_raw(payload, session);
  bus.publish(kSessionsEnded, std::move(payload));
}

std::vector<Uuid> ended_sessions(std::string_view payload) {
  std::vector<Uuid> sessions;
  while (payload.size() >= sizeof(Uuid)) sessions.push_back(bus::take_raw<Uuid>(payload));
  return sessions;
}

}  // namespace ruck::auth
