#include "services/notify/tests/fixture.hpp"

#include "cache/revisions.hpp"
#include "services/auth/store.hpp"
#include "services/feed/service.hpp"
#include "services/people/service.hpp"
#include "services/profile/store.hpp"
#include "services/rucks/service.hpp"
#include "services/rucks/store.hpp"
#include "support/reactions.hpp"
#include "support/recent_rucks.hpp"

#include <algorithm>

namespace ruck::notify {
namespace {

const db::Sql kNextJob{"test.next_job",
                       "SELECT id, kind, payload FROM jobs WHERE run_at <= $1"
                       " AND dead_at IS NULL ORDER BY run_at, id LIMIT 1"};
const db::Sql kWaitingJobs{"test.waiting_jobs", "SELECT id, kind, payload FROM jobs ORDER BY id"};
const db::Sql kLeaseJob{"test.lease_job",
                        "UPDATE jobs SET run_at = $2, leased_by = 'runner' WHERE id = $1"};
const db::Sql kDropJob{"test.drop_job", "DELETE FROM jobs WHERE id = $1"};
const db::Sql kMoveJob{"test.move_job", "UPDATE jobs SET run_at = $2 WHERE id = $1"};
const db::Sql kKept{"test.kept_of_notify",
                    "SELECT (SELECT COUNT(*) FROM notifications) +"
                    " (SELECT COUNT(*) FROM push_devices) +"
                    " (SELECT COUNT(*) FROM notification_settings)"};

}  // namespace

task<push::Report> FakeSender::send(push::FcmToken device, push::Message message) {
  sent.push_back({std::move(device.token), std::move(message)});
  co_return report;
}

task<push::Report> FakeSender::send(push::WebSubscription browser, push::Message message) {
  sent.push_back({std::move(browser.endpoint), std::move(message)});
  co_return report;
}

Result<> FakeMailer::send(const mail::Message& message) {
  sent.push_back(message);
  return {};
}

struct NotifyTest::Others {
  explicit Others(db::Database& database) : revisions(database) {}
  cache::Revisions revisions;
  test::NoRecentRucks recent;
  test::NoReactions reactions;
  test::NoPhotos photos;
};

NotifyTest::NotifyTest() = default;
NotifyTest::~NotifyTest() = default;

void NotifyTest::SetUp() {
  migrate();
  others_ = std::make_unique<Others>(database());
  people_ = std::make_unique<people::PeopleService>(
      people::PeopleService::Dependencies{.database = database(),
                                          .revisions = others_->revisions,
                                          .clock = clock_,
                                          .bus = bus_,
                                          .recent_rucks = others_->recent});
  feed_ =
      std::make_unique<feed::FeedService>(database(), others_->revisions, clock_, others_->photos);
  rucks_ = std::make_unique<rucks::RuckService>(
      rucks::RuckService::Dependencies{.database = database(),
                                       .revisions = others_->revisions,
                                       .clock = clock_,
                                       .metrics = metrics_,
                                       .bus = bus_,
                                       .reactions = others_->reactions,
                                       .photos = others_->photos});
  service_ = std::make_unique<NotifyService>(
      NotifyService::Dependencies{.database = database(),
                                  .clock = clock_,
                                  .bus = bus_,
                                  .sender = sender_,
                                  .mailer = mailer_,
                                  .pool = pool_,
                                  .metrics = metrics_,
                                  .server_key = "a key",
                                  .public_url = "https://ruck.example.org"});
  kinds_ = service_->kinds();
}

int NotifyTest::run_jobs() {
  int ran = 0;
  for (;;) {
    const auto job = next_job();
    if (!job) return ran;
    ran += 1;
    const jobs::Outcome outcome = run(job->kind, job->payload, job->id);
    end(*job, outcome);
  }
}

jobs::Outcome NotifyTest::run(const std::string& kind, const std::string& payload,
                              std::int64_t id) {
  const auto found = std::ranges::find(kinds_, kind, &jobs::Kind::name);
  EXPECT_NE(found, kinds_.end()) << kind;
  runs_[kind] += 1;
  return cores_.run(
      found->run(jobs::RunningJob{.id = id, .payload = payload, .created_at = clock_.now()}));
}

std::optional<JobRow> NotifyTest::next_job() {
  return *database().read_now(
      [this](db::Session& q) { return q.optional<JobRow>(kNextJob, clock_.now()); });
}

void NotifyTest::end(const JobRow& job, const jobs::Outcome& outcome) {
  using Kind = jobs::Outcome::Kind;
  if (outcome.kind == Kind::kDead) dead_.push_back(outcome.error);
  change([&](db::Session& q) {
    if (outcome.kind == Kind::kRetry) {
      const auto after = outcome.retry_after.value_or(std::chrono::seconds(1));
      q.execute(kMoveJob, job.id, clock_.now() + after);
      return;
    }
    if (outcome.effect) outcome.effect(q);
    q.execute(kDropJob, job.id);
  });
}

void NotifyTest::lease(const JobRow& job, UtcUs until) {
  change([&](db::Session& q) { q.execute(kLeaseJob, job.id, until); });
}

std::vector<JobRow> NotifyTest::waiting_jobs() {
  return *database().read_now([](db::Session& q) { return q.many<JobRow>(kWaitingJobs); });
}

std::int64_t NotifyTest::kept() {
  return *database().read_now([](db::Session& q) { return q.one<std::int64_t>(kKept); });
}

UserId NotifyTest::add_user(const std::string& name, std::string time_zone) {
  profile::UserRow row{.id = UserId(Uuid::make_v7(to_ms(clock_.now()))),
                       .email = name + "@example.org",
                       .username = name,
                       .live_audience = "followers",
                       .time_zone = std::move(time_zone)};
  change([&](db::Session& q) { profile::store::insert(q, row, "0123456789abcdef"); });
  return row.id;
}

void NotifyTest::change_user(UserId user,
                             const std::function<void(profile::UserRow&)>& change_row) {
  change([&](db::Session& q) {
    profile::UserRow row = profile::store::find(q, user).value();
    change_row(row);
    profile::store::update(q, row);
  });
}

void NotifyTest::change(const std::function<void(db::Session&)>& fn) {
  const auto done = database().write_now(fn);
  ASSERT_TRUE(done) << done.error().client_text() << done.error().detail;
}

RuckId NotifyTest::add_ruck(UserId owner, const std::string& status,
                            const std::string& visibility) {
  rucks::RuckRow row{{.user_id = owner, .id = RuckId(next_ruck_++), .status = status}};
  row.visibility = visibility;
  row.started_at = clock_.now();
  row.last_arrival_at = clock_.now();
  if (status == "completed") row.completed_at = clock_.now();
  change([&](db::Session& q) { rucks::store::insert(q, row); });
  return row.id;
}

void NotifyTest::set_visibility(UserId owner, RuckId ruck, const std::string& visibility) {
  change([&](db::Session& q) {
    rucks::RuckRow row = rucks::store::find(q, {owner, ruck}).value();
    row.visibility = visibility;
    rucks::store::update(q, row);
  });
}

void NotifyTest::follow(UserId who, UserId whom) {
  good(cores_.run(people_->follow({.user = who}, whom)));
}

void NotifyTest::unfollow(UserId who, UserId whom) {
  good(cores_.run(people_->unfollow({.user = who}, whom)));
}

void NotifyTest::block(UserId who, UserId whom) {
  good(cores_.run(people_->block({.user = who}, whom)));
}

void NotifyTest::like(UserId who, RuckId ruck) {
  good(cores_.run(feed_->like({.user = who}, {.ruck_id = ruck})));
}

void NotifyTest::unlike(UserId who, RuckId ruck) {
  good(cores_.run(feed_->unlike({.user = who}, {.ruck_id = ruck})));
}

Uuid NotifyTest::comment(UserId who, RuckId ruck) {
  const auto made = good(cores_.run(feed_->add_comment({.user = who}, ruck, {.content = "hi"})));
  return Uuid::parse(made.value.data.id).value();
}

Uuid NotifyTest::add_device(UserId user, const std::string& token) {
  const Uuid session = sign_in(user);
  const http::Viewer viewer{.user = user, .session = session};
  good(cores_.run(service_->put_device(viewer, {.fcm_token = token, .device_id = token})));
  return session;
}

Uuid NotifyTest::sign_in(UserId user) {
  const auth::SessionRow session{.user_id = user,
                                 .id = Uuid::make_v7(to_ms(clock_.now())),
                                 .family_key = {"key"},
                                 .created_at = clock_.now(),
                                 .last_used_at = clock_.now(),
                                 .expires_at = clock_.now() + std::chrono::days(90)};
  change([&](db::Session& q) { auth::store::add_session(q, session); });
  return session.id;
}

void NotifyTest::sign_out(UserId user, const Uuid& session) {
  change([&](db::Session& q) {
    static_cast<void>(auth::store::revoke_session(q, user, session, clock_.now()));
  });
}

NotificationsReply NotifyTest::list(UserId user, NotificationsQuery query) {
  return good(cores_.run(service_->list({.user = user}, query)));
}

std::vector<std::string> NotifyTest::messages(UserId user) {
  std::vector<std::string> out;
  for (const NotificationView& each : list(user).notifications) out.push_back(each.message);
  return out;
}

std::int64_t NotifyTest::unread(UserId user) {
  return good(cores_.run(service_->unread_count({.user = user}))).unread_count;
}

NotificationPreferences NotifyTest::preferences(UserId user) {
  return good(cores_.run(service_->preferences({.user = user})));
}

NotificationPreferences NotifyTest::choose(UserId user, const PreferencesUpdate& update) {
  return good(cores_.run(service_->set_preferences({.user = user}, update)));
}

std::vector<std::string> NotifyTest::rung() const {
  std::vector<std::string> tokens;
  for (const FakeSender::Sent& each : sender_.sent) tokens.push_back(each.to);
  std::ranges::sort(tokens);
  return tokens;
}

std::string NotifyTest::value_of(const push::Message& message, std::string_view name) {
  for (const auto& [key, value] : message.data) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace ruck::notify
