#include "services/notify/digests.hpp"

#include "http/bind.hpp"
#include "http/json/writer.hpp"
#include "mail/sending.hpp"
#include "runtime/cancelled.hpp"
#include "services/feed/service.hpp"
#include "services/notify/digest_mail.hpp"
#include "services/notify/limits.hpp"
#include "services/notify/recording.hpp"
#include "services/notify/store.hpp"
#include "services/notify/weekly.hpp"
#include "services/profile/service.hpp"
#include "services/stats/service.hpp"

#include <fmt/format.h>

namespace ruck::notify {
namespace {
using std::chrono::days;

// Moves the plans of some whose time has come and writes their jobs; how many there were.
std::int64_t plan_some(db::Session& q, UtcUs now) {
  const auto due = store::due_digests(q, now, kDigestsPlannedAtOnce);
  for (const store::RecipientRow& to : due) {
    const DigestStep step = step_of(to, now);
    if (!store::move_digest(q, to.user, *to.digest_week, step.next) || !step.week) continue;
    const DigestJob job{.user = to.user, .week = *step.week};
    jobs::enqueue(q,
                  {.kind = kDigestJob,
                   .payload = json::to_text(job),
                   .key = fmt::format("{}:{}", job.user.value().to_string(), to_iso8601(job.week)),
                   .user = job.user},
                  now);
  }
  return std::ssize(due);
}
}  // namespace

std::vector<jobs::Kind> Digests::kinds() {
  return {{.name = kDigestsJob,
           .priority = jobs::Priority::kLow,
           .concurrency_max = 1,
           .is_recurring = true,
           .run = [this](jobs::RunningJob job) { return plan(std::move(job)); }},
          {.name = kDigestJob,
           .priority = jobs::Priority::kLow,
           .concurrency_max = kDigestsSentAtOnce,
           .attempts_max = kDigestAttemptsMax,
           .run = [this](jobs::RunningJob job) { return send(std::move(job)); }}};
}

task<jobs::Outcome> Digests::plan(jobs::RunningJob) {
  // Plans stay as they are where mails reach nobody: a digest is not for the operator to read.
  const int rounds = deps_.mailer.delivers() ? kDigestRoundsMax : 0;
  for (int round = 0; round < rounds && !co_await runtime::is_cancelled(); ++round) {
    const Result<std::int64_t> planned = co_await deps_.database.write(
        [now = deps_.clock.now()](db::Session& q) { return plan_some(q, now); });
    if (!planned) co_return jobs::retry(std::string(error_row(planned.error().code).id));
    if (*planned < kDigestsPlannedAtOnce) break;
  }
  co_return jobs::again_at(deps_.clock.now() + kDigestsEvery);
}

std::optional<mail::Message> Digests::message_of(db::Session& q, const DigestJob& job) const {
  const auto to = store::recipient(q, job.user);
  if (!to || !to->digest_week) return std::nullopt;
  const auto user = profile::find_user(q, job.user);
  if (!user) return std::nullopt;
  const calendar::TimeZone zone = zone_of(*to);
  const Day first = job.week - days(7);
  Digest digest{.to = user->email,
                .name = user->username,
                .first = first,
                .is_metric = user->prefer_metric,
                .week = stats::totals(q, job.user, first, job.week - days(1)),
                .before = stats::totals(q, job.user, first - days(7), first - days(1)),
                .statistics_url = deps_.links.page("statistics"),
                .unsubscribe_url = deps_.links.unsubscribe_url({.user = job.user, .setting = {}})};
  if (digest.week.rucks == 0) return std::nullopt;
  digest.received = feed::received(
      q, job.user, {.from = to_us(zone.start_of(first)), .until = to_us(zone.start_of(job.week))});
  return digest_mail(digest);
}

task<jobs::Outcome> Digests::send(jobs::RunningJob job) {
  const auto digest = http::from_stored<DigestJob>(job.payload);
  using Mail = std::optional<mail::Message>;
  const Result<Mail> mail = co_await deps_.database.read(
      [this, digest](db::Session& q) { return message_of(q, digest); });
  if (!mail) co_return jobs::retry(std::string(error_row(mail.error().code).id));
  if (!*mail) co_return jobs::done();
  co_return co_await mail::send_in_job(deps_.pool, deps_.mailer, **mail);
}

}  // namespace ruck::notify
