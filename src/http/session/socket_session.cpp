#include "http/session/socket_session.hpp"

#include "base/bytes.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace ruck::http {

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return to_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace ruck::http

namespace ruck::http::session {
namespace {
constexpr std::size_t kGatherMax = 16;  // frames of one write

SteadyTime now() { return std::chrono::steady_clock::now(); }

Frame control_frame(Opcode opcode, std::string_view payload) {
  std::string bytes;
  append_frame(bytes, opcode, payload);
  return std::make_shared<const std::string>(std::move(bytes));
}

bool must_wait(const ErrorCodeAsio& error) {
  return error == asio::error::would_block || error == asio::error::try_again;
}
}  // namespace

SocketSession::SocketSession(std::unique_ptr<SocketWire> wire, Place place, SocketShared& shared,
                             Watch& watch, std::span<char> read_buffer)
    : inside_(shared.gate.enter()),
      wire_(std::move(wire)),
      place_(std::move(place)),
      shared_(shared),
      watch_(watch),
      read_buffer_(read_buffer),
      heard_at_(now()) {
  shared_.connections.fetch_add(1);
  shared_.open.fetch_add(1);
  ErrorCodeAsio ignored;  // a socket that is already dead shows it at the first read
  wire_->socket().set_option(asio::socket_base::send_buffer_size(kSocketKernelBytes), ignored);
  watch_.add(*this);
}

SocketSession::~SocketSession() {
  watch_.remove(*this);
  shared_.open.fetch_sub(1);
  shared_.connections.fetch_sub(1);
}

void SocketSession::start(SocketAcceptor& acceptor, std::string_view address, std::string early) {
  handler_ = acceptor.open(*this, address);
  set_deadline();
  wait_readable();
  if (!early.empty()) take(early);
}

void SocketSession::wait_readable() { wire_->wait_readable({*this, SocketReady::For::kRead}); }

void SocketSession::on_readable(ErrorCodeAsio error) {
  if (phase_ == Phase::kDone) return;
  std::size_t size = 0;
  if (!error) {
    size = wire_->read(read_buffer_, error);
  }
  if (error && !must_wait(error)) return finish();
  if (!error) take(read_buffer_.first(size));
  if (phase_ != Phase::kDone) wait_readable();
}

void SocketSession::take(std::span<char> bytes) {
  if (discards_input_) return;
  heard_at_ = now();
  pinged_ = false;
  const auto flaw = reader_.feed(
      bytes, [this](Opcode opcode, std::string_view payload) { on_message(opcode, payload); });
  if (!flaw) return;
  discards_input_ = true;
  close(*flaw, "");
}

void SocketSession::on_message(Opcode opcode, std::string_view payload) {
  if (phase_ == Phase::kDone) return;
  switch (opcode) {
    case Opcode::kText:
      shared_.received.add();
      if (phase_ == Phase::kOpen) handler_->on_text(payload);
      break;
    case Opcode::kPing:
      if (phase_ == Phase::kOpen) enqueue(control_frame(Opcode::kPong, payload), 0);
      break;
    case Opcode::kClose:
      if (phase_ == Phase::kClosing) return finish();
      close(close_code::kNormal, "");
      if (queue_.empty() && wire_->is_idle()) finish();
      break;
    case Opcode::kBinary:
      close(close_code::kUnsupported, "text only");
      break;
    case Opcode::kPong:
    case Opcode::kContinuation:
      break;
  }
}

void SocketSession::enqueue(Frame frame, std::uint64_t key) {
  if (phase_ != Phase::kOpen) return;
  shared_.sent.add();
  if (key != 0 && replace(key, frame)) return shared_.coalesced.add();
  if (queued_bytes_ + frame->size() > kSocketQueueBytesMax) return cut_off_slow();
  push(std::move(frame), key);
}

void SocketSession::push(Frame frame, std::uint64_t key) {
  queued_bytes_ += static_cast<std::uint32_t>(frame->size());
  queue_.push_back({.frame = std::move(frame), .key = key});
  if (queue_.size() == 1) stuck_since_ = now();
  if (!waits_writable_) flush();
}

bool SocketSession::replace(std::uint64_t key, const Frame& frame) {
  const std::size_t first = front_sent_ > 0 ? 1 : 0;  // a frame that has begun must end
  for (std::size_t i = first; i < queue_.size(); ++i) {
    if (queue_[i].key != key) continue;
    queued_bytes_ += static_cast<std::uint32_t>(frame->size());
    queued_bytes_ -= static_cast<std::uint32_t>(queue_[i].frame->size());
    queue_[i].frame = frame;
    return true;
  }
  return false;
}

// Never waits for a slow reader: what is queued is dropped, and they are told to come back.
void SocketSession::cut_off_slow() {
  shared_.slow.add();
  const std::size_t kept = front_sent_ > 0 ? 1 : 0;
  queue_.resize(kept);
  queued_bytes_ = kept > 0 ? static_cast<std::uint32_t>(queue_[0].frame->size()) : 0;
  close(close_code::kTryAgainLater, "reads too slowly");
}

void SocketSession::close(std::uint16_t code, std::string_view reason) {
  if (phase_ != Phase::kOpen) return;
  phase_ = Phase::kClosing;
  gone_at_ = now() + kSocketCloseTime;
  set_deadline();
  push(control_frame(Opcode::kClose, close_payload(code, reason)), 0);
}

void SocketSession::flush() {
  while (!queue_.empty()) {
    std::array<asio::const_buffer, kGatherMax> buffers;
    const std::size_t count = std::min(queue_.size(), kGatherMax);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t from = i == 0 ? front_sent_ : 0;
      buffers[i] = asio::buffer(queue_[i].frame->data() + from, queue_[i].frame->size() - from);
    }
    ErrorCodeAsio error;
    const std::size_t size = wire_->write(*this, std::span(buffers).first(count), error);
    if (error && !must_wait(error)) {
      // The wait for reading fails as well, and ends it: callers may be in the middle of a list.
      queue_.clear();
      phase_ = Phase::kClosing;
      ErrorCodeAsio ignored;
      wire_->socket().shutdown(TcpSocket::shutdown_both, ignored);
      return;
    }
    drop_sent(size);
    if (error) break;
  }
  if (queue_.empty()) {
    std::vector<Waiting>().swap(queue_);
    stuck_since_ = SteadyTime::max();
    if (phase_ != Phase::kClosing) return;
    if (wire_->is_idle()) return after_close_sent();
  }
  waits_writable_ = true;
  set_deadline();
  wire_->wait_writable({*this, SocketReady::For::kWrite});
}

