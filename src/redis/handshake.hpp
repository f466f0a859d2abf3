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

// Somewhere between half of it and all of it, so that not all come at one moment.
[[nodiscard]] std::chrono::milliseconds some_of(std::chrono::milliseconds pause);

}  // namespace ruck::redis
