#pragma once
// Where Redis is: RUCK_REDIS_URL.
#include "base/error.hpp"
#include "redis/limits.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ruck::redis {

struct Host {
  std::string name;
  std::uint16_t port = kUsualPort;
};

struct Address {
  std::vector<Host> hosts;  // at least one; whichever of them is the primary is used
  std::string user;         // empty: the default one
  std::string password;     // empty: none is asked for
  int database = 0;         // topics have none in Redis: it becomes part of their names
};

// redis://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/DATABASE], user and password
// percent-encoded where they hold any of `:@/?#%`. kInvalidInput says what is wrong, without
// quoting any of it.
[[nodiscard]] Result<Address> parse_address(std::string_view url);

}  // namespace ruck::redis
