#include "app/private_files.hpp"

#include "telemetry/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace ruck::app {
namespace {
namespace fs = std::filesystem;
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
constexpr std::size_t kNamedMax = 20;  // files in a line of the log
constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kSqliteHead = "SQLite format 3";  // of the file format, §1.3
constexpr std::string_view kUsualDatabase = "ruck.db";
constexpr std::string_view kOutbox = "outbox";
constexpr std::string_view kControl = "control.sock";
// What is in these is made private as it is written, and may be millions of files.
constexpr auto kOwnFolders = std::to_array<std::string_view>({"media", "uploads"});
constexpr std::string_view kMediaOfBackup = ".media";  // beside a copy of the database
constexpr auto kOwnFiles =
    std::to_array<std::string_view>({"replay-account.json", "replay-token", "load-accounts.jsonl"});

// The database, its logs and lock, and what `ruck restore` kept of an earlier one.
bool is_part_of(std::string_view name, std::string_view database) {
  if (!name.starts_with(database)) return false;
  const std::string_view rest = name.substr(database.size());
  return rest.empty() || rest.front() == '-' || rest.front() == '.';
}

bool is_sqlite(const fs::path& path) {
  std::array<char, kSqliteHead.size()> head{};
  std::ifstream in(path, std::ios::binary);
  in.read(head.data(), head.size());
  return in && std::string_view(head.data(), head.size()) == kSqliteHead;
}

// The embedded database's file, a link to it followed; empty: another kind of database.
fs::path database_file(const runtime::Config& config) {
  const std::string_view url = config.database_url;
  if (!url.starts_with(kSqlite)) return {};
  const fs::path path = url.substr(kSqlite.size());
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? path : real;
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

class Narrowing {
 public:
  explicit Narrowing(const runtime::Config& config)
      : data_(config.data_dir), database_(database_file(config)) {}

  Narrowed run() {
    for (const fs::path& entry : entries(data_)) {
      if (entry.filename() == kOutbox) {
        narrow_folder(entry);
      } else if (is_ours(entry) || is_own_folder(entry)) {
        narrow(entry);
      } else {
        has_others_ = true;
      }
    }
    if (!has_others_) narrow(data_);
    if (database_.empty()) return std::move(out_);
    for (const fs::path& entry : entries(folder_of(database_))) {
      if (is_part_of(entry.filename().string(), database_.filename().string())) narrow(entry);
    }
    return std::move(out_);
  }

 private:
  static std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code error;  // a folder that is not there or cannot be read shows elsewhere
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      found.push_back(it->path());
    }
    return found;
  }

  [[nodiscard]] bool is_ours(const fs::path& entry) const {
    const std::string name = entry.filename().string();
    std::error_code error;
    if (name == kControl && fs::is_socket(fs::symlink_status(entry, error))) return true;
    if (!fs::is_regular_file(fs::symlink_status(entry, error))) return false;
    return is_part_of(name, kUsualDatabase) ||
           std::ranges::find(kOwnFiles, name) != kOwnFiles.end() ||
           (entry.filename() == database_.filename() && !database_.empty()) || is_sqlite(entry);
  }

  [[nodiscard]] static bool is_own_folder(const fs::path& entry) {
    std::error_code error;
    if (!fs::is_directory(fs::symlink_status(entry, error))) return false;
    if (entry.extension() == kMediaOfBackup) {
      return is_sqlite(entry.parent_path() / entry.stem());
    }
    return std::ranges::find(kOwnFolders, entry.filename().string()) != kOwnFolders.end();
  }

  void narrow_folder(const fs::path& folder) {
    std::error_code error;
    if (!fs::is_directory(fs::symlink_status(folder, error))) return;
    for (const fs::path& entry : entries(folder)) narrow(entry);
    narrow(folder);
  }

  void narrow(const fs::path& path) {
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0 || found.st_uid != ::geteuid()) return;
    if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode) && !S_ISSOCK(found.st_mode)) return;
    if ((found.st_mode & kOthers) == 0) return;
    const mode_t mode = found.st_mode & S_IRWXU;
    const bool done = ::fchmodat(AT_FDCWD, path.c_str(), mode, AT_SYMLINK_NOFOLLOW) == 0;
    (done ? out_.narrowed : out_.failed).push_back(path.string());
  }

  fs::path data_;
  fs::path database_;
  bool has_others_ = false;
  Narrowed out_;
};

std::string some_of(const std::vector<std::string>& paths) {
  const std::size_t shown = std::min(paths.size(), kNamedMax);
  return fmt::format("{}",
                     fmt::join(paths.begin(), paths.begin() + static_cast<long>(shown), ", "));
}
}  // namespace

void write_privately() { ::umask(kOthers); }

Narrowed make_private(const runtime::Config& config) { return Narrowing(config).run(); }

std::vector<std::string> readable_secrets(const runtime::Config& config) {
  std::vector<std::string> paths = config.secret_files;
  if (!config.tls_key.empty()) paths.push_back(config.tls_key);
  std::erase_if(paths, [](const std::string& path) {
    struct stat found{};
    return ::stat(path.c_str(), &found) != 0 || (found.st_mode & S_IROTH) == 0;
  });
  return paths;
}

void look_after_files(const runtime::Config& config) {
  const auto [narrowed, failed] = make_private(config);
  if (!narrowed.empty()) {
    telemetry::log_warning("files.made_private",
                           {{"count", narrowed.size()}, {"paths", some_of(narrowed)}});
  }
  if (!failed.empty()) {
    telemetry::log_error("files.not_private",
                         {{"count", failed.size()}, {"paths", some_of(failed)}});
  }
  for (const std::string& path : readable_secrets(config)) {
    telemetry::log_warning("files.secret_is_readable",
                           {{"path", path}, {"meaning", "every user of this machine can read it"}});
  }
}

}  // namespace ruck::app
