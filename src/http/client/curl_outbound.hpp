#pragma once
// Requests to others over libcurl: one thread with one multi handle, HTTP/2 where the other side
// speaks it over TLS, HTTP/1.1 otherwise, connections kept and shared.
//
// A caller's coroutine waits on its own core; its request and the promise of a reply are put into
// an inbox, and everything else (the handles, the circuits, what is under way) belongs to the
// thread alone. Each turn it takes the inbox, lets libcurl work, ends what is over its time, and
// delivers all replies with one post a core.
//
// An address that a person named is checked where a socket is made, for each address its name
// resolves to, and once more before a request is put on a connection that is there already: what a
// name resolved to before does not count.
#include "base/clock.hpp"
#include "base/thread_safety.hpp"
#include "http/client/outbound.hpp"
#include "http/client/outbound_limits.hpp"
#include "runtime/resumption.hpp"
#include "telemetry/metrics.hpp"

#include <memory>
#include <thread>
#include <vector>

namespace ruck::http {

class CurlOutbound final : public Outbound {
 public:
  struct Options {
    // Lets persons name any address, and http: for tests and closed networks.
    bool allow_private = false;
    // PEM file of authorities to believe instead of the system's.
    std::string ca_file = {};
    // "name:port:address[,address]", instead of asking for the name. For tests.
    std::vector<std::string> resolve = {};

    std::chrono::milliseconds connect_max = kOutboundConnectTime;
    std::chrono::seconds idle_max = kOutboundIdleTime;
    std::size_t under_way_max = kOutboundUnderWayMax;
    std::size_t under_way_per_host_max = kOutboundUnderWayPerHostMax;
    long connections_max = kOutboundConnectionsMax;
    long connections_per_host_max = kOutboundConnectionsPerHostMax;
    std::chrono::milliseconds circuit_open_for = kCircuitOpenTime;
  };

  // Both must outlive it.
  struct Dependencies {
    const Clock& clock;
    telemetry::Metrics& metrics;
  };

  CurlOutbound(Options options, Dependencies dependencies);
  // Stops, and waits for the thread. The cores of those who wait must still run.
  ~CurlOutbound() override;
  CurlOutbound(const CurlOutbound&) = delete;
  CurlOutbound& operator=(const CurlOutbound&) = delete;

  [[nodiscard]] task<Result<OutboundReply>> send(OutboundRequest request) override;

  // Refuses new requests, and ends those under way with kUnavailable. Does not wait for anything.
  // May be called from any thread, more than once.
  void stop();

 private:
  using Waiter = runtime::Promise<Result<OutboundReply>>;
  struct Arrival {
    OutboundRequest request;
    Waiter waiter;
    std::chrono::steady_clock::time_point at;
  };
  class Loop;  // what belongs to the thread

  void enqueue(Arrival arrival);
  [[nodiscard]] std::vector<Arrival> take_arrivals();
  [[nodiscard]] bool is_stopping() const;
  void ended(std::size_t count);

  const Options options_;
  telemetry::Counter& refused_at_once_;
  mutable Mutex mutex_;
  std::vector<Arrival> arrivals_ RUCK_GUARDED_BY(mutex_);
  std::size_t under_way_ RUCK_GUARDED_BY(mutex_) = 0;  // also in the inbox
  bool stopping_ RUCK_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace ruck::http
