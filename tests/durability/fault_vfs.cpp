#include "durability/fault_vfs.hpp"

#include "support/until.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ruck::test {
namespace {
constexpr std::int64_t kSector = 512;
constexpr std::int64_t kNoLimit = std::int64_t{1} << 60;

// What a sector, or a file's size, has been since it was last safe, oldest first.
struct Version {
  std::uint64_t order = 0;  // of all writes to the disk
  std::string bytes;
};
struct Size {
  std::uint64_t order = 0;
  std::int64_t bytes = 0;
};

// One file of the disk: what programs see, and what is safe.
struct File {
  std::string seen;
  std::string safe;
  std::map<std::int64_t, std::vector<Version>> dirty;      // by sector
  std::map<std::int64_t, std::vector<Version>> forgotten;  // a sync of them failed
  std::vector<Size> sizes;
  bool is_safe = false;  // its name is in its folder for good
};

std::string sector_of(const std::string& bytes, std::int64_t sector) {
  const auto from = static_cast<std::size_t>(sector * kSector);
  std::string out = from < bytes.size() ? bytes.substr(from, kSector) : std::string();
  out.resize(kSector, '\0');
  return out;
}
void put_sector(std::string& bytes, std::int64_t sector, const std::string& data) {
  const auto from = static_cast<std::size_t>(sector * kSector);
  if (bytes.size() < from + kSector) bytes.resize(from + kSector, '\0');
  bytes.replace(from, kSector, data);
}
}  // namespace

struct FaultVfs::Disk {
  mutable std::mutex mutex;
  std::map<std::string, File> files;
  std::map<std::string, std::string> survived;
  std::uint64_t order = 0;
  std::int64_t room_bytes = kNoLimit;
  bool no_power = false;
  bool writes_fail = false;
  bool syncs_fail = false;
  bool is_read_only = false;
  Counts counts;
  std::atomic<int> sync_time_max_us{0};
  std::atomic<bool> syncs_stall{false};
  std::atomic<int> syncs_stalled{0};

  [[nodiscard]] int fault(int code) {
    ++counts.faults;
    return code;
  }

  int write(const std::string& path, std::string_view bytes, std::int64_t offset) {
    const std::lock_guard lock(mutex);
    if (no_power || writes_fail || is_read_only) return fault(SQLITE_IOERR_WRITE);
    File& file = files[path];
    const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
    const std::int64_t growth = end - static_cast<std::int64_t>(file.seen.size());
    if (growth > room_bytes) return fault(SQLITE_FULL);
    ++order;
    if (growth > 0) {
      if (room_bytes != kNoLimit) room_bytes -= growth;
      file.seen.resize(static_cast<std::size_t>(end), '\0');
      file.sizes.push_back({order, end});
    }
    file.seen.replace(static_cast<std::size_t>(offset), bytes.size(), bytes);
    for (std::int64_t s = offset / kSector; s * kSector < end; ++s) {
      std::vector<Version>& versions = file.dirty[s];
      if (const auto found = file.forgotten.find(s); found != file.forgotten.end()) {
        versions = std::move(found->second);
        file.forgotten.erase(found);
      }
      versions.push_back({order, sector_of(file.seen, s)});
    }
    return SQLITE_OK;
  }

  int truncate(const std::string& path, std::int64_t size) {
    const std::lock_guard lock(mutex);
    if (no_power || writes_fail || is_read_only) return fault(SQLITE_IOERR_TRUNCATE);
    File& file = files[path];
    file.seen.resize(static_cast<std::size_t>(size), '\0');
    file.sizes.push_back({++order, size});
    return SQLITE_OK;
  }

