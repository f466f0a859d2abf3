#pragma once
// Accounts by what their owner signs in with: for commands of the operator.
#include "base/ids.hpp"

#include <optional>
#include <string>

namespace ruck::db {
class Session;
}

namespace ruck::auth {

// Nothing where nobody has this address, or its account is being deleted.
[[nodiscard]] std::optional<UserId> user_of(db::Session& q, const std::string& email);

}  // namespace ruck::auth
