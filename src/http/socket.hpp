#pragma once
// A WebSocket as services see it. A route declared with http::socket() hands each upgraded
// connection to its SocketAcceptor; everything about one socket happens on its core.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ruck::http {

class Router;
struct RouteOptions;

// The bytes of one frame, header included: rendered once, sent by any number of sockets.
using Frame = std::shared_ptr<const std::string>;
[[nodiscard]] Frame text_frame(std::string_view text);

class Socket {
 public:
  using Time = std::chrono::steady_clock::time_point;
  virtual ~Socket() = default;

  // Sends a message, or queues it. A reader so slow that the queue would pass
  // kSocketQueueBytesMax is closed with 1013.
  virtual void send(Frame frame) = 0;
  // The same for what only counts while it is the newest: it takes the place of a queued frame with
  // the same key, which is never 0.
  virtual void send_latest(std::uint64_t key, Frame frame) = 0;
  // Sends what is queued, then closes. Nothing is sent after it.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // on_wake() is called once at about that time (to the second).
  virtual void wake_at(Time time) = 0;
  // False once it is being closed, from either side.
  [[nodiscard]] virtual bool is_open() const = 0;
};

// What a service does with one socket. Held by the socket; the calls never overlap.
class SocketHandler {
 public:
  virtual ~SocketHandler() = default;
  virtual void on_text(std::string_view text) = 0;
  virtual void on_wake() = 0;
  // The server shuts down: say so and close. May come again.
  virtual void on_drain() = 0;
  // The last call: the socket is gone.
  virtual void on_gone() = 0;
};

class SocketAcceptor {
 public:
  virtual ~SocketAcceptor() = default;
  // On the socket's core. The socket lives until on_gone() has returned.
  [[nodiscard]] virtual std::shared_ptr<SocketHandler> open(Socket& socket,
                                                            std::string_view address) = 0;
};

// Declares a route whose GET is upgraded; without an upgrade it answers 426.
void socket(Router& router, std::string_view pattern, std::string_view name, RouteOptions options,
            SocketAcceptor* acceptor);

// Sec-WebSocket-Accept for a key (RFC 6455 §4.2.2).
[[nodiscard]] std::string websocket_accept(std::string_view key);

}  // namespace ruck::http
