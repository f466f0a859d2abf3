#include "media/store/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace ruck::media {
namespace {
constexpr mode_t kOwnerOnly = 0600;
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

// Of a call that a signal may have broken off.
template <class Call>
auto again_if_interrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}
}  // namespace

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}
File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}
bool File::close() { return ::close(std::exchange(descriptor_, -1)) == 0; }

std::unexpected<Error> file_error(std::string_view what, int number) {
  const bool is_full = number == ENOSPC || number == EDQUOT;
  return fail({.code = is_full ? ErrorCode::kStorageFull : ErrorCode::kUnavailable,
               .message = {},
               .detail = std::string(what) + ": " +
                         std::error_code(number, std::system_category()).message(),
               .retry_after_s = {}});
}

Result<std::optional<std::string>> read_whole(const std::string& path, std::size_t bytes_max) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open() && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!file.is_open()) return file_error("opening a file", errno);
  struct stat found{};
  if (::fstat(file.get(), &found) != 0) return file_error("looking at a file", errno);
  if (S_ISDIR(found.st_mode)) return std::nullopt;
  if (!S_ISREG(found.st_mode)) return file_error("reading a file", EINVAL);
  if (static_cast<std::size_t>(found.st_size) > bytes_max) {
    return file_error("reading a file", EFBIG);
  }
  std::string bytes(static_cast<std::size_t>(found.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = again_if_interrupted(
        [&] { return ::read(file.get(), bytes.data() + done, bytes.size() - done); });
    if (got < 0) return file_error("reading a file", errno);
    if (got == 0) return file_error("reading a file that gets shorter", EIO);
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

Result<> write_all(const File& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put =
        again_if_interrupted([&] { return ::write(file.get(), bytes.data(), bytes.size()); });
    if (put < 0) return file_error("writing a file", errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<> copy_all(const File& from, const File& to) {
  const auto piece = std::make_unique<std::array<char, kPieceBytes>>();
  for (;;) {
    const ssize_t got =
        again_if_interrupted([&] { return ::read(from.get(), piece->data(), piece->size()); });
    if (got < 0) return file_error("reading a file", errno);
    if (got == 0) return {};
    const std::string_view bytes(piece->data(), static_cast<std::size_t>(got));
    if (Result<> written = write_all(to, bytes); !written) return written;
  }
}

Result<File> create(const std::string& path) {
  File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
  if (!file.is_open()) return file_error("making a file", errno);
  return file;
}

Result<> sync_folder(const std::string& path) {
  const File folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return file_error("opening a folder", errno);
  if (::fsync(folder.get()) != 0) return file_error("syncing a folder", errno);
  return {};
}

}  // namespace ruck::media
