#pragma once
// The bytes below a WebSocket: a plain socket, or one inside TLS. Both are used the same way: wait
// until something can be read or written, then do as much as goes at once.
#include "http/session/tls.hpp"
#include "http/session/transport.hpp"

#include <array>
#include <memory>
#include <span>
#include <string>

namespace ruck::http::session {

class SocketSession;

// Says to a session what it waited for. Keeps the session, and with it the wire, until then.
class SocketReady {
 public:
  enum class For : std::uint8_t { kRead, kWrite };
  SocketReady(SocketSession& session, For what);
  void operator()(const ErrorCodeAsio& error) const;

 private:
  std::shared_ptr<SocketSession> session_;
  For for_;
};

class SocketWire {
 public:
  using Buffers = std::span<const asio::const_buffer>;
  SocketWire() = default;
  SocketWire(const SocketWire&) = delete;
  SocketWire& operator=(const SocketWire&) = delete;
  virtual ~SocketWire() = default;
  // At most one wait of each kind at a time.
  virtual void wait_readable(SocketReady ready) = 0;
  virtual void wait_writable(SocketReady ready) = 0;
  // Bytes moved; `would_block` if it has to be waited for.
  [[nodiscard]] virtual std::size_t read(std::span<char> into, ErrorCodeAsio& error) = 0;
  [[nodiscard]] virtual std::size_t write(SocketSession& session, Buffers buffers,
                                          ErrorCodeAsio& error) = 0;
  // Whether all that was written is with the kernel.
  [[nodiscard]] virtual bool is_idle() const = 0;
  // The socket itself: its options, its end.
  [[nodiscard]] virtual TcpSocket& socket() = 0;
};

class PlainWire final : public SocketWire {
 public:
  explicit PlainWire(TcpSocket socket) : socket_(std::move(socket)) {}
  void wait_readable(SocketReady ready) override;
  void wait_writable(SocketReady ready) override;
  [[nodiscard]] std::size_t read(std::span<char> into, ErrorCodeAsio& error) override;
  [[nodiscard]] std::size_t write(SocketSession& session, Buffers buffers,
                                  ErrorCodeAsio& error) override;
  [[nodiscard]] bool is_idle() const override { return true; }
  [[nodiscard]] TcpSocket& socket() override { return socket_; }

 private:
  TcpSocket socket_;
};

// TLS cannot say "readable" before it has decrypted, nor take back what it has encrypted. So a wait
// for reading is a read into a small buffer, and a write is done when its bytes are copied into
// another; it is writable again when those are gone.
class TlsWire final : public SocketWire {
 public:
  explicit TlsWire(TlsTransport::Parts parts)
      : context_(std::move(parts.context)), stream_(std::move(parts.stream)) {}
  void wait_readable(SocketReady ready) override;
  void wait_writable(SocketReady ready) override;
  [[nodiscard]] std::size_t read(std::span<char> into, ErrorCodeAsio& error) override;
  [[nodiscard]] std::size_t write(SocketSession& session, Buffers buffers,
                                  ErrorCodeAsio& error) override;
  [[nodiscard]] bool is_idle() const override { return outgoing_.empty(); }
  [[nodiscard]] TcpSocket& socket() override { return stream_.next_layer(); }

 private:
  static constexpr std::size_t kReadBytes = 512;            // clients send short commands
  static constexpr std::size_t kWriteBytesMax = 16 * 1024;  // the largest TLS record

  TlsCertificate::Context context_;
  asio::ssl::stream<TcpSocket> stream_;
  std::array<char, kReadBytes> arrived_;
  std::size_t arrived_bytes_ = 0;
  std::string outgoing_;  // being encrypted and sent
  bool is_waited_for_ = false;
  ErrorCodeAsio write_error_;
};

}  // namespace ruck::http::session
