#pragma once
// One's own account: a new password, a new address, the end of it.
//
// What the web app changes needs the password again, or a sign-in that is younger than
// kFreshSignIn: who finds an open browser, or a stolen access token, must not take the account with
// it. The mobile app's calls (PATCH and DELETE of /api/users/{id}, contract core §2) come without
// one, so they do nothing that the owner cannot take back:
//   - a new address counts once the link that was mailed to it has been opened; the old address is
//     told; links that are out (a reset, another new address) die with every change;
//   - a deletion ends every sign-in and hides the account from everybody at once, is final after
//     kDeletionDelay, and is undone until then by a link that was mailed.
#include "base/clock.hpp"
#include "bus/bus.hpp"
#include "cache/revisions.hpp"
#include "jobs/job.hpp"
#include "mail/mailer.hpp"
#include "runtime/blocking_pool.hpp"
#include "services/auth/account_mails.hpp"
#include "services/auth/account_types.hpp"
#include "services/auth/service.hpp"

#include <string>
#include <vector>

namespace ruck::jobs {
class Runner;
}

namespace ruck::auth {

// What hangs on an account elsewhere; inside the unit of work.
class AccountRelations {
 public:
  virtual ~AccountRelations() = default;
  // What others count of it goes, and comes back; they give whose counts moved.
  [[nodiscard]] virtual std::vector<UserId> hidden(db::Session& q, UserId user) = 0;
  [[nodiscard]] virtual std::vector<UserId> shown(db::Session& q, UserId user) = 0;
  virtual void remove(db::Session& q, UserId user) = 0;  // everything of it goes
};

class AccountService {
 public:
  struct Dependencies {
    db::Database& database;
    cache::Revisions& revisions;
    const Clock& clock;
    Tokens& tokens;
    AuthService& auth;
    runtime::BlockingPool& password_pool;
    runtime::BlockingPool& mail_pool;  // a mail server may keep its threads waiting
    mail::Mailer& mailer;
    std::string public_url;  // of links in e-mails
    bus::Bus& bus;           // profile/topics.hpp
    AccountRelations& relations;
  };
  explicit AccountService(Dependencies dependencies);

  // Mails; and deletions, which become final when their time has come, in a job that recurs.
  void add_jobs(jobs::Runner& runner);

  task<Result<AccountView>> get(http::Viewer viewer);
  task<Result<profile::MessageReply>> change_password(http::Viewer viewer, ChangePassword change);
  task<Result<AccountView>> change_email(http::Viewer viewer, ChangeEmail change);
  task<Result<DeletionReply>> remove(http::Viewer viewer, WithPassword password);
  task<Result<SessionsEnded>> end_session(http::Viewer viewer, SessionId session,
                                          WithPassword password);
  task<Result<SessionsEnded>> end_session_at_once(http::Viewer viewer, SessionId session);
  task<Result<SessionsEnded>> end_other_sessions(http::Viewer viewer, WithPassword password);
  // For whoever has the link.
  task<Result<EmailConfirmed>> confirm_email(MailedToken token);
  task<Result<EmailConfirmed>> undo_deletion(MailedToken token);

  // For the profile (contract core §2), inside its unit of work: the address waits for its link.
  [[nodiscard]] Result<> ask_for_email(db::Session& q, UserId user, const std::string& email);
  // For DELETE /api/users/{id}.
  task<Result<DeletionReply>> request_deletion(UserId user);

 private:
  [[nodiscard]] task<Result<>> confirm(http::Viewer viewer, std::optional<std::string> password);
  task<jobs::Outcome> finalise();
  task<> finalise_one(UserId user);

  Dependencies deps_;
  AccountMails mails_;
};

void add_routes(http::Router& router, AccountService& service);

}  // namespace ruck::auth