  int sync(const std::string& path) {
    const std::lock_guard lock(mutex);
    if (no_power) return fault(SQLITE_IOERR_FSYNC);
    File& file = files[path];
    ++counts.syncs;
    if (!path.ends_with("-wal") && !path.ends_with("-journal")) ++counts.database_syncs;
    if (syncs_fail) {
      for (auto& [sector, versions] : file.dirty) file.forgotten[sector] = std::move(versions);
      file.dirty.clear();
      return fault(SQLITE_IOERR_FSYNC);
    }
    for (const auto& [sector, versions] : file.dirty) {
      put_sector(file.safe, sector, versions.back().bytes);
    }
    file.safe.resize(file.seen.size(), '\0');
    file.dirty.clear();
    file.sizes.clear();
    file.is_safe = true;
    return SQLITE_OK;
  }

  enum class Survival : std::uint8_t { kNothing, kUpToAMoment, kAnySectors };

  // The contents of a file after the cut; what is not safe is up to `survival`.
  std::string surviving(const File& file, Survival survival, std::uint64_t moment,
                        rucking::SeededRandom& random) {
    const auto choose = [&](const auto& versions) -> std::size_t {  // 0: what was safe before
      if (survival == Survival::kNothing) return 0;
      if (survival == Survival::kAnySectors) return random.below(versions.size() + 1);
      std::size_t kept = 0;
      while (kept < versions.size() && versions[kept].order <= moment) ++kept;
      return kept;
    };
    std::string bytes = file.safe;
    std::int64_t size = static_cast<std::int64_t>(file.safe.size());
    if (const std::size_t kept = choose(file.sizes); kept > 0) size = file.sizes[kept - 1].bytes;
    for (const auto* sectors : {&file.dirty, &file.forgotten}) {
      for (const auto& [sector, versions] : *sectors) {
        const std::size_t kept = choose(versions);
        if (kept < versions.size()) ++counts.sectors_lost;
        if (kept > 0) put_sector(bytes, sector, versions[kept - 1].bytes);
      }
    }
    bytes.resize(static_cast<std::size_t>(size), '\0');
    return bytes;
  }

  void cut(rucking::SeededRandom& random) {
    const std::lock_guard lock(mutex);
    no_power = true;
    survived.clear();
    const auto survival = static_cast<Survival>(random.below(3));
    std::uint64_t oldest = order;
    for (const auto& [path, file] : files) {
      for (const auto& [sector, versions] : file.dirty) {
        oldest = std::min(oldest, versions.front().order);
      }
    }
    const std::uint64_t moment = oldest + random.below(order - oldest + 1);
    for (const auto& [path, file] : files) {
      const bool is_there = file.is_safe || (survival != Survival::kNothing && random.chance(0.5));
      if (is_there) survived[path] = surviving(file, survival, moment, random);
    }
  }

  void restart() {
    const std::lock_guard lock(mutex);
    for (const auto& [path, file] : files) {
      std::error_code ignored;  // a file that never came to be
      std::filesystem::remove(path, ignored);
      std::filesystem::remove(path + "-shm", ignored);
    }
    files.clear();
    for (const auto& [path, bytes] : survived) {
      std::ofstream(path, std::ios::binary) << bytes;
      files[path] = File{.seen = bytes, .safe = bytes, .is_safe = true};
    }
    survived.clear();
    no_power = false;
  }
};

