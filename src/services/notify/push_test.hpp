#pragma once
// A push to all devices of somebody, now, for an operator who wants to know whether pushes work:
// past jobs, choices and quiet hours. Says what becomes of each.
#include "base/clock.hpp"
#include "db/database.hpp"
#include "push/sender.hpp"

#include <boost/describe/class.hpp>

#include <string>
#include <vector>

namespace ruck::notify {

struct TestedDevice {
  std::string service;  // fcm, web
  std::string fate;     // accepted, gone, refused, retry, not_configured
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(TestedDevice, (), (service, fate, reason))

// One device after the other. kUserNotFound for an address without an account; an empty list where
// the account has no device.
[[nodiscard]] task<Result<std::vector<TestedDevice>>> test_push(db::Database& database,
                                                                push::Sender& sender,
                                                                std::string email, UtcUs now);

}  // namespace ruck::notify
