#include "support/raw_connection.hpp"

#include "support/until.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace ruck::test {
namespace {
using Steady = std::chrono::steady_clock;

sockaddr_in address_of(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return address;
}

bool poll_for(int socket, short what, std::chrono::milliseconds wait) {
  pollfd descriptor{.fd = socket, .events = what, .revents = 0};
  return wait.count() >= 0 && ::poll(&descriptor, 1, static_cast<int>(wait.count())) > 0;
}

std::chrono::milliseconds left_until(Steady::time_point deadline) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now());
}
}  // namespace

RawConnection::RawConnection(int port, const std::string& from)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  connect_to(port, from);
}

RawConnection::RawConnection(int port, int receive_bytes)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  connect_to(port, "127.0.0.1");
}

void RawConnection::connect_to(int port, const std::string& from) {
  const sockaddr_in mine = address_of(from, 0);
  const sockaddr_in server = address_of("127.0.0.1", port);
  const bool is_bound = ::bind(socket_, reinterpret_cast<const sockaddr*>(&mine), sizeof mine) == 0;
  if (!is_bound ||
      ::connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
    ::close(socket_);
    throw std::runtime_error("cannot connect");
  }
  const int at_once = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  ::fcntl(socket_, F_SETFL, O_NONBLOCK);
}

RawConnection::~RawConnection() {
  if (socket_ >= 0) ::close(socket_);
}

RawConnection::RawConnection(RawConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      heard_(std::move(other.heard_)),
      is_closed_(other.is_closed_) {}

std::size_t RawConnection::send(std::string_view bytes, std::chrono::milliseconds patience) {
  std::size_t sent = 0;
  while (sent < bytes.size() && poll_for(socket_, POLLOUT, patience)) {
    const ssize_t size =
        ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno != EAGAIN) break;
    if (size > 0) sent += static_cast<std::size_t>(size);
  }
  return sent;
}

bool RawConnection::receive(std::chrono::milliseconds wait) {
  if (is_closed_ || !poll_for(socket_, POLLIN, wait)) return false;
  char buffer[65536];
  const ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
  if (size < 0 && errno == EAGAIN) return true;
  is_closed_ = size <= 0;
  if (size > 0) heard_.append(buffer, static_cast<std::size_t>(size));
  return !is_closed_;
}

std::string RawConnection::read_until(std::string_view mark, std::chrono::milliseconds wait) {
  const auto deadline = Steady::now() + wait;
  while (heard_.find(mark) == std::string::npos && receive(left_until(deadline))) {
  }
  const std::size_t found = heard_.find(mark);
  const std::size_t end = found == std::string::npos ? heard_.size() : found + mark.size();
  std::string text = heard_.substr(0, end);
  heard_.erase(0, end);
  return text;
}

std::string RawConnection::read_answer(std::chrono::milliseconds wait) {
  const auto deadline = Steady::now() + wait;
  std::string answer = read_until("\r\n\r\n", wait);
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t at = answer.find(kLength);
  if (at == std::string::npos) return answer;
  const auto size = static_cast<std::size_t>(std::atoll(answer.c_str() + at + kLength.size()));
  while (heard_.size() < size && receive(left_until(deadline))) {
  }
  answer += heard_.substr(0, size);
  heard_.erase(0, size);
  return answer;
}

std::string RawConnection::read_some() {
  if (heard_.empty()) static_cast<void>(receive(kUntilMax));
  return std::exchange(heard_, std::string());
}

std::string RawConnection::read_to_end() {
  std::string all;
  for (std::string some = read_some(); !some.empty(); some = read_some()) all += some;
  return all;
}

bool RawConnection::is_closed_within(std::chrono::milliseconds wait) {
  const auto deadline = Steady::now() + wait;
  while (receive(left_until(deadline))) {
  }
  return is_closed_;
}

bool RawConnection::has_answer_within(std::chrono::milliseconds wait) {
  return !heard_.empty() || receive(wait);
}

bool RawConnection::can_read(std::chrono::milliseconds wait) {
  return has_answer_within(wait) || is_closed_;
}

std::size_t resident_bytes(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  in >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace ruck::test
