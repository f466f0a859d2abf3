#pragma once
// Photos in a folder, as `ruck backup`, `restore` and `check` see them. All of it blocks.
//
// A blob never changes, so a backup of one is another name for the same file (a hard link) where
// both are on one file system, and a copy elsewhere. A key ends with the SHA-256 of its blob, so
// damage is found without anything to compare with.
#include "base/error.hpp"
#include "db/database.hpp"
#include "runtime/config.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ruck::app {

// The folder that photos are kept in; nothing where they are in S3.
[[nodiscard]] std::optional<std::string> media_folder(const runtime::Config& config);
// Where the photos of a backup are, beside its database.
[[nodiscard]] std::string media_of_backup(const std::string& backup);

struct MediaCount {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};
// Every blob of `from` is under its key in `to`, too, and on the disk; what was there stays. Counts
// all of them. Those that are removed meanwhile are left out.
[[nodiscard]] Result<MediaCount> copy_media(const std::string& from, const std::string& to);

// Reads every blob; calls `damaged` with the key of each whose content is not what its key says.
[[nodiscard]] Result<MediaCount> verify_media(
    const std::string& folder, const std::function<void(const std::string& key)>& damaged);

// Calls `missing` with the key of each blob that a photo of the database needs and the folder has
// not; gives how many were looked for. A photo that is deleted meanwhile needs nothing.
[[nodiscard]] Result<std::size_t> find_missing_media(
    db::Database& database, const std::string& folder,
    const std::function<void(const std::string& key)>& missing);

}  // namespace ruck::app
