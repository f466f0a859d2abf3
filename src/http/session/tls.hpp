#pragma once
// TLS on the server's own port: for a home network, where nothing stands in front of it. Browsers
// give position and offline use only to secure pages.
#include "base/error.hpp"
#include "base/thread_safety.hpp"
#include "http/session/transport.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <string>

namespace ruck::http::session {

// The certificate in use. Reading it again leaves connections as they are; new ones get the new
// one.
class TlsCertificate {
 public:
  using Context = std::shared_ptr<asio::ssl::context>;
  TlsCertificate(std::string certificate_file, std::string key_file)
      : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}

  // kInvalidInput with the file's name and what is wrong; then the one before stays in use.
  [[nodiscard]] Result<> load();
  [[nodiscard]] Context context() const;

 private:
  std::string certificate_file_;
  std::string key_file_;
  mutable Mutex mutex_;
  Context context_ RUCK_GUARDED_BY(mutex_);  // shared: a connection keeps the one it began with
};

class TlsTransport {
 public:
  TlsTransport(TcpSocket socket, TlsCertificate::Context context)
      : context_(std::move(context)), stream_(std::move(socket), *context_) {}

  // The handshake.
  task<ErrorCodeAsio> open() {
    auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                                    asio::as_tuple(asio::deferred));
    co_return error;
  }
  task<ReadOutcome> read(std::span<char> core_buffer) {
    // The buffer belongs to the core and may be used by others while this waits: what is decrypted
    // goes into a small one of our own first.
    auto [error, size] =
        co_await stream_.async_read_some(asio::buffer(record_), asio::as_tuple(asio::deferred));
    if (error) co_return ReadOutcome{.error = error, .bytes = {}};
    std::copy_n(record_.begin(), size, core_buffer.begin());
    co_return ReadOutcome{.error = {}, .bytes = {core_buffer.data(), size}};
  }
  task<ErrorCodeAsio> write(std::array<asio::const_buffer, 2> buffers) {
    auto [error, size] =
        co_await asio::async_write(stream_, buffers, asio::as_tuple(asio::deferred));
    co_return error;
  }
  void prepare() {
    ErrorCodeAsio ignored;  // a socket that is already dead shows it at the first read
    stream_.next_layer().set_option(asio::ip::tcp::no_delay(true), ignored);
  }
  void cancel() {
    ErrorCodeAsio ignored;  // as above
    stream_.next_layer().cancel(ignored);
  }
  void shutdown_send() {
    ErrorCodeAsio ignored;  // as above
    stream_.next_layer().shutdown(TcpSocket::shutdown_send, ignored);
  }
  // Without a closing alert: every answer says its length, so nothing can be cut off unseen.
  void close() {
    ErrorCodeAsio ignored;  // as above
    stream_.next_layer().shutdown(TcpSocket::shutdown_send, ignored);
    stream_.next_layer().close(ignored);
  }
  // For the WebSocket that the connection becomes.
  struct Parts {
    TlsCertificate::Context context;
    asio::ssl::stream<TcpSocket> stream;
  };
  [[nodiscard]] Parts release() {
    return {.context = std::move(context_), .stream = std::move(stream_)};
  }
  [[nodiscard]] static constexpr bool is_secure() { return true; }

 private:
  static constexpr std::size_t kRecordBytes = 4096;  // of a request; larger ones take more reads

  TlsCertificate::Context context_;
  asio::ssl::stream<TcpSocket> stream_;
  std::array<char, kRecordBytes> record_;
};

}  // namespace ruck::http::session
