#include "http/client/client.hpp"

#include "base/text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace ruck::http {
namespace {
namespace beast = boost::beast;
constexpr std::size_t kBodyBytesMaxOfAnswer = std::size_t{256} << 20;  // a very long track
constexpr std::size_t kReadBytesOfAnswer = 64 * 1024;

Error unreachable(const Url& url, std::string_view what) {
  return {.code = ErrorCode::kUnavailable, .message = url.authority() + ": " + std::string(what)};
}

void set_timeout(int socket, std::chrono::milliseconds timeout) {
  timeval value{};
  value.tv_sec = timeout.count() / 1000;
  value.tv_usec = (timeout.count() % 1000) * 1000;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}
}  // namespace

std::string ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return {};
}

Client::Client(Url url, std::chrono::milliseconds timeout)
    : url_(std::move(url)), timeout_(timeout) {}

Client::Client(Client&& other) noexcept
    : url_(std::move(other.url_)),
      timeout_(other.timeout_),
      token_(std::move(other.token_)),
      headers_(std::move(other.headers_)),
      socket_(std::exchange(other.socket_, -1)) {}

Client::~Client() { disconnect(); }

void Client::set_header(std::string name, std::string value) {
  std::erase_if(headers_, [&](const auto& h) { return h.first == name; });
  headers_.emplace_back(std::move(name), std::move(value));
}

void Client::disconnect() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

Result<> Client::connect() {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(url_.host.c_str(), url_.port.c_str(), &hints, &list) != 0) {
    return fail(unreachable(url_, "no such host"));
  }
  for (const addrinfo* each = list; each != nullptr && socket_ < 0; each = each->ai_next) {
    const int candidate = ::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, 0);
    set_timeout(candidate, timeout_);
    if (::connect(candidate, each->ai_addr, each->ai_addrlen) == 0) {
      socket_ = candidate;
    } else {
      ::close(candidate);
    }
  }
  ::freeaddrinfo(list);
  if (socket_ < 0) return fail(unreachable(url_, "cannot connect; is the server running?"));
  return {};
}

Result<ClientResponse> Client::send(Method method, std::string_view target, std::string_view body,
                                    std::string_view content_type) {
  std::string bytes;
  bytes += name_of(method);
  bytes +=
      " " + url_.path + std::string(target) + " HTTP/1.1\r\nHost: " + url_.authority() + "\r\n";
  if (!token_.empty()) bytes += "Authorization: Bearer " + token_ + "\r\n";
  for (const auto& [name, value] : headers_) bytes += name + ": " + value + "\r\n";
  if (!body.empty()) bytes += "Content-Type: " + std::string(content_type) + "\r\n";
  if (!body.empty() || method == Method::kPost || method == Method::kPut) {
    bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  bytes += "\r\n";
  bytes += body;
  const bool was_open = socket_ >= 0;
  Result<ClientResponse> response = exchange(bytes, method == Method::kHead);
  if (!response && was_open) {
    disconnect();
    response = exchange(bytes, method == Method::kHead);
  }
  return response;
}

Result<ClientResponse> Client::exchange(std::string_view bytes, bool is_head) {
  if (socket_ < 0) {
    if (Result<> connected = connect(); !connected) return fail(std::move(connected).error());
  }
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;  // the server may have refused it: its answer is read below
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(kBodyBytesMaxOfAnswer);
  parser.eager(true);
  parser.skip(is_head);
  std::string unread;
  std::vector<char> buffer(kReadBytesOfAnswer);
  while (!parser.is_done()) {
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      disconnect();
      return fail(unreachable(url_, got == 0 ? "the connection broke off" : "no answer in time"));
    }
    unread.append(buffer.data(), static_cast<std::size_t>(got));
    beast::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(unread.data(), unread.size()), error);
    if (error && error != beast::http::error::need_more) {
      disconnect();
      return fail(unreachable(url_, "the answer is not HTTP: " + error.message()));
    }
    unread.erase(0, used);
  }
  ClientResponse response{.status = static_cast<int>(parser.get().result_int()),
                          .body = std::move(parser.get().body())};
  for (const auto& field : parser.get()) {
    response.headers.emplace_back(
        std::string(field.name_string().data(), field.name_string().size()),
        std::string(field.value().data(), field.value().size()));
  }
  if (!parser.keep_alive()) disconnect();
  return response;
}

}  // namespace ruck::http
