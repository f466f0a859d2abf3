#pragma once
// What each connection to Redis says first, and what its answers mean.
#include "redis/connection.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace ruck::redis {

// User and password, where there are any.
void sign_in(Connection& connection, const Address& address);
// The same, the database, and kRole: with its answer the connection may be used.
void greet(Connection& connection, const Address& address);
// Why the connection is of no use, from an answer to one of these commands.
[[nodiscard]] std::optional<std::string> refusal_of(Command command, const Reply& reply);

// One line, and not too long: of what Redis says.
[[nodiscard]] std::string printable(std::string_view text);

// Which host to try next, and when: each of them at once, then a pause that grows.
class Attempts {
 public:
  explicit Attempts(const Address& address) : hosts_(address.hosts) {}
  // In use, or the next to try.
  [[nodiscard]] const Host& host() const { return hosts_[at_]; }
  void succeeded();
  // How long to wait before the next. Somewhere between half of the pause and all of it, so that
  // not all come at one moment.
  [[nodiscard]] std::chrono::milliseconds failed();

 private:
  const std::vector<Host>& hosts_;  // the address stays
  std::size_t at_ = 0;
  std::size_t failures_ = 0;  // since it was last up
  std::chrono::milliseconds pause_ = kReconnectMin;
};

}  // namespace ruck::redis
