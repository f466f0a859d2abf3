#pragma once
// Time is passed in, never fetched: the server gets SystemClock, a test a ManualClock.
#include "base/time.hpp"

#include <atomic>
#include <chrono>

namespace ruck {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual UtcUs now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] UtcUs now() const override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

// Stands still until told to move; may be read and moved from any thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UtcUs start) : us_(start.time_since_epoch().count()) {}
  [[nodiscard]] UtcUs now() const override { return utc_us(us_.load()); }
  void set(UtcUs time) { us_.store(time.time_since_epoch().count()); }
  void advance(std::chrono::microseconds by) { us_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> us_;
};

}  // namespace ruck
