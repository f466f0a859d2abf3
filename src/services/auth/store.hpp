#pragma once
#include "db/session.hpp"
#include "services/auth/types.hpp"

#include <vector>

namespace ruck::auth::store {

// False when the address has an account already.
[[nodiscard]] bool add_credential(db::Session& q, const std::string& email_key, UserId user,
                                  const std::string& password_hash, UtcUs now);
[[nodiscard]] std::optional<CredentialRow> find_credential(db::Session& q,
                                                           const std::string& email_key);
// False when another account has the address.
[[nodiscard]] bool move_credential(db::Session& q, UserId user, const std::string& email_key,
                                   UtcUs now);
void set_password(db::Session& q, UserId user, const std::string& password_hash, UtcUs now);
// Only if it is still `old_hash`: an upgrade must not undo a change made meanwhile.
void upgrade_password(db::Session& q, UserId user, const std::string& old_hash,
                      const std::string& new_hash, UtcUs now);

void add_session(db::Session& q, const SessionRow& session);
[[nodiscard]] std::optional<SessionRow> find_session(db::Session& q, UserId user,
                                                     const Uuid& session);
void touch_session(db::Session& q, UserId user, const Uuid& session, UtcUs now, UtcUs expires_at);
bool revoke_session(db::Session& q, UserId user, const Uuid& session, UtcUs now);
// All of them, or all but `kept`; gives those that were ended.
std::vector<Uuid> revoke_sessions(db::Session& q, UserId user, const std::optional<Uuid>& kept,
                                  UtcUs now);
// That may still be used, the latest first.
[[nodiscard]] std::vector<SessionRow> open_sessions(db::Session& q, UserId user, UtcUs now);
// Of all users.
[[nodiscard]] std::vector<Uuid> ended_since(db::Session& q, UtcUs since);

void add_refresh(db::Session& q, const std::string& token_hash, const RefreshRow& token);
[[nodiscard]] std::optional<RefreshRow> find_refresh(db::Session& q, const std::string& token_hash);
void replace_refresh(db::Session& q, const std::string& token_hash,
                     const std::string& successor_hash, UtcUs now);
// Tokens of a session that were replaced before `before`; re-use of older ones is then unknown,
// which is refused as well.
void prune_refresh(db::Session& q, UserId user, const Uuid& session, UtcUs before);

void add_reset(db::Session& q, const std::string& token_hash, UserId user, UtcUs expires_at);
// The user whose token it is, if it has not expired; the token is used up.
[[nodiscard]] std::optional<UserId> take_reset(db::Session& q, const std::string& token_hash,
                                               UtcUs now);
void clear_resets(db::Session& q, UserId user);

[[nodiscard]] std::vector<KeyRow> keys(db::Session& q);
void add_key(db::Session& q, const KeyRow& key);
void remove_keys_before(db::Session& q, UtcUs before);

}  // namespace ruck::auth::store
