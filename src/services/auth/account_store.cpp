#include "services/auth/account_store.hpp"

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
  q.execute(kPutChange, c.user, c.email, BytesView{c.token_hash}, c.expires_at);
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
  return q.execute(kAddDeletion, d.user, BytesView{d.token_hash}, d.requested_at, d.final_at) == 1;
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
