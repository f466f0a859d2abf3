// What is told to whom, by the jobs of its causes.
#include "http/json/tree.hpp"
#include "http/json/writer.hpp"
#include "services/feed/jobs.hpp"
#include "services/feed/service.hpp"
#include "services/live/topics.hpp"
#include "services/notify/tests/fixture.hpp"
#include "services/people/bulk.hpp"
#include "services/people/jobs.hpp"
#include "services/people/service.hpp"
#include "services/profile/store.hpp"
#include "services/rucks/recording/jobs.hpp"
#include "services/rucks/service.hpp"

#include <gmock/gmock.h>

namespace ruck::notify {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class NotifyTriggersTest : public NotifyTest {
 protected:
  void SetUp() override {
    NotifyTest::SetUp();
    anna_ = add_user("anna");
    bert_ = add_user("bert");
    carl_ = add_user("carl");
  }
  void start(UserId rucker, RuckId ruck) {
    change([&](db::Session& q) {
      rucks::enqueue_news(q, rucks::kStartedJob, {.owner = rucker, .ruck = ruck}, clock_.now());
    });
  }
  UserId anna_;
  UserId bert_;
  UserId carl_;
};

TEST_P(NotifyTriggersTest, AFollowIsToldToWhomItIsOf) {
  follow(bert_, anna_);
  run_jobs();
  EXPECT_THAT(messages(anna_), ElementsAre("bert follows you"));
  EXPECT_THAT(messages(bert_), IsEmpty());
  const NotificationView view = list(anna_).notifications.at(0);
  EXPECT_EQ(view.type, "follow");
  EXPECT_EQ(view.sender_id, bert_);
  unfollow(bert_, anna_);
  run_jobs();
  EXPECT_THAT(messages(anna_), IsEmpty()) << "nobody has read it";
}

TEST_P(NotifyTriggersTest, AFollowThatWaitsIsARequestAndItsApprovalIsTold) {
  change_user(anna_, [](profile::UserRow& row) { row.approve_followers = true; });
  follow(bert_, anna_);
  follow(carl_, anna_);
  run_jobs();
  EXPECT_THAT(messages(anna_), ElementsAre("carl and 1 other want to follow you"));
  good(cores_.run(people_->approve_follower({.user = anna_}, bert_)));
  good(cores_.run(people_->decline_follower({.user = anna_}, carl_)));
  run_jobs();
  EXPECT_THAT(messages(bert_), ElementsAre("anna lets you follow them"));
  EXPECT_EQ(list(bert_).notifications.at(0).type, "follow");
  EXPECT_THAT(messages(carl_), IsEmpty()) << "a decline is not told";
  EXPECT_THAT(messages(anna_), IsEmpty()) << "what was answered is gone";
}

TEST_P(NotifyTriggersTest, LikesAndCommentsAreToldToTheOwnerAndToThoseWhoReactedBefore) {
  const RuckId ruck = add_ruck(anna_);
  like(bert_, ruck);
  run_jobs();
  comment(carl_, ruck);
  like(anna_, ruck);
  comment(anna_, ruck);
  run_jobs();
  EXPECT_THAT(messages(anna_), ElementsAre("carl commented on your ruck", "bert liked your ruck"));
  EXPECT_THAT(messages(bert_),
              UnorderedElementsAre("anna and 1 other also commented on a ruck you reacted to",
                                   "anna also liked a ruck you reacted to"));
  const NotificationView view = list(bert_).notifications.at(0);
  EXPECT_EQ(view.type, "ruck_activity");
  EXPECT_EQ(json::Tree::parse(view.data.text)["ruck_id"].text(), std::to_string(ruck.value()));
}

TEST_P(NotifyTriggersTest, ManyLikesAreOneLineUntilItIsRead) {
  const RuckId ruck = add_ruck(anna_);
  for (const char* name : {"dora", "emil", "fritz"}) like(add_user(name), ruck);
  like(bert_, ruck);
  run_jobs();
  EXPECT_THAT(messages(anna_), ElementsAre("bert and 3 others liked your ruck"));
  EXPECT_EQ(unread(anna_), 1);
  const NotificationId id = list(anna_).notifications.at(0).id;
  like(carl_, ruck);
  run_jobs();
  good(cores_.run(service_->read({.user = anna_}, id)));
  EXPECT_EQ(unread(anna_), 1) << "one came after the line that was read";
  EXPECT_EQ(messages(anna_).size(), 5U);
  EXPECT_EQ(messages(anna_).front(), "carl liked your ruck");
}

TEST_P(NotifyTriggersTest, ALikeThatIsTakenBackIsTakenOutAndGivenAgainIsTold) {
  const RuckId ruck = add_ruck(anna_);
  like(bert_, ruck);
  unlike(bert_, ruck);
  run_jobs();
  EXPECT_THAT(messages(anna_), IsEmpty()) << "before anybody was told";
  like(bert_, ruck);
  run_jobs();
  EXPECT_EQ(unread(anna_), 1);
  unlike(bert_, ruck);
  EXPECT_EQ(unread(anna_), 0) << "at once, whenever the job runs";
  run_jobs();
  like(bert_, ruck);
  run_jobs();
  EXPECT_THAT(messages(anna_), ElementsAre("bert liked your ruck"));
}

TEST_P(NotifyTriggersTest, ACommentThatIsDeletedIsTakenOut) {
  const RuckId ruck = add_ruck(anna_);
  const feed::CommentId id(comment(bert_, ruck));
  run_jobs();
  EXPECT_EQ(unread(anna_), 1);
  good(cores_.run(feed_->remove_comment({.user = bert_}, id)));
  EXPECT_EQ(unread(anna_), 0);
  run_jobs();
  EXPECT_THAT(messages(anna_), IsEmpty());
}

// A job runs again after a crash between its work and its end.
TEST_P(NotifyTriggersTest, AJobThatRunsTwiceRecordsAndRingsOnce) {
  const RuckId ruck = add_ruck(anna_);
  add_device(anna_, "phone");
  like(bert_, ruck);
  const std::string payload = next_job().value().payload;
  for (int i = 0; i < 3; ++i) run(std::string(feed::kLikeChangedJob), payload);
  run_jobs();
  EXPECT_EQ(list(anna_).notifications.size(), 1U);
  EXPECT_THAT(rung(), ElementsAre("phone"));
}

TEST_P(NotifyTriggersTest, AStartIsToldToFollowersWhoMayWatchAndOnlyOnce) {
  follow(bert_, anna_);
  follow(carl_, anna_);
  follow(anna_, carl_);
  run_jobs();
  change_user(anna_, [](profile::UserRow& row) { row.live_audience = "mutual"; });
  const RuckId ruck = add_ruck(anna_, "in_progress");
  start(anna_, ruck);
  start(anna_, ruck);
  run_jobs();
  EXPECT_THAT(messages(carl_), ElementsAre("anna started a ruck", "anna follows you"));
  EXPECT_THAT(messages(bert_), IsEmpty());
  const json::Tree data = json::Tree::parse(list(carl_).notifications.at(0).data.text);
  EXPECT_EQ(data["rucker_name"].text(), "anna");
  change_user(anna_, [](profile::UserRow& row) { row.live_audience = "nobody"; });
  EXPECT_THAT(messages(carl_), ElementsAre("anna follows you")) << "asked again when it is read";
}

TEST_P(NotifyTriggersTest, AStartThatNobodyMayWatchOrThatIsOldIsNotTold) {
  follow(bert_, anna_);
  run_jobs();
  start(anna_, add_ruck(anna_, "in_progress", "private"));
  start(anna_, add_ruck(anna_, "completed"));
  run_jobs();
  const RuckId old = add_ruck(carl_, "in_progress");
  follow(bert_, carl_);
  clock_.advance(kStartIsNews + std::chrono::minutes(1));
  start(carl_, old);
  run_jobs();
  EXPECT_THAT(messages(bert_), IsEmpty()) << "an upload of what was recorded offline";
}

TEST_P(NotifyTriggersTest, ThreeThousandFollowersAreToldInShares) {
  constexpr int kFollowers = 3000;
  std::vector<UserId> all;
  change([&](db::Session& q) {
    all.clear();
    std::vector<people::BulkFollow> follows;
    for (int i = 0; i < kFollowers; ++i) {
      const profile::UserRow row{.id = UserId(Uuid::make_v7(utc_ms(i))),
                                 .email = std::to_string(i) + "@example.org",
                                 .username = "follower" + std::to_string(i)};
      profile::store::insert(q, row, "0123456789abcdef");
      all.push_back(row.id);
      // Many at one moment, so that a page ends among them.
      follows.push_back({.follower = row.id, .followed = anna_, .at = utc_us(i / 700)});
    }
    people::add_follows(q, follows);
  });
  const RuckId ruck = add_ruck(anna_, "in_progress");
  start(anna_, ruck);
  run_jobs();
  EXPECT_EQ(runs_[std::string(kStartedChunkJob)],
            kFollowers / (kFollowersAtOnce * kFanOutStepsOfRun));
  for (const int i : {0, 1, 699, 700, 1499, 2999}) {
    EXPECT_EQ(unread(all[static_cast<std::size_t>(i)]), 1) << i;
  }
  EXPECT_EQ(kept(), kFollowers);
}

TEST_P(NotifyTriggersTest, WhatWasDoneForTheOwnerIsToldToThem) {
  const RuckId done = add_ruck(anna_, "completed");
  const RuckId cancelled = add_ruck(anna_, "cancelled");
  change([&](db::Session& q) {
    for (const RuckId ruck : {done, cancelled}) {
      rucks::enqueue_news(q, rucks::kClosedJob, {.owner = anna_, .ruck = ruck}, clock_.now());
    }
    rucks::enqueue_news(q, rucks::kImportedJob, {.owner = anna_, .ruck = done}, clock_.now());
  });
  run_jobs();
  EXPECT_THAT(messages(anna_),
              ElementsAre("Your file was imported as a ruck",
                          "Your ruck was cancelled, because nothing ever arrived",
                          "Your ruck was completed for you, because nothing arrived for hours"));
  for (const NotificationView& each : list(anna_).notifications) EXPECT_EQ(each.type, "system");
}

TEST_P(NotifyTriggersTest, ABlockTakesOutWhatWasToldBefore) {
  const RuckId ruck = add_ruck(anna_);
  like(bert_, ruck);
  like(carl_, ruck);
  run_jobs();
  EXPECT_THAT(messages(anna_), ElementsAre("carl and 1 other liked your ruck"));
  block(bert_, anna_);
  EXPECT_THAT(messages(anna_), ElementsAre("carl liked your ruck"));
  EXPECT_THAT(messages(bert_), IsEmpty()) << "also of activity on a ruck that is hidden now";
}

TEST_P(NotifyTriggersTest, ARuckThatIsMadePrivateOrDeletedTakesItsNewsAlong) {
  const RuckId ruck = add_ruck(anna_);
  like(bert_, ruck);
  comment(carl_, ruck);
  run_jobs();
  EXPECT_EQ(unread(bert_), 1);
  set_visibility(anna_, ruck, "private");
  EXPECT_EQ(unread(bert_), 0);
  EXPECT_THAT(messages(bert_), IsEmpty());
  EXPECT_EQ(messages(anna_).size(), 2U) << "it is the owner's still";
  good(cores_.run(rucks_->remove({.user = anna_}, {.id = ruck, .client_key = {}})));
  EXPECT_THAT(messages(anna_), IsEmpty());
}

TEST_P(NotifyTriggersTest, NewsReachTheSocketsOfTheUserAfterTheCommit) {
  std::vector<std::string> frames;
  const auto listening = bus_.subscribe(live::me_topic(anna_), [&](const bus::Payload& payload) {
    frames.push_back(payload->substr(payload->find('{')));
  });
  const RuckId ruck = add_ruck(anna_);
  follow(bert_, anna_);
  like(bert_, ruck);
  like(carl_, ruck);
  run_jobs();
  ASSERT_EQ(frames.size(), 3U);
  const json::Tree last = json::Tree::parse(frames.back());
  EXPECT_EQ(last["type"].text(), "notification");
  EXPECT_EQ(last["topic"].text(), "me");
  EXPECT_EQ(last["unread_count"].integer(), 2) << "as the list counts";
  EXPECT_EQ(last["data"]["message"].text(), "carl and 1 other liked your ruck");
}

RUCK_ON_BOTH_DATABASES(NotifyTriggersTest);

}  // namespace
}  // namespace ruck::notify
