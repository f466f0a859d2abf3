// Rucks that were left open, with a clock that is moved by hand.
#include "services/rucks/recording/closing.hpp"

#include "bus/in_process.hpp"
#include "db/migrations.hpp"
#include "http/json/element.hpp"
#include "services/profile/store.hpp"
#include "services/rucks/service.hpp"
#include "support/databases.hpp"
#include "support/reactions.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

namespace ruck::rucks {
namespace {
using std::chrono::hours;
using std::chrono::minutes;

class ClosingTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    migrate();
    revisions_ = std::make_unique<cache::Revisions>(database());
    service_ = std::make_unique<RuckService>(RuckService::Dependencies{.database = database(),
                                                                       .revisions = *revisions_,
                                                                       .clock = clock_,
                                                                       .metrics = metrics_,
                                                                       .bus = bus_,
                                                                       .reactions = reactions_,
                                                                       .photos = photos_});
    anna_.user = UserId(Uuid::make_v7(utc_ms(1)));
    ASSERT_TRUE(database().write_now([&](db::Session& q) {
      profile::store::insert(q, {.id = anna_.user, .email = "a@example.org", .username = "anna"},
                             "secret");
    }));
  }
  RuckId create() {
    auto reply = cores_.run(service_->create(anna_, {.value = {}, .warnings = {}}));
    return std::get<http::Created<CreatedRuck>>(*reply).value.id;
  }
  // A fix a second from `time` on.
  Result<http::Created<BatchReply>> send(RuckId ruck, UtcUs time, int count = 20) {
    std::string body = "[";
    for (int i = 0; i < count; ++i) {
      body += R"({"lat":)" + std::to_string(47 + 1.3e-5 * i) + R"(,"lng":8,"timestamp":")" +
              to_iso8601(to_ms(time) + std::chrono::seconds(i)) + "\"},";
    }
    body.back() = ']';
    body.reserve(body.size() + json::kPadding);
    return cores_.run(service_->locate(anna_, {.id = ruck, .client_key = {}}, {.bytes = body}));
  }
  RuckRow row(RuckId ruck) {
    return **database().read_now(
        [&](db::Session& q) { return store::find(q, {anna_.user, ruck}); });
  }
  std::int64_t close() { return cores_.run(service_->close_left_open()); }

  test::RunningCores cores_;
  std::unique_ptr<cache::Revisions> revisions_;
  bus::InProcessBus bus_;
  test::NoReactions reactions_;
  test::NoPhotos photos_;
  std::unique_ptr<RuckService> service_;
  http::Viewer anna_;
};

TEST_P(ClosingTest, ARuckWithoutNewsForFourHoursEndsAtItsLastPoint) {
  const RuckId ruck = create();
  const UtcUs begin = clock_.now();
  ASSERT_TRUE(send(ruck, begin));
  clock_.advance(hours(4) - minutes(1));
  EXPECT_EQ(close(), 0);
  EXPECT_EQ(row(ruck).status, "in_progress");
  clock_.advance(minutes(2));
  EXPECT_EQ(close(), 1);
  EXPECT_EQ(row(ruck).status, "completed");
  EXPECT_EQ(row(ruck).completed_at, begin + std::chrono::seconds(19));
  EXPECT_GT(row(ruck).distance_m, 15);
  EXPECT_EQ(close(), 0);
}

TEST_P(ClosingTest, ItIsTheArrivalThatCountsNotTheTimeOfAFix) {
  const RuckId ruck = create();
  const UtcUs yesterday = clock_.now() - hours(20);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(send(ruck, yesterday + minutes(i)));  // a phone that sends an old walk slowly
    clock_.advance(hours(2));
    EXPECT_EQ(close(), 0);
    EXPECT_EQ(row(ruck).status, "in_progress");
  }
}

TEST_P(ClosingTest, WithoutAnyPointItIsCancelledAndMayStillBeStarted) {
  const RuckId ruck = create();
  clock_.advance(hours(5));
  EXPECT_EQ(close(), 1);
  EXPECT_EQ(row(ruck).status, "cancelled");
  ASSERT_TRUE(cores_.run(service_->start(anna_, {.id = ruck, .client_key = {}}, {})));
  EXPECT_EQ(row(ruck).status, "in_progress");
}

