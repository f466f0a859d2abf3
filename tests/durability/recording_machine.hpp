#pragma once
// A machine that records rucks into a SQLite file on a disk that can fail: the store and the hot
// path of the real server, without HTTP, and virtual phones that send until the power is cut.
#include "base/clock.hpp"
#include "bus/in_process.hpp"
#include "cache/revisions.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "durability/batches.hpp"
#include "durability/fault_vfs.hpp"
#include "durability/ledger.hpp"
#include "services/rucks/recording/ingest.hpp"
#include "support/process.hpp"
#include "support/run.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ruck::test {

class RecordingMachine {
 public:
  struct Options {
    std::size_t phones = 4;
    int checkpoint_pages = 64;  // small, so that a second of rucking crosses several
  };
  RecordingMachine(Options options, std::uint64_t seed);
  ~RecordingMachine();

  // Opens the database, or opens it again; makes the phones' users the first time.
  [[nodiscard]] Result<> start();
  void stop();  // in good order
  // All phones send for so long, and until so many batches are stored; then the power is cut while
  // they go on.
  void run_until_power_cut(std::chrono::milliseconds time, std::uint64_t stored_min = 0);
  struct Ran {
    std::uint64_t stored = 0;   // batches
    std::uint64_t refused = 0;  // and units of work
  };
  // All phones send for so long, and until `is_enough`, then stop by themselves.
  Ran run_for(
      std::chrono::milliseconds time,
      const std::function<bool(const Ran&)>& is_enough = [](const Ran&) { return true; });

  [[nodiscard]] Verdict compare() const;
  [[nodiscard]] FaultVfs& disk() { return disk_; }
  [[nodiscard]] db::Database& database() { return *database_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Phone;
  template <class EndsIt>
  void run_phones(std::chrono::milliseconds time, const std::function<bool(const Ran&)>& is_enough,
                  EndsIt ends_it);
  void send_until_stopped(std::size_t index);
  void merge_until_stopped();
  void new_ruck(Phone& phone);
  void complete_ruck(Phone& phone);

  Options options_;
  rucking::SeededRandom random_;
  TemporaryFolder folder_;
  std::string path_;
  FaultVfs disk_;
  SystemClock clock_;
  std::optional<RunningCores> cores_;
  std::unique_ptr<telemetry::Metrics> metrics_;
  std::unique_ptr<db::sqlite::SqliteDatabase> database_;
  std::unique_ptr<cache::Revisions> revisions_;
  rucks::RecentPartitions partitions_;
  bus::InProcessBus bus_;
  std::unique_ptr<rucks::Ingest> ingest_;
  std::unique_ptr<rucks::RecentMerger> merger_;
  std::vector<std::unique_ptr<Phone>> phones_;
  std::atomic<std::int64_t> rucks_made_{0};
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> stored_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace ruck::test
