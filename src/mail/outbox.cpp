#include "base/clock.hpp"
#include "base/uuid.hpp"
#include "mail/mailer.hpp"
#include "mail/mime.hpp"
#include "telemetry/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

namespace ruck::mail {
namespace {
const Mailbox kNobody{.name = "RuckingApp", .address = "ruckingapp@localhost"};

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0;
}
}  // namespace

Result<> OutboxMailer::send(const Message& message) {
  const UtcMs now = to_ms(SystemClock().now());
  const std::string id = Uuid::make_v7(now).to_string();
  const Result<std::string> text = write_mime(
      message, {.from = parse_mailbox(from_).value_or(kNobody), .sent_at = now, .id = id});
  if (!text) return fail(text.error());
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  const std::string path = fmt::format("{}/{}.eml", folder_, id);
  // Under another name until it is whole, so that nobody picks up half a message.
  const std::string unfinished = path + ".part";
  const int descriptor = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool ok = descriptor >= 0 && write_all(descriptor, *text);
  if (descriptor >= 0) ::close(descriptor);
  ok = ok && ::rename(unfinished.c_str(), path.c_str()) == 0;
  if (!ok) {
    telemetry::log_error("mail.not_written", {{"folder", folder_}});
    return fail(ErrorCode::kUnavailable);
  }
  telemetry::log_info("mail.written", {{"path", path}});
  return {};
}

}  // namespace ruck::mail
