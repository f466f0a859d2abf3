#pragma once
// What requests to others are measured by: for each of the first hosts, and for the rest together.
// One thread's own.
#include "telemetry/metrics.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace ruck::http {

enum class OutboundOutcome : std::uint8_t {
  k2xx,
  k3xx,
  k4xx,
  k5xx,
  kInvalid,       // no request that can be sent
  kForbidden,     // an address that a person may not name
  kOverloaded,    // too many under way
  kCircuitOpen,   // the host is spared
  kNoConnection,  // nothing of the request was sent
  kBroken,        // the connection broke off, or the answer is not HTTP
  kTimeout,       // of the connection, of silence or of the whole
  kTooLarge,      // head or body of the reply
  kStopped,       // the server stops
};
inline constexpr std::size_t kOutboundOutcomes = 13;

class OutboundMetrics {
 public:
  // Of one host, or of all others.
  struct Host {
    std::string label;
    telemetry::Gauge& under_way;
    telemetry::Gauge& circuits_open;
    telemetry::Counter& sent_again;
    telemetry::Counter& connections;
    telemetry::Histogram& seconds;
    std::array<telemetry::Counter*, kOutboundOutcomes> outcomes{};
  };

  explicit OutboundMetrics(telemetry::Metrics& metrics);

  // The host's own where it has a label, or may get one and there is one left. A host that a
  // person named gets one when it has answered, or else anybody could use them all up.
  Host& of(std::string_view host, bool may_get_label);
  void count(Host& host, OutboundOutcome outcome);

  // For requests that are refused before the thread hears of them; may be added to by any.
  [[nodiscard]] static telemetry::Counter& refused_at_once(telemetry::Metrics& metrics);

  // Those that have a label, by their names.
  [[nodiscard]] const std::map<std::string, std::unique_ptr<Host>, std::less<>>& hosts() const {
    return hosts_;
  }
  [[nodiscard]] Host& others() { return *others_; }

 private:
  [[nodiscard]] std::unique_ptr<Host> make(const std::string& label);

  telemetry::Metrics& metrics_;
  std::map<std::string, std::unique_ptr<Host>, std::less<>> hosts_;
  std::unique_ptr<Host> others_;
};

}  // namespace ruck::http