namespace {
// SQLite allocates szOsFile bytes and gives them to xOpen; the system's own file lies behind ours.
struct OpenFile {
  sqlite3_file base;
  FaultVfs::Disk* disk;
  std::string* path;  // empty for files without a name, which nobody misses after a cut
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  [[nodiscard]] bool is_kept() const { return !path->empty(); }
};

OpenFile& self(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return self(file).real(); }

int on_close(sqlite3_file* file) {
  const int code = real(file)->pMethods->xClose(real(file));
  delete self(file).path;
  return code;
}
int on_read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), out, size, offset);
}
int on_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  if (self(file).is_kept()) {
    const int code = self(file).disk->write(
        *self(file).path, {static_cast<const char*>(bytes), static_cast<std::size_t>(size)},
        offset);
    if (code != SQLITE_OK) return code;
  }
  return real(file)->pMethods->xWrite(real(file), bytes, size, offset);
}
int on_truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (self(file).is_kept()) {
    const int code = self(file).disk->truncate(*self(file).path, size);
    if (code != SQLITE_OK) return code;
  }
  return real(file)->pMethods->xTruncate(real(file), size);
}
// Nothing goes to the real disk: what it would make safe is remembered instead.
int on_sync(sqlite3_file* file, int) {
  if (!self(file).is_kept()) return SQLITE_OK;
  FaultVfs::Disk& disk = *self(file).disk;
  ++disk.syncs_stalled;
  disk.syncs_stall.wait(true);
  --disk.syncs_stalled;
  if (const int most = disk.sync_time_max_us.load(); most > 0) {
    thread_local rucking::SeededRandom random(1);
    std::this_thread::sleep_for(
        std::chrono::microseconds(random.below(static_cast<std::uint64_t>(most))));
  }
  return disk.sync(*self(file).path);
}
int on_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int on_lock(sqlite3_file* file, int how) { return real(file)->pMethods->xLock(real(file), how); }
int on_unlock(sqlite3_file* file, int how) {
  return real(file)->pMethods->xUnlock(real(file), how);
}
int on_check_lock(sqlite3_file* file, int* out) {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
int on_control(sqlite3_file* file, int operation, void* argument) {
  // Growing a file in advance would go past us.
  if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) {
    return SQLITE_NOTFOUND;
  }
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
int on_sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int on_characteristics(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int on_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
int on_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void on_shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int on_shm_unmap(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

// Version 2: without memory-mapped reads, which would not ask us.
const sqlite3_io_methods kMethods = {2,
                                     on_close,
                                     on_read,
                                     on_write,
                                     on_truncate,
                                     on_sync,
                                     on_size,
                                     on_lock,
                                     on_unlock,
                                     on_check_lock,
                                     on_control,
                                     on_sector_size,
                                     on_characteristics,
                                     on_shm_map,
                                     on_shm_lock,
                                     on_shm_barrier,
                                     on_shm_unmap,
                                     nullptr,
                                     nullptr};

sqlite3_vfs* system_vfs() {
  static sqlite3_vfs* const found = sqlite3_vfs_find("unix");
  return found;
}
FaultVfs::Disk& disk_of(sqlite3_vfs* vfs) { return *static_cast<FaultVfs::Disk*>(vfs->pAppData); }

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int on_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  FaultVfs::Disk& disk = disk_of(vfs);
  OpenFile& opened = self(file);
  opened.base.pMethods = nullptr;
  {
    const std::lock_guard lock(disk.mutex);
    const bool creates = name != nullptr && !std::filesystem::exists(name);
    if (disk.no_power) return disk.fault(SQLITE_CANTOPEN);
    if (disk.is_read_only && (flags & SQLITE_OPEN_READWRITE) != 0) {
      if (creates) return disk.fault(SQLITE_CANTOPEN);
      flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    }
    if (creates && disk.room_bytes == 0) return disk.fault(SQLITE_CANTOPEN);
  }
  opened.disk = &disk;
  const int code = system_vfs()->xOpen(system_vfs(), name, opened.real(), flags, out_flags);
  if (code != SQLITE_OK) return code;
  opened.path = new std::string(name == nullptr ? "" : name);
  opened.base.pMethods = &kMethods;
  if (opened.is_kept()) {
    const std::lock_guard lock(disk.mutex);
    if (!disk.files.contains(*opened.path)) {
      const std::string bytes = contents(*opened.path);
      disk.files[*opened.path] = File{.seen = bytes, .safe = bytes, .is_safe = !bytes.empty()};
    }
  }
  return SQLITE_OK;
}
int on_delete(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  FaultVfs::Disk& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex);
  if (disk.no_power || disk.is_read_only) return disk.fault(SQLITE_IOERR_DELETE);
  const int code = system_vfs()->xDelete(system_vfs(), name, sync_folder);
  if (code == SQLITE_OK) disk.files.erase(name);
  return code;
}
int on_access(sqlite3_vfs*, const char* name, int flags, int* out) {
  return system_vfs()->xAccess(system_vfs(), name, flags, out);
}
int on_full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  return system_vfs()->xFullPathname(system_vfs(), name, size, out);
}
int on_randomness(sqlite3_vfs*, int size, char* out) {
  return system_vfs()->xRandomness(system_vfs(), size, out);
}
int on_sleep(sqlite3_vfs*, int microseconds) {
  return system_vfs()->xSleep(system_vfs(), microseconds);
}
int on_time(sqlite3_vfs*, double* out) { return system_vfs()->xCurrentTime(system_vfs(), out); }
int on_last_error(sqlite3_vfs*, int size, char* out) {
  return system_vfs()->xGetLastError(system_vfs(), size, out);
}
int on_time_64(sqlite3_vfs*, sqlite3_int64* out) {
  return system_vfs()->xCurrentTimeInt64(system_vfs(), out);
}
}  // namespace

