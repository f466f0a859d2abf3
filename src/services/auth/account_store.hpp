#pragma once
#include "db/session.hpp"
#include "services/auth/account_types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ruck::auth::store {

[[nodiscard]] std::optional<std::string> email_key_of(db::Session& q, UserId user);
[[nodiscard]] bool is_email_taken(db::Session& q, const std::string& email_key, UserId by_other);

// A new password; links that are out die with it, whoever has them.
void set_new_password(db::Session& q, UserId user, const std::string& password_hash, UtcUs now);

// A change of address, or a deletion, by the moment at which it ends: so it is told from one that
// has taken its place.
struct Waiting {
  UserId user;
  UtcUs until{};
};

// ---- a new address that is not confirmed --------------------------------------------------------
struct NewEmail {
  UserId user;
  std::string email;
  UtcUs expires_at{};
};
// Takes the place of an earlier one. There is no token for it yet.
void put_email_change(db::Session& q, const NewEmail& change);
// Whether it still waits.
[[nodiscard]] bool has_email_change(db::Session& q, const Waiting& change, UtcUs now);
// From now on this is its token. Gives the new address; nothing where it does not wait any more.
[[nodiscard]] std::optional<std::string> set_email_change_token(db::Session& q,
                                                                const Waiting& change,
                                                                const std::string& token_hash,
                                                                UtcUs now);
// By its token; it is used up.
[[nodiscard]] std::optional<EmailChangeRow> take_email_change(db::Session& q,
                                                              const std::string& token_hash,
                                                              UtcUs now);
[[nodiscard]] std::optional<std::string> pending_email(db::Session& q, UserId user, UtcUs now);
void clear_email_change(db::Session& q, UserId user);

// ---- an account that is being deleted -----------------------------------------------------------
struct NewDeletion {
  UserId user;
  UtcUs requested_at{};
  UtcUs final_at{};
};
// False where there is one already. There is no token for it yet.
[[nodiscard]] bool add_deletion(db::Session& q, const NewDeletion& deletion);
// From now on this is its token. False where it does not wait any more.
[[nodiscard]] bool set_deletion_token(db::Session& q, const Waiting& deletion,
                                      const std::string& token_hash, UtcUs now);
[[nodiscard]] std::optional<UtcUs> deletion_of(db::Session& q, UserId user);
// The user whose deletion the token undoes; it is undone.
[[nodiscard]] std::optional<UserId> undo_deletion(db::Session& q, const std::string& token_hash,
                                                  UtcUs now);
[[nodiscard]] std::vector<UserId> due_deletions(db::Session& q, UtcUs now);
// False where it was undone, or done, meanwhile.
[[nodiscard]] bool take_due_deletion(db::Session& q, UserId user, UtcUs now);

}  // namespace ruck::auth::store
