#pragma once
// One client's connection, from accept to close. Lives in the frame of its coroutine, on one core.
#include "base/text.hpp"
#include "http/body.hpp"
#include "http/compress.hpp"
#include "http/problem.hpp"
#include "http/response_head.hpp"
#include "http/server.hpp"
#include "http/session/places.hpp"
#include "http/session/request_parser.hpp"
#include "http/session/transport.hpp"
#include "http/session/watch.hpp"
#include "http/unpack.hpp"
#include "runtime/context.hpp"
#include "telemetry/metrics.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
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
  BodyBudget bodies;
  Places places;
  std::atomic<bool> draining{false};
  std::atomic<std::size_t> open{0};
  telemetry::Counter& requests;
  telemetry::Counter& timeouts;
  telemetry::Counter& bytes_out;
  telemetry::Counter& bytes_unpacked;
};

// What the connections of one core share.
struct PerCore {
  Watch watch;
  std::array<char, 64 * 1024> read_buffer;  // between a read and the next co_await
  std::uint64_t request_prefix = 0;         // random; makes request ids unique across restarts
  std::uint64_t request_count = 0;
};

// Who it is that connects, and what it holds for that.
struct Guest {
  std::string peer;
  Place place;
};

template <class Transport>
class Connection final : public Watched, private BodySource {
 public:
  Connection(Transport transport, Guest guest, Shared& shared, PerCore& core)
      : transport_(std::move(transport)), guest_(std::move(guest)), shared_(shared), core_(core) {
    core_.watch.add(*this);
  }
  ~Connection() override { core_.watch.remove(*this); }

  task<> run();

  // After run(): who takes the connection over, and what came behind the request.
  [[nodiscard]] SocketAcceptor* upgrade() const { return upgrade_; }
  [[nodiscard]] Transport& transport() { return transport_; }
  [[nodiscard]] std::string& unread() { return unread_; }
  [[nodiscard]] const std::string& client_address() const { return client_.address; }
  [[nodiscard]] Place& place() { return guest_.place; }

  void on_deadline() override {
    timed_out_ = true;
    shared_.timeouts.add();
    transport_.cancel();
  }
  void on_drain() override {
    if (is_quiet() || phase_ == Phase::kHandshake) transport_.cancel();
  }
  // Whatever it waits for of its client fails now and from now on.
  void on_cut() override { transport_.close(); }

 private:
  enum class Phase : std::uint8_t {
    kHandshake,
    kFirst,  // no byte of a request so far
    kIdle,   // between two requests
    kHeader,
    kBody,
    kHandling,
    kWriting,
  };
  enum class Got : std::uint8_t { kHead, kNothing, kBadHead };

  void enter(Phase phase);
  [[nodiscard]] bool is_quiet() const { return phase_ == Phase::kFirst || phase_ == Phase::kIdle; }
  task<bool> open();
  task<Got> read_head();
  void take(std::string_view bytes);
  task<Result<>> read_more();
  task<Result<std::string>> read() override;
  task<Result<>> read_whole();
  struct Gathered {
    std::string bytes;
    BodyCharge charge;
  };
  task<Result<Gathered>> gather(BodySource& source);
  task<> linger();
  task<bool> serve();
  [[nodiscard]] Request describe();
  task<bool> refuse(Response response, const Request& request);
  task<Response> answer(Request& request, Admission admission);
  task<Response> answer_packed(Request& request, Admission admission);
  task<Response> handle(Request& request, Admission admission);
  [[nodiscard]] static Response body_problem(Error error, const Route& route, const Request& r);
  [[nodiscard]] std::string next_request_id();
  [[nodiscard]] Response preflight() const;
  [[nodiscard]] std::string_view allowed_origin(const Request& request) const;
  [[nodiscard]] bool keep_alive() const { return parser_->keep_alive() && !shared_.draining; }
  task<bool> send(Response response, const Request& request, bool keep_alive);
  task<> compress(Response& response);
  task<bool> flush(std::string_view body);

  Transport transport_;
  Guest guest_;
  Shared& shared_;
  PerCore& core_;
  std::optional<RequestParser> parser_;
  std::string unread_;  // what has come and is not parsed: of this request or the next
  std::string out_;     // gathered answers
  ClientAddress client_;
  SocketAcceptor* upgrade_ = nullptr;
  SteadyTime body_until_;  // when all of the body has to be there
  Phase phase_ = Phase::kHandshake;
  bool has_asked_ = false;
  bool timed_out_ = false;
  bool is_gone_ = false;  // the client: nobody reads an answer
  bool lingers_ = false;  // the request was refused before all of it was read
};

