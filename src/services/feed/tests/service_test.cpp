#include "services/feed/service.hpp"

#include "db/migrations.hpp"
#include "services/profile/store.hpp"
#include "services/rucks/store.hpp"
#include "support/databases.hpp"
#include "support/reactions.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

namespace ruck::feed {
namespace {

class FeedServiceTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    migrate();
    revisions_ = std::make_unique<cache::Revisions>(database());
    service_ = std::make_unique<FeedService>(database(), *revisions_, clock_, photos_);
    anna_ = add_user("anna", 1);
    bert_ = add_user("bert", 2);
  }
  UserId add_user(const std::string& name, std::int64_t number) {
    const profile::UserRow row{.id = UserId(Uuid::make_v7(utc_ms(number))),
                               .email = name + "@example.org",
                               .username = name};
    EXPECT_TRUE(
        database().write_now([&](db::Session& q) { profile::store::insert(q, row, "secret"); }));
    return row.id;
  }
  RuckId add_ruck(UserId owner, std::string visibility) {
    rucks::RuckRow row{{.user_id = owner, .id = RuckId(next_ruck_++), .status = "completed"}};
    row.visibility = std::move(visibility);
    row.listed_at = next_ruck_;
    row.completed_at = clock_.now();
    EXPECT_TRUE(database().write_now([&](db::Session& q) { rucks::store::insert(q, row); }));
    return row.id;
  }
  auto like(UserId who, RuckId ruck) {
    return cores_.run(service_->like({.user = who}, {.ruck_id = ruck}));
  }
  rucks::Reactions reactions_of(UserId viewer, RuckId ruck) {
    return *database().read_now([&](db::Session& q) { return reactions(q, viewer, ruck); });
  }

  test::RunningCores cores_;
  std::unique_ptr<cache::Revisions> revisions_;
  test::NoPhotos photos_;
  std::unique_ptr<FeedService> service_;
  UserId anna_;
  UserId bert_;
  std::int64_t next_ruck_ = 20'000'000'000'000;
};

TEST_P(FeedServiceTest, ALikeCountsOnceHoweverOftenItIsSent) {
  const RuckId ruck = add_ruck(anna_, "public");
  ASSERT_TRUE(like(bert_, ruck));
  ASSERT_TRUE(like(bert_, ruck));
  EXPECT_EQ(reactions_of(bert_, ruck).likes, 1);
  EXPECT_TRUE(reactions_of(bert_, ruck).is_liked);
  EXPECT_FALSE(reactions_of(anna_, ruck).is_liked);
}

TEST_P(FeedServiceTest, AHiddenRuckIsAsUnknownAsOneThatDoesNotExist) {
  for (const RuckId ruck : {add_ruck(anna_, "private"), add_ruck(anna_, "followers"), RuckId(7)}) {
    const auto liked = like(bert_, ruck);
    ASSERT_FALSE(liked);
    EXPECT_EQ(liked.error().code, ErrorCode::kRuckNotFound);
    EXPECT_FALSE(cores_.run(service_->comments({.user = bert_}, ruck)));
  }
}

TEST_P(FeedServiceTest, ADeletedAccountTakesItsReactionsOutOfTheCounts) {
  const RuckId ruck = add_ruck(anna_, "public");
  ASSERT_TRUE(like(bert_, ruck));
  ASSERT_TRUE(database().write_now([&](db::Session& q) {
    on_hidden(q, bert_);
    profile::store::remove(q, bert_);
  }));
  EXPECT_EQ(reactions_of(anna_, ruck).likes, 0);
}

RUCK_ON_BOTH_DATABASES(FeedServiceTest);

}  // namespace
}  // namespace ruck::feed
