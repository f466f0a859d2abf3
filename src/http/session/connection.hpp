#pragma once
// One client's connection, from accept to close. Lives in the frame of its coroutine, on one core.
#include "base/text.hpp"
#include "http/compress.hpp"
#include "http/problem.hpp"
#include "http/response_head.hpp"
#include "http/server.hpp"
#include "http/session/request_parser.hpp"
#include "http/session/transport.hpp"
#include "http/session/watch.hpp"
#include "telemetry/metrics.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ruck::http::session {

// What the connections of a server share.
struct Shared {
  const ServerOptions& options;
  const Router& router;
  runtime::BlockingPool& compression;
  const Clock& clock;
  RequestParser::BodyLimit body_limit;
  std::atomic<bool> draining{false};
  std::atomic<std::size_t> open{0};
  telemetry::Counter& requests;
  telemetry::Counter& timeouts;
  telemetry::Counter& bytes_out;
};

// What the connections of one core share.
struct PerCore {
  Watch watch;
  std::array<char, 64 * 1024> read_buffer;  // between a read and the next co_await
  std::uint64_t request_prefix = 0;         // random; makes request ids unique across restarts
  std::uint64_t request_count = 0;
};

template <class Transport>
class Connection final : public Watched {
 public:
  Connection(Transport transport, std::string peer, Shared& shared, PerCore& core)
      : transport_(std::move(transport)), peer_(std::move(peer)), shared_(shared), core_(core) {
    core_.watch.add(*this);
  }
  ~Connection() override { core_.watch.remove(*this); }

  task<> run();

  // After run(): who takes the connection over, and what came behind the request.
  [[nodiscard]] SocketAcceptor* upgrade() const { return upgrade_; }
  [[nodiscard]] Transport& transport() { return transport_; }
  [[nodiscard]] std::string& unread() { return unread_; }
  [[nodiscard]] const std::string& client_address() const { return client_address_; }

  void on_deadline() override {
    timed_out_ = true;
    shared_.timeouts.add();
    transport_.cancel();
  }
  void on_drain() override {
    if (phase_ == Phase::kIdle) transport_.cancel();
  }
  // Whatever it waits for of its client fails now and from now on.
  void on_cut() override { transport_.close(); }

 private:
  enum class Phase : std::uint8_t { kIdle, kHeader, kBody, kHandling, kWriting };
  enum class Got : std::uint8_t { kRequest, kNothing, kBadRequest };

  void enter(Phase phase);
  task<Got> read_request();
  std::size_t feed(std::string_view bytes);
  task<bool> send_continue();
  task<> linger();
  task<bool> serve();
  [[nodiscard]] Result<> unpack_body();
  [[nodiscard]] std::string next_request_id();
  [[nodiscard]] Response preflight(const Request& request) const;
  [[nodiscard]] std::string_view allowed_origin(const Request& request) const;
  [[nodiscard]] Error parse_problem() const;
  task<bool> send(Response response, const Request& request, bool keep_alive);
  task<> compress(Response& response);
  task<bool> flush(std::string_view body);

  Transport transport_;
  std::string peer_;
  Shared& shared_;
  PerCore& core_;
  std::optional<RequestParser> parser_;
  std::string unread_;  // bytes of the next request that came with this one
  std::string out_;     // gathered answers
  std::string client_address_;
  SocketAcceptor* upgrade_ = nullptr;
  Phase phase_ = Phase::kIdle;
  bool timed_out_ = false;
  bool lingers_ = false;  // the request was refused before all of it was read
};

template <class Transport>
void Connection<Transport>::enter(Phase phase) {
  phase_ = phase;
  const SteadyTime now = std::chrono::steady_clock::now();
  switch (phase) {
    case Phase::kIdle:
      expire_at(now + kIdleTime);
      break;
    case Phase::kHeader:
      expire_at(now + kHeaderTime);
      break;
    case Phase::kBody:
      expire_at(now + kBodyTime);
      break;
    case Phase::kHandling:
      expire_never();
      break;
    case Phase::kWriting:
      expire_at(now + kWriteTime);
      break;
  }
}

