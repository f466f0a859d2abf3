#include "services/auth/account.hpp"

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "http/endpoint.hpp"
#include "jobs/runner.hpp"
#include "runtime/cancelled.hpp"
#include "services/auth/account_store.hpp"
#include "services/auth/passwords.hpp"
#include "services/auth/secrets.hpp"
#include "services/auth/store.hpp"
#include "services/profile/service.hpp"
#include "services/profile/topics.hpp"
#include "telemetry/log.hpp"

#include <fmt/format.h>

namespace ruck::auth {
namespace {
constexpr const char* kBadLink = "This link is invalid or has expired";
using crypto::sha256;

std::string day_text(UtcUs time) { return to_iso8601(std::chrono::floor<std::chrono::days>(time)); }

bool is_fresh(const std::optional<SessionRow>& session, UtcUs now) {
  return session && !session->revoked_at && now - session->created_at <= kFreshSignIn;
}
}  // namespace

AccountService::AccountService(Dependencies dependencies)
    : deps_(std::move(dependencies)),
      mails_({.database = deps_.database,
              .clock = deps_.clock,
              .pool = deps_.mail_pool,
              .mailer = deps_.mailer,
              .public_url = deps_.public_url}) {}

void AccountService::add_jobs(jobs::Runner& runner) {
  for (jobs::Kind& kind : mails_.kinds()) runner.add(std::move(kind));
  runner.add({.name = "auth.finalise_deletions",
              .priority = jobs::Priority::kLow,
              .concurrency_max = 1,
              .is_recurring = true,
              .run = [this](const jobs::RunningJob&) { return finalise(); }});
}

// The password, or a sign-in so young that it was given a moment ago.
task<Result<>> AccountService::confirm(http::Viewer viewer, std::optional<std::string> password) {
  if (password) co_return co_await deps_.auth.check_own_password(viewer.user, std::move(*password));
  const UtcUs now = deps_.clock.now();
  const Result<bool> fresh = co_await deps_.database.read([viewer, now](db::Session& q) {
    return is_fresh(store::find_session(q, viewer.user, viewer.session), now);
  });
  if (!fresh) co_return fail(fresh.error());
  if (!*fresh) co_return fail(ErrorCode::kForbidden, "Enter your password to do this");
  co_return Result<>();
}

task<Result<AccountView>> AccountService::get(http::Viewer viewer) {
  co_return co_await deps_.database.read([user = viewer.user, now = deps_.clock.now()](
                                             db::Session& q) -> Result<AccountView> {
    const auto row = profile::find_user(q, user);
    if (!row) return fail(ErrorCode::kUserNotFound);
    return AccountView{.email = row->email, .pending_email = store::pending_email(q, user, now)};
  });
}

// ---- password -----------------------------------------------------------------------------------

task<Result<profile::MessageReply>> AccountService::change_password(http::Viewer viewer,
                                                                    ChangePassword change) {
  if (Result<> ok = co_await confirm(viewer, std::move(change.password)); !ok) {
    co_return fail(std::move(ok).error());
  }
  const Result<std::string> hash = co_await deps_.password_pool.run(
      [password = change.new_password] { return hash_password(password); });
  if (!hash) co_return fail(hash.error());
  const UtcUs now = deps_.clock.now();
  using Ended = std::vector<Uuid>;
  const Result<Ended> ended =
      co_await deps_.database.write([viewer, hash = *hash, now](db::Session& q) -> Result<Ended> {
        const auto row = profile::find_user(q, viewer.user);
        if (!row) return fail(ErrorCode::kUserNotFound);
        store::set_new_password(q, viewer.user, hash, now);
        enqueue_password_changed_mail(q, {.user = viewer.user, .to = row->email}, now);
        return store::revoke_sessions(q, viewer.user, viewer.session, now);
      });
  if (!ended) co_return fail(ended.error());
  deps_.tokens.end_sessions(*ended, now);
  co_return profile::MessageReply{"The password has been changed"};
}

// ---- e-mail -------------------------------------------------------------------------------------

Result<> AccountService::ask_for_email(db::Session& q, UserId user, const std::string& given) {
  const std::string email(trim(given));
  if (!profile::is_email(email)) {
    return fail(ErrorCode::kInvalidInput, "$.email: expected an e-mail address");
  }
  if (!profile::find_user(q, user)) return fail(ErrorCode::kUserNotFound);
  if (store::is_email_taken(q, normal_email(email), user)) return fail(ErrorCode::kDuplicateEmail);
  const UtcUs now = deps_.clock.now();
  const store::NewEmail change{
      .user = user, .email = email, .expires_at = now + kEmailChangeLifetime};
  store::put_email_change(q, change);
  enqueue_email_change_mails(q, change, now);
  return {};
}

task<Result<AccountView>> AccountService::change_email(http::Viewer viewer, ChangeEmail change) {
  if (Result<> ok = co_await confirm(viewer, std::move(change.password)); !ok) {
    co_return fail(std::move(ok).error());
  }
  const Result<> asked =
      co_await deps_.database.write([this, user = viewer.user, email = std::move(change.email)](
                                        db::Session& q) { return ask_for_email(q, user, email); });
  if (!asked) co_return fail(asked.error());
  co_return co_await get(viewer);
}

task<Result<EmailConfirmed>> AccountService::confirm_email(MailedToken token) {
  struct Done {
    std::string email;
    UserId user;
  };
  const UtcUs now = deps_.clock.now();
  const Result<Done> done = co_await deps_.database.write(
      [this, hash = sha256(token.token), now](db::Session& q) -> Result<Done> {
        const auto change = store::take_email_change(q, hash, now);
        const auto row = change ? profile::find_user(q, change->user_id) : std::nullopt;
        if (!row) return fail(ErrorCode::kInvalidResetToken, kBadLink);
        if (!store::move_credential(q, row->id, normal_email(change->email), now)) {
          return fail(ErrorCode::kDuplicateEmail);
        }
        store::clear_resets(q, row->id);
        profile::set_email(q, row->id, change->email, now);
        enqueue_email_changed_mail(q, {.user = row->id, .to = row->email}, now);
        deps_.revisions.bump(q, row->id);
        return Done{.email = change->email, .user = row->id};
      });
  if (!done) co_return fail(done.error());
  co_await deps_.revisions.changed(done->user);
  co_return EmailConfirmed{.message = "The new address is confirmed", .email = done->email};
}

// ---- deletion -----------------------------------------------------------------------------------

task<Result<DeletionReply>> AccountService::remove(http::Viewer viewer, WithPassword password) {
  if (Result<> ok = co_await confirm(viewer, std::move(password.password)); !ok) {
    co_return fail(std::move(ok).error());
  }
  co_return co_await request_deletion(viewer.user);
}

task<Result<DeletionReply>> AccountService::request_deletion(UserId user) {
  struct Done {
    UtcUs final_at;
    std::vector<Uuid> ended;
    std::vector<UserId> moved;  // whose counts are others now
  };
  const UtcUs now = deps_.clock.now();
  const Result<Done> done =
      co_await deps_.revisions.write(user, [this, user, now](db::Session& q) -> Result<Done> {
        if (!profile::find_user(q, user)) return fail(ErrorCode::kUserNotFound);
        Done out{.final_at = now + kDeletionDelay};
        const bool is_new =
            store::add_deletion(q, {.user = user, .requested_at = now, .final_at = out.final_at});
        if (!is_new) out.final_at = store::deletion_of(q, user).value_or(out.final_at);
        out.ended = store::revoke_sessions(q, user, std::nullopt, now);
        if (!is_new) return out;
        enqueue_deletion_mail(q, user, out.final_at, now);
        store::clear_resets(q, user);
        store::clear_email_change(q, user);
        out.moved = deps_.relations.hidden(q, user);
        for (const UserId& each : out.moved) deps_.revisions.bump(q, each);
        return out;
      });
  if (!done) co_return fail(done.error());
  co_await deps_.revisions.changed(done->moved);
  deps_.tokens.end_sessions(done->ended, now);
  profile::publish_account(deps_.bus, user);
  co_return DeletionReply{
      .message =
          fmt::format("The account is hidden from everybody now and will be deleted for good"
                      " on {}. {}",
                      day_text(done->final_at),
                      deps_.mailer.delivers() ? "A link to undo that is on its way by e-mail"
                                              : "Whoever runs this server has a link to undo that"),
      .final_at = done->final_at};
}

task<Result<EmailConfirmed>> AccountService::undo_deletion(MailedToken token) {
  struct Done {
    UserId user;
    std::string email;
    std::vector<UserId> moved;
  };
  const UtcUs now = deps_.clock.now();
  const Result<Done> done = co_await deps_.database.write(
      [this, hash = sha256(token.token), now](db::Session& q) -> Result<Done> {
        const auto user = store::undo_deletion(q, hash, now);
        const auto row = user ? profile::find_user(q, *user) : std::nullopt;
        if (!row) return fail(ErrorCode::kInvalidResetToken, kBadLink);
        Done out{.user = *user, .email = row->email, .moved = deps_.relations.shown(q, *user)};
        deps_.revisions.bump(q, *user);
        for (const UserId& each : out.moved) deps_.revisions.bump(q, each);
        return out;
      });
  if (!done) co_return fail(done.error());
  std::vector<UserId> changed = done->moved;
  changed.push_back(done->user);
  co_await deps_.revisions.changed(std::move(changed));
  profile::publish_account(deps_.bus, done->user);
  co_return EmailConfirmed{.message = "The account is as it was. Sign in to it",
                           .email = done->email};
}

task<jobs::Outcome> AccountService::finalise() {
  const auto due = co_await deps_.database.read(
      [now = deps_.clock.now()](db::Session& q) { return store::due_deletions(q, now); });
  if (!due) co_return jobs::retry("the accounts that are due could not be read");
  for (const UserId user : *due) {
    if (co_await runtime::is_cancelled()) break;
    co_await finalise_one(user);
  }
  co_return jobs::again_at(deps_.clock.now() + kFinaliseEvery);
}

task<> AccountService::finalise_one(UserId user) {
  const Result<bool> removed =
      co_await deps_.revisions.write(user, [this, user, now = deps_.clock.now()](db::Session& q) {
        const bool is_due = store::take_due_deletion(q, user, now);
        if (is_due) deps_.relations.remove(q, user);
        return is_due;
      });
  if (!removed || !*removed) co_return;
  profile::publish_account(deps_.bus, user);
  telemetry::log_info("account.deleted");
}

// ---- sign-ins -----------------------------------------------------------------------------------

task<Result<SessionsEnded>> AccountService::end_session(http::Viewer viewer, SessionId session,
                                                        WithPassword password) {
  // Signing out oneself needs no proof.
  if (session.value() != viewer.session) {
    if (Result<> ok = co_await confirm(viewer, std::move(password.password)); !ok) {
      co_return fail(std::move(ok).error());
    }
  }
  co_return co_await deps_.auth.end_session(viewer, session);
}

task<Result<SessionsEnded>> AccountService::end_other_sessions(http::Viewer viewer,
                                                               WithPassword password) {
  if (Result<> ok = co_await confirm(viewer, std::move(password.password)); !ok) {
    co_return fail(std::move(ok).error());
  }
  co_return co_await deps_.auth.end_other_sessions(viewer);
}

// Without a body there is no password: the sign-in that asks must be fresh.
task<Result<SessionsEnded>> AccountService::end_session_at_once(http::Viewer viewer,
                                                                SessionId session) {
  co_return co_await end_session(viewer, session, WithPassword{});
}

void add_routes(http::Router& r, AccountService& s) {
  constexpr http::Limit kChange = http::per_hour(60);  // each may check a password
  constexpr http::Limit kLink = http::per_minute(5);   // as a link that resets a password
  http::get(r, "/api/account", "account.get",
            {.summary = "Get the account's e-mail address and one waiting for confirmation"}, &s,
            &AccountService::get);
  http::post(r, "/api/account/password", "account.change_password",
             {.summary = "Change the password; ends all other sign-ins", .limit = kChange}, &s,
             &AccountService::change_password);
  http::post(r, "/api/account/email", "account.change_email",
             {.summary = "Change the e-mail address; it counts once the mailed link is opened",
              .limit = kChange},
             &s, &AccountService::change_email);
  http::post(r, "/api/account/delete", "account.delete",
             {.summary = "Delete the account: hidden now, removed for good after a week",
              .limit = kChange},
             &s, &AccountService::remove);
  http::post(r, "/api/account/confirm-email", "account.confirm_email",
             {.summary = "Confirm a new address with the token from the e-mail",
              .auth = http::Auth::kNone,
              .limit = kLink},
             &s, &AccountService::confirm_email);
  http::post(r, "/api/account/undo-deletion", "account.undo_deletion",
             {.summary = "Undo an account's deletion with the token from the e-mail",
              .auth = http::Auth::kNone,
              .limit = kLink},
             &s, &AccountService::undo_deletion);
  http::post(r, "/api/auth/sessions/{id}/end", "account.end_session",
             {.summary = "End one of your sign-ins; that device is signed out", .limit = kChange},
             &s, &AccountService::end_session);
  http::del(r, "/api/auth/sessions/{id}", "account.end_session_at_once",
            {.summary = "End a sign-in right after signing in, or your own", .limit = kChange}, &s,
            &AccountService::end_session_at_once);
  http::post(r, "/api/auth/sessions/end-others", "account.end_other_sessions",
             {.summary = "End all your other sign-ins", .limit = kChange}, &s,
             &AccountService::end_other_sessions);
}

}  // namespace ruck::auth
