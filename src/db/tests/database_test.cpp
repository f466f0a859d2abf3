#include "db/database.hpp"

#include "base/embedded.hpp"
#include "db/migrations.hpp"
#include "db/open.hpp"
#include "support/databases.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace ruck::db {
namespace {
using test::OnBothDatabases;

const Sql kInsert{"test.insert",
                  "INSERT INTO things (id, owner, name, weight, photo, is_new, made_at)"
                  " VALUES ($1, $2, $3, $4, $5, $6, $7)"};
const Sql kCount{"test.count", "SELECT COUNT(*) FROM things"};
const Sql kIncrement{"test.increment", "UPDATE things SET weight = weight + $2 WHERE id = $1"};
const Sql kWeight{"test.weight", "SELECT weight FROM things WHERE id = $1"};
const Sql kTwice{"test.twice", "SELECT name FROM things WHERE id = $2 AND owner = $1 AND id = $2"};

struct Thing {
  std::int64_t id = 0;
  UserId owner;
  std::string name;
  std::optional<double> weight;
  Bytes photo;
  bool is_new = false;
  UtcUs made_at;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (id, owner, name, weight, photo, is_new, made_at))
const Sql kFind{"test.find", "SELECT " + columns_of<Thing>() + " FROM things WHERE id = $1"};

constexpr embedded::File kSchema[] = {
    {"0001_things.sql",
     "CREATE TABLE things (id {{bigint}} PRIMARY KEY, owner {{uuid}} NOT NULL, name TEXT NOT NULL "
     "UNIQUE, weight {{real}}, photo {{bytes}} NOT NULL, is_new {{boolean}} NOT NULL, made_at "
     "{{bigint}} NOT NULL) {{table}};"}};

class DatabaseTest : public OnBothDatabases {
 protected:
  void SetUp() override { ASSERT_TRUE(db::migrate(database(), clock_, kSchema)); }
  Result<> add(std::int64_t id, const std::string& name, double weight) {
    return database().write_now([=](Session& q) {
      q.execute(kInsert, id, UserId(Uuid::make_v7(utc_ms(0))), name, weight,
                Bytes{std::string("\0\x01\xff", 3)}, true, utc_us(5));
    });
  }
  std::int64_t count() {
    return *database().read_now([](Session& q) { return q.one<std::int64_t>(kCount); });
  }
};

TEST_P(DatabaseTest, ARowComesBackAsItWentIn) {
  const UserId owner(Uuid::make_v7(utc_ms(1)));
  ASSERT_TRUE(database().write_now([&](Session& q) {
    q.execute(kInsert, 7, owner, "Grüße", std::optional<double>(), Bytes{std::string("\0a", 2)},
              false, utc_us(-5));
  }));
  const auto thing = database().read_now([](Session& q) { return q.optional<Thing>(kFind, 7); });
  ASSERT_TRUE(thing && *thing);
  EXPECT_EQ((*thing)->owner, owner);
  EXPECT_EQ((*thing)->name, "Grüße");
  EXPECT_EQ((*thing)->weight, std::nullopt);
  EXPECT_EQ((*thing)->photo.data, std::string("\0a", 2));
  EXPECT_FALSE((*thing)->is_new);
  EXPECT_EQ((*thing)->made_at, utc_us(-5));
}

TEST_P(DatabaseTest, AUnitThatReturnsAnErrorLeavesNothing) {
  const auto outcome = database().write_now([&](Session& q) -> Result<int> {
    q.execute(kInsert, 1, UserId(), "a", 1.0, Bytes{}, true, utc_us(0));
    return fail(ErrorCode::kInvalidState);
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kInvalidState);
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseTest, AnUnitThatBreaksARuleIsAConflictAndLeavesNothing) {
  ASSERT_TRUE(add(1, "a", 1));
  const auto outcome = database().write_now([&](Session& q) {
    q.execute(kInsert, 2, UserId(), "b", 1.0, Bytes{}, true, utc_us(0));
    q.execute(kInsert, 3, UserId(), "a", 1.0, Bytes{}, true, utc_us(0));
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kConflict);
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseTest, AMistakeInOneUnitDoesNotHarmTheOthers) {
  static const Sql kWrong{"test.wrong", "SELECT nothing FROM nowhere"};
  const auto outcome = database().write_now([](Session& q) { return q.one<std::int64_t>(kWrong); });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kInternal);
  EXPECT_TRUE(add(1, "a", 1));
}

TEST_P(DatabaseTest, ParametersMayRepeatAndComeInAnyOrder) {
  ASSERT_TRUE(add(1, "a", 1));
  const auto name = database().read_now([](Session& q) {
    const auto thing = q.one<Thing>(kFind, 1);
    return q.one<std::string>(kTwice, thing.owner, 1);
  });
  EXPECT_EQ(*name, "a");
}

TEST_P(DatabaseTest, ParallelReadModifyWritesLoseNothing) {
  ASSERT_TRUE(add(1, "a", 0));
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_TRUE(database().write_now([](Session& q) {
          const auto before = q.one<double>(kWeight, 1);
          q.execute(kIncrement, 1, 1.0);
          RUCK_ASSERT(q.one<double>(kWeight, 1) == before + 1);
        }));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*database().read_now([](Session& q) { return q.one<double>(kWeight, 1); }),
            kThreads * kEach);
}

TEST_P(DatabaseTest, AReadCannotWrite) {
  const auto outcome = database().read_now(
      [](Session& q) { q.execute(kInsert, 1, UserId(), "a", 1.0, Bytes{}, true, utc_us(0)); });
  EXPECT_FALSE(outcome);
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseTest, MigrationsAreAppliedOnceAndNeverEdited) {
  const auto again = db::migrate(database(), clock_, kSchema);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->applied, 0);
  constexpr embedded::File kEdited[] = {{"0001_things.sql", "SELECT 1"}};
  EXPECT_FALSE(db::migrate(database(), clock_, kEdited));
  EXPECT_FALSE(db::migrate(database(), clock_, {})) << "a database newer than the program";
  constexpr embedded::File kGap[] = {kSchema[0], {"0003_more.sql", ""}};
  EXPECT_FALSE(db::migrate(database(), clock_, kGap));
}

