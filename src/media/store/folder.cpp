#include "media/store/folder.hpp"

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "media/limits.hpp"
#include "media/store/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <memory>

namespace ruck::media::folder {
namespace {
using Entry = BlobStore::Entry;
using std::chrono::system_clock;
constexpr mode_t kOwnerOnly = 0700;
constexpr std::string_view kWriting = "/_writing";  // '_' is in no key
constexpr std::size_t kNameBytes = 12;              // of a random name: no two are the same
constexpr int kTriesMax = 64;  // a folder may be removed, being empty, just before the rename

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// The folder of the file, or, where that was removed with what was in it, the next one above it.
Result<> sync_folder_of(const std::string& path) {
  std::string folder = parent_of(path);
  while (folder.contains('/') && ::access(folder.c_str(), F_OK) != 0) folder = parent_of(folder);
  Result<> synced = sync_folder(folder);
  const bool is_gone_now = !synced && ::access(folder.c_str(), F_OK) != 0;
  return is_gone_now ? sync_folder_of(folder) : synced;
}

// Every folder of the key's path. ENOENT where one of them was just removed, being empty.
Result<int> make_folders(const std::string& folder, const std::string& key) {
  for (std::size_t slash = key.find('/'); slash != std::string::npos;
       slash = key.find('/', slash + 1)) {
    const std::string path = folder + "/" + key.substr(0, slash);
    if (::mkdir(path.c_str(), kOwnerOnly) != 0) {
      if (errno == EEXIST) continue;
      return errno;
    }
    // Or it may be gone after a power cut, with all in it.
    if (Result<> synced = sync_folder_of(path); !synced) return fail(synced.error());
  }
  return 0;
}

// A file in _writing, which is removed unless it got its name.
class Writing {
 public:
  explicit Writing(const std::string& folder)
      : path_(folder + std::string(kWriting) + "/" + to_hex(random_bytes(kNameBytes))) {}
  ~Writing() {
    if (is_there_) ::unlink(path_.c_str());
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  Result<> open() {
    Result<File> made = create(path_);
    if (!made) return fail(made.error());
    file_ = std::move(*made);
    is_there_ = true;
    return {};
  }
  [[nodiscard]] const File& file() const { return file_; }

  // Its content is on the disk, and then it has the key's name.
  Result<> finish(const std::string& folder, const std::string& key) {
    if (::fsync(file_.get()) != 0) return file_error("syncing a file", errno);
    if (!file_.close()) return file_error("closing a file", errno);
    const std::string path = path_of(folder, key);
    for (int tries = 1;; ++tries) {
      const Result<int> made = make_folders(folder, key);
      if (!made) return fail(made.error());
      const int number = *made != 0 || ::rename(path_.c_str(), path.c_str()) == 0 ? *made : errno;
      if (number == 0) break;
      if (number != ENOENT || tries >= kTriesMax) return file_error("naming a file", number);
    }
    is_there_ = false;
    return sync_folder_of(path);
  }

 private:
  std::string path_;
  File file_;
  bool is_there_ = false;
};

// Whether there is a file of that size under the key already, safe from a power cut.
Result<bool> has(const std::string& folder, const std::string& key, std::size_t bytes) {
  const std::string path = path_of(folder, key);
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return false;
    return file_error("looking at a file", errno);
  }
  if (!S_ISREG(found.st_mode) || static_cast<std::size_t>(found.st_size) != bytes) return false;
  if (Result<> synced = sync_folder_of(path); !synced) return fail(synced.error());
  return true;
}

system_clock::time_point written_at(const struct stat& found) {
  return system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(
      std::chrono::seconds(found.st_mtim.tv_sec) +
      std::chrono::nanoseconds(found.st_mtim.tv_nsec)));
}

// Walks the folder in the order of keys.
class Listing {
 public:
  Listing(const std::string& folder, std::string_view prefix, std::string_view after,
          std::size_t limit)
      : folder_(folder), prefix_(prefix), after_(after), limit_(limit) {}

  // `above` is empty or ends with a slash.
  Result<> walk(const std::string& above, std::size_t depth) {
    const std::string path = folder_ + "/" + above;
    const Folder opened(::opendir(path.c_str()));
    if (!opened && errno == ENOENT) return {};  // removed meanwhile
    if (!opened) return file_error("opening a folder", errno);
    for (const std::string& name : names(*opened, above)) {
      if (found_.size() >= limit_) return {};
      if (!name.ends_with('/')) {
        add(name);
      } else if (depth < kFolderDepthMax) {
        if (Result<> walked = walk(name, depth + 1); !walked) return walked;
      }
    }
    return {};
  }
  [[nodiscard]] std::vector<Entry> take() { return std::move(found_); }

