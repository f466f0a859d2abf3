#pragma once
// Accounts: register, sign in, refresh, sign out, reset a password.
//
// Refresh tokens are opaque and stored as hashes. Each refresh replaces the token by its successor,
// which is an HMAC of the token under the session's own key: when the reply is lost and the app
// asks again with the old token, it gets the same successor, for `kRefreshGrace` and as long as
// nobody has used that. Any later re-use, or re-use of an older token, means that somebody else
// holds a copy: the whole session is revoked.
#include "base/clock.hpp"
#include "cache/revisions.hpp"
#include "db/database.hpp"
#include "http/handler.hpp"
#include "http/rate_limit.hpp"
#include "jobs/job.hpp"
#include "mail/mailer.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/task_group.hpp"
#include "services/auth/known_devices.hpp"
#include "services/auth/tokens.hpp"
#include "services/auth/types.hpp"

#include <string>

namespace ruck::jobs {
class Runner;
}

namespace ruck::auth {

// For tools that fill a database, inside their unit of work. kDuplicateEmail when it is taken.
// `password_hash` may be text that no password fits, as kNoPassword.
inline constexpr std::string_view kNoPassword = "!";
[[nodiscard]] Result<> add_account(db::Session& q, UserId user, const std::string& email,
                                   const std::string& password_hash, UtcUs now);

// For other services, inside their unit of work: whether the sign-in goes on.
[[nodiscard]] bool is_signed_in(db::Session& q, UserId user, const Uuid& session, UtcUs now);

class AuthService {
 public:
  struct Dependencies {
    db::Database& database;
    cache::Revisions& revisions;
    const Clock& clock;
    Tokens& tokens;
    runtime::BlockingPool& password_pool;
    runtime::BlockingPool& mail_pool;  // a mail server may keep its threads waiting
    mail::Mailer& mailer;
    http::RateLimiter* limiter;  // null: off
    std::string public_url;      // of links in e-mails
  };
  explicit AuthService(Dependencies dependencies);
  ~AuthService();

  using Session = http::Reply<SignedIn>;
  using NewSession = http::Reply<http::Created<SignedIn>>;

  task<Result<NewSession>> sign_up(Register request, http::RequestInfo info);
  task<Result<Session>> sign_in(Login request, http::RequestInfo info);
  task<Result<Session>> refresh(http::RawBody body, http::Query<Refresh> query,
                                http::RequestInfo info);
  task<Result<http::Reply<profile::MessageReply>>> sign_out(std::optional<http::Viewer> viewer,
                                                            http::RequestInfo info);
  // What it does beside requests.
  void add_jobs(jobs::Runner& runner);
  task<Result<ForgotReply>> forgot_password(ForgotPassword request);
  task<Result<ResetReply>> reset_password(ResetPassword request);
  // One's own sign-ins: phones and browsers.
  task<Result<SessionsReply>> sessions(http::Viewer viewer);
  task<Result<SessionsEnded>> end_session(http::Viewer viewer, SessionId session);
  task<Result<SessionsEnded>> end_other_sessions(http::Viewer viewer);
  // Whether it is the user's password, asked again of one who is signed in. kForbidden if not.
  task<Result<>> check_own_password(UserId user, std::string password);

 private:
  struct Opened {
    SessionRow session;
    std::string refresh_token;
  };
  [[nodiscard]] static Opened open_session(db::Session& q, UserId user,
                                           const std::string& user_agent, UtcUs now);
  [[nodiscard]] SignedIn signed_in(const Uuid& session, std::string refresh_token,
                                   profile::Profile user, std::string message, UtcUs now) const;
  [[nodiscard]] task<Result<CredentialRow>> check_password(std::string email_key,
                                                           std::string password,
                                                           DeviceSigns device);
  [[nodiscard]] task<Result<CredentialRow>> compare_password(std::string email_key,
                                                             std::string password);
  [[nodiscard]] task<Result<>> check_account_rate(std::string email_key, DeviceSigns device);
  task<> upgrade_hash(CredentialRow credential, std::string password);
  task<jobs::Outcome> send_reset(jobs::RunningJob job);

  Dependencies deps_;
  runtime::TaskGroup background_;
};

void add_routes(http::Router& router, AuthService& service);

}  // namespace ruck::auth
