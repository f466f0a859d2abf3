// Jobs, run by real runners over both databases.
#include "jobs/runner.hpp"

#include "jobs/commands.hpp"
#include "jobs/limits.hpp"
#include "runtime/sleep.hpp"
#include "support/databases.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <set>

namespace ruck::jobs {
namespace {
using std::chrono::milliseconds;
using testing::HasSubstr;

const db::Sql kAddNote{"test.add_note", "INSERT INTO notes (job) VALUES ($1)"};
const db::Sql kCountNotes{"test.count_notes", "SELECT COUNT(*) FROM notes"};
const db::Sql kCountJobs{"test.count_jobs", "SELECT COUNT(*) FROM jobs WHERE kind = $1"};
const db::Sql kSteal{"test.steal", "UPDATE jobs SET leased_by = 'somebody' WHERE kind = $1"};
const db::Sql kEndLease{"test.end_lease", "UPDATE jobs SET run_at = $2 WHERE kind = $1"};

// What handlers did, from any core.
class Seen {
 public:
  void add(std::int64_t job) {
    const Guard lock(mutex_);
    ++runs_[job];
  }
  std::map<std::int64_t, int> runs() {
    const Guard lock(mutex_);
    return runs_;
  }
  std::size_t jobs() { return runs().size(); }
  int all() {
    int sum = 0;
    for (const auto& [job, count] : runs()) sum += count;
    return sum;
  }

 private:
  Mutex mutex_;
  std::map<std::int64_t, int> runs_ RUCK_GUARDED_BY(mutex_);
};

class RunnerTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    migrate();
    ASSERT_TRUE(database().write_now(
        [](db::Session& q) { q.run_script("CREATE TABLE notes (job BIGINT NOT NULL)"); }));
    cores_.start();
  }
  void TearDown() override {
    for (const auto& runner : runners_) {
      runner->stop(test::kUntilMax);
      runner->close();
    }
    runners_.clear();
    cores_.stop_and_join();
    OnBothDatabases::TearDown();
  }
  // A runner, as one instance has it, with one kind. Times are short: these tests wait for them.
  Runner& start(Kind kind) {
    if (kind.name.empty()) kind.name = "test";
    kind.backoff_first = milliseconds(1);
    kind.backoff_max = milliseconds(20);
    runners_.push_back(std::make_unique<Runner>(
        Runner::Dependencies{.database = database(), .clock = system_, .metrics = metrics_}));
    runners_.back()->add(std::move(kind));
    runners_.back()->start(cores_);
    return *runners_.back();
  }
  bool add(NewJob job = {.kind = "test"}) {
    return database()
        .write_now([&](db::Session& q) { return enqueue(q, job, system_.now()); })
        .value();
  }
  void add_many(int count) {
    ASSERT_TRUE(database().write_now([&](db::Session& q) {
      for (int i = 0; i < count; ++i) enqueue(q, {.kind = "test"}, system_.now());
    }));
  }
  std::int64_t left(std::string_view kind = "test") {
    return *database().read_now(
        [&](db::Session& q) { return q.one<std::int64_t>(kCountJobs, kind); });
  }
  std::int64_t notes() {
    return *database().read_now([&](db::Session& q) { return q.one<std::int64_t>(kCountNotes); });
  }
  std::vector<store::JobRow> dead() {
    return *commands().list({.kind = "test", .only_dead = true});
  }
  Commands commands() { return {database(), system_}; }
  bool has_several_instances() const { return kind() == test::DatabaseKind::kPostgres; }

  SystemClock system_;
  runtime::Cores cores_{2};
  std::vector<std::unique_ptr<Runner>> runners_;
  Seen seen_;
};

TEST_P(RunnerTest, AJobIsThereIfAndOnlyIfItsCauseIs) {
  ASSERT_FALSE(database().write_now([&](db::Session& q) -> Result<> {
    enqueue(q, {.kind = "test"}, system_.now());
    return fail(ErrorCode::kConflict);
  }));
  EXPECT_EQ(left(), 0);
  EXPECT_TRUE(add());
  EXPECT_EQ(left(), 1);
}

