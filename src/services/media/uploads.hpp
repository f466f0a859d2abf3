#pragma once
// Files on their way in. They are written below a folder of this process while they come, and
// hashed on the way: of a body no more than a piece is in memory. What is not taken over is removed
// with the request, whatever ends it; what a crash left, at the next start.
#include "crypto/digest.hpp"
#include "http/body.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/task.hpp"
#include "services/media/limits.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace ruck::photos {

// A file, or a folder with what is in it, that goes with this object.
class Temporary {
 public:
  explicit Temporary(std::string path) : path_(std::move(path)) {}
  ~Temporary();
  Temporary(Temporary&& other) noexcept : path_(std::exchange(other.path_, std::string())) {}
  Temporary& operator=(Temporary&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct ReceivedFile {
  Temporary file;
  std::string filename;  // cleaned; as its sender named it
  std::string sha256;    // 32 bytes
  std::int64_t bytes = 0;
};

struct Received {
  std::vector<ReceivedFile> files;
  std::string ruck_id;
  std::vector<std::string> alt_texts;  // in the order of the files
  bool keep_original = false;
};

class Uploads {
 public:
  Uploads(std::string folder, runtime::BlockingPool& pool)
      : folder_(std::move(folder)), pool_(pool) {}

  // Makes the folder, and removes what is in it. For a start, when nothing else runs.
  [[nodiscard]] Result<> clear() const;

  // A form. kInvalidInput and kPayloadTooLarge name the file they are about; kStorageFull and
  // kStorageFailed of the disk. Takes fields and files in any order.
  task<Result<Received>> receive(http::BodyStream body, std::size_t files_max) const;
  // One file that is in memory.
  task<Result<Received>> keep(std::string bytes) const;
  // A new folder in it.
  task<Result<Temporary>> make_folder() const;
  // Removes them on a thread that may block.
  template <class T>
  task<> discard(T temporary) const {
    static_cast<void>(co_await pool_.run([temporary = std::move(temporary)]() mutable {
      const T ends = std::move(temporary);
      return 0;
    }));
  }
  // Removes what was last written before then: a request and a job end long before that.
  task<> remove_older(std::chrono::system_clock::time_point before) const;

 private:
  [[nodiscard]] std::string new_path() const;

  std::string folder_;
  runtime::BlockingPool& pool_;
};

}  // namespace ruck::photos
