#include "http/session/socket_wire.hpp"

#include "http/session/socket_session.hpp"

#include <algorithm>
#include <new>

namespace ruck::http::session {

SocketReady::SocketReady(SocketSession& session, For what)
    : session_(session.shared_from_this()), for_(what) {}

void SocketReady::operator()(const ErrorCodeAsio& error) const {
  try {
    if (for_ == For::kRead) {
      session_->on_readable(error);
    } else {
      session_->on_writable(error);
    }
  } catch (const std::bad_alloc&) {
    session_->on_cut();  // this one is given up, and told to those who know it
  }
}

void PlainWire::wait_readable(SocketReady ready) {
  socket_.async_wait(TcpSocket::wait_read, std::move(ready));
}

void PlainWire::wait_writable(SocketReady ready) {
  socket_.async_wait(TcpSocket::wait_write, std::move(ready));
}

std::size_t PlainWire::read(std::span<char> into, ErrorCodeAsio& error) {
  return socket_.read_some(asio::buffer(into.data(), into.size()), error);
}

std::size_t PlainWire::write(SocketSession& /*session*/, Buffers buffers, ErrorCodeAsio& error) {
  return socket_.write_some(buffers, error);
}

void TlsWire::wait_writable(SocketReady /*ready: the write under way holds one*/) {
  is_waited_for_ = true;
}

void TlsWire::wait_readable(SocketReady ready) {
  stream_.async_read_some(
      asio::buffer(arrived_),
      [this, ready = std::move(ready)](const ErrorCodeAsio& error, std::size_t size) {
        arrived_bytes_ = size;
        ready(error);
      });
}

std::size_t TlsWire::read(std::span<char> into, ErrorCodeAsio& error) {
  const std::size_t size = std::min(into.size(), arrived_bytes_);
  std::copy_n(arrived_.begin(), size, into.begin());
  arrived_bytes_ = 0;
  if (size == 0) error = asio::error::would_block;
  return size;
}

std::size_t TlsWire::write(SocketSession& session, Buffers buffers, ErrorCodeAsio& error) {
  if (write_error_ || !outgoing_.empty()) {
    error = write_error_ ? write_error_ : asio::error::would_block;
    return 0;
  }
  for (const asio::const_buffer& buffer : buffers) {
    const std::size_t size = std::min(buffer.size(), kWriteBytesMax - outgoing_.size());
    outgoing_.append(static_cast<const char*>(buffer.data()), size);
  }
  const std::size_t taken = outgoing_.size();
  asio::async_write(stream_, asio::buffer(outgoing_),
                    [this, ready = SocketReady(session, SocketReady::For::kWrite)](
                        const ErrorCodeAsio& failure, std::size_t) {
                      write_error_ = failure;
                      std::string().swap(outgoing_);
                      if (std::exchange(is_waited_for_, false)) ready(failure);
                    });
  return taken;
}

}  // namespace ruck::http::session