void SocketSession::on_writable(const ErrorCodeAsio& error) {
  waits_writable_ = false;
  if (!error && phase_ != Phase::kDone) flush();
}

void SocketSession::drop_sent(std::size_t size) {
  if (size > 0) stuck_since_ = now();
  std::size_t whole = 0;
  front_sent_ += static_cast<std::uint32_t>(size);
  while (whole < queue_.size() && front_sent_ >= queue_[whole].frame->size()) {
    front_sent_ -= static_cast<std::uint32_t>(queue_[whole].frame->size());
    queued_bytes_ -= static_cast<std::uint32_t>(queue_[whole].frame->size());
    ++whole;
  }
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(whole));
}

void SocketSession::after_close_sent() {
  ErrorCodeAsio ignored;  // a dead socket shows it at the next read
  wire_->socket().shutdown(TcpSocket::shutdown_send, ignored);
}

void SocketSession::wake_at(Time time) {
  wake_at_ = time;
  set_deadline();
}

void SocketSession::set_deadline() {
  SteadyTime next = std::min(wake_at_, gone_at_);
  next = std::min(next, heard_at_ + (pinged_ ? kSocketIdleTime : kSocketPingAfter));
  if (!queue_.empty()) next = std::min(next, stuck_since_ + kSocketWriteTime);
  expire_at(next);
}

void SocketSession::on_deadline() {
  if (phase_ == Phase::kDone) return;
  const SteadyTime at = now();
  const bool is_stuck = !queue_.empty() && at >= stuck_since_ + kSocketWriteTime;
  if (at >= gone_at_ || is_stuck || at >= heard_at_ + kSocketIdleTime) {
    if (at < gone_at_) shared_.timeouts.add();
    return finish();
  }
  if (at >= wake_at_) {
    wake_at_ = SteadyTime::max();
    if (phase_ == Phase::kOpen) handler_->on_wake();
  }
  if (!pinged_ && at >= heard_at_ + kSocketPingAfter && phase_ == Phase::kOpen) {
    static const Frame ping = control_frame(Opcode::kPing, "");
    pinged_ = true;
    enqueue(ping, 0);
  }
  if (phase_ != Phase::kDone) set_deadline();
}

void SocketSession::on_drain() {
  if (phase_ == Phase::kOpen) handler_->on_drain();
  if (phase_ != Phase::kClosing) return;
  gone_at_ = std::min<SteadyTime>(gone_at_, now() + kSocketDrainTime);
  set_deadline();
}

void SocketSession::finish() {
  if (phase_ == Phase::kDone) return;
  phase_ = Phase::kDone;
  expire_never();
  std::vector<Waiting>().swap(queue_);
  queued_bytes_ = 0;
  ErrorCodeAsio ignored;           // nothing can be done about it
  wire_->socket().close(ignored);  // ends the waits, and with them this object
  const std::shared_ptr<SocketHandler> handler = std::move(handler_);
  if (handler) handler->on_gone();
}

}  // namespace ruck::http::session
