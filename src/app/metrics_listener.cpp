#include "app/metrics_listener.hpp"

#include "http/endpoint.hpp"

namespace ruck::app {
namespace {
constexpr std::size_t kConnectionsMax = 32;  // a few that scrape
}  // namespace

MetricsListener::MetricsListener(const runtime::ListenAddress& address, Dependencies d)
    : router_({.clock = d.clock,
               .metrics = own_metrics_,
               .authenticator = nullptr,
               .limiter = nullptr}),
      server_({.address = address.host,
               .port = address.port,
               .connections_max = kConnectionsMax,
               .cors_origins = {},
               .trusted_proxies = {},
               .tls_certificate = {},
               .tls_key = {}},
              {.router = router_,
               .cores = d.cores,
               .compression = d.compression,
               .metrics = own_metrics_,
               .clock = d.clock}) {
  http::get(router_, "/metrics", "system.metrics",
            {.summary = "Prometheus metrics", .auth = http::Auth::kNone, .vital = true}, &d.system,
            &System::metrics);
}

}  // namespace ruck::app
