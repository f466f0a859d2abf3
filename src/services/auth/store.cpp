#include "services/auth/store.hpp"

#include "http/json/writer.hpp"
#include "jobs/job.hpp"
#include "services/auth/jobs.hpp"
#include "services/auth/limits.hpp"

namespace ruck::auth::store {
namespace {
using db::BytesView;
using db::Sql;

const Sql kAddCredential{"auth.add_credential",
                         "INSERT INTO credentials (email_key, user_id, password_hash, updated_at)"
                         " VALUES ($1, $2, $3, $4) ON CONFLICT (email_key) DO NOTHING"};
const Sql kFindCredential{"auth.find_credential", "SELECT " + db::columns_of<CredentialRow>() +
                                                      " FROM credentials WHERE email_key = $1"};
const Sql kMoveCredential{
    "auth.move_credential",
    "UPDATE credentials SET email_key = $2, updated_at = $3 WHERE user_id = $1"};
const Sql kSetPassword{
    "auth.set_password",
    "UPDATE credentials SET password_hash = $2, updated_at = $3 WHERE user_id = $1"};
const Sql kUpgradePassword{"auth.upgrade_password",
                           "UPDATE credentials SET password_hash = $3, updated_at = $4"
                           " WHERE user_id = $1 AND password_hash = $2"};

const Sql kAddSession{"auth.add_session", "INSERT INTO login_sessions (" +
                                              db::columns_of<SessionRow>() +
                                              ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
const Sql kFindSession{"auth.find_session",
                       "SELECT " + db::columns_of<SessionRow>() +
                           " FROM login_sessions WHERE user_id = $1 AND id = $2"};
const Sql kTouchSession{"auth.touch_session",
                        "UPDATE login_sessions SET last_used_at = $3, expires_at = $4"
                        " WHERE user_id = $1 AND id = $2"};
const Sql kRevokeSession{"auth.revoke_session",
                         "UPDATE login_sessions SET revoked_at = $3"
                         " WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL"};
const Sql kRevokeAll{"auth.revoke_all_sessions",
                     "UPDATE login_sessions SET revoked_at = $2"
                     " WHERE user_id = $1 AND revoked_at IS NULL RETURNING id"};
const Sql kRevokeOthers{"auth.revoke_other_sessions",
                        "UPDATE login_sessions SET revoked_at = $2"
                        " WHERE user_id = $1 AND revoked_at IS NULL AND id <> $3 RETURNING id"};
const Sql kOpenSessions{"auth.open_sessions",
                        "SELECT " + db::columns_of<SessionRow>() +
                            " FROM login_sessions WHERE user_id = $1 AND revoked_at IS NULL"
                            " AND expires_at > $2 ORDER BY last_used_at DESC, id DESC LIMIT $3"};
const Sql kEndedSince{"auth.ended_since",
                      "SELECT id FROM login_sessions WHERE revoked_at > $1 LIMIT $2"};

const Sql kAddRefresh{"auth.add_refresh",
                      "INSERT INTO refresh_tokens (token_hash, user_id, session_id, issued_at)"
                      " VALUES ($1, $2, $3, $4)"};
const Sql kFindRefresh{"auth.find_refresh", "SELECT " + db::columns_of<RefreshRow>() +
                                                " FROM refresh_tokens WHERE token_hash = $1"};
const Sql kReplaceRefresh{"auth.replace_refresh",
                          "UPDATE refresh_tokens SET replaced_at = $3, successor_hash = $2"
                          " WHERE token_hash = $1"};
const Sql kPruneRefresh{"auth.prune_refresh",
                        "DELETE FROM refresh_tokens WHERE user_id = $1 AND session_id = $2"
                        " AND replaced_at < $3"};

const Sql kAddReset{
    "auth.add_reset",
    "INSERT INTO password_resets (token_hash, user_id, expires_at) VALUES ($1, $2, $3)"};
const Sql kTakeReset{"auth.take_reset",
                     "DELETE FROM password_resets WHERE token_hash = $1 AND expires_at > $2"
                     " RETURNING user_id"};
const Sql kClearResets{"auth.clear_resets", "DELETE FROM password_resets WHERE user_id = $1"};

const Sql kKeys{"auth.keys", "SELECT " + db::columns_of<KeyRow>() +
                                 " FROM signing_keys ORDER BY created_at, key_id"};
const Sql kAddKey{"auth.add_key",
                  "INSERT INTO signing_keys (key_id, secret, created_at) VALUES ($1, $2, $3)"};
const Sql kRemoveKeys{"auth.remove_keys", "DELETE FROM signing_keys WHERE created_at < $1"};
const Sql kEmailTaken{"auth.email_taken",
                      "SELECT user_id FROM credentials WHERE email_key = $1 AND user_id <> $2"};

// Here, so that no way to end a sign-in forgets it.
void enqueue_ended(db::Session& q, UserId user, UtcUs now) {
  const SignInsEnded news{.user = user};
  jobs::enqueue(q, {.kind = kSignInsEndedJob, .payload = json::to_text(news), .user = user}, now);
}
}  // namespace

bool add_credential(db::Session& q, const std::string& email_key, UserId user,
                    const std::string& password_hash, UtcUs now) {
  return q.execute(kAddCredential, email_key, user, password_hash, now) == 1;
}

std::optional<CredentialRow> find_credential(db::Session& q, const std::string& email_key) {
  return q.optional<CredentialRow>(kFindCredential, email_key);
}

bool move_credential(db::Session& q, UserId user, const std::string& email_key, UtcUs now) {
  if (q.optional<UserId>(kEmailTaken, email_key, user)) return false;
  q.execute(kMoveCredential, user, email_key, now);
  return true;
}

void set_password(db::Session& q, UserId user, const std::string& password_hash, UtcUs now) {
  q.execute(kSetPassword, user, password_hash, now);
}

void upgrade_password(db::Session& q, UserId user, const std::string& old_hash,
                      const std::string& new_hash, UtcUs now) {
  q.execute(kUpgradePassword, user, old_hash, new_hash, now);
}

void add_session(db::Session& q, const SessionRow& s) {
  q.execute(kAddSession, s.user_id, s.id, s.family_key, s.user_agent, s.created_at, s.last_used_at,
            s.expires_at, s.revoked_at);
}

std::optional<SessionRow> find_session(db::Session& q, UserId user, const Uuid& session) {
  return q.optional<SessionRow>(kFindSession, user, session);
}

void touch_session(db::Session& q, UserId user, const Uuid& session, UtcUs now, UtcUs expires_at) {
  q.execute(kTouchSession, user, session, now, expires_at);
}

bool revoke_session(db::Session& q, UserId user, const Uuid& session, UtcUs now) {
  if (q.execute(kRevokeSession, user, session, now) == 0) return false;
  enqueue_ended(q, user, now);
  return true;
}

std::vector<Uuid> revoke_sessions(db::Session& q, UserId user, const std::optional<Uuid>& kept,
                                  UtcUs now) {
  std::vector<Uuid> ended =
      kept ? q.many<Uuid>(kRevokeOthers, user, now, *kept) : q.many<Uuid>(kRevokeAll, user, now);
  if (!ended.empty()) enqueue_ended(q, user, now);
  return ended;
}

std::vector<SessionRow> open_sessions(db::Session& q, UserId user, UtcUs now) {
  return q.many<SessionRow>(kOpenSessions, user, now, kSessionsShownMax);
}

std::vector<Uuid> ended_since(db::Session& q, UtcUs since) {
  return q.many<Uuid>(kEndedSince, since, static_cast<std::int64_t>(kEndedSessionsMax));
}

void add_refresh(db::Session& q, const std::string& token_hash, const RefreshRow& token) {
  q.execute(kAddRefresh, BytesView{token_hash}, token.user_id, token.session_id, token.issued_at);
}

std::optional<RefreshRow> find_refresh(db::Session& q, const std::string& token_hash) {
  return q.optional<RefreshRow>(kFindRefresh, BytesView{token_hash});
}

void replace_refresh(db::Session& q, const std::string& token_hash,
                     const std::string& successor_hash, UtcUs now) {
  q.execute(kReplaceRefresh, BytesView{token_hash}, BytesView{successor_hash}, now);
}

void prune_refresh(db::Session& q, UserId user, const Uuid& session, UtcUs before) {
  q.execute(kPruneRefresh, user, session, before);
}

void add_reset(db::Session& q, const std::string& token_hash, UserId user, UtcUs expires_at) {
  q.execute(kAddReset, BytesView{token_hash}, user, expires_at);
}

std::optional<UserId> take_reset(db::Session& q, const std::string& token_hash, UtcUs now) {
  return q.optional<UserId>(kTakeReset, BytesView{token_hash}, now);
}

void clear_resets(db::Session& q, UserId user) { q.execute(kClearResets, user); }

std::vector<KeyRow> keys(db::Session& q) { return q.many<KeyRow>(kKeys); }

void add_key(db::Session& q, const KeyRow& key) {
  q.execute(kAddKey, key.key_id, key.secret, key.created_at);
}

void remove_keys_before(db::Session& q, UtcUs before) { q.execute(kRemoveKeys, before); }

}  // namespace ruck::auth::store
