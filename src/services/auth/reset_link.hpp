#pragma once
// Links that set a new password.
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

#include <string>

namespace ruck::db {
class Session;
}

namespace ruck::auth {

struct ResetLink {
  UserId user;
  std::string url;
};
// Replaces links that were made before; good for kResetLifetime and for one use. kUserNotFound for
// an address without an account, or with one that is being deleted.
[[nodiscard]] Result<ResetLink> new_reset_link(db::Session& q, const std::string& email,
                                               const std::string& public_url, UtcUs now);

}  // namespace ruck::auth
