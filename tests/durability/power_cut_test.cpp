// The power goes at random moments (see fault_vfs.hpp for what a disk keeps then): every batch that
// was acknowledged is there, none twice, and all totals follow from the tracks.
#include "durability/recording_machine.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ruck::test {
namespace {

std::string text_of(const Verdict& verdict) {
  std::string text;
  for (const std::string& problem : verdict.problems) text += problem + "\n";
  return text;
}

TEST(PowerCut, NothingAcknowledgedIsLostAndNothingIsStoredTwice) {
  const std::uint64_t seed = seed_of_run();
  rucking::SeededRandom random(seed);
  RecordingMachine machine({}, seed);
  constexpr int kCuts = 12;
  constexpr std::uint64_t kStoredMin = 40;  // batches between two cuts: some cross a checkpoint
  for (int cut = 0; cut < kCuts; ++cut) {
    const Result<> started = machine.start();
    ASSERT_TRUE(started) << "after cut " << cut << ": " << started.error().detail;
    machine.run_until_power_cut(std::chrono::milliseconds(20 + random.below(300)), kStoredMin);
    const Result<> again = machine.start();
    ASSERT_TRUE(again) << "after cut " << cut << ": " << again.error().detail;
    const Verdict verdict = machine.compare();
    EXPECT_TRUE(verdict.is_clean()) << "after cut " << cut << ":\n" << text_of(verdict);
    machine.stop();
  }
  ASSERT_TRUE(machine.start());
  const Verdict verdict = machine.compare();
  const FaultVfs::Counts counts = machine.disk().counts();
  std::cout << kCuts << " cuts, " << verdict.acknowledged << " points acknowledged, "
            << counts.syncs << " syncs, " << counts.database_syncs << " checkpoints, "
            << counts.sectors_lost << " unsynced sectors lost\n";
  EXPECT_GT(verdict.acknowledged, 500U) << "a test that stores nothing proves nothing";
  EXPECT_GT(counts.database_syncs, 10U) << "cuts must meet checkpoints";
  EXPECT_GT(counts.sectors_lost, 0U) << "a cut must lose something";
}

// The shim itself: without it a test of power cuts would always pass.
TEST(PowerCut, ADiskWithoutSyncLosesWhatItWasGiven) {
  TemporaryFolder folder;
  FaultVfs disk("unsynced");
  telemetry::Metrics metrics;
  rucking::SeededRandom random(3);
  const db::sqlite::Options options{.path = folder.path() + "/a.db", .vfs = disk.name()};
  const auto rows_after_cut = [&](const char* synchronous) {
    {
      db::sqlite::Connection writer(
          {.path = options.path, .mode = db::sqlite::Mode::kReadWrite, .vfs = disk.name()},
          [](const db::Sql&, std::chrono::nanoseconds) {});
      writer.run_script("CREATE TABLE IF NOT EXISTS t (n INTEGER)");
      writer.run_script(synchronous);
      writer.run_script("INSERT INTO t VALUES (1)");
      disk.cut_power(random);
    }
    disk.reboot();
    db::sqlite::Connection reader(
        {.path = options.path, .mode = db::sqlite::Mode::kReadWrite, .vfs = disk.name()},
        [](const db::Sql&, std::chrono::nanoseconds) {});
    std::int64_t rows = -1;
    for (const auto& table : reader.count_rows()) {
      if (table.name == "t") rows = table.rows;
    }
    return rows;
  };
  EXPECT_EQ(rows_after_cut("PRAGMA synchronous=FULL"), 1);
  int lost = 0;
  std::int64_t before = 1;
  for (int i = 0; i < 10; ++i) {
    const std::int64_t now = rows_after_cut("PRAGMA synchronous=OFF");
    lost += now == before ? 1 : 0;
    before = now;
  }
  EXPECT_GT(lost, 0);
}

}  // namespace
}  // namespace ruck::test
