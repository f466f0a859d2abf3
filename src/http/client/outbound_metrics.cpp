#include "http/client/outbound_metrics.hpp"

#include "http/client/outbound_limits.hpp"

namespace ruck::http {
namespace {
constexpr std::string_view kOthers = "other";
constexpr std::array<std::string_view, kOutboundOutcomes> kOutcomeNames = {
    "2xx",          "3xx",           "4xx",    "5xx",     "invalid",   "forbidden", "overloaded",
    "circuit_open", "no_connection", "broken", "timeout", "too_large", "stopped"};

telemetry::Counter& counter_of(telemetry::Metrics& metrics, const std::string& host,
                               OutboundOutcome outcome) {
  const std::string_view name = kOutcomeNames.at(static_cast<std::size_t>(outcome));
  return metrics.counter("ruck_outbound_requests_total",
                         "Requests to others, by host and what became of them",
                         {{"host", host}, {"outcome", std::string(name)}});
}
}  // namespace

telemetry::Counter& OutboundMetrics::refused_at_once(telemetry::Metrics& metrics) {
  return counter_of(metrics, std::string(kOthers), OutboundOutcome::kOverloaded);
}

OutboundMetrics::OutboundMetrics(telemetry::Metrics& metrics)
    : metrics_(metrics), others_(make(std::string(kOthers))) {}

OutboundMetrics::Host& OutboundMetrics::of(std::string_view host, bool may_get_label) {
  const auto found = hosts_.find(host);
  if (found != hosts_.end()) return *found->second;
  if (!may_get_label || hosts_.size() >= kOutboundHostLabelsMax) return *others_;
  std::string name(host);
  std::unique_ptr<Host> made = make(name);
  return *hosts_.emplace(std::move(name), std::move(made)).first->second;
}

void OutboundMetrics::count(Host& host, OutboundOutcome outcome) {
  telemetry::Counter*& counter = host.outcomes.at(static_cast<std::size_t>(outcome));
  if (counter == nullptr) counter = &counter_of(metrics_, host.label, outcome);
  counter->add();
}

std::unique_ptr<OutboundMetrics::Host> OutboundMetrics::make(const std::string& label) {
  const telemetry::Labels labels = {{"host", label}};
  return std::make_unique<Host>(Host{
      .label = label,
      .under_way =
          metrics_.gauge("ruck_outbound_under_way", "Requests to others under way", labels),
      .circuits_open = metrics_.gauge("ruck_outbound_circuits_open",
                                      "Hosts that are spared because they failed", labels),
      .sent_again = metrics_.counter("ruck_outbound_sent_again_total",
                                     "Requests to others that were tried twice", labels),
      .connections =
          metrics_.counter("ruck_outbound_connections_total", "Connections made to others", labels),
      .seconds = metrics_.histogram("ruck_outbound_seconds",
                                    "Requests to others, from the call to the end", labels)});
}

}  // namespace ruck::http
