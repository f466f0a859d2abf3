#pragma once
// Where Redis is: RUCK_REDIS_URL.
#include "base/error.hpp"
#include "redis/limits.hpp"

#include <string>
#include <string_view>

namespace ruck::redis {

struct Address {
  std::string host;
  std::uint16_t port = kUsualPort;
  std::string user;      // empty: the default one
  std::string password;  // empty: none is asked for
  int database = 0;      // topics have none in Redis: it becomes part of their names
};

// redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], user and password percent-encoded where they
// hold any of `:@/?#%`. kInvalidInput says what is wrong, without quoting any of it.
[[nodiscard]] Result<Address> parse_address(std::string_view url);

}  // namespace ruck::redis