TEST_P(DatabaseTest, AFailedMigrationLeavesTheSchemaAsItWas) {
  constexpr embedded::File kBroken[] = {
      kSchema[0], {"0002_broken.sql", "CREATE TABLE more (id {{bigint}}); SELECT * FROM nowhere;"}};
  EXPECT_FALSE(db::migrate(database(), clock_, kBroken));
  constexpr embedded::File kMended[] = {kSchema[0],
                                        {"0002_more.sql", "CREATE TABLE more (id {{bigint}});"}};
  EXPECT_TRUE(db::migrate(database(), clock_, kMended));
}

TEST_P(DatabaseTest, InstancesThatStartTogetherAllComeUp) {
  if (kind() != test::DatabaseKind::kPostgres) return;  // the embedded one has one process
  const test::TemporaryDatabase empty(kind(), test::Schema::kEmpty);
  std::vector<std::thread> instances;
  for (int i = 0; i < 4; ++i) {
    instances.emplace_back([&] {
      telemetry::Metrics metrics;
      const auto instance = db::open({.url = empty.url(), .postgres_connections = 3}, metrics);
      ASSERT_TRUE(instance);
      const auto report = db::migrate(**instance, clock_, embedded::migrations());
      EXPECT_TRUE(report) << report.error().client_text() << ": " << report.error().detail;
      (*instance)->close();
    });
  }
  for (std::thread& instance : instances) instance.join();
}

