#include "services/auth/account_store.hpp"

#include "crypto/digest.hpp"
#include "services/auth/secrets.hpp"
#include "services/auth/store.hpp"

namespace ruck::auth::store {
namespace {
using db::BytesView;
using db::Sql;

const Sql kEmailKey{"account.email_key", "SELECT email_key FROM credentials WHERE user_id = $1"};
const Sql kTaken{"account.email_taken",
                 "SELECT user_id FROM credentials WHERE email_key = $1 AND user_id <> $2"};

const Sql kPutChange{"account.put_email_change",
                     "INSERT INTO email_changes (user_id, email, token_hash, expires_at)"
                     " VALUES ($1, $2, $3, $4) ON CONFLICT (user_id) DO UPDATE SET"
                     " email = excluded.email, token_hash = excluded.token_hash,"
                     " expires_at = excluded.expires_at"};
const Sql kHasChange{"account.has_email_change",
                     "SELECT user_id FROM email_changes WHERE user_id = $1 AND expires_at = $2"
                     " AND expires_at > $3"};
const Sql kChangeToken{"account.set_email_change_token",
                       "UPDATE email_changes SET token_hash = $3 WHERE user_id = $1"
                       " AND expires_at = $2 AND expires_at > $4 RETURNING email"};
const Sql kTakeChange{"account.take_email_change",
                      "DELETE FROM email_changes WHERE token_hash = $1 AND expires_at > $2"
                      " RETURNING user_id, email"};
const Sql kPending{"account.pending_email",
                   "SELECT email FROM email_changes WHERE user_id = $1 AND expires_at > $2"};
const Sql kClearChange{"account.clear_email_change",
                       "DELETE FROM email_changes WHERE user_id = $1"};

const Sql kAddDeletion{"account.add_deletion",
                       "INSERT INTO account_deletions (user_id, token_hash, requested_at, final_at)"
                       " VALUES ($1, $2, $3, $4) ON CONFLICT (user_id) DO NOTHING"};
const Sql kDeletionToken{"account.set_deletion_token",
                         "UPDATE account_deletions SET token_hash = $3 WHERE user_id = $1"
                         " AND final_at = $2 AND final_at > $4"};
const Sql kDeletionOf{"account.deletion",
                      "SELECT final_at FROM account_deletions WHERE user_id = $1"};
const Sql kUndo{"account.undo_deletion",
                "DELETE FROM account_deletions WHERE token_hash = $1 AND final_at > $2"
                " RETURNING user_id"};
const Sql kDue{"account.due_deletions",
               "SELECT user_id FROM account_deletions WHERE final_at <= $1"
               " ORDER BY final_at LIMIT $2"};
const Sql kTakeDue{"account.take_due_deletion",
                   "DELETE FROM account_deletions WHERE user_id = $1 AND final_at <= $2"};
// Of a secret that nobody has: it is unique, as the column wants it, and no link fits it.
std::string no_token() { return crypto::sha256(new_secret()); }
}  // namespace

std::optional<std::string> email_key_of(db::Session& q, UserId user) {
  return q.optional<std::string>(kEmailKey, user);
}

bool is_email_taken(db::Session& q, const std::string& email_key, UserId by_other) {
  return q.optional<UserId>(kTaken, email_key, by_other).has_value();
}

void set_new_password(db::Session& q, UserId user, const std::string& password_hash, UtcUs now) {
  set_password(q, user, password_hash, now);
  clear_resets(q, user);
  clear_email_change(q, user);
}

void put_email_change(db::Session& q, const NewEmail& c) {
  const std::string hash = no_token();
  q.execute(kPutChange, c.user, c.email, BytesView{hash}, c.expires_at);
}

bool has_email_change(db::Session& q, const Waiting& change, UtcUs now) {
  return q.optional<UserId>(kHasChange, change.user, change.until, now).has_value();
}

std::optional<std::string> set_email_change_token(db::Session& q, const Waiting& change,
                                                  const std::string& token_hash, UtcUs now) {
  return q.optional<std::string>(kChangeToken, change.user, change.until, BytesView{token_hash},
                                 now);
}

std::optional<EmailChangeRow> take_email_change(db::Session& q, const std::string& token_hash,
                                                UtcUs now) {
  return q.optional<EmailChangeRow>(kTakeChange, BytesView{token_hash}, now);
}

std::optional<std::string> pending_email(db::Session& q, UserId user, UtcUs now) {
  return q.optional<std::string>(kPending, user, now);
}

void clear_email_change(db::Session& q, UserId user) { q.execute(kClearChange, user); }

bool add_deletion(db::Session& q, const NewDeletion& d) {
  const std::string hash = no_token();
  return q.execute(kAddDeletion, d.user, BytesView{hash}, d.requested_at, d.final_at) == 1;
}

bool set_deletion_token(db::Session& q, const Waiting& deletion, const std::string& token_hash,
                        UtcUs now) {
  return q.execute(kDeletionToken, deletion.user, deletion.until, BytesView{token_hash}, now) == 1;
}

std::optional<UtcUs> deletion_of(db::Session& q, UserId user) {
  return q.optional<UtcUs>(kDeletionOf, user);
}

std::optional<UserId> undo_deletion(db::Session& q, const std::string& token_hash, UtcUs now) {
  return q.optional<UserId>(kUndo, BytesView{token_hash}, now);
}

std::vector<UserId> due_deletions(db::Session& q, UtcUs now) {
  return q.many<UserId>(kDue, now, kDeletedAtOnceMax);
}

bool take_due_deletion(db::Session& q, UserId user, UtcUs now) {
  return q.execute(kTakeDue, user, now) == 1;
}

}  // namespace ruck::auth::store
