#include "services/auth/known_devices.hpp"

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "http/address.hpp"
#include "services/auth/limits.hpp"
#include "services/auth/secrets.hpp"

#include <vector>

namespace ruck::auth {
namespace {
using db::BytesView;
using db::Sql;

constexpr std::string_view kCookie = "ruck_device";
constexpr std::size_t kTokenTextBytes = 43;  // of a secret

const Sql kRemember{"auth.remember_device",
                    "INSERT INTO known_devices (user_id, mark, last_used_at) VALUES ($1, $2, $3)"
                    " ON CONFLICT (user_id, mark) DO UPDATE SET last_used_at = $3"};
// The ones used last stay.
const Sql kPrune{
    "auth.prune_devices",
    "DELETE FROM known_devices WHERE user_id = $1 AND (last_used_at < $2 OR mark NOT IN"
    " (SELECT mark FROM known_devices WHERE user_id = $1"
    " ORDER BY last_used_at DESC, mark LIMIT $3))"};
const Sql kIsKnown{"auth.is_known_device",
                   "SELECT last_used_at FROM known_devices"
                   " WHERE user_id = $1 AND mark = $2 AND last_used_at >= $3"};

// One mark for each sign; not the same for two accounts.
std::vector<std::string> marks_of(UserId user, const DeviceSigns& signs) {
  const std::string whose = user.value().to_string();
  std::vector<std::string> marks;
  if (!signs.cookie.empty()) marks.push_back(crypto::sha256(whose + "|cookie|" + signs.cookie));
  if (!signs.network.empty()) {
    marks.push_back(crypto::sha256(whose + "|network|" + signs.network + "|" + signs.program));
  }
  return marks;
}
}  // namespace

DeviceSigns device_signs(const http::RequestInfo& info) {
  const auto cookie = http::find_cookie(info.cookie, kCookie);
  const bool is_ours = cookie && cookie->size() == kTokenTextBytes && from_base64(*cookie);
  return {.cookie = std::string(is_ours ? *cookie : ""),
          .network = http::address_key(info.address),
          .program = info.user_agent.substr(0, kUserAgentBytesMax)};
}

DeviceSigns with_cookie(DeviceSigns signs) {
  if (signs.cookie.empty()) signs.cookie = new_secret();
  return signs;
}

std::string device_cookie(const DeviceSigns& signs, const http::RequestInfo& info) {
  return auth_cookie(kCookie, signs.cookie, info, kDeviceLifetime);
}

void remember_device(db::Session& q, UserId user, const DeviceSigns& signs, UtcUs now) {
  for (const std::string& mark : marks_of(user, signs)) {
    q.execute(kRemember, user, BytesView{mark}, now);
  }
  q.execute(kPrune, user, now - kDeviceLifetime, kDevicesMax);
}

// By the sign that is known, not by one that anybody may make up beside it.
std::optional<std::string> known_device(db::Session& q, UserId user, const DeviceSigns& signs,
                                        UtcUs now) {
  for (const std::string& mark : marks_of(user, signs)) {
    if (q.optional<UtcUs>(kIsKnown, user, BytesView{mark}, now - kDeviceLifetime)) {
      return "login-device|" + to_hex(mark);
    }
  }
  return std::nullopt;
}

}  // namespace ruck::auth
