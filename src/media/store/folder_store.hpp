#pragma once
// Blobs as files of a folder: the key is the path below it.
//
// A file is written and synced as FOLDER/_writing/RANDOM, gets its name by a rename, and then its
// folder is synced: so under a key there is a whole file or none, whenever the power fails. What a
// broken run left in _writing is removed at start; it is no key, so list() never shows it.
// Several servers may share a folder that all of them have mounted.
#include "media/blob_store.hpp"
#include "runtime/blocking_pool.hpp"

#include <chrono>
#include <string>

namespace ruck::media {

class FolderStore final : public BlobStore {
 public:
  // Makes the folder where there is none, for its owner only, and removes what was left in
  // _writing longer ago than kLeftoversKept. kInvalidInput, its message for operators, where that
  // cannot be done. The pool must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<FolderStore>> open(std::string folder,
                                                                 runtime::BlockingPool& files);
  // Use open().
  FolderStore(std::string folder, runtime::BlockingPool& files)
      : folder_(std::move(folder)), files_(files) {}

  [[nodiscard]] task<Result<>> put(std::string key, std::string bytes) override;
  [[nodiscard]] task<Result<>> put_file(std::string key, std::string path) override;
  [[nodiscard]] task<Result<std::optional<std::string>>> get(std::string key) override;
  [[nodiscard]] task<Result<bool>> get_file(std::string key, std::string path) override;
  [[nodiscard]] task<Result<>> remove(std::string key) override;
  [[nodiscard]] task<Result<std::vector<Entry>>> list(std::string prefix, std::string after,
                                                      std::size_t limit) override;

 private:
  const std::string folder_;
  runtime::BlockingPool& files_;
};

}  // namespace ruck::media