// What one reads the other writes; the short ones commit in the middle of each try of the long one,
// in the same process and in others.
TEST_P(DatabaseTest, ALongUnitIsNotStarvedByShortOnes) {
  ASSERT_TRUE(add(1, "one", 1));
  ASSERT_TRUE(add(2, "two", 1));
  std::unique_ptr<db::Database> beside;
  if (kind() == test::DatabaseKind::kPostgres) beside = open_beside();
  std::atomic<bool> is_done = false;
  std::vector<std::thread> others;
  for (int i = 0; i < 2; ++i) {
    others.emplace_back([&, &from = beside ? *beside : database()] {
      while (!is_done) {
        EXPECT_TRUE(from.write_now([](Session& q) {
          const double one = q.one<double>(kWeight, 1);
          q.execute(kIncrement, 2, one);
        }));
      }
    });
  }
  const auto outcome = database().write_now([](Session& q) {
    const double two = q.one<double>(kWeight, 2);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    q.execute(kIncrement, 1, two);
  });
  is_done = true;
  for (std::thread& other : others) other.join();
  EXPECT_TRUE(outcome) << outcome.error().detail;
  if (beside) beside->close();
}

// Somebody who needs no isolation, and so no turn, writes what it has read, in most of its tries.
TEST_P(DatabaseTest, AUnitThatLosesWhileItRunsAloneIsRunAgain) {
  if (kind() != test::DatabaseKind::kPostgres) return;  // the embedded one has one writer
  ASSERT_TRUE(add(1, "one", 1));
  const auto beside = open_beside();
  int tries = 0;
  const auto outcome = database().write_now([&](Session& q) {
    const double one = q.one<double>(kWeight, 1);
    if (++tries <= 9) {
      EXPECT_TRUE(beside->write_now([](Session& other) { other.execute(kIncrement, 1, 1.0); },
                                    Isolation::kReadCommitted));
    }
    q.execute(kIncrement, 1, one);
  });
  EXPECT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(tries, 10);
  beside->close();
}

TEST_P(DatabaseTest, WhoListensIsToldAfterTheCommitAndOfNothingElse) {
  std::atomic<int> told = 0;
  const auto listening = database().listen("things", [&] { ++told; });
  ASSERT_FALSE(database().write_now([](Session& q) -> Result<> {
    q.notify("things");
    return fail(ErrorCode::kConflict);
  }));
  ASSERT_TRUE(database().write_now([](Session& q) { q.notify("others"); }));
  if (kind() == test::DatabaseKind::kPostgres) EXPECT_EQ(told, 0) << "a group may be told in vain";
  told = 0;
  ASSERT_TRUE(database().write_now([](Session& q) { q.notify("things"); }));
  EXPECT_TRUE(test::until([&] { return told > 0; }));
}

TEST_P(DatabaseTest, AnotherProcessIsToldToo) {
  if (kind() != test::DatabaseKind::kPostgres) return;  // the embedded one has no other process
  const auto other = open_beside();
  std::atomic<int> told = 0;
  const auto listening = other->listen("things", [&] { ++told; });
  // The other's LISTEN may still be on its way.
  EXPECT_TRUE(test::until([&] {
    EXPECT_TRUE(database().write_now([](Session& q) { q.notify("things"); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return told > 0;
  }));
}

TEST_P(DatabaseTest, NobodyIsToldOnceTheyHaveStoppedListening) {
  std::atomic<int> told = 0;
  auto listening = database().listen("things", [&] { ++told; });
  listening.reset();
  ASSERT_TRUE(database().write_now([](Session& q) { q.notify("things"); }));
  EXPECT_EQ(told, 0);
}

RUCK_ON_BOTH_DATABASES(DatabaseTest);

TEST(Migrations, RefuseAMacroTheyDoNotKnow) {
  EXPECT_EQ(translate("a {{bigint}} b", Dialect::kPostgres), "a BIGINT b");
  EXPECT_FALSE(translate("a {{nonsense}} b", Dialect::kPostgres));
  EXPECT_FALSE(translate("a {{bigint", Dialect::kPostgres));
}

TEST(Migrations, WhatOnlyOneDatabaseHasIsLeftOutForTheOther) {
  constexpr std::string_view kText =
      "a{{sqlite}} b {{bigint}}{{end}}{{postgresql}} c {{bigint}}{{end}} d";
  EXPECT_EQ(translate(kText, Dialect::kSqlite), "a b INTEGER d");
  EXPECT_EQ(translate(kText, Dialect::kPostgres), "a c BIGINT d");
  EXPECT_FALSE(translate("a {{sqlite}} b", Dialect::kPostgres)) << "no end";
}

}  // namespace
}  // namespace ruck::db
