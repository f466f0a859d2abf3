#include "cluster/small_disk.hpp"

#include "support/process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace ruck::test {
namespace {
constexpr const char* kFiller = "/filler";
}  // namespace

SmallDisk::SmallDisk(std::int64_t bytes) {
  path_ = (std::filesystem::temp_directory_path() / "ruck-disk-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder for a disk");
  // Mounts of this process and its children alone, which go with them, however they end.
  if (::unshare(CLONE_NEWNS) != 0) return;
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  const std::string options = "mode=755,size=" + std::to_string(bytes);
  is_there_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

SmallDisk::~SmallDisk() {
  if (is_there_) ::umount2(path_.c_str(), MNT_DETACH);
  std::error_code ignored;  // a folder in /tmp may be left
  std::filesystem::remove(path_, ignored);
}

void SmallDisk::fill() {
  const int file = ::open((path_ + kFiller).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) throw std::runtime_error("the disk cannot be filled");
  const std::vector<char> block(std::size_t{1} << 16);
  std::size_t size = block.size();
  while (size > 0) {
    if (::write(file, block.data(), size) <= 0) size /= 2;
  }
  ::close(file);
}

void SmallDisk::empty() { ::unlink((path_ + kFiller).c_str()); }

}  // namespace ruck::test
