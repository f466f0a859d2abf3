#include "services/auth/lookup.hpp"

#include "services/auth/account_store.hpp"
#include "services/auth/secrets.hpp"
#include "services/auth/store.hpp"

namespace ruck::auth {

std::optional<UserId> user_of(db::Session& q, const std::string& email) {
  const auto credential = store::find_credential(q, normal_email(email));
  if (!credential || store::deletion_of(q, credential->user_id)) return std::nullopt;
  return credential->user_id;
}

}  // namespace ruck::auth
