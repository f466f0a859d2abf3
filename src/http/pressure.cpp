#include "http/pressure.hpp"

#include "base/sabotage.hpp"
#include "http/limits.hpp"
#include "telemetry/log.hpp"

#include <algorithm>

namespace ruck::http {
namespace {
using Steady = std::chrono::steady_clock;

std::int64_t now_ns() { return Steady::now().time_since_epoch().count(); }
}  // namespace

struct Pressure::Beat {
  std::atomic<std::int64_t> due_ns{0};   // of the next beat; 0: not begun
  std::atomic<std::int64_t> late_ns{0};  // how late the last one was
  std::unique_ptr<runtime::Periodic> periodic;

  [[nodiscard]] std::int64_t lag_ns() const {
    const std::int64_t due = due_ns.load(std::memory_order_relaxed);
    if (due == 0) return 0;
    return std::max({late_ns.load(std::memory_order_relaxed), now_ns() - due, std::int64_t{0}});
  }
  task<> run() {
    beat();
    co_return;
  }
  void beat() {
    const std::int64_t now = now_ns();
    const std::int64_t due = due_ns.load(std::memory_order_relaxed);
    late_ns.store(due == 0 ? 0 : std::max<std::int64_t>(0, now - due), std::memory_order_relaxed);
    due_ns.store(now + std::chrono::nanoseconds(kBeat).count(), std::memory_order_relaxed);
  }
};

Pressure::Pressure(telemetry::Metrics& metrics)
    : refused_reads_(metrics.counter("ruck_http_shed_total",
                                     "Requests refused because a core was too late",
                                     {{"kind", "read"}})),
      refused_writes_(metrics.counter("ruck_http_shed_total", "", {{"kind", "write"}})),
      metrics_(metrics) {}

Pressure::~Pressure() = default;

void Pressure::start(runtime::Cores& cores) {
  for (std::size_t i = 0; i < cores.size(); ++i) beats_.push_back(std::make_unique<Beat>());
  for (std::size_t i = 0; i < cores.size(); ++i) {
    Beat& beat = *beats_[i];
    beat.periodic = std::make_unique<runtime::Periodic>(
        "beat", cores.at(i), kBeat, [&beat] { return beat.run(); },
        [](std::string_view name, const std::exception_ptr& failure) {
          telemetry::log_exception("http.beat_failed", name, failure);
        });
  }
  metrics_.gauge_callback("ruck_core_lag_seconds", "How late the latest core is", [this] {
    std::int64_t latest = 0;
    for (const auto& beat : beats_) latest = std::max(latest, beat->lag_ns());
    return static_cast<double>(latest) / 1e9;
  });
}

void Pressure::stop() {
  for (const auto& beat : beats_) beat->periodic.reset();
}

std::chrono::nanoseconds Pressure::lag() const {
  const runtime::Core* core = runtime::Core::current();
  if (core == nullptr || core->index() >= beats_.size()) return {};
  return std::chrono::nanoseconds(beats_[core->index()]->lag_ns());
}

bool Pressure::refuses(Importance importance) {
  if (importance == Importance::kVital || sabotage::breaks(sabotage::Promise::kShed)) return false;
  const std::chrono::nanoseconds late = lag();
  if (late < (importance == Importance::kRead ? kReadLagMax : kWriteLagMax)) return false;
  (importance == Importance::kRead ? refused_reads_ : refused_writes_).add();
  return true;
}

}  // namespace ruck::http