template <class Transport>
task<> Connection<Transport>::run() {
  transport_.prepare();
  for (bool go_on = true; go_on;) {
    const Got got = co_await read_request();
    if (got == Got::kRequest) {
      go_on = co_await serve();
      continue;
    }
    if (got == Got::kBadRequest) {
      const Request none{.request_id = next_request_id()};
      lingers_ = !timed_out_;
      co_await send(problem(parse_problem(), none.request_id), none, false);
    }
    go_on = false;
  }
  if (upgrade_ != nullptr) co_return;
  if (lingers_) co_await linger();
  transport_.close();
}

// Closing while the client still sends would reset the connection and take our answer with it: say
// that nothing more comes, and read what does for a while.
template <class Transport>
task<> Connection<Transport>::linger() {
  transport_.shutdown_send();
  phase_ = Phase::kBody;
  expire_at(std::chrono::steady_clock::now() + kLingerTime);
  std::size_t dropped = 0;
  timed_out_ = false;
  while (!timed_out_ && dropped < kLingerBytesMax) {
    const ReadOutcome read = co_await transport_.read(core_.read_buffer);
    if (read.error) break;
    dropped += read.bytes.size();
  }
}

template <class Transport>
std::size_t Connection<Transport>::feed(std::string_view bytes) {
  const std::size_t used = parser_->feed(bytes);
  if (parser_->is_header_done() && phase_ == Phase::kHeader) enter(Phase::kBody);
  return used;
}

template <class Transport>
auto Connection<Transport>::read_request() -> task<Got> {
  parser_.emplace(shared_.body_limit);
  enter(unread_.empty() ? Phase::kIdle : Phase::kHeader);
  if (!unread_.empty()) unread_.erase(0, feed(unread_));
  while (!parser_->is_complete()) {
    if (parser_->error()) co_return Got::kBadRequest;
    if (parser_->is_header_done() && parser_->expects_continue()) {
      const bool sent = co_await send_continue();
      if (!sent) co_return Got::kNothing;
    }
    if (!out_.empty()) {
      // What was gathered does not wait for a request that is only half here.
      const Phase phase = phase_;
      const bool sent = co_await flush({});
      if (!sent) co_return Got::kNothing;
      enter(phase);
    }
    if (phase_ == Phase::kIdle && shared_.draining) co_return Got::kNothing;
    const ReadOutcome read = co_await transport_.read(core_.read_buffer);
    if (timed_out_) co_return phase_ == Phase::kIdle ? Got::kNothing : Got::kBadRequest;
    if (read.error) co_return Got::kNothing;
    if (phase_ == Phase::kIdle) enter(Phase::kHeader);
    if (unread_.empty()) {
      unread_.assign(read.bytes.substr(feed(read.bytes)));
    } else {
      unread_.append(read.bytes);
      unread_.erase(0, feed(unread_));
    }
  }
  co_return Got::kRequest;
}

template <class Transport>
task<bool> Connection<Transport>::send_continue() {
  out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  parser_->answered_continue();
  const bool sent = co_await flush({});
  enter(Phase::kBody);
  co_return sent;
}

template <class Transport>
Error Connection<Transport>::parse_problem() const {
  using beast::http::error;
  if (timed_out_) return {.code = ErrorCode::kRequestTimeout};
  const beast::error_code& code = parser_->error();
  if (code == error::body_limit) return {.code = ErrorCode::kPayloadTooLarge};
  if (code == error::header_limit) return {.code = ErrorCode::kHeadersTooLarge};
  if (parser_->target_is_too_long()) return {.code = ErrorCode::kUriTooLong};
  return {.code = ErrorCode::kMalformedRequest,
          .message = "The request is not valid HTTP: " + code.message()};
}

template <class Transport>
std::string Connection<Transport>::next_request_id() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::uint64_t number = core_.request_prefix + core_.request_count++;
  std::string id(16, '0');
  for (std::size_t i = 16; i-- > 0; number >>= 4) id[i] = kHex[number & 15];
  return id;
}

template <class Transport>
std::string_view Connection<Transport>::allowed_origin(const Request& request) const {
  const std::string_view origin = request.header(Header::kOrigin);
  for (const std::string& allowed : shared_.options.cors_origins) {
    if (allowed == origin) return allowed;
  }
  return {};
}

template <class Transport>
Response Connection<Transport>::preflight(const Request&) const {
  return {.status = 204,
          .headers = {{"Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"},
                      {"Access-Control-Allow-Headers",
                       "Authorization, Content-Type, Content-Encoding, If-None-Match"},
                      {"Access-Control-Max-Age", "600"}}};
}

