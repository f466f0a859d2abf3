#pragma once
// The mails about an account as jobs (jobs/job.hpp), each written in the unit of work of its cause.
//
// A mail goes out if what it says is still so when its job runs. The secret of a link is made then,
// so that none is kept in a job: each attempt has a new one, and the link of the attempt before is
// no good any more. Notes of what has happened go to the address that the account had then.
#include "base/clock.hpp"
#include "db/database.hpp"
#include "jobs/job.hpp"
#include "mail/mailer.hpp"
#include "runtime/blocking_pool.hpp"
#include "services/auth/account_store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ruck::auth {

// To the new address with its link, and to the old one. `change` is as it has been stored.
void enqueue_email_change_mails(db::Session& q, const store::NewEmail& change, UtcUs now);
// With the link that takes it back; a deletion is known by its end.
void enqueue_deletion_mail(db::Session& q, UserId user, UtcUs final_at, UtcUs now);

struct AccountNote {
  UserId user;
  std::string to;
};
BOOST_DESCRIBE_STRUCT(AccountNote, (), (user, to))
void enqueue_email_changed_mail(db::Session& q, const AccountNote& old_address, UtcUs now);
void enqueue_password_changed_mail(db::Session& q, const AccountNote& note, UtcUs now);

class AccountMails {
 public:
  struct Dependencies {
    db::Database& database;
    const Clock& clock;
    runtime::BlockingPool& pool;  // a mail server may keep its threads waiting
    mail::Mailer& mailer;
    std::string public_url;  // of links
  };
  explicit AccountMails(Dependencies dependencies) : deps_(std::move(dependencies)) {}

  [[nodiscard]] std::vector<jobs::Kind> kinds();

 private:
  task<jobs::Outcome> send_confirm(jobs::RunningJob job);
  task<jobs::Outcome> send_changing(jobs::RunningJob job);
  task<jobs::Outcome> send_changed(jobs::RunningJob job);
  task<jobs::Outcome> send_password_changed(jobs::RunningJob job);
  task<jobs::Outcome> send_deletion(jobs::RunningJob job);
  // What was found to be sent: nothing where it is not so any more.
  task<jobs::Outcome> send(Result<std::optional<mail::Message>> message);
  [[nodiscard]] std::string link(std::string_view page, const std::string& token) const;

  Dependencies deps_;
};

}  // namespace ruck::auth
