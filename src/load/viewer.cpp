#include "load/viewer.hpp"

#include "base/text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace ruck::load {
namespace {
namespace asio = boost::asio;
using AsioError = boost::system::error_code;
constexpr std::size_t kFrameBytesMax = std::size_t{1} << 20;
constexpr std::uint32_t kMask = 0x5a5a5a5a;  // nothing between us and the server is to be fooled

// The value of a member whose name stands before the data: cheaper than parsing ten thousand times.
std::string_view member(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + name.size());
  return text.substr(0, text.find_first_of("\",}"));
}
}  // namespace

Viewer::Viewer(runtime::Core& core, std::span<char> scratch, OnFrame on_frame,
               std::function<void()> on_closed)
    : socket_(core.io()),
      scratch_(scratch),
      on_frame_(std::move(on_frame)),
      on_closed_(std::move(on_closed)),
      reader_(http::FrameReader::Side::kClient, kFrameBytesMax) {}

void Viewer::connect(const http::ServerAddress& server, const std::string& host,
                     const std::vector<std::string>& hello) {
  auto request = std::make_shared<std::string>(
      "GET /api/live HTTP/1.1\r\nHost: " + host +
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
  for (const std::string& text : hello) {
    http::append_frame(*request, http::Opcode::kText, text, kMask);
  }
  socket_.async_connect(server, [self = shared_from_this(), request](const AsioError& error) {
    if (error) return self->lose();
    AsioError ignored;  // shows at the first read
    self->socket_.non_blocking(true, ignored);
    asio::async_write(self->socket_, asio::buffer(*request),
                      [self, request](const AsioError& failed, std::size_t) {
                        failed ? self->lose() : self->wait();
                      });
  });
}

void Viewer::wait() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const AsioError& error) {
    error ? self->lose() : self->read();
  });
}

void Viewer::read() {
  AsioError error;
  const std::size_t size = socket_.read_some(asio::buffer(scratch_.data(), scratch_.size()), error);
  if (error == asio::error::would_block) return wait();
  if (error) return lose();
  take(scratch_.first(size));
  if (!is_closed_) wait();
}

void Viewer::take(std::span<char> bytes) {
  std::string rest;
  if (!is_upgraded_) {
    head_.append(bytes.data(), bytes.size());
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    if (!head_.starts_with("HTTP/1.1 101")) return lose();
    is_upgraded_ = true;
    rest = head_.substr(end + 4);
    std::string().swap(head_);
    bytes = rest;
  }
  const auto flaw = reader_.feed(bytes, [this](http::Opcode opcode, std::string_view payload) {
    if (opcode == http::Opcode::kClose) return lose();
    if (opcode != http::Opcode::kText) {
      if (opcode != http::Opcode::kPing) return;
      std::string pong;
      http::append_frame(pong, http::Opcode::kPong, payload, kMask);
      AsioError ignored;  // shows at the next read
      socket_.write_some(asio::buffer(pong), ignored);
      return;
    }
    on_frame_(member(payload, "\"type\":\""), parse_double(member(payload, "\"latitude\":")));
  });
  if (flaw) lose();
}

void Viewer::lose() {
  if (is_closed_) return;
  close();
  on_closed_();
}

void Viewer::close() {
  is_closed_ = true;
  AsioError ignored;  // it is over in any case
  socket_.close(ignored);
}

}  // namespace ruck::load
