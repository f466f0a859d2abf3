#pragma once
// How often somebody may use a route at all servers together: the same algorithm as in memory
// (http/rate_limit.hpp), with its number in Redis and Redis's clock.
//
// A server takes several uses of one key at once (a two-hundred-and-fiftieth of its limit), so most
// requests need not ask. What it has taken and does not use is lost to the user: less than one per
// cent of their limit a server. Limits below 500 are exact. What a core asks at one moment goes to
// Redis as one script, one way there and back.
//
// Each server counts by itself as well. That is what holds while Redis does not answer: then a user
// has their limit at each server.
#include "http/rate_limit.hpp"
#include "redis/client.hpp"
#include "runtime/core.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace ruck::cache {

inline constexpr std::uint32_t kUsesShare = 250;  // taken at once: the limit divided by this
inline constexpr std::uint32_t kUsesMax = 64;
// Of one script, which Redis runs without doing anything else: 100 keys take 0.2 ms.
inline constexpr std::size_t kKeysAtOnce = 100;

class SharedLimiter final : public http::RateLimiter {
 public:
  // For servers with this many cores. The client is stopped before it goes.
  SharedLimiter(redis::Client& client, std::size_t cores);
  ~SharedLimiter() override;

  [[nodiscard]] Taken take_here(std::string_view key, http::Limit limit, UtcUs now) override;
  [[nodiscard]] task<Wait> ask(std::string key, http::Limit limit) override;

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kKeysPerShardMax = 16'384;  // as MemoryRateLimiter
  struct Shard;
  struct Asked;
  Shard& shard_of(const std::string& key);
  void flush(runtime::Core& core);
  Wait take_up(const std::string& key, http::Limit limit, std::int64_t said);

  redis::Client& client_;
  http::MemoryRateLimiter here_;
  std::unique_ptr<std::array<Shard, kShards>> shards_;
  std::vector<std::vector<Asked>> asked_;  // by core: of this moment
};

}  // namespace ruck::cache
