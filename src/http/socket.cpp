#include "http/socket.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "http/problem.hpp"
#include "http/router.hpp"
#include "http/websocket.hpp"

namespace ruck::http {
namespace {
constexpr std::size_t kKeyBytes = 16;  // of a decoded Sec-WebSocket-Key

task<Response> upgrade(Call& call, SocketAcceptor* acceptor) {
  const Request& request = call.request;
  const bool wants_it = request.method == Method::kGet &&
                        equals_ignoring_case(request.header(Header::kUpgrade), "websocket") &&
                        list_accepts(request.header(Header::kConnection), "upgrade");
  if (!wants_it || request.header(Header::kWebSocketVersion) != "13") {
    Response response = problem({.code = ErrorCode::kUpgradeRequired}, request.request_id);
    response.headers.emplace_back("Upgrade", "websocket");
    response.headers.emplace_back("Sec-WebSocket-Version", "13");
    co_return response;
  }
  const std::string_view key = request.header(Header::kWebSocketKey);
  const auto decoded = from_base64(key);
  if (!decoded || decoded->size() != kKeyBytes) {
    co_return problem({.code = ErrorCode::kMalformedRequest,
                       .message = "Sec-WebSocket-Key: expected 16 bytes in base64"},
                      request.request_id);
  }
  Response response{.status = 101, .upgrade = acceptor};
  response.headers.emplace_back("Sec-WebSocket-Accept", websocket_accept(key));
  co_return response;
}
}  // namespace

Frame text_frame(std::string_view text) {
  constexpr std::size_t kHeaderMax = 10;
  std::string bytes;
  bytes.reserve(text.size() + kHeaderMax);
  append_frame(bytes, Opcode::kText, text);
  return std::make_shared<const std::string>(std::move(bytes));
}

void socket(Router& router, std::string_view pattern, std::string_view name, RouteOptions options,
            SocketAcceptor* acceptor) {
  OperationDoc doc;
  doc.replies.push_back({.status = 101, .schema = {}});
  router.add(
      Method::kGet, pattern, name, options,
      [acceptor](Call& call) { return upgrade(call, acceptor); }, std::move(doc));
}

}  // namespace ruck::http
