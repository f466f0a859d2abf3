#include "http/server.hpp"

#include "base/random.hpp"
#include "http/session/connection.hpp"
#include "http/session/socket_session.hpp"
#include "http/session/tls.hpp"
#include "runtime/sleep.hpp"
#include "telemetry/log.hpp"

#include <boost/asio/post.hpp>

#include <new>

namespace ruck::http {
namespace {
using session::Connection;
using session::ErrorCodeAsio;
using session::PerCore;
using session::PlainTransport;
using session::Shared;
using session::TcpSocket;
using session::TlsCertificate;
using session::TlsTransport;
namespace asio = boost::asio;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor>;
using runtime::Timer;

constexpr int kBacklog = 4096;  // connections the kernel may hold while all cores are busy
constexpr auto kDrainTick = std::chrono::milliseconds(20);     // while connections are being closed
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // when descriptors have run out

void log_failure(std::string_view group, const std::exception_ptr& failure) {
  telemetry::log_exception("http.connection_failed", group, failure);
}
}  // namespace

struct Server::State {
  State(ServerOptions o, Dependencies d)
      : options(std::move(o)),
        deps(d),
        shared{.options = options,
               .router = d.router,
               .compression = d.compression,
               .clock = d.clock,
               .bodies = BodyBudget(options.body_bytes_max, d.metrics),
               .places = session::Places(options.limits_addresses
                                             ? session::Places::limits_for(options.connections_max)
                                             : session::Places::Limits{},
                                         options.trusted_proxies, d.metrics),
               .requests = d.metrics.counter("ruck_http_requests_total", "Requests received"),
               .timeouts = d.metrics.counter("ruck_http_timeouts_total",
                                             "Connections cut off because they were too slow"),
               .bytes_out = d.metrics.counter("ruck_http_sent_bytes_total", "Bytes of responses"),
               .bytes_unpacked = d.metrics.counter("ruck_http_unpacked_bytes_total",
                                                   "Bytes that packed bodies were unpacked to")},
        sockets{.connections = shared.open,
                .received = d.metrics.counter("ruck_socket_received_total", "Messages received"),
                .sent = d.metrics.counter("ruck_socket_sent_total", "Frames sent or queued"),
                .coalesced = d.metrics.counter("ruck_socket_coalesced_total",
                                               "Frames that took the place of a queued one"),
                .slow = d.metrics.counter("ruck_socket_slow_total",
                                          "WebSockets closed because their reader was too slow"),
                .timeouts =
                    d.metrics.counter("ruck_socket_timeouts_total", "WebSockets that fell silent")},
        acceptor(d.cores.at(0).io()) {
    for (std::size_t i = 0; i < d.cores.size(); ++i) {
      per_core.push_back(std::make_unique<PerCore>());
      per_core.back()->request_prefix = random_u64();
      tick_timers.push_back(std::make_unique<Timer>(d.cores.at(i).io()));
    }
    d.metrics.gauge_callback("ruck_http_connections", "Open connections",
                             [this] { return static_cast<double>(shared.open.load()); });
    d.metrics.gauge_callback("ruck_sockets", "Open WebSockets",
                             [this] { return static_cast<double>(sockets.open.load()); });
  }

  void begin_drain();
  task<> accept_loop();
  bool begin(std::size_t core, TcpSocket socket, session::Guest guest);
  task<> tick_loop(std::size_t core);
  task<> serve(std::size_t core, TcpSocket socket, session::Guest guest);
  template <class Transport>
  void become_socket(std::size_t core, Connection<Transport>& connection,
                     std::unique_ptr<session::SocketWire> wire);

  const ServerOptions options;
  const Dependencies deps;
  std::unique_ptr<TlsCertificate> certificate;  // null: plain HTTP
  Shared shared;
  session::SocketShared sockets;
  std::vector<std::unique_ptr<PerCore>> per_core;
  std::vector<std::unique_ptr<Timer>> tick_timers;
  Acceptor acceptor;
  std::size_t next_core = 0;
  bool is_started = false;
  runtime::Gate posts;  // what was posted to a core
  runtime::TaskGroup accepting{"http-accept", log_failure};
  runtime::TaskGroup ticking{"http-ticks", log_failure};
  runtime::TaskGroup connections{"http", log_failure};
};

Server::Server(ServerOptions options, Dependencies dependencies)
    : state_(std::make_unique<State>(std::move(options), dependencies)) {
  const ServerOptions& o = state_->options;
  if (!o.tls_certificate.empty()) {
    state_->certificate = std::make_unique<TlsCertificate>(o.tls_certificate, o.tls_key);
  }
}

Server::~Server() { stop(); }

Result<> Server::load_certificate() {
  return state_->certificate ? state_->certificate->load() : Result<>();
}

Result<> Server::listen() {
  if (Result<> loaded = load_certificate(); !loaded) return loaded;
  ErrorCodeAsio error;
  const auto address = asio::ip::make_address(state_->options.address, error);
  if (error) {
    return fail(ErrorCode::kInvalidInput, state_->options.address + " is not an IP address");
  }
  const asio::ip::tcp::endpoint endpoint(address, state_->options.port);
  state_->acceptor.open(endpoint.protocol(), error);
  if (!error) state_->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) state_->acceptor.bind(endpoint, error);
  if (!error) state_->acceptor.listen(kBacklog, error);
  if (!error) return {};
  return fail(ErrorCode::kUnavailable, "cannot listen on " + state_->options.address + ":" +
                                           std::to_string(state_->options.port) + ": " +
                                           error.message());
}

