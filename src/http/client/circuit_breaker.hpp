#pragma once
// Spares a host that fails, and those who wait for it. Failures of one moment are one, if the
// requests were under way together: a connection that breaks takes all on it along. After some
// failures in a row its circuit opens: nothing is sent to it for a while. Then one request is let
// through, the probe: if it works the circuit is closed, if it fails it is open again for as long.
//
// Only hosts with failures are remembered. Where there are too many of them, the one that was heard
// of longest ago is forgotten, which closes its circuit. One thread's own.
#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ruck::http {

class CircuitBreaker {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Options {
    int failures_max = 1;
    std::chrono::milliseconds open_for = std::chrono::milliseconds(1);
    // What was under way when a failure counted and fails so soon after it is the same failure.
    std::chrono::milliseconds moment = std::chrono::milliseconds(0);
    std::size_t hosts_max = 1;
  };
  enum class Entry : std::uint8_t { kYes, kProbe, kNo };

  explicit CircuitBreaker(Options options) : options_(options) {}

  // Whether a request may go to the host. Who gets kProbe reports how it went with one of the three
  // below, and until then nobody else is let in.
  [[nodiscard]] Entry enter(std::string_view host, Time now);

  // The host answered. True when that closed its circuit.
  bool succeeded(std::string_view host);
  // `started`: when the request was. True when that opened its circuit, or kept it open.
  bool failed(std::string_view host, Time started, Time now);
  // The request ended without a word on the host: the next one is the probe.
  void abandoned(std::string_view host);

  [[nodiscard]] bool is_open(std::string_view host) const;
  // How long until the probe; zero where it may come now.
  [[nodiscard]] std::chrono::milliseconds open_for(std::string_view host, Time now) const;
  [[nodiscard]] std::size_t open_count() const { return open_count_; }
  [[nodiscard]] std::size_t remembered() const { return hosts_.size(); }

 private:
  struct Host {
    std::string name;
    int failures = 0;
    bool is_open = false;
    bool is_probed = false;
    Time opens_until{};
    Time counted_at{};  // of the last failure that counted
  };
  using Place = std::list<Host>::iterator;

  [[nodiscard]] const Host* find(std::string_view host) const;
  [[nodiscard]] Host* find(std::string_view host);
  Host& remember(std::string_view host);
  void forget(Place place);

  Options options_;
  std::list<Host> hosts_;                                // the one that failed last is first
  std::unordered_map<std::string_view, Place> by_name_;  // of names in hosts_
  std::size_t open_count_ = 0;
};

}  // namespace ruck::http
