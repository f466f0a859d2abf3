#include "services/auth/reset_link.hpp"

#include "crypto/digest.hpp"
#include "services/auth/limits.hpp"
#include "services/auth/lookup.hpp"
#include "services/auth/secrets.hpp"
#include "services/auth/store.hpp"

namespace ruck::auth {

Result<ResetLink> new_reset_link(db::Session& q, const std::string& email,
                                 const std::string& public_url, UtcUs now) {
  const std::optional<UserId> user = user_of(q, email);
  if (!user) return fail(ErrorCode::kUserNotFound, "There is no account with this address");
  const std::string token = new_secret();
  store::clear_resets(q, *user);
  store::add_reset(q, crypto::sha256(token), *user, now + kResetLifetime);
  return ResetLink{.user = *user, .url = public_url + "/reset-password?token=" + token};
}

}  // namespace ruck::auth
