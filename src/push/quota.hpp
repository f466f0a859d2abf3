#pragma once
// How fast messages may go to a service: a token bucket, as the time at which it would be full
// again (the generic cell rate algorithm, ITU-T I.371). From any thread, without a lock.
#include "base/time.hpp"
#include "push/limits.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace ruck::push {

class Quota {
 public:
  struct Rate {
    std::int64_t per_minute = kFcmMessagesPerMinute;
    std::int64_t burst = kFcmBurst;  // at once, from a full bucket
  };
  explicit Quota(Rate rate);

  // Takes one. Nothing: go ahead. Otherwise how long to wait before the next try.
  [[nodiscard]] std::optional<std::chrono::seconds> take(UtcUs now);

 private:
  const std::int64_t step_ns_;       // a message
  const std::int64_t tolerance_ns_;  // a full bucket
  std::atomic<std::int64_t> full_at_ns_{0};
};

}  // namespace ruck::push
