#pragma once
// Instances compare times with each other: leases of jobs, ends of sign-ins, arrival of batches.
// Each compares its clock with the one that all of them ask, the database server's, and tells the
// operator when they differ.
#include "base/clock.hpp"
#include "db/database.hpp"
#include "runtime/periodic.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace ruck::db {

// What is compared is meant in seconds; a host that synchronizes its clock is off by milliseconds.
inline constexpr auto kClockApartMax = std::chrono::seconds(2);
inline constexpr auto kClockLook = std::chrono::minutes(1);

class ClockWatch {
 public:
  // Of PostgreSQL. Looks at once, for which the caller waits, and then each kClockLook. The core
  // must run until it is destroyed; metrics may not be asked for any more by then.
  ClockWatch(Database& database, const Clock& clock, runtime::Core& core,
             telemetry::Metrics& metrics);

  // How far our clock is ahead of the server's, by the last look that was answered.
  [[nodiscard]] std::chrono::microseconds ahead() const {
    return std::chrono::microseconds(ahead_us_.load(std::memory_order_relaxed));
  }

 private:
  task<> look();
  void take(std::chrono::microseconds ahead);

  Database& database_;
  const Clock& clock_;
  std::atomic<std::int64_t> ahead_us_{0};
  bool are_apart_ = false;  // and the operator knows
  std::unique_ptr<runtime::Periodic> looks_;
};

}  // namespace ruck::db
