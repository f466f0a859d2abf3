#include "media/store/folder_store.hpp"

#include "base/clock.hpp"
#include "media/limits.hpp"
#include "media/store/files.hpp"
#include "media/store/folder.hpp"
#include "telemetry/log.hpp"

namespace ruck::media {
namespace {
constexpr auto kLeftoversKept = std::chrono::hours(1);  // longer than any write takes
constexpr int kBusyRetryS = 2;

Error no_key() {
  return {.code = ErrorCode::kInvalidInput,
          .message = {},
          .detail = "a key that is none",
          .retry_after_s = {}};
}

// The pool's own refusal is one more way of being unavailable.
template <class T>
Result<T> from_pool(Result<Result<T>> ran) {
  if (ran) return std::move(*ran);
  return fail({.code = ErrorCode::kUnavailable,
               .message = {},
               .detail = "too many files are under way",
               .retry_after_s = kBusyRetryS});
}

// Reading one that is being removed with its folder finds a file where a folder was, or nothing.
Result<std::optional<std::string>> read_blob(const std::string& path) {
  return read_whole(path, kBlobBytesMax);
}
}  // namespace

Result<std::unique_ptr<FolderStore>> FolderStore::open(std::string folder,
                                                       runtime::BlockingPool& files) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  if (Result<> made = folder::prepare(folder); !made) {
    return fail(ErrorCode::kInvalidInput, "media_url: " + folder + ": " + made.error().detail);
  }
  const auto before = SystemClock().now() - kLeftoversKept;
  if (const std::size_t removed = folder::remove_leftovers(folder, before); removed > 0) {
    telemetry::log_info("media.leftovers_removed", {{"count", removed}});
  }
  return std::make_unique<FolderStore>(std::move(folder), files);
}

task<Result<>> FolderStore::put(std::string key, std::string bytes) {
  if (!is_key(key)) co_return fail(no_key());
  co_return from_pool(
      co_await files_.run([folder = folder_, key = std::move(key), bytes = std::move(bytes)] {
        return folder::put(folder, key, bytes);
      }));
}

task<Result<>> FolderStore::put_file(std::string key, std::string path) {
  if (!is_key(key)) co_return fail(no_key());
  co_return from_pool(
      co_await files_.run([folder = folder_, key = std::move(key), path = std::move(path)] {
        return folder::put_file(folder, key, path);
      }));
}

task<Result<std::optional<std::string>>> FolderStore::get(std::string key) {
  if (!is_key(key)) co_return fail(no_key());
  co_return from_pool(
      co_await files_.run([path = folder::path_of(folder_, key)] { return read_blob(path); }));
}

task<Result<bool>> FolderStore::get_file(std::string key, std::string path) {
  if (!is_key(key)) co_return fail(no_key());
  co_return from_pool(
      co_await files_.run([folder = folder_, key = std::move(key), path = std::move(path)] {
        return folder::get_file(folder, key, path);
      }));
}

task<Result<>> FolderStore::remove(std::string key) {
  if (!is_key(key)) co_return fail(no_key());
  co_return from_pool(co_await files_.run(
      [folder = folder_, key = std::move(key)] { return folder::remove(folder, key); }));
}

task<Result<std::vector<BlobStore::Entry>>> FolderStore::list(std::string prefix, std::string after,
                                                              std::size_t limit) {
  co_return from_pool(
      co_await files_.run([folder = folder_, prefix = std::move(prefix), after = std::move(after),
                           limit] { return folder::list(folder, prefix, after, limit); }));
}

}  // namespace ruck::media