TEST_P(RunnerTest, AJobRunsOnceAndIsGone) {
  start({.run = [this](RunningJob job) -> task<Outcome> {
    EXPECT_EQ(job.payload, "what to do");
    EXPECT_EQ(job.attempt, 1);
    seen_.add(job.id);
    co_return done();
  }});
  ASSERT_TRUE(add({.kind = "test", .payload = "what to do"}));
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_EQ(seen_.all(), 1);
}

TEST_P(RunnerTest, AKeyIsTakenUntilItsJobIsDone) {
  ASSERT_TRUE(add({.kind = "test", .key = "anna"}));
  EXPECT_FALSE(add({.kind = "test", .key = "anna"}));
  EXPECT_TRUE(add({.kind = "test", .key = "ben"}));
  EXPECT_TRUE(add({.kind = "other", .key = "anna"}));
  start({.run = [](RunningJob) -> task<Outcome> { co_return done(); }});
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_TRUE(add({.kind = "test", .key = "anna"}));
}

TEST_P(RunnerTest, ManyAreAddedAtOnce) {
  const std::string odd = R"({"a":"\"q\", \\ {x}, NULL","b":["ä"]})";
  const UtcUs later = system_.now() + std::chrono::hours(1);
  ASSERT_TRUE(database().write_now([&](db::Session& q) {
    const auto all = std::to_array<NewJob>({{.kind = "test", .payload = odd},
                                            {.kind = "test", .payload = ""},
                                            {.kind = "late", .payload = odd, .run_at = later}});
    enqueue_all(q, all, system_.now());
    enqueue_all(q, {}, system_.now());
  }));
  std::atomic<int> as_given = 0;
  start({.run = [&](RunningJob job) -> task<Outcome> {
    if (job.payload == odd || job.payload.empty()) ++as_given;
    EXPECT_FALSE(job.user);
    co_return done();
  }});
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_EQ(as_given, 2);
  EXPECT_EQ(left("late"), 1);
  const auto late = *commands().list({.kind = "late"});
  EXPECT_EQ(late.at(0).run_at, later);
}

TEST_P(RunnerTest, WhatFailsIsTriedAgainAndIsADeadLetterInTheEnd) {
  std::atomic<bool> works = false;
  start({.attempts_max = 3, .run = [&](RunningJob job) -> task<Outcome> {
           seen_.add(job.id);
           if (works) co_return done();
           if (job.attempt == 2) throw std::runtime_error("a bug");
           co_return retry("the printer is on fire");
         }});
  ASSERT_TRUE(add({.kind = "test", .key = "anna"}));
  ASSERT_TRUE(test::until([&] { return !dead().empty(); }));
  EXPECT_EQ(seen_.all(), 3);
  const store::JobRow row = dead().front();
  EXPECT_EQ(row.last_error, "the printer is on fire");
  EXPECT_EQ(row.attempts, 3);

  // Its key is free; with a living job of that key in the way it cannot come back.
  Commands operators = commands();
  ASSERT_TRUE(
      add({.kind = "test", .key = "anna", .run_at = system_.now() + std::chrono::hours(1)}));
  EXPECT_THAT(operators.retry({row.id})->left, testing::ElementsAre(row.id));
  works = true;
  const auto waiting = *operators.list({.kind = "test"});
  for (const store::JobRow& job : waiting) {
    if (job.id != row.id) EXPECT_EQ(operators.drop({job.id})->changed, 1);
  }
  EXPECT_EQ(operators.retry({row.id})->changed, 1);
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_EQ(seen_.all(), 4);
}

TEST_P(RunnerTest, AnEffectIsWrittenOnceThoughTheJobRunsTwice) {
  std::atomic<int> runs = 0;
  start({.run = [&](RunningJob job) -> task<Outcome> {
    // The first run loses its lease before it ends, as after a long pause of the process.
    if (++runs == 1) {
      static_cast<void>(database().write_now([](db::Session& q) { q.execute(kSteal, "test"); }));
    }
    co_return done([id = job.id](db::Session& q) { q.execute(kAddNote, id); });
  }});
  ASSERT_TRUE(add());
  ASSERT_TRUE(test::until([&] { return runs == 1; }));
  EXPECT_EQ(left(), 1);
  ASSERT_TRUE(database().write_now([&](db::Session& q) {
    q.execute(kEndLease, "test", system_.now());
    q.notify(kChannel);
  }));
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(notes(), 1);
}

