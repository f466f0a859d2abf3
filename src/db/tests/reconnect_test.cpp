// A PostgreSQL that is restarted, or hands over to another, under a database that is open.
#include "db/database.hpp"
#include "db/open.hpp"
#include "support/standby.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <thread>
#include <utility>
#include <vector>

namespace ruck::db {
namespace {
constexpr int kConnections = 6;

const Sql kMake{"test.make_counter", "CREATE TABLE counter (n BIGINT NOT NULL)"};
const Sql kPut{"test.put_counter", "INSERT INTO counter VALUES (0)"};
const Sql kAdd{"test.add_counter", "UPDATE counter SET n = n + 1"};
const Sql kCut{"test.cut", "SELECT pg_terminate_backend(pg_backend_pid())::int::bigint"};
const Sql kCount{"test.count_counter", "SELECT n FROM counter"};

class ReconnectTest : public testing::Test {
 protected:
  void open(const std::string& url) {
    auto opened = db::open({.url = url, .postgres_connections = kConnections}, metrics_);
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = std::move(*opened);
    ASSERT_TRUE(database_->write_now([](Session& q) {
      q.execute(kMake);
      q.execute(kPut);
    }));
  }
  void TearDown() override {
    if (database_) database_->close();
  }
  Result<> add() {
    return database_->write_now([](Session& q) { q.execute(kAdd); });
  }
  std::int64_t count() {
    return database_->read_now([](Session& q) { return q.one<std::int64_t>(kCount); }).value_or(-1);
  }
  // Has units under way on several connections at the same time, so that all of those are open.
  void open_all_connections() {
    constexpr int kReaders = kConnections - 2;  // the others are kept for writes
    std::latch all(kReaders);
    std::vector<std::jthread> readers;
    for (int i = 0; i < kReaders; ++i) {
      readers.emplace_back([&] {
        bool arrived = false;  // a unit whose connection turns out to be dead is run again
        EXPECT_TRUE(database_->read_now([&](Session& q) {
          if (!std::exchange(arrived, true)) all.arrive_and_wait();
          return q.one<std::int64_t>(kCount);
        }));
      });
    }
  }

  test::TemporaryFolder folder_;
  test::PostgresCluster primary_{folder_.path() + "/primary", true};
  telemetry::Metrics metrics_;
  std::unique_ptr<Database> database_;
};

TEST_F(ReconnectTest, ARestartBetweenUnitsIsNoticedByNobody) {
  open(primary_.url("postgres"));
  for (int round = 1; round <= 2; ++round) {
    open_all_connections();
    primary_.stop();
    primary_.start();
    for (int i = 0; i < 2 * kConnections; ++i) {
      const auto added = add();
      EXPECT_TRUE(added) << round << "/" << i << ": " << added.error().detail;
      EXPECT_GE(count(), 0);
    }
  }
  EXPECT_EQ(count(), 4 * kConnections) << "each is there once";
}

TEST_F(ReconnectTest, AUnitWhoseConnectionIsCutInTheMiddleIsRunAgainOnce) {
  open(primary_.url("postgres"));
  int runs = 0;
  const auto twice = database_->write_now([&](Session& q) {
    q.execute(kAdd);
    if (++runs == 1) static_cast<void>(q.one<std::int64_t>(kCut));
  });
  EXPECT_TRUE(twice) << twice.error().detail;
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(count(), 1);

  runs = 0;
  const auto always = database_->write_now([&](Session& q) {
    q.execute(kAdd);
    ++runs;
    static_cast<void>(q.one<std::int64_t>(kCut));
  });
  ASSERT_FALSE(always);
  EXPECT_EQ(always.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(runs, 2) << "what brings a server down is not sent again and again";
  EXPECT_EQ(count(), 1);
}

TEST_F(ReconnectTest, TheDatabaseFollowsThePrimary) {
  test::PostgresStandby standby(primary_, folder_.path() + "/standby");
  open(test::url_of_all({primary_.port(), standby.port()}, "postgres"));
  open_all_connections();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(add());
  primary_.stop();
  standby.promote();
  ASSERT_TRUE(test::until([&] { return add().has_value(); }));
  EXPECT_EQ(count(), 21) << "what was acknowledged is there";
}

}  // namespace
}  // namespace ruck::db
