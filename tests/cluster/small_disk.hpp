#pragma once
// A file system of a few hundred MiB in memory, to be filled up. Mounting one takes root. The
// thread that makes it, and processes that it starts, see it, and no others.
#include <cstdint>
#include <string>

namespace ruck::test {

class SmallDisk {
 public:
  explicit SmallDisk(std::int64_t bytes);
  ~SmallDisk();  // what has files on it must have ended
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Whether it could be mounted.
  [[nodiscard]] bool is_there() const { return is_there_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // Nothing more can be written, until it is empty of that again.
  void fill();
  void empty();

 private:
  std::string path_;
  bool is_there_ = false;
};

}  // namespace ruck::test