TEST_P(ClosingTest, LatePointsMakeAClosedRuckACompletedOneAgain) {
  const RuckId left = create();
  const UtcUs begin = clock_.now();
  ASSERT_TRUE(send(left, begin));
  clock_.advance(hours(5));
  ASSERT_EQ(close(), 1);
  const double before = row(left).distance_m;
  ASSERT_EQ(send(left, begin + std::chrono::seconds(20), 40)->value.inserted, 40);
  EXPECT_EQ(row(left).status, "completed");
  EXPECT_GT(row(left).distance_m, before);
  EXPECT_EQ(row(left).completed_at, begin + std::chrono::seconds(59));

  const RuckId empty = create();
  clock_.advance(hours(5));
  ASSERT_EQ(close(), 1);
  ASSERT_EQ(row(empty).status, "cancelled");
  ASSERT_EQ(send(empty, clock_.now() - hours(5))->value.inserted, 20);
  EXPECT_EQ(row(empty).status, "completed");
  EXPECT_EQ(close(), 0);
}

TEST_P(ClosingTest, LatePausesAreMergedIntoAClosedRuckAsTheyAreIntoOneUnderWay) {
  const UtcUs begin = clock_.now();
  const auto pause_and_resume = [&](RuckId ruck) {
    const RuckRef ref{.id = ruck, .client_key = {}};
    const auto at = [](UtcUs time) {
      return http::Lenient<RuckEvent>{
          .value = {.timestamp = http::Timestamp{.time = to_ms(time)}, .load_kg = {}},
          .warnings = {}};
    };
    ASSERT_TRUE(cores_.run(service_->pause(anna_, ref, at(begin + std::chrono::seconds(20)))));
    ASSERT_TRUE(cores_.run(service_->resume(anna_, ref, at(begin + minutes(10)))));
  };
  const RuckId under_way = create();
  ASSERT_TRUE(send(under_way, begin));
  ASSERT_TRUE(send(under_way, begin + minutes(10), 30));
  pause_and_resume(under_way);
  ASSERT_TRUE(cores_.run(service_->complete(anna_, {.id = under_way, .client_key = {}}, {})));

  const RuckId left = create();
  ASSERT_TRUE(send(left, begin));
  clock_.advance(hours(5));
  ASSERT_EQ(close(), 1);
  ASSERT_TRUE(send(left, begin + minutes(10), 30));
  pause_and_resume(left);
  EXPECT_EQ(row(left).status, "completed");
  EXPECT_GT(row(under_way).paused_s, 500);
  EXPECT_EQ(row(left).paused_s, row(under_way).paused_s);
  EXPECT_EQ(row(left).distance_m, row(under_way).distance_m);

  // Without a time it would be of now, when there is nothing to pause.
  EXPECT_FALSE(cores_.run(service_->pause(anna_, {.id = left, .client_key = {}}, {})));
}

TEST_P(ClosingTest, ANewRuckIsNeverBlockedByOneThatWasLeft) {
  const RuckId left = create();
  ASSERT_TRUE(send(left, clock_.now()));
  clock_.advance(hours(5));
  const RuckId next = create();  // the closing work has not come round yet
  EXPECT_NE(next, left);
  EXPECT_EQ(row(left).status, "completed");
  EXPECT_EQ(row(next).status, "created");
}

TEST_P(ClosingTest, MoreThanOneRoundIsNeededForVeryMany) {
  ASSERT_TRUE(database().write_now([&](db::Session& q) {
    for (std::int64_t i = 0; i < 150; ++i) {
      RuckRow open{{.user_id = anna_.user,
                    .id = RuckId(20'000'000'000'000 + i),
                    .status = "in_progress",
                    .client_key = "offline_" + std::to_string(i)}};
      open.last_arrival_at = clock_.now();
      store::insert(q, open);
    }
  }));
  clock_.advance(hours(5));
  EXPECT_EQ(close(), 100);
  EXPECT_EQ(close(), 50);
}

RUCK_ON_BOTH_DATABASES(ClosingTest);

}  // namespace
}  // namespace ruck::rucks
