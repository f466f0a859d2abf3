#pragma once
// Overload is a policy: when a core is so late that answers would be of no use, requests are
// refused with 503 and Retry-After before any work is done on them, reads long before writes. A
// phone keeps what it could not send and sends it again; a page that was refused shows what it has.
//
// How late a core is, is measured by a beat: a timer that is due every kBeat and comes when the
// work queued before it is done. Between beats the time since the one that is due counts.
#include "runtime/core.hpp"
#include "runtime/periodic.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace ruck::http {

enum class Importance : std::uint8_t {
  kRead,   // can be asked again
  kWrite,  // carries data
  kVital,  // tells operators and load balancers how things are: never refused
};

class Pressure {
 public:
  explicit Pressure(telemetry::Metrics& metrics);
  virtual ~Pressure();
  Pressure(const Pressure&) = delete;
  Pressure& operator=(const Pressure&) = delete;

  // The cores must run; stop() before they end.
  void start(runtime::Cores& cores);
  void stop();

  // Whether a request of that importance is to be refused now, on the calling core. Counts those it
  // refuses.
  [[nodiscard]] bool refuses(Importance importance);

 protected:
  // How late the calling core is.
  [[nodiscard]] virtual std::chrono::nanoseconds lag() const;

 private:
  struct Beat;
  std::vector<std::unique_ptr<Beat>> beats_;  // by core
  telemetry::Counter& refused_reads_;
  telemetry::Counter& refused_writes_;
  telemetry::Metrics& metrics_;
};

}  // namespace ruck::http
