#pragma once
// Devices that have signed in to an account before. Wrong passwords are counted for each account,
// wherever they come from; a device of the owner's has a count of its own, so that a stranger's
// guesses cannot lock the owner out (OWASP, "Slow Down Online Guessing Attacks with Device
// Cookies").
//
// A browser is known by a cookie that outlives its sign-ins; a phone's app, which keeps no cookies,
// by the network it came from together with the program it says it is. Both are stored as hashes.
#include "base/ids.hpp"
#include "db/session.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ruck::auth {

// What a device shows of itself.
struct DeviceSigns {
  std::string cookie;   // its token; empty: it has none
  std::string network;  // the address, of IPv6 its /64
  std::string program;  // the User-Agent
};
[[nodiscard]] DeviceSigns device_signs(const http::RequestInfo& info);

// The signs with a new token in the place of one that is missing.
[[nodiscard]] DeviceSigns with_cookie(DeviceSigns signs);
// The header field that gives the device its token.
[[nodiscard]] std::string device_cookie(const DeviceSigns& signs, const http::RequestInfo& info);

// The device has signed in to the account, now.
void remember_device(db::Session& q, UserId user, const DeviceSigns& signs, UtcUs now);
// Under which name the device's attempts are counted; nothing for one that the account does not
// know.
[[nodiscard]] std::optional<std::string> known_device(db::Session& q, UserId user,
                                                      const DeviceSigns& signs, UtcUs now);

}  // namespace ruck::auth
