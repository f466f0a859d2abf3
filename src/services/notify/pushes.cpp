#include "services/notify/pushes.hpp"

#include "base/assert.hpp"
#include "http/bind.hpp"
#include "http/json/writer.hpp"
#include "mail/letter.hpp"
#include "mail/sending.hpp"
#include "services/profile/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ruck::notify {
namespace {
constexpr auto kOutcomes = std::to_array<std::string_view>(
    {"accepted", "gone", "refused", "retried", "not_configured", "held", "dropped", "superseded"});

// The notification as it would stand in the list now, with others of its group; nothing when it may
// not be shown any more or has been read.
std::optional<Entry> entry_with(db::Session& q, UserId user, NotificationId id) {
  auto row = store::find(q, user, id);
  if (!row || row->read_at) return std::nullopt;
  const KindRow* kind = find_kind(row->kind);
  const bool stands_alone = kind == nullptr || !kind->groups || !row->is_listed;
  std::vector<store::NotificationRow> rows;
  if (stands_alone) {
    rows.push_back(std::move(*row));
  } else {
    rows = store::unread_group(q, user, row->kind, row->ruck_id);
  }
  std::vector<Entry> entries = entries_of(std::move(rows));
  if (entries.empty()) return std::nullopt;
  return std::move(entries.front());
}
}  // namespace

push::Message push_of(const Entry& entry, UserId user, UtcUs now) {
  const store::NotificationRow& newest = entry.newest;
  const UtcUs end = newest.created_at + entry.kind->useful_for;
  push::Message message{.title = std::string(entry.kind->title),
                        .body = message_of(entry),
                        .data = data_of(entry, user),
                        .ttl = std::chrono::ceil<std::chrono::seconds>(end - now),
                        .urgency = entry.kind->urgency};
  message.data.emplace_back("notification_id", std::to_string(newest.id.value()));
  // Of a group there is one on the screen; others stand beside each other.
  message.collapse_key = entry.kind->groups || entry.kind->kind == Kind::kRuckStarted
                             ? screen_place(*entry.kind, newest.ruck_id)
                             : fmt::format("{}:{}", entry.kind->name, newest.id.value());
  return message;
}

Pushes::Pushes(Dependencies dependencies) : deps_(dependencies) {
  for (const std::string_view outcome : kOutcomes) {
    counters_[outcome] = &deps_.metrics.counter("ruck_notify_pushes_total",
                                                "Pushes to devices, by what became of them",
                                                {{"outcome", std::string(outcome)}});
  }
}

std::vector<jobs::Kind> Pushes::kinds() {
  return {{.name = kPushJob,
           .priority = jobs::Priority::kHigh,
           .concurrency_max = kPushesAtOnce,
           .attempts_max = kPushAttemptsMax,
           .run = [this](jobs::RunningJob job) { return send(std::move(job)); }},
          {.name = kEmailJob,
           .concurrency_max = kEmailsAtOnce,
           .run = [this](jobs::RunningJob job) { return send_email(std::move(job)); }}};
}

void Pushes::count(std::string_view outcome) {
  const auto found = counters_.find(outcome);
  RUCK_ASSERT(found != counters_.end());
  found->second->add();
}

Pushes::Plan Pushes::plan(db::Session& q, const PushJob& job, UtcUs now) {
  auto device = find_device(q, job.user, job.device, now);
  const auto recipient = device ? store::recipient(q, job.user) : std::nullopt;
  const auto entry = recipient ? entry_with(q, job.user, job.notification) : std::nullopt;
  if (!entry || !wanted(*recipient, *entry->kind).push) return {};
  const UtcUs end = entry->newest.created_at + entry->kind->useful_for;
  const auto held = held_until(*recipient, now);
  if (now >= end || (held && *held >= end)) return {};
  if (held) return {.held_until = held};
  // A newer one of the group has a job of its own, which says all that this one would.
  if (entry->newest.id != job.notification) return {.is_superseded = true};
  Plan plan{.device = std::move(device), .message = push_of(*entry, job.user, now)};
  // For the badge of the web app, which may be closed. Phones do not read it, and it takes the
  // whole list to count.
  if (plan.device->service == service_name::kWeb) {
    const std::int64_t unread = std::ssize(entries_of(store::unread(q, job.user)));
    plan.message.data.emplace_back("unread_count", std::to_string(unread));
  }
  return plan;
}

