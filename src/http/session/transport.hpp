#pragma once
// How bytes reach a connection. A transport reads into memory that belongs to the core, so that a
// connection that waits for its next request holds no buffer.
#include "http/limits.hpp"
#include "runtime/task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ruck::http::session {

namespace asio = boost::asio;
using ErrorCodeAsio = boost::system::error_code;
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, IoExecutor>;

struct ReadOutcome {
  ErrorCodeAsio error;
  std::string_view bytes;  // valid until the next co_await
};

class PlainTransport {
 public:
  explicit PlainTransport(TcpSocket socket) : socket_(std::move(socket)) {}

  // What has to happen before the first byte: nothing here.
  task<ErrorCodeAsio> open() { co_return ErrorCodeAsio(); }
  // Waits until something can be read and reads it.
  task<ReadOutcome> read(std::span<char> core_buffer) {
    for (;;) {
      auto [wait_error] =
          co_await socket_.async_wait(TcpSocket::wait_read, asio::as_tuple(asio::deferred));
      if (wait_error) co_return ReadOutcome{.error = wait_error, .bytes = {}};
      ErrorCodeAsio error;
      const std::size_t size =
          socket_.read_some(asio::buffer(core_buffer.data(), core_buffer.size()), error);
      if (error == asio::error::would_block || error == asio::error::try_again) continue;
      co_return ReadOutcome{.error = error, .bytes = {core_buffer.data(), size}};
    }
  }
  task<ErrorCodeAsio> write(std::array<asio::const_buffer, 2> buffers) {
    auto [error, size] =
        co_await asio::async_write(socket_, buffers, asio::as_tuple(asio::deferred));
    co_return error;
  }
  void prepare() {
    ErrorCodeAsio ignored;  // a socket that is already dead shows it at the first read
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
  }
  void cancel() {
    ErrorCodeAsio ignored;  // as above
    socket_.cancel(ignored);
  }
  void shutdown_send() {
    ErrorCodeAsio ignored;  // as above
    socket_.shutdown(TcpSocket::shutdown_send, ignored);
  }
  void close() {
    ErrorCodeAsio ignored;  // as above
    socket_.shutdown(TcpSocket::shutdown_send, ignored);
    socket_.close(ignored);
  }
  // For the WebSocket that the connection becomes.
  [[nodiscard]] TcpSocket release() { return std::move(socket_); }
  [[nodiscard]] static constexpr bool is_secure() { return false; }

 private:
  TcpSocket socket_;
};

}  // namespace ruck::http::session
