// Reads at a PostgreSQL that follows the primary: only while it is new enough, and never without an
// answer.
#include "db/database.hpp"
#include "db/open.hpp"
#include "support/standby.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>

namespace ruck::db {
namespace {
using testing::ElementsAre;
using SteadyClock = std::chrono::steady_clock;

const Sql kMake{"test.make_tally", "CREATE TABLE tally (n BIGINT NOT NULL)"};
const Sql kPut{"test.put_tally", "INSERT INTO tally VALUES (0)"};
const Sql kAdd{"test.add_tally", "UPDATE tally SET n = n + 1"};
const Sql kCount{"test.count_tally", "SELECT n FROM tally"};
const Sql kWhere{"test.where", "SELECT pg_is_in_recovery()::int::bigint"};
const Sql kCutReplica{"test.cut_replica",
                      "SELECT CASE WHEN pg_is_in_recovery()"
                      " THEN pg_terminate_backend(pg_backend_pid())::int::bigint ELSE 7 END"};

class ReplicasTest : public testing::Test {
 protected:
  void SetUp() override { test::let_commits_go(primary_.url("postgres")); }
  void open(const std::string& replicas) {
    auto opened = db::open({.url = primary_.url("postgres"),
                            .postgres_connections = 4,
                            .postgres_replicas = split_urls(replicas)},
                           metrics_);
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = std::move(*opened);
    ASSERT_TRUE(database_->write_now([](Session& q) {
      q.execute(kMake);
      q.execute(kPut);
    }));
  }
  void open() { open(standby_.url("postgres")); }
  void TearDown() override {
    if (database_) database_->close();
  }
  void add() {
    ASSERT_TRUE(database_->write_now([](Session& q) { q.execute(kAdd); }));
  }
  // As a request that must see what was committed before `from` does it.
  Result<std::int64_t> read(const Sql& sql, std::optional<SteadyClock::time_point> from) {
    auto context = std::make_shared<runtime::Context>();
    if (from) context->read_floor.allow(*from);
    const runtime::ContextScope scope(context);
    return database_->read_now([&sql](Session& q) { return q.one<std::int64_t>(sql); });
  }
  static SteadyClock::time_point long_ago() { return SteadyClock::now() - std::chrono::hours(1); }
  bool reads_at_replica() {
    add();  // one that stands still is not used
    const auto where = read(kWhere, long_ago());
    EXPECT_TRUE(where) << where.error().detail;
    return where == 1;
  }
  std::int64_t value(const std::string& name) const {
    const std::string text = metrics_.render();
    return std::stoll(text.substr(text.find(name) + name.size()));
  }
  std::int64_t at_replica() const { return value(R"(ruck_db_replica_reads_total{replica="1"} )"); }

