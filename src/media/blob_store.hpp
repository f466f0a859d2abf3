#pragma once
// Files of people: photos and avatars, in a folder or in a store that speaks S3. A blob is written
// once under a key that names its content, and never changed.
#include "base/error.hpp"
#include "runtime/task.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::media {

// Of a key: [a-z0-9-] and dots, in parts divided by '/'; no part is "." or "..", or empty.
inline constexpr std::size_t kKeyBytesMax = 200;
[[nodiscard]] bool is_key(std::string_view key);

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // Of all of them: kInvalidInput for what is no key; kUnavailable, with the reason for operators
  // as its detail, where the store cannot be reached or is broken (retry_after_s where it said so).

  // Durable when it returns. What is there under the key already stays: it has the same content.
  // kStorageFull where there is no room.
  [[nodiscard]] virtual task<Result<>> put(std::string key, std::string bytes) = 0;
  // The same of a file on this machine, which is left where it is.
  [[nodiscard]] virtual task<Result<>> put_file(std::string key, std::string path) = 0;
  // Nothing where there is no such blob.
  [[nodiscard]] virtual task<Result<std::optional<std::string>>> get(std::string key) = 0;
  // Into a new file on this machine; false where there is no such blob.
  [[nodiscard]] virtual task<Result<bool>> get_file(std::string key, std::string path) = 0;
  // No error where it is gone already.
  [[nodiscard]] virtual task<Result<>> remove(std::string key) = 0;

  struct Entry {
    std::string key;
    std::uint64_t bytes = 0;
    std::chrono::system_clock::time_point written_at;
  };
  // At most `limit` entries with keys that begin with `prefix`, in the order of their bytes, after
  // `after`.
  [[nodiscard]] virtual task<Result<std::vector<Entry>>> list(std::string prefix, std::string after,
                                                              std::size_t limit) = 0;
};

}  // namespace ruck::media
