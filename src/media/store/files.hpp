#pragma once
// Files of this machine, for the stores: whole ones, with errors as stores give them. All of it
// blocks: call it on a pool.
#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ruck::media {

// A descriptor that is closed in the end.
class File {
 public:
  explicit File(int descriptor = -1) : descriptor_(descriptor) {}
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int get() const { return descriptor_; }
  // Closes it; false where the system tells only now that something went wrong.
  [[nodiscard]] bool close();

 private:
  int descriptor_;
};

// What errno means: kStorageFull where there is no room (ENOSPC, EDQUOT), else kUnavailable; its
// detail is "WHAT: the system's text", with no path.
[[nodiscard]] std::unexpected<Error> file_error(std::string_view what, int number);

// At most `bytes_max`; more is kUnavailable. Nothing where there is no such file, or a folder.
[[nodiscard]] Result<std::optional<std::string>> read_whole(const std::string& path,
                                                            std::size_t bytes_max);
// Onto its end.
[[nodiscard]] Result<> write_all(const File& file, std::string_view bytes);
[[nodiscard]] Result<> copy_all(const File& from, const File& to);
// A new file for its owner only; kUnavailable where there is one already.
[[nodiscard]] Result<File> create(const std::string& path);
// What is in the folder has reached the disk.
[[nodiscard]] Result<> sync_folder(const std::string& path);

}  // namespace ruck::media
