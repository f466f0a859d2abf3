#include "db/sqlite/backup.hpp"

#include "base/clock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace ruck::db::sqlite {
namespace fs = std::filesystem;
namespace {
const Sql kVacuumInto{"db.vacuum_into", "VACUUM INTO $1"};
const Sql kIntegrity{"db.integrity_check", "PRAGMA integrity_check(1)"};
const Sql kAddCount{"db.backup_count", "INSERT INTO backup_contents (name, rows) VALUES ($1, $2)"};
const Sql kCounts{"db.backup_counts", "SELECT name, rows FROM backup_contents ORDER BY name"};
constexpr const char* kContents =
    "CREATE TABLE backup_contents (name TEXT PRIMARY KEY, rows INTEGER NOT NULL) STRICT";
constexpr std::string_view kContentsTable = "backup_contents";

void ignore_time(const Sql&, std::chrono::nanoseconds) {}

Error invalid(std::string what) {
  return {.code = ErrorCode::kInvalidInput, .message = std::move(what), .detail = {}};
}
Error storage(std::string what) {
  return {.code = ErrorCode::kStorageFailed, .message = std::move(what), .detail = {}};
}

// The file, or the folder whose entry it is, has reached the disk.
Result<> sync(const std::string& path) {
  const int file = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail(storage("cannot open " + path));
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  if (!synced) return fail(storage("cannot sync " + path));
  return {};
}
// The lock that a server holds on its database, for as long as this lives.
class DatabaseLock {
 public:
  explicit DatabaseLock(const std::string& database)
      : file_(::open((database + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    is_held_ = file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) == 0;
  }
  ~DatabaseLock() {
    if (file_ >= 0) ::close(file_);
  }
  DatabaseLock(const DatabaseLock&) = delete;
  DatabaseLock& operator=(const DatabaseLock&) = delete;
  [[nodiscard]] bool is_held() const { return is_held_; }

 private:
  int file_;
  bool is_held_ = false;
};

// Without the mode: a backup that others may read must not make a database that they may.
bool copy_contents(const std::string& from, const std::string& to) {
  std::ifstream in(from, std::ios::binary);
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  out << in.rdbuf();
  out.close();
  return in && out;
}

// Moves the database with its log aside, damaged or not; the new name of the main file.
Result<std::string> move_aside(const std::string& database) {
  if (!fs::exists(database)) return std::string();
  std::string stamp = to_iso8601(to_ms(SystemClock().now()));
  std::erase_if(stamp, [](char c) { return c == ':' || c == '-' || c == '.'; });
  const std::string kept = database + ".before-restore-" + stamp;
  for (const char* suffix : {"-wal", "-shm", ""}) {
    if (!fs::exists(database + suffix)) continue;
    if (Result<> moved = rename_synced(database + suffix, kept + suffix); !moved) {
      return fail(moved.error());
    }
  }
  return kept;
}
}  // namespace

Result<> rename_synced(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return fail(storage("cannot rename " + from + ": " + error.message()));
  return sync(fs::path(to).parent_path().string());
}

Result<std::vector<TableRows>> back_up(const std::string& database, const std::string& backup) {
  if (!fs::exists(database)) return fail(invalid("there is no database " + database));
  if (fs::exists(backup)) return fail(invalid(backup + " is there already"));
  const std::string partial = backup + ".partial";
  std::error_code ignored;  // one that is left from a broken run; VACUUM INTO tells if it stays
  fs::remove(partial, ignored);
  try {
    {
      Connection source({.path = database, .mode = Mode::kReadOnly}, ignore_time);
      source.run_script("PRAGMA query_only=OFF");  // it would keep VACUUM INTO from its new file
      source.execute(kVacuumInto, std::string_view(partial));
    }
    std::vector<TableRows> tables;
    {
      Connection copy({.path = partial, .mode = Mode::kReadWrite}, ignore_time);
      tables = copy.count_rows();
      copy.run_script(kContents);
      for (const TableRows& table : tables) {
        copy.execute(kAddCount, std::string_view(table.name), table.rows);
      }
      copy.run_script("PRAGMA journal_mode=DELETE");  // one file, without a log beside it
    }
    if (Result<> synced = sync(partial); !synced) return fail(synced.error());
    if (Result<> named = rename_synced(partial, backup); !named) return fail(named.error());
    return tables;
  } catch (const Failure& failure) {
    fs::remove(partial, ignored);
    return fail(storage(std::string("the backup failed: ") + failure.what()));
  }
}

Result<std::vector<TableRows>> verify_backup(const std::string& backup) {
  if (!fs::exists(backup)) return fail(invalid("there is no file " + backup));
  try {
    Connection copy({.path = backup, .mode = Mode::kReadOnly}, ignore_time);
    const auto integrity = copy.one<std::string>(kIntegrity);
    if (integrity != "ok") return fail(invalid(backup + " is damaged: " + integrity));
    std::vector<TableRows> recorded;
    copy.each(kCounts, [&](const Row& row) {
      recorded.push_back({std::string(row.text(0)), row.integer(1)});
      return true;
    });
    std::vector<TableRows> found = copy.count_rows();
    std::erase_if(found, [](const TableRows& table) { return table.name == kContentsTable; });
    const auto mismatch = std::ranges::mismatch(recorded, found);
    if (mismatch.in1 != recorded.end() || mismatch.in2 != found.end()) {
      const std::string name =
          mismatch.in1 != recorded.end() ? mismatch.in1->name : mismatch.in2->name;
      return fail(invalid(backup + " does not hold the rows it was made with: table " + name));
    }
    return found;
  } catch (const Failure& failure) {
    return fail(invalid(backup + " is not a whole backup: " + failure.what()));
  }
}

Result<std::string> put_in_place(const std::string& backup, const std::string& database) {
  std::error_code error;
  const fs::path folder = fs::path(database).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  const DatabaseLock lock(database);
  if (!lock.is_held()) {
    return fail(invalid("a server has " + database + " open: stop it first"));
  }
  const std::string fresh = database + ".restoring";
  fs::remove(fresh, error);  // one that is left from a broken run
  if (!copy_contents(backup, fresh)) return fail(storage("cannot copy " + backup));
  try {
    Connection({.path = fresh, .mode = Mode::kReadWrite}, ignore_time)
        .run_script("DROP TABLE backup_contents; PRAGMA journal_mode=DELETE");
  } catch (const Failure& failure) {
    return fail(storage(std::string("cannot prepare the copy: ") + failure.what()));
  }
  if (Result<> synced = sync(fresh); !synced) return fail(synced.error());
  Result<std::string> kept = move_aside(database);
  if (!kept) return kept;
  if (Result<> named = rename_synced(fresh, database); !named) return fail(named.error());
  return kept;
}

}  // namespace ruck::db::sqlite
