// A full queue behind a disk that has stalled. Before, the first batch that was refused locked up
// its core for good: the refusal was handed out inside the call that had the ruck locked, and
// looked at the ruck.
#include "base/embedded.hpp"
#include "bus/in_process.hpp"
#include "db/migrations.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "durability/fault_vfs.hpp"
#include "rucking/track_point.hpp"
#include "services/profile/store.hpp"
#include "services/rucks/recording/ingest.hpp"
#include "support/databases.hpp"
#include "support/run.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

#include <future>

namespace ruck::test {
namespace {
constexpr std::int64_t kStartMs = 1'763'790'000'000;
constexpr std::size_t kQueueMax = 2;
constexpr int kBatches = 12;

class OverloadTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(db::migrate(database_, clock_, embedded::migrations()));
    ASSERT_TRUE(database_.write_now([this](db::Session& q) {
      profile::store::insert(q, {.id = key_.user, .email = "a@example.org", .username = "anna"},
                             "secret");
      rucks::RuckRow row{{.user_id = key_.user, .id = key_.ruck, .status = "in_progress"}};
      row.started_at = to_us(utc_ms(kStartMs));
      rucks::store::insert(q, row);
    }));
    ASSERT_TRUE(add(0)) << "the ruck is in memory from here on";
  }
  void TearDown() override {
    disk_.heal();
    database_.close();
  }

  [[nodiscard]] static rucking::TrackPoint point(int index) {
    return rucking::quantise({.time_ms = kStartMs + 1000 * index,
                              .lat_deg = 47 + 1.3e-5 * index,
                              .lng_deg = 8,
                              .altitude_m = 400,
                              .accuracy_m = 5},
                             kStartMs + 864'000'000)
        ->point;
  }
  task<Result<rucks::Stored>> batch(int index) { return ingest_->add_points(key_, {point(index)}); }
  Result<rucks::Stored> add(int index) { return cores_.run(batch(index)); }
  // Each on a thread that waits for its answer.
  std::future<Result<rucks::Stored>> begin(int index) {
    return std::async(std::launch::async, [this, index] { return add(index); });
  }
  // The disk stalls in the middle of a commit, and behind it the queue of the writer fills up.
  void stall_and_fill() {
    disk_.stall_syncs();
    others_.push_back(other_write());
    ASSERT_TRUE(disk_.wait_for_stalled_sync());
    for (std::size_t i = 0; i < kQueueMax; ++i) others_.push_back(other_write());
    ASSERT_TRUE(until([this] { return queued() == kQueueMax; }));
  }
  std::future<Result<>> other_write() {
    return std::async(std::launch::async, [this] {
      return database_.write_now(
          [](db::Session& q) { q.run_script("UPDATE users SET updated_at = updated_at + 1"); });
    });
  }
  [[nodiscard]] std::size_t queued() const {
    const std::string text = metrics_.render();
    const std::string_view name = "ruck_db_queue_jobs{access=\"write\"} ";
    return static_cast<std::size_t>(std::atoi(text.c_str() + text.find(name) + name.size()));
  }
  // A test that hangs would say nothing: this one ends and says what hangs.
  static Result<rucks::Stored> answer_of(std::future<Result<rucks::Stored>>& waiting) {
    if (waiting.wait_for(kUntilMax) != std::future_status::ready) {
      std::fputs("a batch got no answer: ingest is locked up\n", stderr);
      std::abort();
    }
    return waiting.get();
  }

  ManualClock clock_{utc_us(kStartMs * 1000)};
  telemetry::Metrics metrics_;
  TemporaryFolder folder_;
  FaultVfs disk_{"overload"};
  RunningCores cores_{2};
  db::sqlite::SqliteDatabase database_{
      {.path = folder_.path() + "/ruck.db", .write_queue_max = kQueueMax, .vfs = disk_.name()},
      metrics_};
  cache::Revisions revisions_{database_};
  rucks::RecentPartitions partitions_;
  bus::InProcessBus bus_;
  std::unique_ptr<rucks::Ingest> ingest_ =
      std::make_unique<rucks::Ingest>(rucks::Ingest::Dependencies{.database = database_,
                                                                  .bus = bus_,
                                                                  .partitions = partitions_,
                                                                  .revisions = revisions_,
                                                                  .clock = clock_,
                                                                  .metrics = metrics_});
  rucks::store::Key key_{.user = UserId(Uuid::make_v7(utc_ms(kStartMs))),
                         .ruck = RuckId(20'000'000'000'000)};
  std::vector<std::future<Result<>>> others_;
};

TEST_F(OverloadTest, ABatchThatTheFullQueueRefusesIsAnsweredAndTheServerRecovers) {
  stall_and_fill();
  for (int i = 1; i <= 3; ++i) {
    std::future<Result<rucks::Stored>> refused = begin(i);
    const Result<rucks::Stored> answer = answer_of(refused);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kOverloaded);
    EXPECT_TRUE(answer.error().retry_after_s);
  }
  disk_.heal();
  for (auto& other : others_) EXPECT_TRUE(other.get());
  for (int i = 1; i <= kBatches; ++i) {
    std::future<Result<rucks::Stored>> again = begin(i);
    const Result<rucks::Stored> stored = answer_of(again);
    ASSERT_TRUE(stored) << stored.error().client_text();
    EXPECT_EQ(stored->inserted, 1) << "what was refused was not stored";
  }
}

TEST_F(OverloadTest, ManyRucksAtOnceAreRefusedWithoutLockingEachOther) {
  stall_and_fill();
  std::vector<std::future<Result<rucks::Stored>>> waiting;
  for (int i = 1; i <= kBatches; ++i) waiting.push_back(begin(i));
  for (auto& each : waiting) {
    const Result<rucks::Stored> answer = answer_of(each);
    EXPECT_FALSE(answer);
  }
  disk_.heal();
  for (auto& other : others_) EXPECT_TRUE(other.get());
  std::future<Result<rucks::Stored>> again = begin(1);
  EXPECT_TRUE(answer_of(again));
}

// Closing finishes what is queued; what comes then is refused.
TEST_F(OverloadTest, ClosedWhileABatchIsQueued) {
  disk_.stall_syncs();
  others_.push_back(other_write());
  ASSERT_TRUE(disk_.wait_for_stalled_sync());
  std::future<Result<rucks::Stored>> queued_before = begin(1);
  ASSERT_TRUE(until([this] { return queued() == 1; }));
  std::future<void> closed = std::async(std::launch::async, [this] { database_.close(); });
  disk_.heal();
  closed.get();
  EXPECT_TRUE(answer_of(queued_before)) << "it was queued before the end";
  std::future<Result<rucks::Stored>> after = begin(2);
  EXPECT_FALSE(answer_of(after));
  ingest_.reset();
}

// A stop that is out of time refuses what is queued, and does not wait for the disk to do so.
TEST_F(OverloadTest, AbandonedWhileABatchIsQueued) {
  disk_.stall_syncs();
  others_.push_back(other_write());
  ASSERT_TRUE(disk_.wait_for_stalled_sync());
  std::future<Result<rucks::Stored>> queued_before = begin(1);
  ASSERT_TRUE(until([this] { return queued() == 1; }));
  database_.abandon();
  EXPECT_FALSE(answer_of(queued_before));
  std::future<Result<rucks::Stored>> after = begin(2);
  EXPECT_FALSE(answer_of(after));
  ingest_.reset();
  disk_.heal();
  EXPECT_TRUE(others_.front().get()) << "what was begun is finished";
}

}  // namespace
}  // namespace ruck::test
