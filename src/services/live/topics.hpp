#pragma once
// The socket's topic `me` on the bus: what one user is told, on all of their sockets.
#include "base/ids.hpp"
#include "bus/bus.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ruck::live {

[[nodiscard]] std::string me_topic(UserId user);
// Whether a socket of the user may listen, of any instance: false only if none does.
[[nodiscard]] bool hears(const bus::Bus& bus, UserId user);
// Whether one of them, of this instance, also shows cheers: what is heard here need not be pushed,
// and whether it is heard elsewhere is not known, so it is pushed. An app that is open somewhere
// else than on the ruck says that it does not (docs/api/live.md). As long as the subscription
// lives.
[[nodiscard]] bool hears_cheers(const bus::Bus& bus, UserId user);
[[nodiscard]] std::unique_ptr<bus::Bus::Subscription> hear_cheers(bus::Bus& bus, UserId user);
// `json` is a whole message; one with a key may be replaced by a newer one that was not sent yet.
void tell_user(bus::Bus& bus, UserId user, std::string_view json, std::uint64_t key = 0);

}  // namespace ruck::live
