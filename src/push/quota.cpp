#include "push/quota.hpp"

#include <algorithm>

namespace ruck::push {
namespace {
constexpr std::int64_t kNsPerMinute = 60'000'000'000;
}  // namespace

Quota::Quota(Rate rate)
    : step_ns_(kNsPerMinute / rate.per_minute), tolerance_ns_(step_ns_ * rate.burst) {}

std::optional<std::chrono::seconds> Quota::take(UtcUs now) {
  const std::int64_t now_ns = std::chrono::nanoseconds(now.time_since_epoch()).count();
  std::int64_t full_at = full_at_ns_.load(std::memory_order_relaxed);
  while (true) {
    const std::int64_t next = std::max(full_at, now_ns) + step_ns_;
    const std::int64_t early = next - now_ns - tolerance_ns_;
    if (early > 0) return std::chrono::ceil<std::chrono::seconds>(std::chrono::nanoseconds(early));
    if (full_at_ns_.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) {
      return std::nullopt;
    }
  }
}

}  // namespace ruck::push
