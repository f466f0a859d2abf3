#include "services/auth/topics.hpp"

#include "bus/payload.hpp"

namespace ruck::auth {
namespace {
std::string payload_of(std::span<const Uuid> sessions) {
  std::string payload;
  for (const Uuid& session : sessions) bus::append_raw(payload, session);
  return payload;
}
}  // namespace

void publish_ended(bus::Bus& bus, std::span<const Uuid> sessions) {
  if (!sessions.empty()) bus.publish(kSessionsEnded, payload_of(sessions));
}

void publish_ended_here(bus::Bus& bus, std::span<const Uuid> sessions) {
  if (!sessions.empty()) bus.publish_here(kSessionsEnded, payload_of(sessions));
}

std::vector<Uuid> ended_sessions(std::string_view payload) {
  std::vector<Uuid> sessions;
  while (payload.size() >= sizeof(Uuid)) sessions.push_back(bus::take_raw<Uuid>(payload));
  return sessions;
}

}  // namespace ruck::auth
