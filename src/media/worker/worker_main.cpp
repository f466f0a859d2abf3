// The verb `image-worker`: one picture, in a process of its own.
#include "base/text.hpp"
#include "media/limits.hpp"
#include "media/make.hpp"
#include "media/store/files.hpp"
#include "media/vips/pictures.hpp"
#include "media/worker/exchange.hpp"
#include "media/worker/sandbox.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

namespace ruck::media {
namespace {
constexpr int kExitAnswered = 0;
constexpr int kExitNoRequest = 2;
constexpr int kExitNoReader = 1;

// The whole standard input, or nothing where it is too long.
std::optional<std::string> read_input() {
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > kImageRequestBytesMax) return std::nullopt;
  }
}

bool write_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(STDOUT_FILENO, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

Result<Image> process(const ImageRequest& request) {
  if (Result<> bound = bound_this_process(); !bound) return fail(bound.error());
  if (Result<> ready = prepare_pictures(); !ready) return fail(ready.error());
  Result<std::optional<std::string>> bytes = read_whole(request.path, kInputBytesMax);
  if (!bytes) return fail(bytes.error());
  if (!*bytes) {
    return fail({.code = ErrorCode::kUnavailable,
                 .message = {},
                 .detail = "the picture's file is gone",
                 .retry_after_s = {}});
  }
  if (Result<> shut = enter_sandbox(); !shut) return fail(shut.error());
  return make_image(**bytes, request.sizes);
}
}  // namespace

int run_image_worker() {
  const std::optional<std::string> text = read_input();
  const Result<ImageRequest> request =
      text ? read_request(*text) : Result<ImageRequest>(fail(ErrorCode::kInvalidInput));
  if (!request) {
    static_cast<void>(
        write_output("ruck image-worker: the server runs it, with a request on its input\n"));
    return kExitNoRequest;
  }
  const bool answered = write_output(write_reply(process(*request)));
  // At once: what libraries do at the end needs system calls that are gone.
  ::_exit(answered ? kExitAnswered : kExitNoReader);
}

}  // namespace ruck::media
