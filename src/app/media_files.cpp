#include "app/media_files.hpp"

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "media/limits.hpp"
#include "media/store/files.hpp"
#include "media/store/folder.hpp"
#include "services/media/audit.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace ruck::app {
namespace {
namespace fs = std::filesystem;
constexpr std::string_view kFolder = "folder:";
constexpr std::size_t kListedAtOnce = 1000;
constexpr std::int64_t kNeededAtOnce = 500;
constexpr std::size_t kHashDigits = 64;  // SHA-256 in hexadecimal

Error with_detail_shown(Error error) {
  if (error.message.empty()) error.message = error.detail;
  return error;
}

// The hash that a key ends with, "USER/HASH.jpg"; empty where it has none (what waits to be
// decoded).
std::string_view hash_in(std::string_view key) {
  std::string_view name = key.substr(key.rfind('/') + 1);
  name = name.substr(0, name.find('.'));
  const bool is_hash = name.size() == kHashDigits &&
                       std::ranges::all_of(name, [](char c) { return hex_value(c) >= 0; });
  return is_hash ? name : std::string_view();
}

Result<> for_each_blob(const std::string& folder,
                       const std::function<Result<>(const media::BlobStore::Entry&)>& visit) {
  for (std::string after;;) {
    const auto listed = media::folder::list(folder, "", after, kListedAtOnce);
    if (!listed) return fail(with_detail_shown(listed.error()));
    if (listed->empty()) return {};
    after = listed->back().key;
    for (const media::BlobStore::Entry& entry : *listed) {
      if (Result<> visited = visit(entry); !visited) return visited;
    }
  }
}

bool has_same_length(const std::string& path, std::uint64_t bytes) {
  std::error_code error;
  return fs::file_size(path, error) == bytes && !error;
}

// By another name where that can be; false where the blob is gone.
Result<bool> link_or_copy(const media::BlobStore::Entry& entry, const std::string& from,
                          const std::string& to) {
  const std::string source = media::folder::path_of(from, entry.key);
  const std::string target = media::folder::path_of(to, entry.key);
  if (has_same_length(target, entry.bytes)) return true;
  std::error_code error;
  fs::create_directories(fs::path(target).parent_path(), error);
  if (::link(source.c_str(), target.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  const Result<> copied = media::folder::put_file(to, entry.key, source);
  if (copied) return true;
  if (!fs::exists(source, error)) return false;
  return fail(with_detail_shown(copied.error()));
}
}  // namespace

std::optional<std::string> media_folder(const runtime::Config& config) {
  if (config.media_url.empty()) return config.data_dir + "/media";
  if (!config.media_url.starts_with(kFolder)) return std::nullopt;
  std::string folder = config.media_url.substr(kFolder.size());
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder;
}

std::string media_of_backup(const std::string& backup) { return backup + ".media"; }

Result<MediaCount> copy_media(const std::string& from, const std::string& to) {
  if (Result<> prepared = media::folder::prepare(to); !prepared) {
    return fail(with_detail_shown(prepared.error()));
  }
  MediaCount count;
  if (!fs::exists(from)) return count;  // no photo was ever sent
  const Result<> done = for_each_blob(from, [&](const media::BlobStore::Entry& entry) -> Result<> {
    const Result<bool> is_there = link_or_copy(entry, from, to);
    if (!is_there) return fail(is_there.error());
    count.files += *is_there ? 1 : 0;
    count.bytes += *is_there ? entry.bytes : 0;
    return {};
  });
  if (!done) return fail(done.error());
  // One for all: a sync of each folder would take as long as copying.
  const media::File target(::open(to.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!target.is_open() || ::syncfs(target.get()) != 0) {
    return fail(with_detail_shown(media::file_error("syncing " + to, errno).error()));
  }
  return count;
}

Result<MediaCount> verify_media(const std::string& folder,
                                const std::function<void(const std::string& key)>& damaged) {
  MediaCount count;
  if (!fs::exists(folder)) return count;
  const Result<> done =
      for_each_blob(folder, [&](const media::BlobStore::Entry& entry) -> Result<> {
        const std::string_view hash = hash_in(entry.key);
        if (hash.empty()) return {};
        const auto bytes =
            media::read_whole(media::folder::path_of(folder, entry.key), media::kBlobBytesMax);
        const bool is_gone = bytes && !*bytes;
        if (is_gone) return {};
        ++count.files;
        count.bytes += entry.bytes;
        if (!bytes || to_hex(crypto::sha256(**bytes)) != hash) damaged(entry.key);
        return {};
      });
  if (!done) return fail(done.error());
  return count;
}

Result<std::size_t> find_missing_media(db::Database& database, const std::string& folder,
                                       const std::function<void(const std::string& key)>& missing) {
  std::size_t count = 0;
  for (photos::NeededBlob last{};;) {
    const auto needed = database.read_now(
        [&](db::Session& q) { return photos::needed_after(q, last, kNeededAtOnce); });
    if (!needed) return fail(needed.error());
    if (needed->empty()) return count;
    last = needed->back();
    for (const photos::NeededBlob& blob : *needed) {
      ++count;
      std::error_code error;
      if (fs::is_regular_file(media::folder::path_of(folder, blob.key()), error)) continue;
      const auto is_needed =
          database.read_now([&](db::Session& q) { return photos::is_needed_by(q, blob); });
      if (!is_needed) return fail(is_needed.error());
      if (*is_needed) missing(blob.key());
    }
  }
}

}  // namespace ruck::app
