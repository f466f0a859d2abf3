#include "services/auth/account_mails.hpp"

#include "crypto/digest.hpp"
#include "http/bind.hpp"
#include "http/json/writer.hpp"
#include "mail/sending.hpp"
#include "services/auth/mails.hpp"
#include "services/auth/secrets.hpp"
#include "services/profile/service.hpp"

#include <fmt/format.h>

namespace ruck::auth {
namespace {
using Mail = std::optional<mail::Message>;

constexpr std::string_view kConfirmJob = "auth.confirm_address_mail";
constexpr std::string_view kChangingJob = "auth.address_changing_mail";
constexpr std::string_view kChangedJob = "auth.address_changed_mail";
constexpr std::string_view kPasswordJob = "auth.password_changed_mail";
constexpr std::string_view kDeletionJob = "auth.deletion_mail";

// A change of address, or a deletion, that waits: it is known by the moment at which it ends.
struct Pending {
  UserId user;
  std::int64_t until_us = 0;
};
BOOST_DESCRIBE_STRUCT(Pending, (), (user, until_us))

std::string payload_of(UserId user, UtcUs until) {
  return json::to_text(Pending{.user = user, .until_us = until.time_since_epoch().count()});
}

store::Waiting waiting(const Pending& pending) {
  return {.user = pending.user, .until = utc_us(pending.until_us)};
}

void enqueue_note(db::Session& q, std::string_view kind, const AccountNote& note, UtcUs now) {
  jobs::enqueue(q, {.kind = kind, .payload = json::to_text(note), .user = note.user}, now);
}
}  // namespace

void enqueue_email_change_mails(db::Session& q, const store::NewEmail& change, UtcUs now) {
  for (const std::string_view kind : {kConfirmJob, kChangingJob}) {
    jobs::enqueue(
        q,
        {.kind = kind, .payload = payload_of(change.user, change.expires_at), .user = change.user},
        now);
  }
}

void enqueue_deletion_mail(db::Session& q, UserId user, UtcUs final_at, UtcUs now) {
  jobs::enqueue(q, {.kind = kDeletionJob, .payload = payload_of(user, final_at), .user = user},
                now);
}

void enqueue_email_changed_mail(db::Session& q, const AccountNote& old_address, UtcUs now) {
  enqueue_note(q, kChangedJob, old_address, now);
}

void enqueue_password_changed_mail(db::Session& q, const AccountNote& note, UtcUs now) {
  enqueue_note(q, kPasswordJob, note, now);
}

std::vector<jobs::Kind> AccountMails::kinds() {
  using Handler = task<jobs::Outcome> (AccountMails::*)(jobs::RunningJob);
  const auto kind = [this](std::string_view name, Handler handler) {
    return jobs::Kind{
        .name = name,
        .priority = jobs::Priority::kHigh,
        .concurrency_max = kAccountMailsAtOnce,
        .attempts_max = kAccountMailAttempts,
        .backoff_first = kAccountMailPause,
        .run = [this, handler](jobs::RunningJob job) { return (this->*handler)(std::move(job)); }};
  };
  return {kind(kConfirmJob, &AccountMails::send_confirm),
          kind(kChangingJob, &AccountMails::send_changing),
          kind(kChangedJob, &AccountMails::send_changed),
          kind(kPasswordJob, &AccountMails::send_password_changed),
          kind(kDeletionJob, &AccountMails::send_deletion)};
}

std::string AccountMails::link(std::string_view page, const std::string& token) const {
  return fmt::format("{}/{}?token={}", deps_.public_url, page, token);
}

task<jobs::Outcome> AccountMails::send(Result<Mail> message) {
  if (!message) co_return jobs::retry(std::string(error_row(message.error().code).id));
  if (!*message) co_return jobs::done();
  co_return co_await mail::send_in_job(deps_.pool, deps_.mailer, std::move(**message));
}

task<jobs::Outcome> AccountMails::send_confirm(jobs::RunningJob job) {
  const auto change = http::from_stored<Pending>(job.payload);
  co_return co_await send(co_await deps_.database.write([this, change, now = deps_.clock.now()](
                                                            db::Session& q) -> Mail {
    const std::string token = new_secret();
    const auto to = store::set_email_change_token(q, waiting(change), crypto::sha256(token), now);
    if (!to) return std::nullopt;
    return confirm_address_mail({.to = *to, .url = link("confirm-email", token)});
  }));
}

task<jobs::Outcome> AccountMails::send_changing(jobs::RunningJob job) {
  const auto change = http::from_stored<Pending>(job.payload);
  co_return co_await send(
      co_await deps_.database.read([change, now = deps_.clock.now()](db::Session& q) -> Mail {
        const auto user = profile::find_user(q, change.user);
        if (!user || !store::has_email_change(q, waiting(change), now)) return std::nullopt;
        return address_changing_mail(user->email);
      }));
}

task<jobs::Outcome> AccountMails::send_changed(jobs::RunningJob job) {
  const auto note = http::from_stored<AccountNote>(job.payload);
  co_return co_await send(Mail(address_changed_mail(note.to)));
}

task<jobs::Outcome> AccountMails::send_password_changed(jobs::RunningJob job) {
  const auto note = http::from_stored<AccountNote>(job.payload);
  co_return co_await send(Mail(password_changed_mail(note.to)));
}

task<jobs::Outcome> AccountMails::send_deletion(jobs::RunningJob job) {
  const auto deletion = http::from_stored<Pending>(job.payload);
  co_return co_await send(co_await deps_.database.write(
      [this, deletion, now = deps_.clock.now()](db::Session& q) -> Mail {
        const std::string token = new_secret();
        const auto user = profile::find_user(q, deletion.user);
        const store::Waiting which = waiting(deletion);
        if (!user || !store::set_deletion_token(q, which, crypto::sha256(token), now)) {
          return std::nullopt;
        }
        return deletion_mail({.to = user->email, .url = link("undo-deletion", token)}, which.until);
      }));
}

}  // namespace ruck::auth
