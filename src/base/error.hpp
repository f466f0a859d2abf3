#pragma once
// The one registry of errors. A row gives the HTTP status, the stable string and the client's text;
// an Error adds what was wrong this time, for the client and, separately, for the log.
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ruck {

enum class ErrorCode : std::uint16_t {
#define X(code, status, id, text) code,
#include "base/errors.def"
#undef X
};

struct ErrorRow {
  ErrorCode code;
  int http_status;
  std::string_view id;    // stable string, also the metric label
  std::string_view text;  // what a client may show when an Error has no message of its own
};

[[nodiscard]] const ErrorRow& error_row(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // for the client: what was wrong and where; empty means the row's text
  std::string detail;   // for the log only; never secrets, e-mails or positions
  std::optional<int> retry_after_s;

  [[nodiscard]] std::string_view client_text() const {
    return message.empty() ? error_row(code).text : std::string_view(message);
  }
};

// Everything expected to go wrong travels as a value; exceptions are for bugs.
template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code) {
  return std::unexpected(Error{.code = code, .message = {}, .detail = {}, .retry_after_s = {}});
}
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(
      Error{.code = code, .message = std::move(message), .detail = {}, .retry_after_s = {}});
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) {
  return std::unexpected(std::move(error));
}

}  // namespace ruck
