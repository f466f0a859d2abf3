#include "support/scripted_server.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace ruck::test {
namespace {
constexpr int kBacklog = 128;

std::size_t content_length(std::string_view head) {
  const std::string lower = ascii_lower(head);
  const std::string_view mark = "\r\ncontent-length:";
  const std::size_t at = lower.find(mark);
  if (at == std::string::npos) return 0;
  const std::size_t begin = at + mark.size();
  return parse_number<std::size_t>(
             trim(std::string_view(lower).substr(begin, lower.find('\r', begin) - begin)))
      .value_or(0);
}
}  // namespace

bool ScriptedServer::Peer::receive() {
  std::array<char, 16 * 1024> piece{};
  const ssize_t got = ::recv(socket_, piece.data(), piece.size(), 0);
  if (got <= 0) return false;
  heard_.append(piece.data(), static_cast<std::size_t>(got));
  return true;
}

std::string ScriptedServer::Peer::read_request() {
  std::size_t end = 0;
  while ((end = heard_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) return {};
  }
  const std::size_t whole = end + 4 + content_length(std::string_view(heard_).substr(0, end + 2));
  while (heard_.size() < whole) {
    if (!receive()) return {};
  }
  std::string request = heard_.substr(0, whole);
  heard_.erase(0, whole);
  ++server_.requests_;
  return request;
}

std::string ScriptedServer::Peer::read_line() {
  std::size_t end = 0;
  while ((end = heard_.find('\n')) == std::string::npos) {
    if (!receive()) return {};
  }
  std::string line(trim(std::string_view(heard_).substr(0, end)));
  heard_.erase(0, end + 1);
  return line;
}

bool ScriptedServer::Peer::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void ScriptedServer::Peer::hold() {
  while (receive()) heard_.clear();
}

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, kBacklog) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen");
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_loop(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::scoped_lock lock(mutex_);
    is_over_ = true;
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
}

void ScriptedServer::accept_loop() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const std::scoped_lock lock(mutex_);
    if (is_over_) {
      ::close(socket);
      return;
    }
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket, number = ++connections_] {
      Peer peer(*this, socket, number);
      script_(peer);
      const std::scoped_lock closing(mutex_);
      sockets_.remove(socket);
      ::close(socket);
    });
  }
}

std::string ScriptedServer::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::string http_answer(int status, std::string_view body, std::string_view fields) {
  return fmt::format("HTTP/1.1 {} Whatever\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(),
                     fields, body);
}

}  // namespace ruck::test
