#pragma once
// The HTTP/1.1 server: one listener, connections spread over the cores.
//
// A connection reads a request, hands it to the router, writes the response, and goes on:
// keep-alive and pipelining as in RFC 9112. Slow clients are cut off by deadlines that one ticker a
// core looks at every second. On drain() no new connection is taken, requests under way are
// finished with `Connection: close`, and idle connections are closed; stop() closes what is left.
#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/address.hpp"
#include "http/limits.hpp"
#include "http/router.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/core.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ruck::http {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any free one
  std::size_t connections_max = kConnectionsMax;
  bool limits_addresses = true;  // how many of them one address may hold
  std::size_t body_bytes_max = static_cast<std::size_t>(kBodyMemoryMb) << 20;  // all under way
  std::vector<std::string> cors_origins;
  TrustedProxies trusted_proxies;
  std::string tls_certificate;  // PEM file with the chain; empty: plain HTTP
  std::string tls_key;          // PEM file
};

class Server {
 public:
  struct Dependencies {
    const Router& router;
    runtime::Cores& cores;
    runtime::BlockingPool& compression;
    telemetry::Metrics& metrics;
    const Clock& clock;
  };
  Server(ServerOptions options, Dependencies dependencies);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and listens; the error says what was wrong with the address or the port.
  [[nodiscard]] Result<> listen();
  // Reads the certificate's files again, for the connections to come. Nothing without TLS.
  [[nodiscard]] Result<> load_certificate();
  [[nodiscard]] std::uint16_t port() const;
  // Takes connections from now on. The cores must run.
  void start();
  // See above; returns when all connections are gone or the time is up. True: all are gone.
  bool drain(std::chrono::milliseconds at_most);
  // Closes every socket and returns when no coroutine of a connection is left: from then on nothing
  // uses the router or a service. What requests wait for must end by itself, and the cores must
  // still run.
  void stop();
  [[nodiscard]] std::size_t open_connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ruck::http
