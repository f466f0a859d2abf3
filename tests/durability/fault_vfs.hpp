#pragma once
// A disk that can fail, under SQLite: a VFS of this process that passes everything on to the
// system's files and remembers, sector by sector, what a sync has made safe and what has not.
//
// A power cut keeps what was synced. Of the rest it keeps nothing, or what was written up to some
// moment, or any of the versions that each sector of 512 bytes had since its last sync: disks write
// in the order they like. A file's size is treated likewise. After a failed sync its sectors stay
// unsafe until they are written again, because a kernel forgets that they were dirty.
//
// Power-safe overwrite is assumed, as SQLite does by default: writing part of a sector never harms
// the rest of it.
#include "rucking/seeded_random.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace ruck::test {

class FaultVfs {
 public:
  enum class Scope : std::uint8_t { kByName, kAllOfTheProcess };
  // Under `name`, for sqlite::Options.vfs; or also for every database of the process that names no
  // other.
  explicit FaultVfs(const std::string& name, Scope scope = Scope::kByName);
  ~FaultVfs();  // every database must be closed
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  [[nodiscard]] const std::string& name() const;

  // ---- faults, each until heal()
  void fill_disk_after(std::int64_t bytes);  // so much more fits, then a growing write fails
  void fail_writes();
  void fail_syncs();
  void make_read_only();
  void stall_syncs();  // they do not come back
  void heal();
  // Until a sync is stalled; false when none came.
  [[nodiscard]] bool wait_for_stalled_sync() const;

  // ---- power
  // From now on everything fails. What survived is settled here; reboot() puts it into the files.
  void cut_power(rucking::SeededRandom& random);
  // All databases of this VFS must be closed.
  void reboot();
  // Every sync takes up to so long, so that a cut meets one under way.
  void set_sync_time_max(int microseconds);

  struct Counts {
    std::uint64_t syncs = 0;
    std::uint64_t database_syncs = 0;  // of the main file: checkpoints
    std::uint64_t sectors_lost = 0;    // by power cuts
    std::uint64_t faults = 0;          // calls that were told that the disk fails
  };
  [[nodiscard]] Counts counts() const;

  struct Disk;

 private:
  struct Registration;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<Registration> registration_;
};

}  // namespace ruck::test