TEST_P(RunnerTest, AnEffectThatCannotBeWrittenIsTriedAgain) {
  std::atomic<int> runs = 0;
  start({.run = [&](RunningJob job) -> task<Outcome> {
    const bool is_first = ++runs == 1;
    co_return done([is_first, id = job.id](db::Session& q) {
      q.execute(kAddNote, is_first ? std::optional<std::int64_t>() : id);  // NOT NULL
    });
  }});
  ASSERT_TRUE(add());
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(notes(), 1);
}

TEST_P(RunnerTest, NoMoreRunAtATimeThanTheKindAllows) {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  start({.concurrency_max = 3, .run = [&](RunningJob job) -> task<Outcome> {
           most = std::max<int>(most, ++running);
           co_await runtime::sleep_for(milliseconds(2));
           seen_.add(job.id);
           --running;
           co_return done();
         }});
  add_many(60);
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_EQ(most, 3);
  EXPECT_EQ(seen_.jobs(), 60U);
  EXPECT_EQ(seen_.all(), 60);
}

TEST_P(RunnerTest, NoMoreBeginInASecondThanTheKindAllows) {
  constexpr double kRate = 40;
  start({.concurrency_max = 100,
         .per_second_max = kRate,
         .run = [&](RunningJob job) -> task<Outcome> {
           seen_.add(job.id);
           co_return done();
         }});
  const auto began = std::chrono::steady_clock::now();
  add_many(100);
  while (seen_.all() < 100) {
    const int runs = seen_.all();
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began;
    ASSERT_LE(runs, kRate * (passed.count() + 1) + 1) << "a second's worth may come at once";
    ASSERT_LT(passed, test::kUntilMax);
    std::this_thread::sleep_for(milliseconds(5));
  }
}

TEST_P(RunnerTest, NothingRunsBeforeItsTime) {
  const UtcUs due = system_.now() + milliseconds(300);
  start({.run = [&](RunningJob job) -> task<Outcome> {
    seen_.add(job.id);
    EXPECT_GE(system_.now(), due);
    co_return done();
  }});
  ASSERT_TRUE(add({.kind = "test", .run_at = due}));
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_EQ(seen_.all(), 1);
}

TEST_P(RunnerTest, WhatRecursIsOneJobAndRunsAgainAndAgain) {
  const auto recurring = [this] {
    return Kind{.is_recurring = true, .run = [this](RunningJob job) -> task<Outcome> {
                  seen_.add(job.id);
                  EXPECT_EQ(job.attempt, 1) << "attempts start anew";
                  co_return again_at(system_.now() + milliseconds(5));
                }};
  };
  start(recurring());
  if (has_several_instances()) start(recurring());
  ASSERT_TRUE(test::until([&] { return seen_.all() >= 10; }));
  EXPECT_EQ(seen_.jobs(), 1U);
  EXPECT_EQ(left(), 1);
}

TEST_P(RunnerTest, InstancesShareJobsAndNoneRunsTwice) {
  const auto kind = [this] {
    return Kind{.concurrency_max = 64, .run = [this](RunningJob job) -> task<Outcome> {
                  seen_.add(job.id);
                  co_return done();
                }};
  };
  start(kind());
  if (has_several_instances()) start(kind());
  for (int i = 0; i < 20; ++i) add_many(100);
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_EQ(seen_.jobs(), 2000U);
  EXPECT_EQ(seen_.all(), 2000);
}

TEST_P(RunnerTest, WhatAProcessThatDiedHadTakenRunsAgain) {
  ASSERT_TRUE(add());
  ASSERT_TRUE(database().write_now([&](db::Session& q) {
    const UtcUs now = system_.now();
    const auto taken =
        store::take(q, "test", 1, now, {.holder = "dead", .until = now + milliseconds(200)});
    ASSERT_EQ(taken.size(), 1U);
  }));
  start({.run = [&](RunningJob job) -> task<Outcome> {
    EXPECT_EQ(job.attempt, 2);
    seen_.add(job.id);
    co_return done();
  }});
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_EQ(seen_.all(), 1);
}

