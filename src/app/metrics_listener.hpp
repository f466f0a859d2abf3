#pragma once
// The listener for operators, on an address of its own: GET /metrics and nothing else. What it
// measures of itself is kept apart, so that scrapes do not count as requests.
#include "app/system.hpp"
#include "http/server.hpp"
#include "runtime/config.hpp"

#include <memory>

namespace ruck::app {

class MetricsListener {
 public:
  struct Dependencies {
    System& system;
    runtime::Cores& cores;
    runtime::BlockingPool& compression;
    const Clock& clock;
  };
  MetricsListener(const runtime::ListenAddress& address, Dependencies dependencies);

  [[nodiscard]] Result<> listen() { return server_.listen(); }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  void start() { server_.start(); }
  // A scrape under way may end in that time; then its sockets are closed.
  void stop(std::chrono::milliseconds at_most) {
    static_cast<void>(server_.drain(at_most));
    server_.stop();
  }

 private:
  telemetry::Metrics own_metrics_;
  http::Router router_;
  http::Server server_;
};

}  // namespace ruck::app
