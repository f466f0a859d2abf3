#pragma once
// The files of a FolderStore, without coroutines: also for `ruck backup`, `restore` and `check`.
// All of it blocks. `folder` is the store's, without a slash at its end.
#include "media/blob_store.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::media::folder {

// Makes what is missing; see FolderStore::open().
[[nodiscard]] Result<> prepare(const std::string& folder);
// Removes files of writes that were broken off before `written_before`; how many.
std::size_t remove_leftovers(const std::string& folder,
                             std::chrono::system_clock::time_point written_before);

[[nodiscard]] std::string path_of(const std::string& folder, std::string_view key);

// These take keys that is_key().
[[nodiscard]] Result<> put(const std::string& folder, const std::string& key,
                           std::string_view bytes);
[[nodiscard]] Result<> put_file(const std::string& folder, const std::string& key,
                                const std::string& path);
[[nodiscard]] Result<bool> get_file(const std::string& folder, const std::string& key,
                                    const std::string& path);
[[nodiscard]] Result<> remove(const std::string& folder, const std::string& key);
[[nodiscard]] Result<std::vector<BlobStore::Entry>> list(const std::string& folder,
                                                         std::string_view prefix,
                                                         std::string_view after, std::size_t limit);

}  // namespace ruck::media::folder
