#pragma once
// Work that follows from signing in and out (jobs/job.hpp), written in the unit of work of its
// cause. Who does it registers the kind.
#include "base/ids.hpp"

#include <boost/describe/class.hpp>

#include <string>
#include <string_view>

namespace ruck::auth {

// Somebody has signed in from a device that the account did not know.
inline constexpr std::string_view kNewDeviceJob = "auth.new_device";
struct NewDevice {
  UserId user;
  Uuid session;
  std::string device;  // "Firefox on Android"; empty where nothing is known
};
BOOST_DESCRIBE_STRUCT(NewDevice, (), (user, session, device))

// Sign-ins of the user have ended; which are left says is_signed_in().
inline constexpr std::string_view kSignInsEndedJob = "auth.sign_ins_ended";
struct SignInsEnded {
  UserId user;
};
BOOST_DESCRIBE_STRUCT(SignInsEnded, (), (user))

}  // namespace ruck::auth
