#pragma once
// What sign-in tells the bus: sign-ins that have ended, once their tokens are refused.
#include "base/uuid.hpp"
#include "bus/bus.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace ruck::auth {

inline constexpr std::string_view kSessionsEnded = "sessions.ended";
void publish_ended(bus::Bus& bus, std::span<const Uuid> sessions);
// To this process alone.
void publish_ended_here(bus::Bus& bus, std::span<const Uuid> sessions);
[[nodiscard]] std::vector<Uuid> ended_sessions(std::string_view payload);

}  // namespace ruck::auth
