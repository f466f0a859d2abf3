// Pushes and mails: to which devices, when, and what becomes of them.
#include "services/notify/devices.hpp"
#include "services/notify/tests/fixture.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/recording/jobs.hpp"

#include <gmock/gmock.h>

namespace ruck::notify {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NotifyPushesTest : public NotifyTest {
 protected:
  void SetUp() override {
    NotifyTest::SetUp();
    anna_ = add_user("anna", "Europe/Berlin");
    bert_ = add_user("bert");
    ruck_ = add_ruck(anna_);
    phone_ = add_device(anna_, "phone");
  }
  std::uint64_t counted(const std::string& outcome) {
    return metrics_.counter("ruck_notify_pushes_total", "", {{"outcome", outcome}}).value();
  }
  // The same time of the day in UTC, of the day on which the clock stands or the next.
  void set_time(std::chrono::minutes of_day) {
    const UtcUs today = std::chrono::floor<std::chrono::days>(clock_.now());
    clock_.set(today + of_day + (today + of_day < clock_.now() ? 24h : 0h));
  }
  UserId anna_;
  UserId bert_;
  RuckId ruck_;
  Uuid phone_;
};

TEST_P(NotifyPushesTest, APushSaysWhatTheListSaysAndWhereToGo) {
  add_device(anna_, "tablet");
  like(bert_, ruck_);
  run_jobs();
  EXPECT_THAT(rung(), ElementsAre("phone", "tablet"));
  const push::Message& message = sender_.sent.at(0).message;
  EXPECT_EQ(message.body, "bert liked your ruck");
  EXPECT_EQ(message.title, "New like");
  EXPECT_EQ(value_of(message, "type"), "ruck_like");
  EXPECT_EQ(value_of(message, "ruck_id"), std::to_string(ruck_.value()));
  EXPECT_EQ(value_of(message, "sender_name"), "bert");
  EXPECT_EQ(message.ttl, 24h);
  EXPECT_EQ(message.collapse_key, "ruck_like:" + std::to_string(ruck_.value()));
  EXPECT_EQ(counted("accepted"), 2U);
  EXPECT_THAT(waiting_jobs(), IsEmpty());
}

// What the newest of a group says is all there is to say.
TEST_P(NotifyPushesTest, OfAGroupOnlyTheNewestIsSent) {
  like(bert_, ruck_);
  like(add_user("carl"), ruck_);
  comment(bert_, ruck_);
  run_jobs();
  std::vector<std::string> bodies;
  for (const auto& sent : sender_.sent) bodies.push_back(sent.message.body);
  EXPECT_THAT(bodies, testing::UnorderedElementsAre("carl and 1 other liked your ruck",
                                                    "bert commented on your ruck"));
  EXPECT_EQ(counted("superseded"), 1U);
}

TEST_P(NotifyPushesTest, ANewerOneDoesNotOvertakeOneThatIsUnderWay) {
  const auto push_of_next_like = [&](UserId who) {
    like(who, ruck_);
    const JobRow cause = next_job().value();
    end(cause, run(cause.kind, cause.payload));
    return waiting_jobs().back();
  };
  const JobRow first = push_of_next_like(bert_);
  lease(first, clock_.now() + 60s);  // somewhere it is being sent
  const JobRow second = push_of_next_like(add_user("carl"));
  comment(bert_, ruck_);
  run_jobs();
  ASSERT_EQ(sender_.sent.size(), 1U) << "other groups go on";
  EXPECT_EQ(sender_.sent.at(0).message.body, "bert commented on your ruck");
  EXPECT_EQ(counted("held"), 1U);
  EXPECT_EQ(waiting_jobs().size(), 2U);
  EXPECT_NE(waiting_jobs().back().id, second.id) << "put off by a new job";
  end(first, jobs::done());
  clock_.advance(1s);
  run_jobs();
  ASSERT_EQ(sender_.sent.size(), 2U);
  EXPECT_EQ(sender_.sent.at(1).message.body, "carl and 1 other liked your ruck");
  EXPECT_THAT(waiting_jobs(), IsEmpty());
}

TEST_P(NotifyPushesTest, ALeaseThatIsOverHoldsNobodyUp) {
  const auto record_next = [&] {
    const JobRow cause = next_job().value();
    end(cause, run(cause.kind, cause.payload));
  };
  like(bert_, ruck_);
  record_next();
  const JobRow left = waiting_jobs().back();
  lease(left, clock_.now() + 60s);
  like(add_user("carl"), ruck_);
  record_next();
  lease(left, clock_.now() - 1s);
  run_jobs();
  ASSERT_EQ(sender_.sent.size(), 1U);
  EXPECT_EQ(sender_.sent.at(0).message.body, "carl and 1 other liked your ruck");
  EXPECT_EQ(counted("held"), 0U);
}

TEST_P(NotifyPushesTest, ABrowserIsToldLikeAPhone) {
  // RFC 8291, appendix A.
  const std::string key =
      "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
  const std::string secret = "BTBZMqHH6r4Tts7J_aSIgg";
  const http::Viewer viewer{.user = anna_, .session = sign_in(anna_)};
  const auto subscribe = [&](const std::string& endpoint, const std::string& p256dh) {
    return cores_.run(service_->subscribe(
        viewer, {.endpoint = endpoint, .keys = {.p256dh = p256dh, .auth = secret}}));
  };
  EXPECT_FALSE(subscribe("http://push.example.org/x", key)) << "no https";
  EXPECT_FALSE(subscribe("https://push.example.org/x", "short"));
  EXPECT_TRUE(subscribe("https://push.example.org/x", key));
  EXPECT_TRUE(subscribe("https://push.example.org/x", key)) << "again is the same";
  like(bert_, ruck_);
  run_jobs();
  EXPECT_THAT(rung(), ElementsAre("https://push.example.org/x", "phone"));
}

TEST_P(NotifyPushesTest, WhatIsSwitchedOffIsNotSent) {
  choose(anna_, {.types = ChoicesUpdate{.ruck_like = {.push = false}}});
  like(bert_, ruck_);
  run_jobs();
  EXPECT_THAT(rung(), IsEmpty());
  EXPECT_EQ(unread(anna_), 1) << "in the app it is";
  choose(anna_, {.types = ChoicesUpdate{.ruck_comment = {.in_app = false}}});
  comment(bert_, ruck_);
  run_jobs();
  EXPECT_THAT(rung(), ElementsAre("phone"));
  EXPECT_EQ(unread(anna_), 1) << "and here it is not";
  choose(anna_, {.types = ChoicesUpdate{.follow = {.in_app = false, .push = false}}});
  follow(bert_, anna_);
  run_jobs();
  EXPECT_EQ(rung().size(), 1U);
}

TEST_P(NotifyPushesTest, WhatIsSwitchedOffMeanwhileIsNotSentEither) {
  like(bert_, ruck_);
  const JobRow cause = next_job().value();
  end(cause, run(cause.kind, cause.payload));
  change_user(anna_, [](profile::UserRow& row) { row.notification_buddies = false; });
  run_jobs();
  EXPECT_THAT(rung(), IsEmpty()) << "the mobile app's own switch";
  EXPECT_EQ(counted("dropped"), 1U);
}

TEST_P(NotifyPushesTest, InQuietHoursAPushWaitsForTheirEnd) {
  // 22:00 to 07:00 in Berlin; the clock's day is in winter.
  choose(anna_, {.quiet_hours = {.given = true, .value = NotificationQuietHours{22 * 60, 7 * 60}}});
  set_time(22h);  // 23:00 in Berlin
  like(bert_, ruck_);
  run_jobs();
  EXPECT_THAT(rung(), IsEmpty());
  EXPECT_EQ(unread(anna_), 1) << "in the app it is there at once";
  clock_.advance(6h);
  run_jobs();
  EXPECT_THAT(rung(), IsEmpty()) << "05:00 in Berlin";
  clock_.advance(2h);
  run_jobs();
  EXPECT_THAT(rung(), ElementsAre("phone"));
  EXPECT_EQ(sender_.sent.at(0).message.ttl, 16h) << "eight of 24 hours are over";
}

TEST_P(NotifyPushesTest, QuietHoursThatBeginMeanwhileHoldAPushToo) {
  set_time(12h);
  like(bert_, ruck_);
  const JobRow cause = next_job().value();
  end(cause, run(cause.kind, cause.payload));
  choose(anna_,
         {.quiet_hours = {.given = true, .value = NotificationQuietHours{13 * 60, 14 * 60}}});
  run_jobs();
  EXPECT_THAT(rung(), IsEmpty());
  EXPECT_EQ(counted("held"), 1U);
  clock_.advance(1h);
  run_jobs();
  EXPECT_THAT(rung(), ElementsAre("phone"));
}

TEST_P(NotifyPushesTest, AStartIsOfNoUseAfterTheQuietHours) {
  follow(anna_, bert_);
  run_jobs();
  choose(anna_, {.quiet_hours = {.given = true, .value = NotificationQuietHours{22 * 60, 7 * 60}}});
  set_time(23h);
  const RuckId live = add_ruck(bert_, "in_progress");
  change([&](db::Session& q) {
    rucks::enqueue_news(q, rucks::kStartedJob, {.owner = bert_, .ruck = live}, clock_.now());
  });
  run_jobs();
  EXPECT_EQ(messages(anna_).size(), 1U);
  clock_.advance(12h);
  run_jobs();
  EXPECT_THAT(rung(), IsEmpty());
}

TEST_P(NotifyPushesTest, WhatMayNotBeSeenAnyMoreIsNotSent) {
  choose(anna_, {.quiet_hours = {.given = true, .value = NotificationQuietHours{22 * 60, 7 * 60}}});
  set_time(22h);
  like(bert_, ruck_);
  follow(bert_, anna_);
  run_jobs();
  block(anna_, bert_);
  clock_.advance(12h);
  run_jobs();
  EXPECT_THAT(rung(), IsEmpty());
}

TEST_P(NotifyPushesTest, WhatHasBeenReadIsNotSent) {
  choose(anna_, {.quiet_hours = {.given = true, .value = NotificationQuietHours{22 * 60, 7 * 60}}});
  set_time(22h);
  like(bert_, ruck_);
  run_jobs();
  good(cores_.run(service_->read_all({.user = anna_})));
  clock_.advance(12h);
  run_jobs();
  EXPECT_THAT(rung(), IsEmpty());
}

TEST_P(NotifyPushesTest, ADeviceThatIsGoneIsForgotten) {
  sender_.report = {.fate = push::Fate::kGone};
  like(bert_, ruck_);
  run_jobs();
  EXPECT_THAT(rung(), ElementsAre("phone"));
  comment(bert_, ruck_);
  run_jobs();
  EXPECT_EQ(rung().size(), 1U);
  EXPECT_EQ(counted("gone"), 1U);
}

TEST_P(NotifyPushesTest, ABusyServiceIsAskedAgainAtTheTimeItNames) {
  sender_.report = {.fate = push::Fate::kRetry, .reason = "busy", .retry_after = 90s};
  like(bert_, ruck_);
  run_jobs();
  EXPECT_EQ(rung().size(), 1U);
  clock_.advance(60s);
  EXPECT_EQ(run_jobs(), 0);
  sender_.report = {};
  clock_.advance(30s);
  EXPECT_EQ(run_jobs(), 1);
  EXPECT_EQ(rung().size(), 2U);
  EXPECT_THAT(waiting_jobs(), IsEmpty());
}

TEST_P(NotifyPushesTest, ARefusedPushIsADeadLetterAndAServerWithoutCredentialsIsQuiet) {
  sender_.report = {.fate = push::Fate::kRefused, .reason = "invalid argument"};
  like(bert_, ruck_);
  run_jobs();
  EXPECT_THAT(dead_, ElementsAre("invalid argument"));
  sender_.report = {.fate = push::Fate::kNotConfigured};
  comment(bert_, ruck_);
  run_jobs();
  EXPECT_EQ(dead_.size(), 1U);
  EXPECT_EQ(counted("not_configured"), 1U);
}

TEST_P(NotifyPushesTest, ATokenBelongsToTheAccountThatNamedItLast) {
  add_device(bert_, "phone");
  like(bert_, ruck_);
  run_jobs();
  EXPECT_THAT(rung(), IsEmpty()) << "the phone is bert's now";
  const RuckId his = add_ruck(bert_);
  like(anna_, his);
  run_jobs();
  EXPECT_THAT(rung(), ElementsAre("phone"));
}

TEST_P(NotifyPushesTest, ADeviceHasOneToken) {
  const http::Viewer viewer{.user = anna_, .session = phone_};
  const auto first =
      good(cores_.run(service_->put_device(viewer, {.fcm_token = "newer", .device_id = "phone"})));
  const auto again =
      good(cores_.run(service_->put_device(viewer, {.fcm_token = "newest", .device_id = "phone"})));
  EXPECT_EQ(first.data.token_id, again.data.token_id);
  like(bert_, ruck_);
  run_jobs();
  EXPECT_THAT(rung(), ElementsAre("newest"));
}

TEST_P(NotifyPushesTest, AnEndedSignInTakesItsDeviceAlong) {
  add_device(anna_, "tablet");
  sign_out(anna_, phone_);
  like(bert_, ruck_);
  run_jobs();
  EXPECT_THAT(rung(), ElementsAre("tablet"));
  const auto left = database().read_now([&](db::Session& q) { return devices_of(q, anna_); });
  EXPECT_EQ(left->size(), 1U);
}

TEST_P(NotifyPushesTest, AHiddenAccountIsToldNothingAndNothingIsToldOfIt) {
  like(bert_, ruck_);
  run_jobs();
  sender_.sent.clear();
  change([&](db::Session& q) { on_hidden(q, anna_); });
  comment(bert_, ruck_);
  run_jobs();
  EXPECT_THAT(rung(), IsEmpty());
  change([&](db::Session& q) { profile::remove_user(q, bert_); });
  EXPECT_THAT(messages(anna_), IsEmpty());
  change([&](db::Session& q) { profile::remove_user(q, anna_); });
  EXPECT_EQ(kept(), 0);
}

TEST_P(NotifyPushesTest, DevicesOfOneUserAreBounded) {
  const http::Viewer viewer{.user = anna_, .session = phone_};
  for (int i = 0; i < kDevicesMax + 5; ++i) {
    clock_.advance(1s);
    good(cores_.run(service_->put_device(viewer, {.fcm_token = std::to_string(i)})));
  }
  const auto all = database().read_now([&](db::Session& q) { return devices_of(q, anna_); });
  EXPECT_EQ(std::ssize(*all), kDevicesMax);
}

TEST_P(NotifyPushesTest, WhoWantsMailGetsOne) {
  choose(anna_, {.types = ChoicesUpdate{.ruck_like = {.email = true}}});
  like(bert_, ruck_);
  comment(bert_, ruck_);
  run_jobs();
  ASSERT_EQ(mailer_.sent.size(), 1U);
  EXPECT_EQ(mailer_.sent[0].to, "anna@example.org");
  EXPECT_THAT(mailer_.sent[0].text, HasSubstr("bert liked your ruck"));
}

// Each of two likes that came shortly after each other was a mail about both.
TEST_P(NotifyPushesTest, SeveralOfAGroupThatWaitAreOneMail) {
  choose(anna_, {.types = ChoicesUpdate{.ruck_like = {.email = true}}});
  like(bert_, ruck_);
  like(add_user("carl"), ruck_);
  run_jobs();
  ASSERT_EQ(mailer_.sent.size(), 1U);
  EXPECT_THAT(mailer_.sent[0].text, HasSubstr("carl and 1 other liked your ruck"));
  like(add_user("dora"), ruck_);
  run_jobs();
  ASSERT_EQ(mailer_.sent.size(), 2U);
  EXPECT_THAT(mailer_.sent[1].text, HasSubstr("dora and 2 others liked your ruck"));
}

RUCK_ON_BOTH_DATABASES(NotifyPushesTest);

}  // namespace
}  // namespace ruck::notify
