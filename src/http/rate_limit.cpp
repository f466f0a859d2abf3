#include "http/rate_limit.hpp"

#include "base/thread_safety.hpp"

#include <algorithm>
#include <functional>

namespace ruck::http {

struct MemoryRateLimiter::Shard {
  Mutex mutex;
  // The theoretical arrival time: when the key's allowance is whole again.
  std::unordered_map<std::string, UtcUs> whole_at RUCK_GUARDED_BY(mutex);
};

task<RateLimiter::Wait> RateLimiter::ask(std::string /*key*/, Limit /*limit*/) {
  co_return std::nullopt;
}

task<RateLimiter::Wait> RateLimiter::take(std::string key, Limit limit, UtcUs now) {
  const Taken taken = take_here(key, limit, now);
  if (!taken.must_ask) co_return taken.wait;
  co_return co_await ask(std::move(key), limit);
}

MemoryRateLimiter::MemoryRateLimiter() : shards_(std::make_unique<std::array<Shard, kShards>>()) {}
MemoryRateLimiter::~MemoryRateLimiter() = default;

RateLimiter::Taken MemoryRateLimiter::take_here(std::string_view key, Limit limit, UtcUs now) {
  const std::chrono::microseconds window = limit.window;
  const auto each = window / limit.count;
  std::string owned(key);
  Shard& shard = (*shards_)[std::hash<std::string>{}(owned) % kShards];
  const Guard lock(shard.mutex);
  auto found = shard.whole_at.find(owned);
  const UtcUs base = found == shard.whole_at.end() ? now : std::max(found->second, now);
  const UtcUs next = base + each;
  if (next - now > window) {
    const auto wait = next - now - window;
    return {.wait = std::chrono::ceil<std::chrono::seconds>(wait)};
  }
  if (found != shard.whole_at.end()) {
    found->second = next;
    return {};
  }
  if (shard.whole_at.size() >= kKeysPerShardMax) {
    std::erase_if(shard.whole_at, [now](const auto& entry) { return entry.second <= now; });
  }
  if (shard.whole_at.size() < kKeysPerShardMax) shard.whole_at.emplace(std::move(owned), next);
  return {};
}

}  // namespace ruck::http
