// A unit of work ends with the time of the request that wants it.
#include "db/database.hpp"
#include "db/migrations.hpp"
#include "runtime/sleep.hpp"
#include "runtime/task_group.hpp"
#include "support/databases.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace ruck::db {
namespace {
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::DatabaseKind;

const Sql kAdd{"test.late_add", "INSERT INTO counted (id) VALUES ($1)"};
const Sql kCount{"test.late_count", "SELECT COUNT(*) FROM counted"};
// More rows than can be made in the time that a test gives it.
const Sql kEndless{"test.late_endless",
                   "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                   " WHERE i < 100000000000) SELECT COUNT(*) FROM n"};
const Sql kLock{"test.late_lock", "SELECT 1 FROM (SELECT pg_advisory_xact_lock(42)) AS held",
                Dialect::kPostgres};
const Sql kCommitWaits{"test.late_commit_waits",
                       "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
                       " AND datname = current_database()"
                       " AND now() - query_start > interval '1500 milliseconds'",
                       Dialect::kPostgres};

const Sql kBackend{"test.late_backend", "SELECT pg_backend_pid()", Dialect::kPostgres};

constexpr embedded::File kSchema[] = {
    {"0001_counted.sql", "CREATE TABLE counted (id {{bigint}} PRIMARY KEY) {{table}};"}};

runtime::ContextPtr context_until(Clock::time_point deadline) {
  auto context = std::make_shared<runtime::Context>();
  context->request_id = "r1";
  context->deadline = deadline;
  return context;
}

class DeadlineTest : public test::OnBothDatabases {
 protected:
  void SetUp() override { ASSERT_TRUE(db::migrate(database(), clock_, kSchema)); }
  std::int64_t count() {
    return *database().read_now([](Session& q) { return q.one<std::int64_t>(kCount); });
  }
  std::uint64_t late(const char* when) {
    return metrics_.counter("ruck_db_late_total", "", {{"when", when}}).value();
  }
};

template <class T>
void expect_out_of_time(const Result<T>& outcome) {
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(error_row(outcome.error().code).http_status, 503);
  EXPECT_TRUE(outcome.error().retry_after_s.has_value());
}

TEST_P(DeadlineTest, WhatIsLateBeforeItsTurnIsNotRun) {
  std::atomic<int> runs = 0;
  {
    const runtime::ContextScope scope(context_until(Clock::now()));
    expect_out_of_time(database().read_now([&](Session&) { ++runs; }));
    expect_out_of_time(database().write_now([&](Session& q) {
      ++runs;
      q.execute(kAdd, 1);
    }));
  }
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(count(), 0);
  EXPECT_EQ(late("waiting"), 2U);
  EXPECT_EQ(late("running"), 0U);
}

TEST_P(DeadlineTest, WhatWaitedTooLongBehindOthersIsNotRun) {
  std::promise<void> go_on;
  const std::shared_future<void> gone_on = go_on.get_future().share();
  std::atomic<int> busy = 0;
  std::vector<std::thread> others;  // hold every thread that reads
  for (int i = 0; i < 2; ++i) {
    others.emplace_back([&] {
      EXPECT_TRUE(database().read_now([&](Session&) {
        ++busy;
        gone_on.wait();
      }));
    });
  }
  ASSERT_TRUE(test::until([&] { return busy == 2; }));
  const Clock::time_point deadline = Clock::now() + milliseconds(50);
  std::atomic<bool> was_run = false;
  std::thread waiting([&] {
    const runtime::ContextScope scope(context_until(deadline));
    expect_out_of_time(database().read_now([&](Session&) { was_run = true; }));
  });
  EXPECT_TRUE(test::until([&] { return Clock::now() > deadline; }));
  go_on.set_value();
  waiting.join();
  for (std::thread& other : others) other.join();
  EXPECT_FALSE(was_run);
  EXPECT_EQ(late("waiting"), 1U);
}

TEST_P(DeadlineTest, WhoWaitsForAThreadThatIsStuckIsToldInTime) {
  if (kind() != DatabaseKind::kPostgres) return;  // nothing but its own disk holds the embedded one
  std::promise<void> go_on;
  const std::shared_future<void> gone_on = go_on.get_future().share();
  std::atomic<int> busy = 0;
  std::vector<std::thread> others;
  for (int i = 0; i < 2; ++i) {
    others.emplace_back([&] {
      EXPECT_TRUE(database().read_now([&](Session&) {
        ++busy;
        gone_on.wait();
      }));
    });
  }
  ASSERT_TRUE(test::until([&] { return busy == 2; }));
  {
    const runtime::ContextScope scope(context_until(Clock::now() + milliseconds(50)));
    expect_out_of_time(database().read_now([](Session&) {}));
  }
  go_on.set_value();
  for (std::thread& other : others) other.join();
}

// Stopped as by a debugger, or a network that has gone: statement_timeout does not help.
TEST_P(DeadlineTest, AServerThatDoesNotAnswerIsGivenUp) {
  if (kind() != DatabaseKind::kPostgres) return;
  pid_t backend = 0;
  {
    const runtime::ContextScope scope(context_until(Clock::now() + seconds(1)));
    const auto outcome = database().write_now([&](Session& q) {
      backend = static_cast<pid_t>(q.one<std::int64_t>(kBackend));
      ::kill(backend, SIGSTOP);
      q.execute(kAdd, 1);
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(error_row(outcome.error().code).http_status, 503);
  }
  if (backend != 0) ::kill(backend, SIGCONT);
  EXPECT_EQ(count(), 0);
}

TEST_P(DeadlineTest, AReadThatStillRunsIsBrokenOff) {
  {
    const runtime::ContextScope scope(context_until(Clock::now() + milliseconds(500)));
    expect_out_of_time(
        database().read_now([](Session& q) { return q.one<std::int64_t>(kEndless); }));
  }
  EXPECT_EQ(late("waiting") + late("running"), 1U);
  EXPECT_EQ(count(), 0) << "the next on the same connection has its own time";
}

TEST_P(DeadlineTest, NothingMoreIsBegunInAUnitWhoseTimeIsOver) {
  if (kind() != DatabaseKind::kPostgres) return;  // the one writer's statements take microseconds
  const Clock::time_point deadline = Clock::now() + milliseconds(500);
  const runtime::ContextScope scope(context_until(deadline));
  expect_out_of_time(database().write_now([&](Session& q) {
    EXPECT_TRUE(test::until([&] { return Clock::now() > deadline; }));
    q.execute(kAdd, 1);
  }));
}

TEST_P(DeadlineTest, AUnitThatIsDoneIsCommittedHoweverLate) {
  const Clock::time_point deadline = Clock::now() + seconds(2);
  bool is_added = false;
  Result<> outcome;
  {
    const runtime::ContextScope scope(context_until(deadline));
    outcome = database().write_now([&](Session& q) {
      q.execute(kAdd, 1);
      is_added = true;
      EXPECT_TRUE(test::until([&] { return Clock::now() > deadline; }));
    });
  }
  EXPECT_EQ(outcome.has_value(), is_added) << "unless the machine was too slow to begin in time";
  EXPECT_EQ(count(), is_added ? 1 : 0);
}

// Its trigger makes COMMIT wait for a lock, for longer than the unit's statements may.
TEST_P(DeadlineTest, CommitIsNeverBrokenOff) {
  if (kind() != DatabaseKind::kPostgres) return;
  ASSERT_TRUE(database().write_now([](Session& q) {
    q.run_script(
        "CREATE FUNCTION wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END$$;"
        "CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON counted DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION wait_for_lock();");
  }));
  const auto other = open_beside();
  std::promise<void> let_go;
  std::promise<void> is_held;
  std::thread holder([&] {
    EXPECT_TRUE(other->write_now([&](Session& q) {
      EXPECT_EQ(q.one<std::int64_t>(kLock), 1);
      is_held.set_value();
      let_go.get_future().wait();
    }));
  });
  is_held.get_future().wait();
  std::thread writer([&] {
    const runtime::ContextScope scope(context_until(Clock::now() + seconds(1)));
    const auto outcome = database().write_now([](Session& q) { q.execute(kAdd, 1); });
    EXPECT_TRUE(outcome) << "the write is durable, and the caller must hear it";
  });
  EXPECT_TRUE(test::until([&] {
    return *other->read_now([](Session& q) { return q.one<std::int64_t>(kCommitWaits); }) == 1;
  }));
  let_go.set_value();
  holder.join();
  writer.join();
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(late("running"), 0U);
}

TEST_P(DeadlineTest, ALockThatIsNotToBeHadIsNoMistakeOfOurs) {
  if (kind() != DatabaseKind::kPostgres) return;
  const auto other = open_beside();
  ASSERT_TRUE(other->write_now([&](Session& held) {
    EXPECT_EQ(held.one<std::int64_t>(kLock), 1);
    const auto outcome = database().write_now([](Session& q) {
      q.run_script("SET LOCAL lock_timeout = '10ms'");
      return q.one<std::int64_t>(kLock);
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
  }));
}

TEST_P(DeadlineTest, AUnitOfACoroutineHasItsRequestsTimeAndOneThatItSpawnsHasNot) {
  struct Outcomes {
    Result<std::int64_t> of_request = fail(ErrorCode::kInternal);
    Result<std::int64_t> of_nobody = fail(ErrorCode::kInternal);
  };
  const auto read = [](Database& db, Result<std::int64_t>& outcome) -> task<> {
    outcome = co_await db.read([](Session& q) { return q.one<std::int64_t>(kCount); });
  };
  const auto request = [](Database& db, runtime::TaskGroup& group, Outcomes& outcomes,
                          auto spawned) -> task<> {
    const runtime::ContextScope scope(context_until(Clock::now()));
    group.spawn(*runtime::Core::current(), spawned(db, outcomes.of_nobody));
    co_await runtime::sleep_for(milliseconds(1));
    outcomes.of_request = co_await db.read([](Session& q) { return q.one<std::int64_t>(kCount); });
  };
  runtime::Cores cores(1);
  cores.start();
  runtime::TaskGroup group("test", [](std::string_view, const std::exception_ptr&) { FAIL(); });
  Outcomes outcomes;
  group.spawn(cores.at(0), request(database(), group, outcomes, read));
  group.join();
  cores.stop_and_join();
  expect_out_of_time(outcomes.of_request);
  ASSERT_TRUE(outcomes.of_nobody);
  EXPECT_EQ(*outcomes.of_nobody, 0);
}

RUCK_ON_BOTH_DATABASES(DeadlineTest);

}  // namespace
}  // namespace ruck::db
