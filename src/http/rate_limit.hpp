#pragma once
// How often one user (or address) may use a route: the generic cell rate algorithm (ITU-T I.371). A
// limit of N per window lets N through at once and then one every window/N; a key costs one number.
#include "base/time.hpp"
#include "runtime/task.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ruck::http {

struct Limit {
  std::uint32_t count = 20'000;  // the contract's default for an address
  std::chrono::seconds window = std::chrono::hours(1);
};
[[nodiscard]] constexpr Limit per_hour(std::uint32_t count) {
  return {.count = count, .window = std::chrono::hours(1)};
}
[[nodiscard]] constexpr Limit per_minute(std::uint32_t count) {
  return {.count = count, .window = std::chrono::minutes(1)};
}

class RateLimiter {
 public:
  // Nothing: go ahead. Otherwise how long to wait before trying again.
  using Wait = std::optional<std::chrono::seconds>;
  struct Taken {
    Wait wait;
    bool must_ask = false;  // it may go ahead for all this server knows: ask() the others
  };
  virtual ~RateLimiter() = default;
  // Takes one use, at once.
  [[nodiscard]] virtual Taken take_here(std::string_view key, Limit limit, UtcUs now) = 0;
  // Takes it of what all servers share. Where that cannot be had, this server's word stands.
  [[nodiscard]] virtual task<Wait> ask(std::string key, Limit limit);
  // Both.
  [[nodiscard]] task<Wait> take(std::string key, Limit limit, UtcUs now);
};

// In this process's memory, for a single server. Bounded: when a shard is full, keys whose limit
// has recovered are dropped, and if none has, the new key goes unlimited rather than the memory.
class MemoryRateLimiter final : public RateLimiter {
 public:
  MemoryRateLimiter();
  ~MemoryRateLimiter() override;
  [[nodiscard]] Taken take_here(std::string_view key, Limit limit, UtcUs now) override;

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kKeysPerShardMax = 16'384;  // 262,144 keys, about 25 MiB
  struct Shard;
  std::unique_ptr<std::array<Shard, kShards>> shards_;
};

}  // namespace ruck::http