template <class Transport>
void Connection<Transport>::enter(Phase phase) {
  phase_ = phase;
  const SteadyTime now = std::chrono::steady_clock::now();
  switch (phase) {
    case Phase::kHandshake:
      expire_at(now + kHandshakeTime);
      break;
    case Phase::kIdle:
      expire_at(now + kIdleTime);
      break;
    case Phase::kFirst:
    case Phase::kHeader:
      expire_at(now + kHeaderTime);
      break;
    case Phase::kBody:
      expire_at(std::min(now + kBodyTime, body_until_));
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
  for (bool go_on = co_await open(); go_on;) {
    const Got got = co_await read_head();
    if (got == Got::kHead) {
      go_on = co_await serve();
      continue;
    }
    if (got == Got::kBadHead) {
      const Request none{.request_id = next_request_id()};
      const Error error =
          timed_out_ ? Error{.code = ErrorCode::kRequestTimeout} : parser_->problem();
      lingers_ = !timed_out_;
      co_await send(problem(error, none.request_id), none, false);
    }
    go_on = false;
  }
  if (upgrade_ != nullptr) co_return;
  if (lingers_) co_await linger();
  transport_.close();
}

template <class Transport>
task<bool> Connection<Transport>::open() {
  enter(Phase::kHandshake);
  const ErrorCodeAsio error = co_await transport_.open();
  co_return !error && !timed_out_;
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
void Connection<Transport>::take(std::string_view bytes) {
  if (unread_.empty()) {
    unread_.assign(bytes.substr(parser_->feed(bytes)));
    return;
  }
  unread_.append(bytes);
  unread_.erase(0, parser_->feed(unread_));
}

template <class Transport>
auto Connection<Transport>::read_head() -> task<Got> {
  parser_.emplace(shared_.bodies);
  enter(has_asked_ ? Phase::kIdle : Phase::kFirst);
  if (!unread_.empty()) {
    enter(Phase::kHeader);
    unread_.erase(0, parser_->feed(unread_));
  }
  while (!parser_->is_head_done() && !parser_->has_failed()) {
    // Answers that were gathered do not wait for the rest of the next request.
    const Phase phase = phase_;
    if (!out_.empty() && !co_await flush({})) co_return Got::kNothing;
    if (phase_ != phase) enter(phase);
    if (is_quiet() && shared_.draining) co_return Got::kNothing;
    const ReadOutcome read = co_await transport_.read(core_.read_buffer);
    if (timed_out_) co_return is_quiet() ? Got::kNothing : Got::kBadHead;
    if (read.error) co_return Got::kNothing;
    if (phase_ == Phase::kIdle) enter(Phase::kHeader);
    phase_ = Phase::kHeader;  // of the first request, too: its time began with the connection
    take(read.bytes);
  }
  if (parser_->has_failed()) co_return Got::kBadHead;
  has_asked_ = true;
  guest_.place.heard();
  co_return Got::kHead;
}

// Parses what is there, or else reads once. An error is one for the client, if it is still there.
template <class Transport>
task<Result<>> Connection<Transport>::read_more() {
  const std::size_t waiting = unread_.size();
  if (waiting > 0) unread_.erase(0, parser_->feed(unread_));
  if (unread_.size() == waiting && !parser_->has_failed()) {
    if (parser_->expects_continue()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    parser_->answered_continue();
    is_gone_ = !out_.empty() && !co_await flush({});
    if (is_gone_) co_return fail(ErrorCode::kMalformedRequest);
    enter(Phase::kBody);
    const ReadOutcome read = co_await transport_.read(core_.read_buffer);
    enter(Phase::kHandling);
    if (timed_out_) co_return fail(ErrorCode::kRequestTimeout);
    is_gone_ = static_cast<bool>(read.error);
    if (is_gone_) co_return fail(ErrorCode::kMalformedRequest);
    take(read.bytes);
  }
  if (parser_->has_failed()) co_return fail(parser_->problem());
  co_return Result<>();
}

template <class Transport>
task<Result<std::string>> Connection<Transport>::read() {
  for (;;) {
    std::string piece = parser_->take_piece();
    if (!piece.empty() || parser_->is_complete()) co_return piece;
    runtime::ContextPtr context = runtime::set_context_aside();
    const Result<> more = co_await read_more();
    runtime::take_context_up(runtime::renewed(context));
    if (!more) co_return fail(more.error());
  }
}

template <class Transport>
task<Result<>> Connection<Transport>::read_whole() {
  while (!parser_->is_complete()) {
    const Result<> more = co_await read_more();
    if (!more) co_return fail(more.error());
  }
  co_return Result<>();
}

template <class Transport>
auto Connection<Transport>::gather(BodySource& source) -> task<Result<Gathered>> {
  Gathered all{.bytes = {}, .charge = BodyCharge(shared_.bodies)};
  for (;;) {
    const Result<std::string> piece = co_await source.read();
    if (!piece) co_return fail(piece.error());
    if (piece->empty()) co_return all;
    if (!all.charge.cover(all.bytes.size() + piece->size())) co_return fail(too_many_bodies());
    all.bytes += *piece;
  }
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
Response Connection<Transport>::preflight() const {
  return {.status = 204,
          .headers = {{"Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"},
                      {"Access-Control-Allow-Headers",
                       "Authorization, Content-Type, Content-Encoding, If-None-Match"},
                      {"Access-Control-Max-Age", "600"}}};
}

template <class Transport>
Request Connection<Transport>::describe() {
  Request request = parser_->head();
  request.request_id = next_request_id();
  request.received_at = shared_.clock.now();
  client_ = shared_.options.trusted_proxies.client_of(
      guest_.peer, {.forwarded_for = request.header(Header::kForwardedFor),
                    .forwarded = request.header(Header::kForwarded),
                    .forwarded_proto = request.header(Header::kForwardedProto)});
  request.address = client_.address;
  request.is_secure = Transport::is_secure() || client_.is_secure;
  return request;
}

// Answers the request whose head has come; false when the connection is to be closed.
template <class Transport>
task<bool> Connection<Transport>::serve() {
  enter(Phase::kHandling);
  shared_.requests.add();
  Request request = describe();
  body_until_ = std::chrono::steady_clock::now() + kBodyTime;
  const bool is_preflight = request.method == Method::kOptions && !allowed_origin(request).empty();
  if (is_preflight) co_return co_await refuse(preflight(), request);
  Admission admission = shared_.router.admit(request);
  if (!admission.refusal && admission.must_ask_rate) {
    co_await shared_.router.confirm(request, admission);
  }
  if (admission.refusal) co_return co_await refuse(std::move(*admission.refusal), request);
  Response response = co_await answer(request, std::move(admission));
  if (is_gone_) co_return false;
  SocketAcceptor* const taker = response.upgrade;
  const bool is_whole = parser_->is_complete();
  const bool go_on = keep_alive() && is_whole && !response.close && taker == nullptr;
  parser_->release_body();
  const bool sent = co_await send(std::move(response), request, go_on);
  if (sent) upgrade_ = taker;
  lingers_ = !is_whole && !timed_out_;
  co_return sent&& go_on;
}

// An answer that needs nothing of the body. A small one is dropped as it comes; behind a large one,
// or one that may never come, the connection is closed.
template <class Transport>
task<bool> Connection<Transport>::refuse(Response response, const Request& request) {
  const bool is_small =
      !request.has_body || (request.body_length && *request.body_length <= kDroppedBytesMax);
  const bool stays = is_small && keep_alive() && !parser_->expects_continue();
  if (request.has_body) parser_->drop_body(kDroppedBytesMax);
  const bool sent = co_await send(std::move(response), request, stays);
  lingers_ = request.has_body && !stays;
  if (!sent || !stays) co_return false;
  while (!parser_->is_complete()) {
    if (!co_await read_more()) co_return false;
  }
  co_return true;
}

template <class Transport>
task<Response> Connection<Transport>::answer(Request& request, Admission admission) {
  const bool is_packed = equals_ignoring_case(request.header(Header::kContentEncoding), "gzip");
  const bool streams = admission.route->options.streams;
  if (request.has_body) {
    parser_->accept_body(admission.body_bytes_max, is_packed || streams
                                                       ? RequestParser::Keep::kPieces
                                                       : RequestParser::Keep::kWhole);
  }
  if (streams) body_until_ += kStreamTime - kBodyTime;
  if (is_packed && request.has_body) {
    co_return co_await answer_packed(request, std::move(admission));
  }
  request.source = this;
  if (!streams) {
    if (!unread_.empty()) unread_.erase(0, parser_->feed(unread_));
    // Most bodies have come together with their heads.
    const Result<> whole = parser_->is_complete() ? Result<>() : co_await read_whole();
    if (!whole) co_return body_problem(whole.error(), *admission.route, request);
    request.body = parser_->padded_body();
  }
  co_return co_await handle(request, std::move(admission));
}

template <class Transport>
task<Response> Connection<Transport>::answer_packed(Request& request, Admission admission) {
  UnpackingSource unpacking(*this, admission.body_bytes_max, shared_.compression,
                            shared_.bytes_unpacked);
  request.source = &unpacking;
  if (admission.route->options.streams) co_return co_await handle(request, std::move(admission));
  Result<Gathered> gathered = co_await gather(unpacking);
  if (!gathered) co_return body_problem(gathered.error(), *admission.route, request);
  const std::size_t size = gathered->bytes.size();
  gathered->bytes.append(json::kPadding, '\0');
  request.body = std::string_view(gathered->bytes).substr(0, size);
  co_return co_await handle(request, std::move(admission));
}

template <class Transport>
task<Response> Connection<Transport>::handle(Request& request, Admission admission) {
  request.budget = &shared_.bodies;
  request.received_at = shared_.clock.now();
  return shared_.router.handle(request, std::move(admission));
}

// Where a 4xx would lose the data, a body that came too slowly is to be sent again.
template <class Transport>
Response Connection<Transport>::body_problem(Error error, const Route& route, const Request& r) {
  if (route.options.keeps_data && error.code == ErrorCode::kRequestTimeout) {
    error = {.code = ErrorCode::kRetryLater, .retry_after_s = kRetryAfterOverloadSeconds};
  }
  return problem(error, r.request_id);
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
               .is_secure = request.is_secure,
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
