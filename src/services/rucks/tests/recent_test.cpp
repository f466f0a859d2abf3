// Batches that are appended and merged later: what is read at each moment in between.
#include "services/rucks/track/recent.hpp"

#include "bus/in_process.hpp"
#include "db/migrations.hpp"
#include "services/profile/store.hpp"
#include "services/rucks/limits.hpp"
#include "services/rucks/recording/ingest.hpp"
#include "services/rucks/summary/audit.hpp"
#include "services/rucks/summary/settle.hpp"
#include "services/rucks/track/progress.hpp"
#include "services/rucks/track/track.hpp"
#include "support/databases.hpp"
#include "support/run.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <future>
#include <thread>

namespace ruck::rucks {
namespace {
using rucking::HeartRateSample;
using rucking::TrackPoint;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kStartMs = 1'763'790'000'000;
using SteadyTime = RecentIndex::SteadyTime;

class RecentTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    migrate();
    begin();
    ASSERT_TRUE(database().write_now([&](db::Session& q) {
      profile::UserRow user{.id = key_.user, .email = "a@example.org", .username = "anna"};
      profile::store::insert(q, user, "secret");
      RuckRow row{{.user_id = key_.user, .id = key_.ruck, .status = "in_progress"}};
      row.started_at = to_us(utc_ms(kStartMs));
      store::insert(q, row);
    }));
  }
  void begin() {
    revisions_ = std::make_unique<cache::Revisions>(database());
    partitions_ = std::make_unique<RecentPartitions>();
    if (is_postgres()) {
      partitions_->set_current(database().write_now(make_partitions).value());
    }
    ingest_ = std::make_unique<Ingest>(Ingest::Dependencies{.database = database(),
                                                            .bus = bus_,
                                                            .partitions = *partitions_,
                                                            .revisions = *revisions_,
                                                            .clock = clock_,
                                                            .metrics = metrics_});
  }
  [[nodiscard]] bool is_postgres() const { return kind() == test::DatabaseKind::kPostgres; }
  [[nodiscard]] RecentMerger merger() {
    return RecentMerger({.database = database(),
                         .partitions = *partitions_,
                         .engines = *ingest_,
                         .metrics = metrics_});
  }
  // One batch that continues `expected`, as another process would append it.
  bool append(db::Session& q, const RecentRow& row) {
    if (RecentIndex* index = RecentIndex::of(q)) return append_batch(*index, q, key_, row);
    AppendedBatch batch{.key = key_, .row = row};
    write_batches(q, std::vector{&batch});
    return batch.is_written;
  }
  // As a server does that ends and starts again, or is killed: nothing is written at the end.
  void restart() {
    ingest_.reset();
    reopen();
    begin();
  }
  void add(int from, int count) {
    std::vector<TrackPoint> points;
    for (int i = from; i < from + count; ++i) points.push_back(point(i));
    const Result<Stored> stored = cores_.run(ingest_->add_points(key_, points));
    ASSERT_TRUE(stored) << stored.error().detail;
    ASSERT_EQ(stored->inserted, count);
  }
  void add_heart_rate(int from, int count) {
    std::vector<HeartRateSample> samples;
    for (int i = from; i < from + count; ++i) {
      samples.push_back(
          {.time_ms = kStartMs + 1000 * i, .bpm = static_cast<std::uint16_t>(90 + i)});
    }
    const Result<Stored> stored = cores_.run(ingest_->add_heart_rate(key_, samples));
    ASSERT_TRUE(stored) << stored.error().detail;
    ASSERT_EQ(stored->inserted, count);
  }
  static TrackPoint point(int i) {
    return rucking::quantise({.time_ms = kStartMs + 1000 * i,
                              .lat_deg = 47 + 1.3e-5 * i,
                              .lng_deg = 8 + 2e-6 * std::sin(i),
                              .altitude_m = 400 + 20 * std::sin(i / 60.0),
                              .accuracy_m = 5},
                             kStartMs + 864'000'000)
        ->point;
  }
  // Merges what there is, in a unit of work that is committed or not.
  void merge(bool commit = true) {
    static_cast<void>(database().write_now([&](db::Session& q) -> Result<> {
      const Result<MergedBatches> merged = write_merge(q, key_, *plan_merge(q, key_));
      EXPECT_TRUE(merged);
      if (!commit) return fail(ErrorCode::kConflict);
      if (RecentIndex* index = RecentIndex::of(q)) {
        index->merged(key_.ruck, merged->last, merged->version, std::chrono::steady_clock::now());
      }
      return {};
    }));
  }
  void run(RecentMerger& merger) { cores_.run(merger.run()); }
  Result<Merged> complete(db::Session& q) {
    RuckRow row = *store::find(q, key_);
    row.status = "completed";
    row.completed_at = to_us(utc_ms(kStartMs + 300'000));
    return merge_track(q, row, {}, clock_.now());
  }
  // An empty batch of another process that follows `version`.
  RecentRow batch_after(std::int64_t version) {
    return {.expected_version = version,
            .version = partitions_->version_after(version),
            .points = {},
            .heart_rate = {},
            .arrived_at = clock_.now()};
  }
  // What is stored is the first `count` points, and everything that follows from them.
  void expect_points(int count) {
    ASSERT_TRUE(database().read_now([&](db::Session& q) {
      const auto progress = find_progress(q, key_);
      const auto track = load_track(q, key_, *progress);
      ASSERT_TRUE(track);
      std::vector<TrackPoint> want;
      for (int i = 0; i < count; ++i) want.push_back(point(i));
      EXPECT_EQ(track->points, want);
      EXPECT_EQ(progress->point_count, count);
      for (const Difference& found : audit(q, key_)) ADD_FAILURE() << found.what;
      const auto engine = engine_of(q, *store::find(q, key_), *progress);
      EXPECT_EQ(engine->serialize(), replay(*store::find(q, key_), *track).engine.serialize());
    }));
  }
  std::int64_t row_points() {
    return *database().read_now(
        [&](db::Session& q) { return q.one<std::int64_t>(kRowPoints, key_.user, key_.ruck); });
  }
  std::int64_t rows() {
    return *database().read_now([](db::Session& q) { return q.one<std::int64_t>(kRows); });
  }
  std::int64_t index_version() {  // of the newest batch
    return *database().read_now([&](db::Session& q) { return find_progress(q, key_)->version; });
  }
  RecentIndex& index() {
    return **database().read_now([](db::Session& q) { return RecentIndex::of(q); });
  }

  static inline const db::Sql kRows{"test.recent_rows", "SELECT COUNT(*) FROM recent_batches"};
  static inline const db::Sql kRemoveOne{
      "test.remove_recent", "DELETE FROM recent_batches WHERE id = $1", db::Dialect::kSqlite};
  static inline const db::Sql kRowPoints{
      "test.row_points",
      "SELECT point_count FROM ruck_progress WHERE user_id = $1 AND ruck_id = $2"};
  test::RunningCores cores_{2};
  std::unique_ptr<cache::Revisions> revisions_;
  std::unique_ptr<RecentPartitions> partitions_;
  bus::InProcessBus bus_;
  std::unique_ptr<Ingest> ingest_;
  store::Key key_{.user = UserId(Uuid::make_v7(utc_ms(kStartMs))),
                  .ruck = RuckId(20'000'000'000'000)};
};

TEST_P(RecentTest, ABatchIsARowOfItsOwnUntilItIsMerged) {
  for (int i = 0; i < 10; ++i) add(10 * i, 10);
  add_heart_rate(0, 20);
  // PostgreSQL: the first is the ruck's row, its version is of no period.
  EXPECT_EQ(rows(), is_postgres() ? 10 : 11);
  EXPECT_EQ(row_points(), is_postgres() ? 10 : 0) << "the ruck's row is not written";
  expect_points(100);
  merge();
  EXPECT_EQ(row_points(), 100);
  expect_points(100);
  add(100, 10);
  EXPECT_EQ(row_points(), 100);
  expect_points(110);
}

TEST_P(RecentTest, WhatWasAppendedIsThereAfterARestart) {
  add(0, 10);
  merge();
  add(10, 10);
  add(20, 10);
  restart();
  expect_points(30);
  add(30, 10);
  expect_points(40);
  merge();
  restart();
  EXPECT_EQ(row_points(), 40);
  expect_points(40);
  add(40, 10);
  expect_points(50);
}

// Killed between the merge and the deletion of what was merged.
TEST_P(RecentTest, MergedRowsThatAreStillThereAreNotReadAgain) {
  for (int i = 0; i < 4; ++i) add(10 * i, 10);
  merge();
  ASSERT_EQ(rows(), is_postgres() ? 3 : 4);
  restart();
  expect_points(40);
  merge();
  expect_points(40);
  add(40, 10);
  restart();
  expect_points(50);
}

TEST_P(RecentTest, AMergeThatIsRolledBackChangesNothing) {
  add(0, 10);
  add(10, 10);
  merge(false);
  EXPECT_EQ(row_points(), is_postgres() ? 10 : 0);
  expect_points(20);
  add(20, 10);
  expect_points(30);
  merge();
  expect_points(30);
}

// The plan is made beside the writer: what is appended or written until it is carried out stays.
TEST_P(RecentTest, BatchesThatComeBetweenThePlanOfAMergeAndItsWritingStay) {
  add(0, 10);
  add(10, 10);
  const auto plan = database().read_now([&](db::Session& q) { return plan_merge(q, key_); });
  ASSERT_TRUE(plan);
  add(20, 10);
  ASSERT_TRUE(database().write_now([&](db::Session& q) {
    const Result<MergedBatches> merged = write_merge(q, key_, *plan);
    EXPECT_TRUE(merged && merged->is_row_written);
    if (RecentIndex* index = RecentIndex::of(q)) {
      index->merged(key_.ruck, merged->last, merged->version, std::chrono::steady_clock::now());
    }
  }));
  EXPECT_EQ(row_points(), 20);
  expect_points(30);
  add(30, 10);
  expect_points(40);
  merge();
  restart();
  expect_points(40);
}

TEST_P(RecentTest, APlanOfAMergeIsVoidWhenTheRowWasWrittenMeanwhile) {
  add(0, 10);
  add(10, 10);
  const auto plan = database().read_now([&](db::Session& q) { return plan_merge(q, key_); });
  ASSERT_TRUE(plan);
  ASSERT_TRUE(database().write_now([&](db::Session& q) { ASSERT_TRUE(complete(q)); }));
  const auto written =
      database().write_now([&](db::Session& q) { return write_merge(q, key_, *plan); });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
  expect_points(20);
}

// A reader sees an id in the index before the row is committed. Taken for merged, the batch would
// be lost; one that was rolled back must not be waited for either.
TEST_P(RecentTest, ABatchThatTheReaderOfAMergeCouldNotSeeIsNotTakenForMerged) {
  if (is_postgres()) return;  // has no ids
  add(0, 10);
  const RecentRow pending = batch_after(index_version());
  std::optional<Result<MergePlan>> plan;
  ASSERT_TRUE(database().write_now([&](db::Session& q) {
    EXPECT_TRUE(append(q, pending));
    plan = *database().read_now([&](db::Session& reader) { return plan_merge(reader, key_); });
  }));
  ASSERT_THAT(plan->value().unseen, SizeIs(1));
  const std::int64_t id = plan->value().unseen.front();
  const auto last = [&] {
    return database().write_now([&](db::Session& q) { return write_merge(q, key_, **plan); })->last;
  };
  EXPECT_LT(last(), id) << "it was committed since";
  ASSERT_TRUE(database().write_now([&](db::Session& q) { q.execute(kRemoveOne, id); }));
  plan->value().next.reset();
  EXPECT_EQ(last(), id) << "it never came to be";
}

// What memory has of the engine is what the stored batches make.
TEST_P(RecentTest, AMergeTakesTheEngineThatMemoryHasIfItIsOfTheSameVersion) {
  for (int i = 0; i < 3; ++i) add(10 * i, 10);
  add_heart_rate(0, 10);
  const auto state = [&](EngineStates* engines) {
    return database()
        .read_now([&](db::Session& q) { return plan_merge(q, key_, engines); })
        ->next->state.data;
  };
  const std::string computed = state(nullptr);
  EXPECT_FALSE(computed.empty());
  EXPECT_EQ(ingest_->state_at(key_.ruck, index_version()), computed);
  EXPECT_EQ(state(ingest_.get()), computed);
  EXPECT_EQ(ingest_->state_at(key_.ruck, index_version() + 1), std::nullopt);
  ingest_->forget(key_.ruck);
  EXPECT_EQ(ingest_->state_at(key_.ruck, index_version()), std::nullopt);
  EXPECT_EQ(state(ingest_.get()), computed);
}

// A batch that was acknowledged on top of one that never came to be would be lost.
TEST_P(RecentTest, NothingIsBuiltOnABatchThatWasRolledBack) {
  add(0, 10);
  const RecentRow lost{
      .expected_version = index_version(), .version = 77, .points = {}, .heart_rate = {}};
  static_cast<void>(database().write_now([&](db::Session& q) -> Result<> {
    EXPECT_TRUE(append(q, lost));
    return fail(ErrorCode::kConflict);
  }));
  // As whoever appends does when a unit of work fails.
  if (!is_postgres()) index().doubt(key_.ruck);
  if (!is_postgres()) {  // there: ABatchThatFollowsOneThatWasNotWrittenIsNotWrittenEither
    EXPECT_FALSE(*database().write_now([&](db::Session& q) {
      return append(q, {.expected_version = 77, .version = 78, .points = {}, .heart_rate = {}});
    }));
  }
  add(10, 10);
  expect_points(20);
  restart();
  expect_points(20);
}

TEST_P(RecentTest, ACompletedRuckHasAllThatWasAppendedAndTakesNoMore) {
  for (int i = 0; i < 3; ++i) add(10 * i, 10);
  const std::int64_t newest = index_version();
  ASSERT_TRUE(database().write_now([&](db::Session& q) { ASSERT_TRUE(complete(q)); }));
  EXPECT_FALSE(*database().write_now([&](db::Session& q) {
    return append(q, {.expected_version = newest, .version = 78, .points = {}, .heart_rate = {}});
  })) << "a batch that was built on what was there before";
  expect_points(30);
  merge();
  expect_points(30);
  restart();
  expect_points(30);
}

TEST_P(RecentTest, MergingGoesOnByItselfAndCleansUp) {
  if (is_postgres()) return;  // the same below, by partitions
  RecentMerger merging = merger();
  const int batches = 3 * static_cast<int>(kBatchesPerMerge);
  for (int i = 0; i < batches; ++i) {
    add(10 * i, 10);
    run(merging);
  }
  EXPECT_EQ(row_points(), 10 * batches);
  expect_points(10 * batches);
  EXPECT_GT(index().first_needed(std::chrono::steady_clock::now() + kMergedKept), batches);
  run(merging);
  EXPECT_EQ(rows(), 0);
  add(10 * batches, 10);
  expect_points(10 * batches + 10);
  restart();
  expect_points(10 * batches + 10);
}

// A unit of work that was rolled back leaves a gap in the ids; the deletion ended there once.
TEST_P(RecentTest, ManyRowsWithAGapAmongThemAreAllDeleted) {
  if (is_postgres()) return;  // has no ids
  RecentMerger merging = merger();
  const int batches = static_cast<int>(kDeletesPerUnit) + 20;
  for (int i = 0; i < batches; ++i) {
    if (i == 10) {
      static_cast<void>(index().append(key_, std::nullopt, 77));
      index().doubt(key_.ruck);
    }
    add(i, 1);
  }
  merge();
  static_cast<void>(index().first_needed(std::chrono::steady_clock::now() + kMergedKept));
  run(merging);
  EXPECT_EQ(rows(), 0);
  expect_points(batches);
}

// A server with 90,000 rucks to merge took longer to stop than it is given.
TEST_P(RecentTest, AStopDoesNotWaitForAllMerges) {
  if (is_postgres()) return;           // the same loop
  constexpr std::int64_t kMany = 160;  // rucks, some units of work
  for (std::int64_t ruck = 1; ruck <= kMany; ++ruck) {
    for (std::size_t i = 0; i < kBatchesPerMerge; ++i) {
      static_cast<void>(index().append({key_.user, RuckId(ruck)}, std::nullopt, 5));
    }
  }
  RecentMerger merging = merger();
  runtime::Cores cores(1);
  cores.start();
  runtime::TaskGroup group("merge", {});
  group.cancel();
  group.spawn(cores.at(0), merging.run());
  group.join();
  cores.stop_and_join();
  EXPECT_THAT(metrics_.render(), HasSubstr("ruck_ingest_recent_merges_total 0\n"));
  run(merging);
  EXPECT_THAT(metrics_.render(), HasSubstr("ruck_ingest_recent_merges_total 160\n"));
}

TEST_P(RecentTest, ADeletedRuckLeavesNothingThatStays) {
  if (is_postgres()) return;  // the same below, by partitions
  RecentMerger merging = merger();
  for (int i = 0; i < static_cast<int>(kBatchesPerMerge); ++i) add(10 * i, 10);
  ASSERT_TRUE(database().write_now([&](db::Session& q) { remove_ruck(q, key_); }));
  run(merging);
  static_cast<void>(index().first_needed(std::chrono::steady_clock::now() + kMergedKept));
  run(merging);
  EXPECT_EQ(rows(), 0);
}

// ---- PostgreSQL: partitions --------------------------------------------------------------------

class RecentPartitionsTest : public RecentTest {
 protected:
  std::int64_t newest() { return index_version(); }
  std::vector<std::string> names() {
    return *database().read_now([](db::Session& q) { return q.many<std::string>(kNames); });
  }
  bool has(std::int64_t period) {
    return std::ranges::count(names(), "recent_batches_" + std::to_string(period)) == 1;
  }
  std::int64_t current() { return *database().write_now(make_partitions); }
  static inline const db::Sql kWaiting{
      "test.waiting_locks",
      "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND database ="
      " (SELECT oid FROM pg_database WHERE datname = current_database())",
      db::Dialect::kPostgres};
  static inline const db::Sql kNames{
      "test.partitions",
      "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relkind = 'r' AND"
      " relname LIKE 'recent_batches_%' ORDER BY relname",
      db::Dialect::kPostgres};
};

TEST_P(RecentPartitionsTest, ThePresentPeriodAndTheNextHaveOne) {
  const std::int64_t now = current();  // a new period may begin in the middle of a test
  EXPECT_TRUE(has(now));
  EXPECT_TRUE(has(now + 1));
  EXPECT_LE(current() - now, 1);
  EXPECT_LE(names().size(), 3U);
}

TEST_P(RecentPartitionsTest, OfTwoWhoFollowOneVersionOneComesFirst) {
  add(0, 10);
  const std::int64_t version = newest();
  ASSERT_TRUE(partitions_->takes(version));
  const auto from = [&](std::int64_t next) {
    return *database().write_now([&](db::Session& q) {
      return append(q, {.expected_version = version,
                        .version = next,
                        .points = {},
                        .heart_rate = {},
                        .arrived_at = clock_.now()});
    });
  };
  EXPECT_TRUE(from(partitions_->version_after(version)));
  EXPECT_FALSE(from(partitions_->version_after(version)));
  add(10, 10);  // memory is behind: it is read again
  expect_points(20);
}

// The second is queued while the first is being written. It was appended to a version that had
// never come to be, acknowledged, and never read.
TEST_P(RecentPartitionsTest, ABatchThatFollowsOneThatWasNotWrittenIsNotWrittenEither) {
  add(0, 10);
  const std::int64_t version = newest();
  const auto waiting = [this](const db::Sql& count) {
    return *database().read_now([&](db::Session& q) { return q.one<std::int64_t>(count); });
  };
  std::future<void> first;
  std::future<void> second;
  ASSERT_TRUE(database().write_now([&](db::Session& q) {
    q.run_script("LOCK TABLE recent_batches IN SHARE ROW EXCLUSIVE MODE");
    first = std::async(std::launch::async, [&] { add(10, 10); });
    ASSERT_TRUE(test::until([&] { return waiting(kWaiting) == 1; })) << "it has been taken";
    second = std::async(std::launch::async, [&] { add_heart_rate(0, 10); });
    ASSERT_TRUE(
        test::until([&] { return metrics_.render().contains("ruck_ingest_queue_writes 1\n"); }));
    ASSERT_TRUE(append(q, batch_after(version)));
  }));
  first.get();
  second.get();
  expect_points(20);
  EXPECT_EQ(*database().read_now([&](db::Session& q) {
    return load_track(q, key_, *find_progress(q, key_))->heart_rate.size();
  }),
            10U);
}

// More at once than go into one statement, with one among them that is too late.
TEST_P(RecentPartitionsTest, ManyAtOnceAreWrittenEachForItself) {
  add(0, 10);
  constexpr std::size_t kMany = 50;
  constexpr std::size_t kLate = 20;
  std::vector<AppendedBatch> batches(kMany);
  std::int64_t version = newest();
  for (AppendedBatch& batch : batches) {
    const std::int64_t next = partitions_->version_after(version);
    batch = {.key = key_,
             .row = {.expected_version = version,
                     .version = next,
                     .points = {},
                     .heart_rate = {},
                     .arrived_at = clock_.now()}};
    version = next;
  }
  RecentRow other = batch_after(version);
  other.expected_version = batches[kLate].row.expected_version;
  ASSERT_TRUE(database().write_now([&](db::Session& q) { return append(q, other); }));
  std::vector<AppendedBatch*> all;
  for (AppendedBatch& batch : batches) all.push_back(&batch);
  ASSERT_TRUE(database().write_now([&](db::Session& q) { write_batches(q, all); }));
  for (std::size_t i = 0; i < kMany; ++i) EXPECT_EQ(batches[i].is_written, i < kLate) << i;
}

// The row is written with another version while somebody has a batch ready that follows the old.
TEST_P(RecentPartitionsTest, NothingFollowsAVersionThatACompletionHasReplaced) {
  for (int i = 0; i < 3; ++i) add(10 * i, 10);
  const std::int64_t version = newest();
  ASSERT_TRUE(database().write_now([&](db::Session& q) { ASSERT_TRUE(complete(q)); }));
  EXPECT_FALSE(
      *database().write_now([&](db::Session& q) { return append(q, batch_after(version)); }));
  expect_points(30);
}

// A completion that has read the ruck, and a batch that comes before it has written.
TEST_P(RecentPartitionsTest, ACompletionThatOverlooksABatchIsRunAgain) {
  for (int i = 0; i < 3; ++i) add(10 * i, 10);
  int runs = 0;
  ASSERT_TRUE(database().write_now([&](db::Session& q) -> Result<> {
    if (++runs == 1) {
      static_cast<void>(find_progress(q, key_));  // its snapshot begins here
      std::thread([&] { add(30, 10); }).join();
    }
    const Result<Merged> merged = complete(q);
    if (!merged) return fail(merged.error());
    return {};
  }));
  EXPECT_EQ(runs, 2);
  expect_points(40);
}

TEST_P(RecentPartitionsTest, WithoutAPartitionABatchIsWrittenWithTheRow) {
  add(0, 10);
  partitions_->set_current(0);
  add(10, 10);
  EXPECT_EQ(row_points(), 20);
  EXPECT_EQ(rows(), 1) << "nothing can follow the version before";
  expect_points(20);
  partitions_->set_current(current());
  add(20, 10);
  add(30, 10);
  expect_points(40);
  EXPECT_EQ(row_points(), 30);
}

TEST_P(RecentPartitionsTest, ManyBatchesAreMerged) {
  RecentMerger merging = merger();
  for (int i = 0; i <= static_cast<int>(kBatchesPerMerge); ++i) {
    add(10 * i, 10);
    run(merging);
  }
  EXPECT_EQ(row_points(), 10 * static_cast<int>(kBatchesPerMerge) + 10);
  expect_points(10 * static_cast<int>(kBatchesPerMerge) + 10);
  restart();
  expect_points(10 * static_cast<int>(kBatchesPerMerge) + 10);
}

// Its process died before it merged them.
TEST_P(RecentPartitionsTest, APartitionGoesWhenAllOfItIsMergedWhoeverAppendedIt) {
  for (int i = 0; i < 3; ++i) add(10 * i, 10);
  restart();
  const std::int64_t period = period_of(newest());
  const auto dropped = [&] {
    return database().write_now([&](db::Session& q) { return drop_partition(q, period); }).value();
  };
  const OldPartition before = dropped();
  EXPECT_FALSE(before.is_dropped);
  ASSERT_THAT(before.to_merge, SizeIs(1));
  EXPECT_EQ(before.to_merge.front().ruck, key_.ruck);
  EXPECT_TRUE(has(period));
  merge();
  EXPECT_TRUE(dropped().is_dropped);
  EXPECT_FALSE(has(period));
  expect_points(30);
  EXPECT_NE(current(), period);
  EXPECT_FALSE(has(period)) << "it is not made again";
  partitions_->set_current(0);
  add(30, 10);
  expect_points(40);
}

TEST_P(RecentPartitionsTest, ARuckThatIsDeletedTakesNoMoreAndHoldsUpNothing) {
  for (int i = 0; i < 3; ++i) add(10 * i, 10);
  const std::int64_t version = newest();
  ASSERT_TRUE(database().write_now([&](db::Session& q) { remove_ruck(q, key_); }));
  EXPECT_FALSE(
      *database().write_now([&](db::Session& q) { return append(q, batch_after(version)); }));
  const std::int64_t period = period_of(version);
  EXPECT_TRUE(
      database().write_now([&](db::Session& q) { return drop_partition(q, period); })->is_dropped);
}

RUCK_ON_BOTH_DATABASES(RecentTest);
INSTANTIATE_TEST_SUITE_P(Databases, RecentPartitionsTest, test::postgres_alone(), test::name_of);

}  // namespace
}  // namespace ruck::rucks