 private:
  // Keys of files, and of folders with a slash at their end, that may be wanted; sorted as the keys
  // of what is in them sort.
  [[nodiscard]] std::vector<std::string> names(DIR& opened, const std::string& above) const {
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(&opened)) {
      const std::string_view name = static_cast<const char*>(entry->d_name);
      if (!is_key(name)) continue;
      const std::string key = above + std::string(name);
      const auto kind = kind_of(opened, *entry);
      if (kind == DT_DIR && may_hold(key + "/")) names.push_back(key + "/");
      if (kind == DT_REG && key.starts_with(prefix_) && key > after_) names.push_back(key);
    }
    std::ranges::sort(names);
    return names;
  }
  static unsigned char kind_of(DIR& opened, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type;
    struct stat found{};
    if (::fstatat(::dirfd(&opened), static_cast<const char*>(entry.d_name), &found,
                  AT_SYMLINK_NOFOLLOW) != 0) {
      return DT_UNKNOWN;
    }
    if (S_ISDIR(found.st_mode)) return DT_DIR;
    return S_ISREG(found.st_mode) ? DT_REG : DT_UNKNOWN;
  }
  // Whether keys that begin with `start` may be wanted.
  [[nodiscard]] bool may_hold(std::string_view start) const {
    if (!start.starts_with(prefix_) && !prefix_.starts_with(start)) return false;
    return after_ < start || after_.starts_with(start);
  }
  void add(const std::string& key) {
    struct stat found{};
    if (::lstat(path_of(folder_, key).c_str(), &found) != 0) return;  // removed meanwhile
    found_.push_back({.key = key,
                      .bytes = static_cast<std::uint64_t>(found.st_size),
                      .written_at = written_at(found)});
  }

  const std::string& folder_;
  std::string_view prefix_;
  std::string_view after_;
  std::size_t limit_;
  std::vector<Entry> found_;
};

Result<> put_with(const std::string& folder, const std::string& key, std::size_t bytes,
                  const std::function<Result<>(const File&)>& write) {
  const Result<bool> is_there = has(folder, key, bytes);
  if (!is_there) return fail(is_there.error());
  if (*is_there) return {};
  Writing writing(folder);
  if (Result<> opened = writing.open(); !opened) return opened;
  if (Result<> written = write(writing.file()); !written) return written;
  return writing.finish(folder, key);
}
}  // namespace

std::string path_of(const std::string& folder, std::string_view key) {
  return folder + "/" + std::string(key);
}

Result<> prepare(const std::string& folder) {
  for (std::size_t slash = folder.find('/', 1); slash != std::string::npos;
       slash = folder.find('/', slash + 1)) {
    if (::mkdir(folder.substr(0, slash).c_str(), kOwnerOnly) != 0 && errno != EEXIST) {
      return file_error("making a folder", errno);
    }
  }
  for (const std::string& path : {folder, folder + std::string(kWriting)}) {
    if (::mkdir(path.c_str(), kOwnerOnly) != 0 && errno != EEXIST) {
      return file_error("making a folder", errno);
    }
  }
  return sync_folder(folder);
}

std::size_t remove_leftovers(const std::string& folder, system_clock::time_point written_before) {
  const std::string writing = folder + std::string(kWriting);
  const Folder opened(::opendir(writing.c_str()));
  std::size_t removed = 0;
  while (const dirent* entry = opened ? ::readdir(opened.get()) : nullptr) {
    struct stat found{};
    const char* name = static_cast<const char*>(entry->d_name);
    const int descriptor = ::dirfd(opened.get());
    if (::fstatat(descriptor, name, &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(found.st_mode) || written_at(found) >= written_before) continue;
    removed += ::unlinkat(descriptor, name, 0) == 0 ? 1 : 0;
  }
  return removed;
}

Result<> put(const std::string& folder, const std::string& key, std::string_view bytes) {
  return put_with(folder, key, bytes.size(),
                  [bytes](const File& file) { return write_all(file, bytes); });
}

Result<> put_file(const std::string& folder, const std::string& key, const std::string& path) {
  const File source(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.is_open()) return file_error("opening a file to keep", errno);
  struct stat found{};
  if (::fstat(source.get(), &found) != 0) return file_error("looking at a file", errno);
  return put_with(folder, key, static_cast<std::size_t>(found.st_size),
                  [&source](const File& file) { return copy_all(source, file); });
}

Result<bool> get_file(const std::string& folder, const std::string& key, const std::string& path) {
  const File source(::open(path_of(folder, key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!source.is_open() && (errno == ENOENT || errno == ENOTDIR)) return false;
  if (!source.is_open()) return file_error("opening a file", errno);
  struct stat found{};
  if (::fstat(source.get(), &found) != 0) return file_error("looking at a file", errno);
  if (!S_ISREG(found.st_mode)) return false;
  Result<File> made = create(path);
  if (!made) return fail(made.error());
  Result<> copied = copy_all(source, *made);
  if (copied && !made->close()) copied = file_error("closing a file", errno);
  if (copied) return true;
  ::unlink(path.c_str());
  return fail(copied.error());
}

Result<> remove(const std::string& folder, const std::string& key) {
  const std::string path = path_of(folder, key);
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return file_error("removing a file", errno);
  }
  Result<> synced = sync_folder_of(path);
  // The folders of an account that is gone; those with something in them stay.
  for (std::string up = parent_of(path); up.size() > folder.size(); up = parent_of(up)) {
    if (::rmdir(up.c_str()) != 0) break;
  }
  return synced;
}

Result<std::vector<Entry>> list(const std::string& folder, std::string_view prefix,
                                std::string_view after, std::size_t limit) {
  Listing listing(folder, prefix, after, std::min(limit, kListedMax));
  if (Result<> walked = listing.walk("", 1); !walked) return fail(walked.error());
  return listing.take();
}

}  // namespace ruck::media::folder
