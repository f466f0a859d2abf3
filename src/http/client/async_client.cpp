#include "http/client/async_client.hpp"

#include "base/text.hpp"
#include "http/client/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

namespace ruck::http {
namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
using AsioError = boost::system::error_code;

constexpr std::size_t kAnswerBodyBytesMax = std::size_t{64} << 20;  // a long track as JSON

// Beast's grammar; of the fields only Retry-After is kept.
class AnswerParser final : public beast::http::basic_parser<false> {
 public:
  explicit AnswerParser(Answer& answer) : answer_(answer) {
    body_limit(kAnswerBodyBytesMax);
    eager(true);
  }

  // How many bytes were used up.
  std::size_t feed(std::string_view bytes, beast::error_code& error) {
    std::size_t used = 0;
    while (!is_done() && used < bytes.size()) {
      used += put(asio::buffer(bytes.data() + used, bytes.size() - used), error);
      if (error == beast::http::error::need_more) {
        error = {};
        break;
      }
      if (error) break;
    }
    answer_.bytes_in += used;
    return used;
  }

 private:
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int,
                       beast::error_code&) override {}
  void on_response_impl(int code, beast::string_view, int, beast::error_code& error) override {
    answer_.status = code;
    error = {};
  }
  void on_field_impl(beast::http::field field, beast::string_view, beast::string_view value,
                     beast::error_code& error) override {
    error = {};
    if (field != beast::http::field::retry_after) return;
    answer_.retry_after_s = parse_number<int>(std::string_view(value.data(), value.size()));
  }
  void on_header_impl(beast::error_code& error) override { error = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                         beast::error_code& error) override {
    error = {};
    if (length) answer_.body.reserve(static_cast<std::size_t>(*length));
  }
  std::size_t on_body_impl(beast::string_view bytes, beast::error_code& error) override {
    error = {};
    answer_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code& error) override {
    error = {};
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes,
                                 beast::error_code& error) override {
    return on_body_impl(bytes, error);
  }
  void on_finish_impl(beast::error_code& error) override { error = {}; }

  Answer& answer_;
};
}  // namespace

Result<ServerAddress> resolve(const Url& url) {
  asio::io_context io;
  asio::ip::tcp::resolver resolver(io);
  AsioError error;
  const auto found = resolver.resolve(url.host, url.port, error);
  if (error || found.empty()) {
    return fail(ErrorCode::kUnavailable, url.authority() + ": no such host");
  }
  return found.begin()->endpoint();
}

AsyncConnection::AsyncConnection(asio::io_context& io, const ServerAddress& server,
                                 std::span<char> scratch)
    : socket_(io), server_(server), scratch_(scratch) {}

void AsyncConnection::cancel() {
  cancelled_ = true;
  AsioError ignored;  // a dead socket shows it where it is read
  socket_.cancel(ignored);
}

void AsyncConnection::close() {
  AsioError ignored;  // nothing can be done about it
  socket_.close(ignored);
}

task<AsioError> AsyncConnection::connect() {
  auto [error] = co_await socket_.async_connect(server_, asio::as_tuple(asio::deferred));
  if (error) co_return error;
  AsioError ignored;  // a socket that is already dead shows it at the first write
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  co_return error;
}

// Most requests fit the kernel's buffer, so that no waiting is needed.
task<AsioError> AsyncConnection::write_all(std::string_view bytes) {
  AsioError error;
  const std::size_t size = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  if (error && error != asio::error::would_block && error != asio::error::try_again) {
    co_return error;
  }
  bytes.remove_prefix(size);
  if (bytes.empty()) co_return AsioError();
  auto [rest_error, rest] = co_await asio::async_write(
      socket_, asio::buffer(bytes.data(), bytes.size()), asio::as_tuple(asio::deferred));
  co_return rest_error;
}

task<AsyncConnection::Attempt> AsyncConnection::attempt(std::string_view request) {
  Attempt out;
  AnswerParser parser(out.answer);
  // A server may refuse a request before it has read it: its answer is read all the same.
  const AsioError write_error = co_await write_all(request);
  while (!parser.is_done()) {
    auto [wait_error] =
        co_await socket_.async_wait(Socket::wait_read, asio::as_tuple(asio::deferred));
    AsioError error = wait_error;
    std::size_t size = 0;
    if (!error) size = socket_.read_some(asio::buffer(scratch_.data(), scratch_.size()), error);
    if (error == asio::error::would_block || error == asio::error::try_again) continue;
    if (error || cancelled_) {
      out.problem = cancelled_    ? "no answer in time"
                    : write_error ? write_error.message()
                                  : "the connection broke off";
      close();
      co_return out;
    }
    out.heard_nothing = false;
    beast::error_code flaw;
    parser.feed(std::string_view(scratch_.data(), size), flaw);
    if (flaw) {
      out.problem = "the answer is not HTTP: " + flaw.message();
      close();
      co_return out;
    }
  }
  out.is_complete = true;
  if (!parser.keep_alive()) close();
  co_return out;
}

task<Result<Answer>> AsyncConnection::exchange(std::string request) {
  cancelled_ = false;
  bool was_open = socket_.is_open();
  for (;;) {
    if (!socket_.is_open()) {
      if (const AsioError error = co_await connect(); error) {
        close();
        co_return fail(ErrorCode::kUnavailable,
                       cancelled_ ? "no connection in time" : "cannot connect: " + error.message());
      }
    }
    Attempt tried = co_await attempt(request);
    if (tried.is_complete) {
      co_return std::move(tried.answer);
    }
    const bool was_stale = was_open && tried.heard_nothing && !cancelled_;
    if (!was_stale) co_return fail(ErrorCode::kUnavailable, std::move(tried.problem));
    was_open = false;
  }
}

}  // namespace ruck::http
