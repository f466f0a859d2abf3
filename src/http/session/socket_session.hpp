#pragma once
// One WebSocket on the server's side. No coroutine and no buffer while it is idle: it waits for the
// socket to become readable, reads into memory of its core, and keeps only what is incomplete.
//
// It lives as long as one of its waits is pending; finish() ends them all.
#include "http/limits.hpp"
#include "http/session/places.hpp"
#include "http/session/socket_wire.hpp"
#include "http/session/watch.hpp"
#include "http/socket.hpp"
#include "http/websocket.hpp"
#include "runtime/gate.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ruck::http::session {

// What the WebSockets of a server share.
struct SocketShared {
  std::atomic<std::size_t>& connections;  // of the server, these among them
  std::atomic<std::size_t> open{0};
  runtime::Gate gate;  // each is inside until it is gone
  telemetry::Counter& received;
  telemetry::Counter& sent;
  telemetry::Counter& coalesced;
  telemetry::Counter& slow;
  telemetry::Counter& timeouts;
};

class SocketSession final : public http::Socket,
                            public Watched,
                            public std::enable_shared_from_this<SocketSession> {
 public:
  SocketSession(std::unique_ptr<SocketWire> wire, Place place, SocketShared& shared, Watch& watch,
                std::span<char> read_buffer);
  ~SocketSession() override;

  // `early` came behind the request.
  void start(SocketAcceptor& acceptor, std::string_view address, std::string early);

  void send(Frame frame) override { enqueue(std::move(frame), 0); }
  void send_latest(std::uint64_t key, Frame frame) override { enqueue(std::move(frame), key); }
  void close(std::uint16_t code, std::string_view reason) override;
  void wake_at(Time time) override;
  [[nodiscard]] bool is_open() const override { return phase_ == Phase::kOpen; }

  void on_deadline() override;
  void on_drain() override;
  void on_cut() override { finish(); }

  // From the wire.
  void on_readable(ErrorCodeAsio error);
  void on_writable(const ErrorCodeAsio& error);

 private:
  enum class Phase : std::uint8_t {
    kOpen,
    kClosing,  // our close frame is sent or queued; reads go on until theirs comes
    kDone,
  };
  struct Waiting {
    Frame frame;
    std::uint64_t key = 0;
  };

  void wait_readable();
  void take(std::span<char> bytes);
  void on_message(Opcode opcode, std::string_view payload);
  void enqueue(Frame frame, std::uint64_t key);
  void push(Frame frame, std::uint64_t key);
  [[nodiscard]] bool replace(std::uint64_t key, const Frame& frame);
  void cut_off_slow();
  void flush();
  void drop_sent(std::size_t size);
  void after_close_sent();
  void set_deadline();
  void finish();

  runtime::Gate::Pass inside_;  // first: given back last
  std::unique_ptr<SocketWire> wire_;
  Place place_;  // the connection's, kept
  SocketShared& shared_;
  Watch& watch_;
  std::span<char> read_buffer_;  // of the core
  std::shared_ptr<SocketHandler> handler_;
  FrameReader reader_{FrameReader::Side::kServer, kSocketMessageBytesMax};
  std::vector<Waiting> queue_;
  std::uint32_t front_sent_ = 0;  // bytes of the first in the queue
  std::uint32_t queued_bytes_ = 0;
  SteadyTime heard_at_;
  SteadyTime stuck_since_ = SteadyTime::max();  // when the queue last moved, while there is one
  SteadyTime wake_at_ = SteadyTime::max();
  SteadyTime gone_at_ = SteadyTime::max();  // after a close
  Phase phase_ = Phase::kOpen;
  bool pinged_ = false;
  bool discards_input_ = false;  // what comes after a broken frame is read and dropped
  bool waits_writable_ = false;
};

}  // namespace ruck::http::session
