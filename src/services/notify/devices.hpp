#pragma once
// Phones and browsers that pushes go to: their SQL and their rules, inside a unit of work.
#include "db/session.hpp"
#include "push/sender.hpp"
#include "services/notify/types.hpp"

#include <boost/describe/class.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ruck::notify {

namespace service_name {
inline constexpr std::string_view kFcm = "fcm";
inline constexpr std::string_view kWeb = "web";
}  // namespace service_name

struct Device {
  UserId user_id;
  Uuid id;
  std::string service;  // service_name
  std::string token;    // of FCM, or the endpoint
  std::optional<std::string> p256dh;
  std::optional<std::string> auth;
  Uuid session_id;  // the sign-in that named it
};
BOOST_DESCRIBE_STRUCT(Device, (), (user_id, id, service, token, p256dh, auth, session_id))

struct NewDeviceToken {
  UserId user;
  Uuid session;
  std::string_view service;
  std::string device_key;  // empty: the token names the device
  std::string token;
  std::optional<std::string> p256dh;
  std::optional<std::string> auth;
  std::optional<std::string> platform;
  std::optional<std::string> app_version;
};
// Gives its id. Wherever else the token was, it is no longer; the devices used longest ago go where
// there are more than kDevicesMax.
Uuid put_device(db::Session& q, const NewDeviceToken& device, UtcUs now);
// False if there was none. Another user's stays.
bool remove_device(db::Session& q, UserId user, std::string_view token);
// All of them: nobody is signed in to the account any more.
void remove_devices(db::Session& q, UserId user);
// Those whose sign-in has ended.
void remove_signed_out(db::Session& q, UserId user, UtcUs now);

[[nodiscard]] std::vector<Uuid> devices_of(db::Session& q, UserId user);
struct OwnedDevice {
  UserId user;
  Uuid id;
};
BOOST_DESCRIBE_STRUCT(OwnedDevice, (), (user, id))
[[nodiscard]] std::vector<OwnedDevice> devices_of_all(db::Session& q,
                                                      std::span<const UserId> users);
// Nothing if its sign-in has ended, whatever has been removed yet.
[[nodiscard]] std::optional<Device> find_device(db::Session& q, UserId user, const Uuid& id,
                                                UtcUs now);

}  // namespace ruck::notify