// A push of the same group to the same device is under way: one that overtook it would be replaced
// on the screen by what is older.
bool Pushes::would_overtake(db::Session& q, const PushJob& push, std::int64_t job, UtcUs now) {
  if (push.group.empty()) return false;
  const auto running = jobs::running_before(q, kPushJob, push.user, job, now);
  return std::ranges::any_of(running, [&](const std::string& payload) {
    const auto other = http::from_stored<PushJob>(payload);
    return other.device == push.device && other.group == push.group;
  });
}

task<push::Report> send_to(push::Sender& sender, Device device, push::Message message) {
  if (device.service == service_name::kWeb) {
    co_return co_await sender.send(push::WebSubscription{.endpoint = std::move(device.token),
                                                         .p256dh = device.p256dh.value_or(""),
                                                         .auth = device.auth.value_or("")},
                                   std::move(message));
  }
  co_return co_await sender.send(push::FcmToken{std::move(device.token)}, std::move(message));
}

task<jobs::Outcome> Pushes::send(jobs::RunningJob job) {
  const auto what = http::from_stored<PushJob>(job.payload);
  const UtcUs now = deps_.clock.now();
  Result<Plan> planned = co_await deps_.database.read([what, now, id = job.id](db::Session& q) {
    Plan made = plan(q, what, now);
    if (made.device && would_overtake(q, what, id, now)) {
      return Plan{.held_until = now + kOvertakingPause};
    }
    return made;
  });
  if (!planned) co_return jobs::retry(std::string(error_row(planned.error().code).id));
  if (planned->held_until) {
    count("held");
    co_return jobs::done([payload = job.payload, user = what.user, until = *planned->held_until,
                          now](db::Session& q) {
      jobs::enqueue(q, {.kind = kPushJob, .payload = payload, .user = user, .run_at = until}, now);
    });
  }
  if (!planned->device) {
    count(planned->is_superseded ? "superseded" : "dropped");
    co_return jobs::done();
  }
  const push::Report report =
      co_await send_to(deps_.sender, *planned->device, std::move(planned->message));
  co_return outcome_of(report, *planned->device);
}

jobs::Outcome Pushes::outcome_of(const push::Report& report, const Device& device) {
  switch (report.fate) {
    case push::Fate::kAccepted:
      count("accepted");
      return jobs::done();
    case push::Fate::kGone:
      count("gone");
      // By its token: the device may have another one by now.
      return jobs::done([user = device.user_id, token = device.token](db::Session& q) {
        remove_device(q, user, token);
      });
    case push::Fate::kRefused:
      count("refused");
      return jobs::dead(report.reason);
    case push::Fate::kRetry:
      count("retried");
      return jobs::retry(report.reason, report.retry_after);
    case push::Fate::kNotConfigured:
      break;
  }
  count("not_configured");
  return jobs::done();
}

task<jobs::Outcome> Pushes::send_email(jobs::RunningJob job) {
  const auto email = http::from_stored<EmailJob>(job.payload);
  using Mail = std::optional<mail::Message>;
  const Result<Mail> mail = co_await deps_.database.read([this, email](db::Session& q) -> Mail {
    const auto recipient = store::recipient(q, email.user);
    const auto user = recipient ? profile::find_user(q, email.user) : std::nullopt;
    const auto found = user ? entry_with(q, email.user, email.notification) : std::nullopt;
    if (!found || !wanted(*recipient, *found->kind).email) return std::nullopt;
    const Entry& entry = *found;
    // A newer one of its group has a job of its own, which tells of this as well.
    if (entry.newest.id != email.notification) return std::nullopt;
    return mail::to_message(
        {.to = user->email,
         .subject = fmt::format("RuckingApp: {}", entry.kind->title),
         .paragraphs = {message_of(entry) + ".",
                        "You choose in the settings what is sent to you by e-mail."},
         .unsubscribe_url =
             deps_.links.unsubscribe_url({.user = email.user, .setting = entry.kind->setting})});
  });
  if (!mail) co_return jobs::retry(std::string(error_row(mail.error().code).id));
  if (!*mail) co_return jobs::done();
  co_return co_await mail::send_in_job(deps_.pool, deps_.mailer, **mail);
}

}  // namespace ruck::notify