  test::TemporaryFolder folder_;
  test::PostgresCluster primary_{folder_.path() + "/primary", true};
  test::PostgresStandby standby_{primary_, folder_.path() + "/standby"};
  telemetry::Metrics metrics_;
  std::unique_ptr<Database> database_;
};

TEST_F(ReplicasTest, AReadGoesThereIfItsRequestSaysHowOldItMayBe) {
  open();
  ASSERT_TRUE(test::until([&] { return reads_at_replica(); }));
  EXPECT_EQ(read(kWhere, std::nullopt), 0) << "only the newest will do";
  EXPECT_EQ(database_->read_now([](Session& q) { return q.one<std::int64_t>(kWhere); }), 0)
      << "no request";
  EXPECT_EQ(read(kWhere, SteadyClock::now() + std::chrono::minutes(1)), 0) << "it cannot know";
}

TEST_F(ReplicasTest, WhatARequestReadsAfterItHasWrittenIsThePrimarys) {
  open();
  ASSERT_TRUE(test::until([&] { return reads_at_replica(); }));
  auto context = std::make_shared<runtime::Context>();
  context->read_floor.allow(long_ago());
  const runtime::ContextScope scope(context);
  ASSERT_TRUE(database_->write_now([](Session& q) { q.execute(kAdd); }));
  EXPECT_EQ(database_->read_now([](Session& q) { return q.one<std::int64_t>(kWhere); }), 0);
}

TEST_F(ReplicasTest, EachSeesWhatWasCommittedBeforeTheMomentItNames) {
  standby_.delay_replay(std::chrono::milliseconds(150));
  open();
  ASSERT_TRUE(test::until([&] { return reads_at_replica(); }));
  const std::int64_t begun = read(kCount, std::nullopt).value();
  const std::int64_t reads_before = at_replica();
  int old = 0;
  for (int i = 1; i <= 150; ++i) {
    add();
    const auto committed = SteadyClock::now();
    ASSERT_EQ(read(kCount, committed), begun + i);
    if (read(kCount, long_ago()) != begun + i) ++old;
    // Until it was seen: from then on each later read must see it, too.
    std::this_thread::sleep_for(std::chrono::milliseconds(i % 10 == 0 ? 250 : 0));
    ASSERT_EQ(read(kCount, committed), begun + i);
  }
  EXPECT_GT(old, 0) << "the standby was not behind at all";
  EXPECT_GE(at_replica(), reads_before + old);
}

TEST_F(ReplicasTest, OneThatIsBehindIsLeftOutAndComesBack) {
  open();
  ASSERT_TRUE(test::until([&] { return reads_at_replica(); }));
  standby_.pause_replay(true);
  ASSERT_TRUE(test::until([&] { return !reads_at_replica(); }));
  standby_.pause_replay(false);
  EXPECT_TRUE(test::until([&] { return reads_at_replica(); }));
}

TEST_F(ReplicasTest, EveryReadIsAnsweredWhileItStopsAndComesBack) {
  open();
  ASSERT_TRUE(test::until([&] { return reads_at_replica(); }));
  standby_.stop();
  const auto until = SteadyClock::now() + std::chrono::seconds(1);
  while (SteadyClock::now() < until) ASSERT_TRUE(read(kCount, long_ago()));
  EXPECT_FALSE(reads_at_replica());
  standby_.start();
  EXPECT_TRUE(test::until([&] { return reads_at_replica(); }));
}

TEST_F(ReplicasTest, EveryReadIsAnsweredWhileItHangs) {
  open();
  ASSERT_TRUE(test::until([&] { return reads_at_replica(); }));
  standby_.hang(true);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(read(kCount, long_ago()));
  ASSERT_TRUE(test::until([&] { return !reads_at_replica(); }));
  standby_.hang(false);
  EXPECT_TRUE(test::until([&] { return reads_at_replica(); }));
}

TEST_F(ReplicasTest, WhatItDoesNotAnswerIsRunAtThePrimary) {
  open();
  ASSERT_TRUE(test::until([&] { return reads_at_replica(); }));
  EXPECT_TRUE(test::until([&] {
    EXPECT_EQ(read(kCutReplica, long_ago()), 7);
    return value(R"(ruck_db_replica_handed_back_total{replica="1"} )") > 0;
  }));
}

TEST_F(ReplicasTest, APromotedOneIsLeftOut) {
  open();
  ASSERT_TRUE(test::until([&] { return reads_at_replica(); }));
  standby_.promote();
  EXPECT_TRUE(test::until([&] { return !reads_at_replica(); }));
}

TEST_F(ReplicasTest, ACopyOfAnotherSystemIsNotUsed) {
  const test::PostgresCluster other(folder_.path() + "/other");
  test::PostgresStandby of_other(other, folder_.path() + "/of_other");
  open(of_other.url("postgres") + "," + standby_.url("postgres"));
  ASSERT_TRUE(test::until([&] { return reads_at_replica(); }));
  for (int i = 0; i < 50; ++i) {
    add();
    EXPECT_TRUE(read(kCount, long_ago())) << "the table is not there in the other system";
  }
  EXPECT_EQ(at_replica(), 0);
}

TEST(ReplicaUrls, AListOfThemMayHaveUrlsOfSeveralHosts) {
  EXPECT_TRUE(split_urls("").empty());
  EXPECT_THAT(split_urls("postgresql://a@h1,h2/r, postgres://b/r"),
              ElementsAre("postgresql://a@h1,h2/r", "postgres://b/r"));
  EXPECT_THAT(split_urls("postgresql://a/r,postgresql://b/r"),
              ElementsAre("postgresql://a/r", "postgresql://b/r"));
}

}  // namespace
}  // namespace ruck::db
