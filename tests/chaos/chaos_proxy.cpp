#include "chaos/chaos_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <stdexcept>

namespace ruck::test {
namespace {
constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
constexpr int kPollMs = 50;

// What will happen to one connection.
struct Fate {
  std::size_t request_bytes = kNever;  // after so many it breaks off
  std::size_t reply_bytes = kNever;
  std::size_t slice = 64 * 1024;
  int delay_ms = 0;       // at most, before each slice
  bool is_reset = false;  // by RST, not FIN
};

Fate draw(rucking::SeededRandom& random) {
  Fate fate;
  fate.is_reset = random.chance(0.5);
  switch (random.below(6)) {
    case 0:
      fate.request_bytes = random.below(20'000);
      break;
    case 1:
      fate.reply_bytes = random.below(3'000);
      break;
    case 2:
      fate.reply_bytes = 0;  // the first reply is lost, whatever it says
      break;
    case 3:
      fate.slice = random.chance(0.5) ? 1 : 1 + random.below(50);
      fate.request_bytes = random.below(20'000);
      break;
    case 4:
      fate.delay_ms = static_cast<int>(1 + random.below(200));
      fate.reply_bytes = random.chance(0.5) ? random.below(5'000) : kNever;
      fate.request_bytes = random.below(50'000);
      break;
    default:
      fate.request_bytes = random.below(200'000);  // good for a while
      break;
  }
  return fate;
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return socket;
  }
  ::close(socket);
  return -1;
}

void send_at_once(int socket) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

bool send_all(int socket, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(socket, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

void hang_up(int socket, bool is_reset) {
  if (is_reset) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  ::close(socket);
}

// Moves what can be read from one side to the other; false when the connection is over.
bool forward(int from, int to, std::size_t& passed, std::size_t cut_at, const Fate& fate,
             rucking::SeededRandom& random) {
  std::array<char, 64 * 1024> buffer;
  const ssize_t got = ::recv(from, buffer.data(), std::min(fate.slice, buffer.size()), 0);
  if (got <= 0) return false;
  if (fate.delay_ms > 0) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(random.below(static_cast<std::uint64_t>(fate.delay_ms))));
  }
  const auto size = static_cast<std::size_t>(got);
  const std::size_t allowed = cut_at == kNever ? size : std::min(size, cut_at - passed);
  if (!send_all(to, buffer.data(), allowed)) return false;
  passed += allowed;
  return passed < cut_at;
}
}  // namespace

ChaosProxy::ChaosProxy(int server_port, std::uint64_t seed)
    : server_port_(server_port), random_(seed) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 128) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  thread_ = std::thread([this] { accept_until_stopped(); });
}

ChaosProxy::~ChaosProxy() {
  stopped_ = true;
  thread_.join();
  for (Connection& connection : connections_) connection.thread.join();
  ::close(listener_);
}

ChaosProxy::Counts ChaosProxy::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void ChaosProxy::sweep() {
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (!it->done) {
      ++it;
      continue;
    }
    it->thread.join();
    it = connections_.erase(it);
  }
}

void ChaosProxy::accept_until_stopped() {
  while (!stopped_) {
    pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
    sweep();
    if (::poll(&waiting, 1, kPollMs) <= 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    Connection& connection = connections_.emplace_back();
    connection.thread = std::thread([this, client, &connection, seed = random_.next()] {
      carry(client, seed);
      connection.done = true;
    });
  }
}

void ChaosProxy::carry(int client, std::uint64_t seed) {
  rucking::SeededRandom random(seed);
  const Fate fate = draw(random);
  const int server = connect_to(server_port_);
  std::size_t request_bytes = 0;
  std::size_t reply_bytes = 0;
  if (server >= 0) {
    send_at_once(client);
    send_at_once(server);
  }
  bool goes_on = server >= 0;
  while (goes_on && !stopped_) {
    std::array<pollfd, 2> sides{pollfd{.fd = client, .events = POLLIN, .revents = 0},
                                pollfd{.fd = server, .events = POLLIN, .revents = 0}};
    if (::poll(sides.data(), sides.size(), kPollMs) <= 0) continue;
    if (sides[0].revents != 0) {
      goes_on = forward(client, server, request_bytes, fate.request_bytes, fate, random);
    }
    if (goes_on && sides[1].revents != 0) {
      goes_on = forward(server, client, reply_bytes, fate.reply_bytes, fate, random);
    }
  }
  hang_up(client, fate.is_reset);
  if (server >= 0) hang_up(server, fate.is_reset);
  const std::lock_guard lock(mutex_);
  counts_.connections += 1;
  counts_.cut_requests += request_bytes == fate.request_bytes ? 1 : 0;
  counts_.lost_replies += fate.reply_bytes == 0 && request_bytes > 0 ? 1 : 0;
  counts_.cut_replies += fate.reply_bytes > 0 && reply_bytes == fate.reply_bytes ? 1 : 0;
  counts_.sliced += fate.slice < 64 ? 1 : 0;
  counts_.delayed += fate.delay_ms > 0 ? 1 : 0;
}

}  // namespace ruck::test
