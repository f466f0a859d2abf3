#pragma once
// What was measured: of each kind of call how long and with what outcome, and what became of the
// points. A thread fills one; they are added up.
#include "load/histogram.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::load {

// Kinds of calls, as reports name them. The live sockets of issue "live following" get theirs here.
enum class Endpoint : std::uint8_t {
  kCreate,
  kStart,
  kLocation,  // a batch at its time
  kRejoined,  // the same, by one who has just come back and still has a backlog
  kBacklog,   // points from while the phone was offline
  kHeartRate,
  kProfile,
  kRucks,
  kMonthly,
  kWeekly,
  kComplete,
};
inline constexpr std::size_t kEndpoints = 11;
[[nodiscard]] std::string_view name_of(Endpoint endpoint);

struct EndpointTally {
  Histogram latency;  // from when it was due, over all attempts, to the answer that settled it
  Histogram service;  // from the moment an attempt was written to its answer
  std::uint64_t requests = 0;            // attempts
  std::map<int, std::uint64_t> answers;  // by status
  std::uint64_t broken = 0;  // attempts without an answer: broken off, refused, too late
  std::uint64_t shed = 0;    // 503 with Retry-After: the server said "later" before any work
  std::uint64_t bytes_out = 0;
  std::uint64_t bytes_in = 0;

  void add(const EndpointTally& other);
  // Answers and silences that should not be: anything but 2xx and shed.
  [[nodiscard]] std::uint64_t errors() const;
};

struct Tally {
  std::array<EndpointTally, kEndpoints> endpoints;
  Histogram lag;  // how late the generator itself was at what was due
  std::uint64_t points_acknowledged = 0;
  std::uint64_t points_resent = 0;   // sent again on purpose or after a failure, and counted once
  std::uint64_t points_refused = 0;  // by 4xx, or rejected inside a batch: lost, as in the app
  std::uint64_t points_missing = 0;  // a 2xx that accounts for fewer points than were sent
  std::uint64_t points_doubled = 0;  // stored again although they had been acknowledged
  std::uint64_t beats_acknowledged = 0;
  std::uint64_t offline_periods = 0;
  std::uint64_t backlogs = 0;        // that were worked off
  Histogram backlog_time;            // from coming back to the last of the backlog
  std::vector<std::string> samples;  // of what went wrong, the first few

  EndpointTally& of(Endpoint endpoint) { return endpoints[static_cast<std::size_t>(endpoint)]; }
  [[nodiscard]] const EndpointTally& of(Endpoint endpoint) const {
    return endpoints[static_cast<std::size_t>(endpoint)];
  }
  void add(const Tally& other);
  void note(std::string what);
  [[nodiscard]] std::uint64_t requests() const;
  [[nodiscard]] std::uint64_t errors() const;
  [[nodiscard]] std::uint64_t shed() const;
};

}  // namespace ruck::load