TEST_P(RunnerTest, AJobThatKeepsEndingItsProcessIsADeadLetter) {
  ASSERT_TRUE(add());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(database().write_now([&](db::Session& q) {
      const UtcUs now = system_.now();
      ASSERT_EQ(store::take(q, "test", 1, now, {.holder = "dead", .until = now}).size(), 1U);
    }));
  }
  start({.attempts_max = 2, .run = [&](RunningJob job) -> task<Outcome> {
           seen_.add(job.id);
           co_return done();
         }});
  ASSERT_TRUE(test::until([&] { return !dead().empty(); }));
  EXPECT_EQ(seen_.all(), 0);
  EXPECT_THAT(*dead().front().last_error, HasSubstr("ended with their process"));
}

TEST_P(RunnerTest, ALongRunKeepsItsLease) {
  const auto kind = [this] {
    return Kind{.lease = milliseconds(200), .run = [this](RunningJob job) -> task<Outcome> {
                  seen_.add(job.id);
                  for (int i = 0; i < 100; ++i) co_await runtime::sleep_for(milliseconds(10));
                  co_return done([id = job.id](db::Session& q) { q.execute(kAddNote, id); });
                }};
  };
  start(kind());
  if (has_several_instances()) start(kind());
  ASSERT_TRUE(add());
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_EQ(notes(), 1);
}

TEST_P(RunnerTest, AStopGivesBackWhatIsUnderWay) {
  std::atomic<bool> may_end = false;
  std::atomic<bool> is_running = false;
  Runner& first = start({.run = [&](RunningJob job) -> task<Outcome> {
    seen_.add(job.id);
    is_running = true;
    while (!may_end) co_await runtime::sleep_for(milliseconds(1));
    co_return done([id = job.id](db::Session& q) { q.execute(kAddNote, id); });
  }});
  ASSERT_TRUE(add());
  ASSERT_TRUE(test::until([&] { return is_running.load(); }));
  first.stop(milliseconds(20));
  const auto row = commands().list({.kind = "test"})->front();
  EXPECT_FALSE(row.leased_by);
  EXPECT_EQ(row.attempts, 0) << "it was not to blame";
  may_end = true;
  first.close();
  EXPECT_EQ(notes(), 0) << "its lease is not its own any more";
  EXPECT_EQ(left(), 1);
  start({.run = [&](RunningJob job) -> task<Outcome> {
    co_return done([id = job.id](db::Session& q) { q.execute(kAddNote, id); });
  }});
  ASSERT_TRUE(test::until([&] { return left() == 0; }));
  EXPECT_EQ(notes(), 1);
}

// A stop that came while the runner counted its jobs for the first time waited for the next count.
TEST_P(RunnerTest, AStopRightAfterTheStartDoesNotWaitForAPause) {
  for (int i = 0; i < 40; ++i) {
    Runner& runner = start({.run = [](RunningJob) -> task<Outcome> { co_return done(); }});
    std::this_thread::sleep_for(std::chrono::microseconds(100 * i));
    const auto began = std::chrono::steady_clock::now();
    runner.stop(test::kUntilMax);
    ASSERT_LT(std::chrono::steady_clock::now() - began, kCountEvery * 2 / 3) << "round " << i;
  }
}

TEST_P(RunnerTest, OfTwoWhoTakeAtOnceEachGetsJobsOfTheirOwn) {
  add_many(400);
  std::array<std::set<std::int64_t>, 4> taken;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    threads.emplace_back([&, i] {
      const std::string holder = "h" + std::to_string(i);
      for (int round = 0; round < 10; ++round) {
        const auto rows = database().write_now([&](db::Session& q) {
          const UtcUs now = system_.now();
          return store::take(q, "test", 10, now,
                             {.holder = holder, .until = now + std::chrono::hours(1)});
        });
        ASSERT_TRUE(rows);
        for (const store::TakenRow& row : *rows) taken[i].insert(row.id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::int64_t> all;
  std::size_t sum = 0;
  for (const auto& each : taken) {
    all.insert(each.begin(), each.end());
    sum += each.size();
  }
  EXPECT_EQ(all.size(), sum) << "a job was taken twice";
  EXPECT_GT(sum, 0U);
}

RUCK_ON_BOTH_DATABASES(RunnerTest);

}  // namespace
}  // namespace ruck::jobs
