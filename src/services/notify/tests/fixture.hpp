#pragma once
// The service with those whose news it tells, on both databases, without HTTP; jobs are run by the
// test, one after the other, on a clock that stands still.
#include "bus/in_process.hpp"
#include "cache/revisions.hpp"
#include "http/json/tree.hpp"
#include "jobs/job.hpp"
#include "services/auth/store.hpp"
#include "services/feed/service.hpp"
#include "services/notify/devices.hpp"
#include "services/notify/service.hpp"
#include "services/people/service.hpp"
#include "services/profile/service.hpp"
#include "services/profile/store.hpp"
#include "services/rucks/service.hpp"
#include "services/rucks/store.hpp"
#include "support/databases.hpp"
#include "support/reactions.hpp"
#include "support/recent_rucks.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ruck::notify {

// Keeps what it is given, and answers as it is told.
class FakeSender final : public push::Sender {
 public:
  struct Sent {
    std::string to;  // token or endpoint
    push::Message message;
  };
  [[nodiscard]] task<push::Report> send(push::FcmToken device, push::Message message) override {
    sent.push_back({std::move(device.token), std::move(message)});
    co_return report;
  }
  [[nodiscard]] task<push::Report> send(push::WebSubscription browser,
                                        push::Message message) override {
    sent.push_back({std::move(browser.endpoint), std::move(message)});
    co_return report;
  }
  [[nodiscard]] std::string vapid_public_key() const override { return "key"; }

  std::vector<Sent> sent;
  push::Report report;
};

class FakeMailer final : public mail::Mailer {
 public:
  [[nodiscard]] Result<> send(const mail::Message& message) override {
    sent.push_back(message);
    return {};
  }
  [[nodiscard]] bool delivers() const override { return is_delivering; }
  std::vector<mail::Message> sent;
  bool is_delivering = true;
};

struct JobRow {
  std::int64_t id = 0;
  std::string kind;
  std::string payload;
};
BOOST_DESCRIBE_STRUCT(JobRow, (), (id, kind, payload))

class NotifyTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    migrate();
    revisions_ = std::make_unique<cache::Revisions>(database());
    people_ = std::make_unique<people::PeopleService>(
        people::PeopleService::Dependencies{.database = database(),
                                            .revisions = *revisions_,
                                            .clock = clock_,
                                            .bus = bus_,
                                            .recent_rucks = recent_});
    feed_ = std::make_unique<feed::FeedService>(database(), *revisions_, clock_, photos_);
    rucks_ = std::make_unique<rucks::RuckService>(
        rucks::RuckService::Dependencies{.database = database(),
                                         .revisions = *revisions_,
                                         .clock = clock_,
                                         .metrics = metrics_,
                                         .bus = bus_,
                                         .reactions = reactions_,
                                         .photos = photos_});
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
  // As the runner would, one after the other, what is due now; how many ran. A job that is to be
  // tried again stays due at its time.
  int run_jobs() {
    int ran = 0;
    for (;;) {
      const auto job = next_job();
      if (!job) return ran;
      ran += 1;
      const jobs::Outcome outcome = run(job->kind, job->payload, job->id);
      end(*job, outcome);
    }
  }
  jobs::Outcome run(const std::string& kind, const std::string& payload, std::int64_t id = 0) {
    const auto found = std::ranges::find(kinds_, kind, &jobs::Kind::name);
    EXPECT_NE(found, kinds_.end()) << kind;
    runs_[kind] += 1;
    return cores_.run(
        found->run(jobs::RunningJob{.id = id, .payload = payload, .created_at = clock_.now()}));
  }
  std::optional<JobRow> next_job();
  void end(const JobRow& job, const jobs::Outcome& outcome);
  // As taken by a runner, until then.
  void lease(const JobRow& job, UtcUs until);
  std::vector<JobRow> waiting_jobs();
  // Rows of all of this service's tables.
  std::int64_t kept();

  UserId add_user(const std::string& name, std::string time_zone = "UTC") {
    profile::UserRow row{.id = UserId(Uuid::make_v7(to_ms(clock_.now()))),
                         .email = name + "@example.org",
                         .username = name,
                         .live_audience = "followers",
                         .time_zone = std::move(time_zone)};
    change([&](db::Session& q) { profile::store::insert(q, row, "0123456789abcdef"); });
    return row.id;
  }
  void change_user(UserId user, const std::function<void(profile::UserRow&)>& change_row) {
    change([&](db::Session& q) {
      profile::UserRow row = profile::store::find(q, user).value();
      change_row(row);
      profile::store::update(q, row);
    });
  }
  template <class Fn>
  void change(Fn fn) {
    const auto done = database().write_now(std::move(fn));
    ASSERT_TRUE(done) << done.error().client_text() << done.error().detail;
  }
  RuckId add_ruck(UserId owner, const std::string& status = "completed",
                  const std::string& visibility = "public") {
    rucks::RuckRow row{{.user_id = owner, .id = RuckId(next_ruck_++), .status = status}};
    row.visibility = visibility;
    row.started_at = clock_.now();
    row.last_arrival_at = clock_.now();
    if (status == "completed") row.completed_at = clock_.now();
    change([&](db::Session& q) { rucks::store::insert(q, row); });
    return row.id;
  }
  void set_visibility(UserId owner, RuckId ruck, const std::string& visibility) {
    change([&](db::Session& q) {
      rucks::RuckRow row = rucks::store::find(q, {owner, ruck}).value();
      row.visibility = visibility;
      rucks::store::update(q, row);
    });
  }
  template <class T>
  T good(Result<T> result) {
    EXPECT_TRUE(result) << result.error().client_text() << result.error().detail;
    return std::move(*result);
  }
  void follow(UserId who, UserId whom) { good(cores_.run(people_->follow({.user = who}, whom))); }
  void unfollow(UserId who, UserId whom) {
    good(cores_.run(people_->unfollow({.user = who}, whom)));
  }
  void block(UserId who, UserId whom) { good(cores_.run(people_->block({.user = who}, whom))); }
  void like(UserId who, RuckId ruck) {
    good(cores_.run(feed_->like({.user = who}, {.ruck_id = ruck})));
  }
  void unlike(UserId who, RuckId ruck) {
    good(cores_.run(feed_->unlike({.user = who}, {.ruck_id = ruck})));
  }
  feed::CommentId comment(UserId who, RuckId ruck) {
    const auto made = good(cores_.run(feed_->add_comment({.user = who}, ruck, {.content = "hi"})));
    return feed::CommentId(Uuid::parse(made.value.data.id).value());
  }
  // A device of a sign-in of its own.
  Uuid add_device(UserId user, const std::string& token) {
    const Uuid session = sign_in(user);
    const http::Viewer viewer{.user = user, .session = session};
    good(cores_.run(service_->put_device(viewer, {.fcm_token = token, .device_id = token})));
    return session;
  }
  Uuid sign_in(UserId user) {
    const auth::SessionRow session{.user_id = user,
                                   .id = Uuid::make_v7(to_ms(clock_.now())),
                                   .family_key = {"key"},
                                   .created_at = clock_.now(),
                                   .last_used_at = clock_.now(),
                                   .expires_at = clock_.now() + std::chrono::days(90)};
    change([&](db::Session& q) { auth::store::add_session(q, session); });
    return session.id;
  }
  NotificationsReply list(UserId user, NotificationsQuery query = {}) {
    return good(cores_.run(service_->list({.user = user}, query)));
  }
  std::vector<std::string> messages(UserId user) {
    std::vector<std::string> out;
    for (const NotificationView& each : list(user).notifications) out.push_back(each.message);
    return out;
  }
  std::int64_t unread(UserId user) {
    return good(cores_.run(service_->unread_count({.user = user}))).unread_count;
  }
  NotificationPreferences choose(UserId user, const PreferencesUpdate& update) {
    return good(cores_.run(service_->set_preferences({.user = user}, update)));
  }
  std::vector<std::string> rung() const {
    std::vector<std::string> tokens;
    for (const FakeSender::Sent& each : sender_.sent) tokens.push_back(each.to);
    std::ranges::sort(tokens);
    return tokens;
  }
  static std::string value_of(const push::Message& message, std::string_view name) {
    for (const auto& [key, value] : message.data) {
      if (key == name) return value;
    }
    return {};
  }

  test::RunningCores cores_;
  bus::InProcessBus bus_;
  std::unique_ptr<cache::Revisions> revisions_;
  test::NoRecentRucks recent_;
  test::NoReactions reactions_;
  test::NoPhotos photos_;
  FakeSender sender_;
  FakeMailer mailer_;
  runtime::BlockingPool pool_{{.name = "mails", .threads = 1, .queue_max = 4}};
  std::unique_ptr<people::PeopleService> people_;
  std::unique_ptr<feed::FeedService> feed_;
  std::unique_ptr<rucks::RuckService> rucks_;
  std::unique_ptr<NotifyService> service_;
  std::vector<jobs::Kind> kinds_;
  std::map<std::string, int> runs_;  // by kind
  std::vector<std::string> dead_;    // why
  std::int64_t next_ruck_ = 20'000'000'000'000;
};

inline const db::Sql kNextJob{"test.next_job",
                              "SELECT id, kind, payload FROM jobs WHERE run_at <= $1"
                              " AND dead_at IS NULL ORDER BY run_at, id LIMIT 1"};
inline const db::Sql kWaitingJobs{"test.waiting_jobs",
                                  "SELECT id, kind, payload FROM jobs ORDER BY id"};
inline const db::Sql kLeaseJob{"test.lease_job",
                               "UPDATE jobs SET run_at = $2, leased_by = 'runner' WHERE id = $1"};
inline const db::Sql kDropJob{"test.drop_job", "DELETE FROM jobs WHERE id = $1"};
inline const db::Sql kMoveJob{"test.move_job", "UPDATE jobs SET run_at = $2 WHERE id = $1"};

// Here, because a statement must exist before a database is opened.
inline const db::Sql kKept{"test.kept_of_notify",
                           "SELECT (SELECT COUNT(*) FROM notifications) +"
                           " (SELECT COUNT(*) FROM push_devices) +"
                           " (SELECT COUNT(*) FROM notification_settings)"};

inline std::int64_t NotifyTest::kept() {
  return *database().read_now([](db::Session& q) { return q.one<std::int64_t>(kKept); });
}

inline std::optional<JobRow> NotifyTest::next_job() {
  return *database().read_now(
      [this](db::Session& q) { return q.optional<JobRow>(kNextJob, clock_.now()); });
}

inline void NotifyTest::lease(const JobRow& job, UtcUs until) {
  change([&](db::Session& q) { q.execute(kLeaseJob, job.id, until); });
}

inline std::vector<JobRow> NotifyTest::waiting_jobs() {
  return *database().read_now([](db::Session& q) { return q.many<JobRow>(kWaitingJobs); });
}

inline void NotifyTest::end(const JobRow& job, const jobs::Outcome& outcome) {
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

}  // namespace ruck::notify
