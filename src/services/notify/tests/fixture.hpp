#pragma once
// The service with those whose news it tells, on both databases, without HTTP; jobs are run by the
// test, one after the other, on a clock that stands still.
#include "bus/in_process.hpp"
#include "jobs/job.hpp"
#include "mail/mailer.hpp"
#include "push/sender.hpp"
#include "runtime/blocking_pool.hpp"
#include "services/notify/service.hpp"
#include "services/profile/types.hpp"
#include "support/databases.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ruck::feed {
class FeedService;
}
namespace ruck::people {
class PeopleService;
}
namespace ruck::rucks {
class RuckService;
}

namespace ruck::notify {

// Keeps what it is given, and answers as it is told.
class FakeSender final : public push::Sender {
 public:
  struct Sent {
    std::string to;  // token or endpoint
    push::Message message;
  };
  [[nodiscard]] task<push::Report> send(push::FcmToken device, push::Message message) override;
  [[nodiscard]] task<push::Report> send(push::WebSubscription browser,
                                        push::Message message) override;
  [[nodiscard]] std::string vapid_public_key() const override { return "key"; }

  std::vector<Sent> sent;
  push::Report report;
};

class FakeMailer final : public mail::Mailer {
 public:
  [[nodiscard]] Result<> send(const mail::Message& message) override;
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
  NotifyTest();
  ~NotifyTest() override;
  void SetUp() override;
  // As the runner would, one after the other, what is due now; how many ran. A job that is to be
  // tried again stays due at its time.
  int run_jobs();
  jobs::Outcome run(const std::string& kind, const std::string& payload, std::int64_t id = 0);
  std::optional<JobRow> next_job();
  void end(const JobRow& job, const jobs::Outcome& outcome);
  // As taken by a runner, until then.
  void lease(const JobRow& job, UtcUs until);
  std::vector<JobRow> waiting_jobs();
  // Rows of all of this service's tables.
  std::int64_t kept();

  UserId add_user(const std::string& name, std::string time_zone = "UTC");
  void change_user(UserId user, const std::function<void(profile::UserRow&)>& change_row);
  void change(const std::function<void(db::Session&)>& fn);
  RuckId add_ruck(UserId owner, const std::string& status = "completed",
                  const std::string& visibility = "public");
  void set_visibility(UserId owner, RuckId ruck, const std::string& visibility);
  template <class T>
  T good(Result<T> result) {
    EXPECT_TRUE(result) << result.error().client_text() << result.error().detail;
    return std::move(*result);
  }
  void follow(UserId who, UserId whom);
  void unfollow(UserId who, UserId whom);
  void block(UserId who, UserId whom);
  void like(UserId who, RuckId ruck);
  void unlike(UserId who, RuckId ruck);
  Uuid comment(UserId who, RuckId ruck);
  // A device of a sign-in of its own.
  Uuid add_device(UserId user, const std::string& token);
  Uuid sign_in(UserId user);
  void sign_out(UserId user, const Uuid& session);
  NotificationsReply list(UserId user, NotificationsQuery query = {});
  std::vector<std::string> messages(UserId user);
  std::int64_t unread(UserId user);
  NotificationPreferences preferences(UserId user);
  NotificationPreferences choose(UserId user, const PreferencesUpdate& update);
  [[nodiscard]] std::vector<std::string> rung() const;
  static std::string value_of(const push::Message& message, std::string_view name);

  test::RunningCores cores_;
  bus::InProcessBus bus_;
  FakeSender sender_;
  FakeMailer mailer_;
  runtime::BlockingPool pool_{{.name = "mails", .threads = 1, .queue_max = 4}};
  struct Others;  // what the services need, and no test looks at
  std::unique_ptr<Others> others_;
  std::unique_ptr<people::PeopleService> people_;
  std::unique_ptr<feed::FeedService> feed_;
  std::unique_ptr<rucks::RuckService> rucks_;
  std::unique_ptr<NotifyService> service_;
  std::vector<jobs::Kind> kinds_;
  std::map<std::string, int> runs_;  // by kind
  std::vector<std::string> dead_;    // why
  std::int64_t next_ruck_ = 20'000'000'000'000;
};

}  // namespace ruck::notify
