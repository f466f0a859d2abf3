#include "http/client/socket_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace ruck::http {
namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using AsioError = boost::system::error_code;

constexpr std::size_t kMessageBytesMax = std::size_t{4} << 20;

Result<> outcome(const AsioError& error) {
  if (!error) return {};
  return fail(ErrorCode::kUnavailable, error.message());
}
}  // namespace

struct SocketClient::State {
  asio::io_context io;
  websocket::stream<asio::ip::tcp::socket, false> stream{io};
  beast::flat_buffer buffer;
  AsioError read_error;
  bool is_reading = false;
  bool has_read = false;
};

SocketClient::SocketClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
SocketClient::~SocketClient() = default;
SocketClient::SocketClient(SocketClient&&) noexcept = default;
SocketClient& SocketClient::operator=(SocketClient&&) noexcept = default;

Result<SocketClient> SocketClient::connect(const Url& url, std::string_view path,
                                           int receive_bytes) {
  auto state = std::make_unique<State>();
  AsioError error;
  asio::ip::tcp::resolver resolver(state->io);
  const auto found = resolver.resolve(url.host, url.port, error);
  auto& socket = state->stream.next_layer();
  if (!error && receive_bytes > 0) {
    socket.open(found.begin()->endpoint().protocol(), error);
    if (!error) socket.set_option(asio::socket_base::receive_buffer_size(receive_bytes), error);
    if (!error) socket.connect(found.begin()->endpoint(), error);
  } else if (!error) {
    asio::connect(socket, found, error);
  }
  if (error) return fail(ErrorCode::kUnavailable, "cannot connect: " + error.message());
  state->stream.next_layer().set_option(asio::ip::tcp::no_delay(true), error);
  state->stream.read_message_max(kMessageBytesMax);
  websocket::response_type response;
  state->stream.handshake(response, url.authority(), url.path + std::string(path), error);
  if (error == websocket::error::upgrade_declined) {
    return fail(ErrorCode::kUnavailable, "the server answered " +
                                             std::to_string(response.result_int()) +
                                             " instead of a WebSocket: " + response.body());
  }
  if (error) return fail(ErrorCode::kUnavailable, error.message());
  return SocketClient(std::move(state));
}

Result<> SocketClient::send(std::string_view text) {
  AsioError error;
  state_->stream.text(true);
  state_->stream.write(asio::buffer(text.data(), text.size()), error);
  return outcome(error);
}

Result<> SocketClient::send_binary(std::string_view bytes) {
  AsioError error;
  state_->stream.binary(true);
  state_->stream.write(asio::buffer(bytes.data(), bytes.size()), error);
  return outcome(error);
}

Result<> SocketClient::send_raw(std::string_view bytes) {
  AsioError error;
  asio::write(state_->stream.next_layer(), asio::buffer(bytes.data(), bytes.size()), error);
  return outcome(error);
}

SocketClient::Received SocketClient::receive(std::chrono::milliseconds at_most) {
  State& s = *state_;
  if (!s.is_reading) {
    s.is_reading = true;
    s.has_read = false;
    s.stream.async_read(s.buffer, [&s](const AsioError& error, std::size_t) {
      s.read_error = error;
      s.has_read = true;
    });
  }
  s.io.restart();
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!s.has_read && s.io.run_one_until(deadline) > 0) continue;
  if (!s.has_read) return {};  // the read goes on with the next call
  s.is_reading = false;
  if (!s.read_error) {
    Received received{.text = beast::buffers_to_string(s.buffer.data())};
    s.buffer.consume(s.buffer.size());
    return received;
  }
  const websocket::close_reason& reason = s.stream.reason();
  const bool was_told = s.read_error == websocket::error::closed;
  return {.text = {},
          .close_code = was_told ? reason.code : std::uint16_t{1006},
          .close_reason = was_told ? std::string(reason.reason.data(), reason.reason.size())
                                   : s.read_error.message()};
}

void SocketClient::close() {
  AsioError ignored;  // it is over in any case
  if (!state_->is_reading) state_->stream.close(websocket::close_code::normal, ignored);
  state_->stream.next_layer().close(ignored);
}

}  // namespace ruck::http
