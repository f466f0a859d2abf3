// How notifications are kept.
#include "services/notify/store.hpp"

#include "services/notify/tests/fixture.hpp"

#include <gmock/gmock.h>

namespace ruck::notify {
namespace {
using testing::ElementsAre;

class NotifyStoreTest : public NotifyTest {
 protected:
  void SetUp() override {
    NotifyTest::SetUp();
    anna_ = add_user("anna");
    bert_ = add_user("bert");
  }
  // A sign-in, which nothing hides.
  std::optional<NotificationId> add(const Uuid& object) {
    std::optional<NotificationId> id;
    change([&](db::Session& q) {
      id = store::add(q,
                      {.user = anna_,
                       .kind = row_of(Kind::kNewSignIn).name,
                       .actor = anna_,
                       .object = object,
                       .data = R"({"device":"Firefox"})"},
                      clock_.now());
    });
    return id;
  }
  Uuid fresh() { return Uuid::make_v7(to_ms(clock_.now())); }
  UserId anna_;
  UserId bert_;
};

TEST_P(NotifyStoreTest, IdsGoUpFitIntoJsonNumbersAndHoldNoMoment) {
  std::int64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    const auto id = add(fresh());
    ASSERT_TRUE(id);
    EXPECT_GT(id->value(), last);
    EXPECT_LT(id->value(), std::int64_t{1} << 53);
    last = id->value();
  }
  const std::int64_t day = last >> 30;
  clock_.advance(std::chrono::days(1));
  EXPECT_EQ(add(fresh())->value() >> 30, day + 1);
}

TEST_P(NotifyStoreTest, TheSameThingIsRecordedOnceAndNotAgainOnceItIsTakenOut) {
  const Uuid object = fresh();
  const auto id = add(object);
  ASSERT_TRUE(id);
  EXPECT_FALSE(add(object));
  good(cores_.run(service_->remove({.user = anna_}, *id)));
  EXPECT_TRUE(messages(anna_).empty());
  EXPECT_FALSE(add(object));
  EXPECT_FALSE(cores_.run(service_->remove({.user = anna_}, *id))) << "it is gone";
}

TEST_P(NotifyStoreTest, TheOldestGoWhereThereAreTooMany) {
  std::optional<NotificationId> first = add(fresh());
  for (std::int64_t i = 0; i < kKeptMax; ++i) add(fresh());
  const NotificationsReply page = list(anna_, {.page = 3, .limit = 100});
  EXPECT_EQ(page.count, 100);
  EXPECT_FALSE(page.has_more);
  EXPECT_GT(page.notifications.back().id, *first);
  EXPECT_EQ(list(anna_, {.page = 4, .limit = 100}).count, 0);
}

TEST_P(NotifyStoreTest, WhatIsOldGoes) {
  add(fresh());
  clock_.advance(kKeptFor + std::chrono::hours(1));
  add(fresh());
  const jobs::Outcome outcome = run(std::string(kPruneJob), "");
  EXPECT_EQ(outcome.kind, jobs::Outcome::Kind::kAgain);
  EXPECT_EQ(list(anna_).count, 1);
}

TEST_P(NotifyStoreTest, AnothersNotificationIsUnknown) {
  const auto id = add(fresh());
  EXPECT_FALSE(cores_.run(service_->read({.user = bert_}, *id)));
  EXPECT_FALSE(cores_.run(service_->remove({.user = bert_}, *id)));
  EXPECT_EQ(unread(anna_), 1);
}

TEST_P(NotifyStoreTest, APageSaysWhetherThereIsAnother) {
  for (int i = 0; i < 5; ++i) add(fresh());
  const NotificationsReply first = list(anna_, {.page = 1, .limit = 3});
  EXPECT_EQ(first.count, 3);
  EXPECT_TRUE(first.has_more);
  const NotificationsReply second = list(anna_, {.page = 2, .limit = 3});
  EXPECT_EQ(second.count, 2);
  EXPECT_FALSE(second.has_more);
  EXPECT_LT(second.notifications.front().id, first.notifications.back().id);
}

TEST_P(NotifyStoreTest, WhatIsChosenIsKeptAndTheRestStaysAsItWas) {
  change_user(anna_, [](profile::UserRow& row) { row.time_zone = "Europe/Berlin"; });
  NotificationPreferences now = preferences(anna_);
  EXPECT_TRUE(now.types.ruck_like.push);
  EXPECT_FALSE(now.types.ruck_like.email);
  EXPECT_TRUE(now.types.system.email);
  EXPECT_FALSE(now.quiet_hours);
  EXPECT_EQ(now.time_zone, "Europe/Berlin");
  choose(anna_, {.types = ChoicesUpdate{.ruck_like = {.push = false}}});
  choose(anna_, {.quiet_hours = {.given = true, .value = NotificationQuietHours{1320, 420}}});
  now = preferences(anna_);
  EXPECT_FALSE(now.types.ruck_like.push);
  EXPECT_TRUE(now.types.ruck_like.in_app);
  EXPECT_TRUE(now.types.ruck_comment.push);
  EXPECT_TRUE(now.types.system.email);
  EXPECT_EQ(now.quiet_hours->start_minute, 1320);
  now = choose(anna_, {.quiet_hours = {.given = true, .value = std::nullopt}});
  EXPECT_FALSE(now.quiet_hours);
  EXPECT_FALSE(now.types.ruck_like.push);
}

TEST_P(NotifyStoreTest, TheWeeklyDigestIsForThoseWhoChooseIt) {
  EXPECT_FALSE(preferences(anna_).weekly_digest);
  EXPECT_FALSE(choose(anna_, {.types = ChoicesUpdate{.ruck_like = {.push = false}}}).weekly_digest);
  EXPECT_TRUE(choose(anna_, {.weekly_digest = true}).weekly_digest);
  EXPECT_TRUE(choose(anna_, {.types = ChoicesUpdate{.follow = {.push = false}}}).weekly_digest)
      << "what is left out stays";
  EXPECT_TRUE(preferences(anna_).weekly_digest);
  EXPECT_FALSE(preferences(bert_).weekly_digest);
  EXPECT_FALSE(choose(anna_, {.weekly_digest = false}).weekly_digest);
  EXPECT_FALSE(preferences(anna_).weekly_digest);
}

RUCK_ON_BOTH_DATABASES(NotifyStoreTest);

}  // namespace
}  // namespace ruck::notify