template <class Transport>
Result<> Connection<Transport>::unpack_body() {
  const std::string_view encoding = parser_->header(Header::kContentEncoding);
  if (encoding.empty() || equals_ignoring_case(encoding, "identity")) return {};
  if (!equals_ignoring_case(encoding, "gzip")) {
    return fail(ErrorCode::kUnsupportedMedia, "Content-Encoding may be gzip or identity");
  }
  Result<std::string> unpacked = gunzip(parser_->body(), parser_->body_limit());
  if (!unpacked) return fail(std::move(unpacked).error());
  parser_->replace_body(std::move(*unpacked));
  return {};
}

// Handles the parsed request and sends its answer; false when the connection is to be closed.
template <class Transport>
task<bool> Connection<Transport>::serve() {
  enter(Phase::kHandling);
  shared_.requests.add();
  const Result<> unpacked = unpack_body();
  Request request = parser_->request();
  request.request_id = next_request_id();
  request.received_at = shared_.clock.now();
  const TrustedProxies& proxies = shared_.options.trusted_proxies;
  request.address = proxies.client_of(peer_, request.header(Header::kForwardedFor));
  request.is_secure = Transport::is_secure() ||
                      (proxies.trusts(peer_) && request.header(Header::kForwardedProto) == "https");
  const bool keep_alive = parser_->keep_alive() && !shared_.draining;
  const bool is_preflight = request.method == Method::kOptions && !allowed_origin(request).empty();
  Response response;
  if (!unpacked) {
    response = problem(unpacked.error(), request.request_id);
  } else if (is_preflight) {
    response = preflight(request);
  } else {
    response = co_await shared_.router.handle(request);
  }
  SocketAcceptor* const taker = response.upgrade;
  const bool go_on = keep_alive && !response.close && taker == nullptr;
  if (taker != nullptr) client_address_ = request.address;
  const bool sent = co_await send(std::move(response), request, go_on);
  if (sent) upgrade_ = taker;
  co_return sent&& go_on;
}

template <class Transport>
task<> Connection<Transport>::compress(Response& response) {
  Result<std::string> packed;
  if (response.body.size() <= kGzipOnCoreBytesMax) {
    packed = gzip(response.body);
  } else {
    packed = co_await shared_.compression.run([&body = response.body] { return gzip(body); });
  }
  // A full pool or no memory: sending it as it is costs bandwidth, not correctness.
  if (packed && !packed->empty()) response.body = std::move(*packed);
}

template <class Transport>
task<bool> Connection<Transport>::send(Response response, const Request& request, bool keep_alive) {
  const bool may_vary =
      response.bytes().size() >= kGzipBytesMin &&
      (response.content_type == kJson || response.content_type.starts_with("text/"));
  bool is_gzip = may_vary && list_accepts(request.header(Header::kAcceptEncoding), "gzip");
  if (response.shared) {
    is_gzip = is_gzip && !response.shared->gzip.empty();
  } else if (is_gzip) {
    const std::size_t plain_size = response.body.size();
    co_await compress(response);
    is_gzip = response.body.size() < plain_size;
  }
  const std::string_view body =
      response.shared && is_gzip ? std::string_view(response.shared->gzip) : response.bytes();
  append_head(out_, response,
              {.request_id = request.request_id,
               .body_bytes = body.size(),
               .is_gzip = is_gzip,
               .may_vary = may_vary,
               .keep_alive = keep_alive,
               .allowed_origin = allowed_origin(request)});
  const bool has_body =
      request.method != Method::kHead && response.status != 204 && response.status != 304;
  const std::string_view sent_body = has_body ? body : std::string_view();
  // With more requests at hand, answers are gathered and go out together.
  if (keep_alive && !unread_.empty() && out_.size() + sent_body.size() < kPipelineBytesMax) {
    out_ += sent_body;
    co_return true;
  }
  co_return co_await flush(sent_body);
}

template <class Transport>
task<bool> Connection<Transport>::flush(std::string_view body) {
  enter(Phase::kWriting);
  shared_.bytes_out.add(out_.size() + body.size());
  const ErrorCodeAsio error = co_await transport_.write(
      {asio::buffer(out_.data(), out_.size()), asio::buffer(body.data(), body.size())});
  out_.clear();
  if (out_.capacity() > kKeptBufferBytes) out_.shrink_to_fit();
  co_return !error;
}

}  // namespace ruck::http::session