std::uint16_t Server::port() const { return state_->acceptor.local_endpoint().port(); }

void Server::start() {
  state_->is_started = true;
  state_->accepting.spawn(state_->deps.cores.at(0), state_->accept_loop());
  for (std::size_t i = 0; i < state_->deps.cores.size(); ++i) {
    state_->ticking.spawn(state_->deps.cores.at(i), state_->tick_loop(i));
  }
}

// Connections are dealt to the cores in turn; each stays where it was put.
task<> Server::State::accept_loop() {
  while (!accepting.is_cancelled()) {
    const std::size_t core = next_core++ % per_core.size();
    TcpSocket socket(deps.cores.at(core).io());
    auto [error] = co_await acceptor.async_accept(socket, asio::as_tuple(asio::deferred));
    if (error == asio::error::operation_aborted || accepting.is_cancelled()) co_return;
    ErrorCodeAsio gone;
    const auto endpoint = socket.remote_endpoint(gone);
    if (!error && gone) continue;  // the client has closed already
    std::string peer = error ? std::string() : canonical_address(endpoint.address().to_string());
    auto place = error ? std::nullopt : shared.places.take(peer);
    // Closed at once: an address that has its share must not hold up the others in the backlog.
    if (!error && !place) continue;
    const bool is_full = shared.open.load() >= options.connections_max;
    if (error || is_full) {
      // Out of descriptors, or at our own bound: what waits in the backlog is taken a little later.
      co_await runtime::sleep_for(kAcceptPause);
      continue;
    }
    session::Guest guest{.peer = std::move(peer), .place = std::move(*place)};
    if (!begin(core, std::move(socket), std::move(guest))) {
      co_await runtime::sleep_for(kAcceptPause);
    }
  }
}

// False when there is no memory for one more.
bool Server::State::begin(std::size_t core, TcpSocket socket, session::Guest guest) {
  shared.open.fetch_add(1);
  try {
    connections.spawn(deps.cores.at(core), serve(core, std::move(socket), std::move(guest)));
    return true;
  } catch (const std::bad_alloc&) {
    shared.open.fetch_sub(1);
    return false;
  }
}

task<> Server::State::serve(std::size_t core, TcpSocket socket, session::Guest guest) {
  struct Leave {
    std::atomic<std::size_t>& open;
    ~Leave() { open.fetch_sub(1); }
  };
  const Leave leave{shared.open};
  if (certificate) {
    Connection<TlsTransport> secure(TlsTransport(std::move(socket), certificate->context()),
                                    std::move(guest), shared, *per_core[core]);
    co_await secure.run();
    if (secure.upgrade() == nullptr) co_return;
    become_socket(core, secure, std::make_unique<session::TlsWire>(secure.transport().release()));
    co_return;
  }
  Connection<PlainTransport> plain(PlainTransport(std::move(socket)), std::move(guest), shared,
                                   *per_core[core]);
  co_await plain.run();
  if (plain.upgrade() == nullptr) co_return;
  become_socket(core, plain, std::make_unique<session::PlainWire>(plain.transport().release()));
}

// The new session is held by what it waits for.
template <class Transport>
void Server::State::become_socket(std::size_t core, Connection<Transport>& connection,
                                  std::unique_ptr<session::SocketWire> wire) {
  std::make_shared<session::SocketSession>(std::move(wire), std::move(connection.place()), sockets,
                                           per_core[core]->watch, per_core[core]->read_buffer)
      ->start(*connection.upgrade(), connection.client_address(), std::move(connection.unread()));
}

task<> Server::State::tick_loop(std::size_t core) {
  Timer& timer = *tick_timers[core];
  while (!ticking.is_cancelled()) {
    timer.expires_after(shared.draining ? kDrainTick : std::chrono::milliseconds(kWatchEvery));
    co_await timer.async_wait(asio::as_tuple(asio::deferred));
    per_core[core]->watch.tick(std::chrono::steady_clock::now());
    if (shared.draining) per_core[core]->watch.drain();
  }
}

// No more connections; what is idle goes, the rest after the request that is under way.
void Server::State::begin_drain() {
  shared.draining = true;
  accepting.cancel();
  accepting.join();       // so that no connection can begin from here on
  ErrorCodeAsio ignored;  // closing a listener cannot fail in a way that matters now
  acceptor.close(ignored);
  for (std::size_t i = 0; i < per_core.size(); ++i) {
    asio::post(deps.cores.at(i).io(), [this, i, pass = posts.enter()] {
      per_core[i]->watch.drain();
      tick_timers[i]->cancel();  // ticks come faster from now on
    });
  }
}

bool Server::drain(std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  if (!state_->shared.draining) state_->begin_drain();
  return state_->connections.join_until(deadline) && state_->sockets.gate.wait_until(deadline);
}

void Server::stop() {
  if (!state_->is_started) return;
  drain(std::chrono::milliseconds(0));
  for (std::size_t i = 0; i < state_->per_core.size(); ++i) {
    asio::post(state_->deps.cores.at(i).io(),
               [state = state_.get(), i, pass = state_->posts.enter()] {
                 state->per_core[i]->watch.cut();
               });
  }
  state_->connections.cancel();
  state_->connections.join();
  state_->sockets.gate.wait();
  state_->ticking.cancel();
  state_->ticking.join();
  state_->posts.wait();
  state_->is_started = false;
}

std::size_t Server::open_connections() const { return state_->shared.open.load(); }

}  // namespace ruck::http