struct FaultVfs::Registration {
  std::string name;
  sqlite3_vfs vfs{};
};

FaultVfs::FaultVfs(const std::string& name, Scope scope)
    : disk_(std::make_unique<Disk>()), registration_(std::make_unique<Registration>()) {
  registration_->name = name;
  sqlite3_vfs& vfs = registration_->vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = static_cast<int>(sizeof(OpenFile)) + system_vfs()->szOsFile;
  vfs.mxPathname = system_vfs()->mxPathname;
  vfs.zName = registration_->name.c_str();
  vfs.pAppData = disk_.get();
  vfs.xOpen = on_open;
  vfs.xDelete = on_delete;
  vfs.xAccess = on_access;
  vfs.xFullPathname = on_full_path;
  vfs.xRandomness = on_randomness;
  vfs.xSleep = on_sleep;
  vfs.xCurrentTime = on_time;
  vfs.xGetLastError = on_last_error;
  vfs.xCurrentTimeInt64 = on_time_64;
  if (sqlite3_vfs_register(&vfs, scope == Scope::kAllOfTheProcess ? 1 : 0) != SQLITE_OK) {
    throw std::runtime_error("the VFS cannot be registered");
  }
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&registration_->vfs);
  sqlite3_vfs_register(system_vfs(), 1);
}

const std::string& FaultVfs::name() const { return registration_->name; }
void FaultVfs::fill_disk_after(std::int64_t bytes) {
  const std::lock_guard lock(disk_->mutex);
  disk_->room_bytes = bytes;
}
void FaultVfs::fail_writes() {
  const std::lock_guard lock(disk_->mutex);
  disk_->writes_fail = true;
}
void FaultVfs::fail_syncs() {
  const std::lock_guard lock(disk_->mutex);
  disk_->syncs_fail = true;
}
void FaultVfs::make_read_only() {
  const std::lock_guard lock(disk_->mutex);
  disk_->is_read_only = true;
}
void FaultVfs::stall_syncs() { disk_->syncs_stall = true; }
bool FaultVfs::wait_for_stalled_sync() const {
  return until([this] { return disk_->syncs_stall && disk_->syncs_stalled > 0; });
}
void FaultVfs::heal() {
  disk_->syncs_stall = false;
  disk_->syncs_stall.notify_all();
  const std::lock_guard lock(disk_->mutex);
  disk_->room_bytes = kNoLimit;
  disk_->writes_fail = disk_->syncs_fail = disk_->is_read_only = false;
}
void FaultVfs::cut_power(rucking::SeededRandom& random) { disk_->cut(random); }
void FaultVfs::reboot() { disk_->restart(); }
void FaultVfs::set_sync_time_max(int microseconds) { disk_->sync_time_max_us = microseconds; }
FaultVfs::Counts FaultVfs::counts() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->counts;
}

}  // namespace ruck::test
