#pragma once
// A request and a response as the rest of the program sees them: plain data, no Beast.
#include "base/ids.hpp"
#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ruck::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };
[[nodiscard]] std::string_view name_of(Method method);

// The fields of a request that the program reads; the others are dropped while parsing.
enum class Header : std::uint8_t {
  kAccept,
  kAcceptEncoding,
  kAuthorization,
  kConnection,
  kContentEncoding,
  kContentType,
  kCookie,
  kExpect,
  kForwarded,
  kForwardedFor,
  kForwardedProto,
  kHost,
  kIfNoneMatch,
  kIfRange,
  kOrigin,
  kRange,
  kRequestId,
  kUpgrade,
  kUserAgent,
  kWebSocketKey,
  kWebSocketVersion,
};
inline constexpr std::size_t kHeaderCount = 21;

class BodyBudget;
class BodySource;

// Who asks. Always authenticated; a route that may be used without a token takes an optional
// Viewer.
struct Viewer {
  UserId user;
  Uuid session{};      // the sign-in that the token belongs to
  UtcUs expires_at{};  // of the token; a socket outlives it only with a new one
};

// Views point into the connection's buffers and live until the response is made.
struct Request {
  Method method = Method::kOther;
  std::string_view path;   // as sent, without the query
  std::string_view query;  // as sent, without the '?'
  std::array<std::string_view, kHeaderCount> headers{};
  std::optional<std::uint64_t> body_length;  // declared; nothing where it comes in chunks
  bool has_body = false;
  std::string_view body;         // json::kPadding readable bytes stand behind it
  BodySource* source = nullptr;  // of a body that its handler pulls; then `body` is empty
  BodyBudget* budget = nullptr;  // what the handler keeps of it counts there
  std::string_view address;      // of the client: behind a trusted proxy, the one it forwards
  bool is_secure = false;        // came over TLS, to us or to a trusted proxy
  std::string request_id;
  UtcUs received_at{};

  [[nodiscard]] std::string_view header(Header name) const {
    return headers[static_cast<std::size_t>(name)];
  }
};

// What a service may want to know of a request beyond its parameters; owns its text.
struct RequestInfo {
  std::string address;
  std::string user_agent;
  std::string cookie;
  std::string origin;  // of the page that asks; browsers send it with every POST
  std::string host;
  bool is_secure = false;
  UtcUs now{};
};

// Whether the request comes from a page of this very server, as the browser says.
[[nodiscard]] bool is_same_origin(const RequestInfo& info);

// A body that is rendered once and sent many times.
struct SharedBody {
  std::string bytes;
  std::string gzip;  // the same compressed, or empty
  std::string etag;  // with its quotes, or empty
};

using HeaderList = std::vector<std::pair<std::string_view, std::string>>;  // names are literals

class SocketAcceptor;

inline constexpr std::string_view kJson = "application/json";

struct Response {
  int status = 200;
  std::string_view content_type = kJson;
  std::string body;
  std::shared_ptr<const SharedBody>
      shared;  // instead of `body`; shared with the cache that made it
  HeaderList headers;
  bool close = false;
  SocketAcceptor* upgrade = nullptr;  // with 101: who takes the connection over

  [[nodiscard]] std::string_view bytes() const {
    return shared ? std::string_view(shared->bytes) : std::string_view(body);
  }
};

// The value of a cookie, or nothing.
[[nodiscard]] std::optional<std::string_view> find_cookie(std::string_view cookies,
                                                          std::string_view name);
// Whether a list such as Accept-Encoding names `token` with a weight above 0.
[[nodiscard]] bool list_accepts(std::string_view list, std::string_view token);

}  // namespace ruck::http
