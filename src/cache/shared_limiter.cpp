#include "cache/shared_limiter.hpp"

#include "base/thread_safety.hpp"
#include "runtime/resumption.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <unordered_map>

namespace ruck::cache {
namespace {
using SteadyClock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr std::string_view kPrefix = "ruck.limit.1:";  // another number for each change below

// For each key: the time between two uses, the window (both µs) and how many uses are wanted.
// Gives how many were taken, at least one; or how long to wait, as a negative number of µs.
constexpr std::string_view kScript = R"(
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local out = {}
for i, key in ipairs(KEYS) do
  local each = tonumber(ARGV[3 * i - 2])
  local window = tonumber(ARGV[3 * i - 1])
  local uses = tonumber(ARGV[3 * i])
  local whole_at = math.max(tonumber(redis.call('GET', key) or now), now)
  local taken = math.min(uses, math.floor((now + window - whole_at) / each))
  if taken >= 1 then
    whole_at = whole_at + taken * each
    local lasts_ms = math.ceil((whole_at - now) / 1000)
    redis.call('SET', key, string.format('%.0f', whole_at), 'PX', lasts_ms)
    out[i] = taken
  else
    out[i] = math.min(-1, now + window - whole_at - each)
  end
end
return out
)";

std::uint32_t uses_of(http::Limit limit) {
  return std::clamp<std::uint32_t>(limit.count / kUsesShare, 1, kUsesMax);
}
}  // namespace

struct SharedLimiter::Shard {
  // What Redis has said of a key, for as long as it holds.
  struct Said {
    std::uint32_t uses = 0;  // left of what was taken; none: refused
    SteadyClock::time_point until;
  };
  Mutex mutex;
  std::unordered_map<std::string, Said> by_key RUCK_GUARDED_BY(mutex);
};

struct SharedLimiter::Asked {
  std::string key;
  http::Limit limit;
  runtime::Promise<std::optional<std::int64_t>> asker;
};

SharedLimiter::SharedLimiter(redis::Client& client, std::size_t cores)
    : client_(client), shards_(std::make_unique<std::array<Shard, kShards>>()), asked_(cores) {}
SharedLimiter::~SharedLimiter() = default;

SharedLimiter::Shard& SharedLimiter::shard_of(const std::string& key) {
  return (*shards_)[std::hash<std::string>{}(key) % kShards];
}

http::RateLimiter::Taken SharedLimiter::take_here(std::string_view key, http::Limit limit,
                                                  UtcUs now) {
  const std::string owned(key);
  const auto steady = SteadyClock::now();
  Shard& shard = shard_of(owned);
  const Guard lock(shard.mutex);
  const auto found = shard.by_key.find(owned);
  const bool holds = found != shard.by_key.end() && found->second.until > steady;
  if (holds && found->second.uses == 0) {
    return {.wait = std::chrono::ceil<std::chrono::seconds>(found->second.until - steady)};
  }
  const Taken here = here_.take_here(key, limit, now);
  if (here.wait || !holds) return {.wait = here.wait, .must_ask = !here.wait};
  if (--found->second.uses == 0) shard.by_key.erase(found);
  return {};
}

task<http::RateLimiter::Wait> SharedLimiter::ask(std::string key, http::Limit limit) {
  if (!client_.is_ready()) co_return std::nullopt;
  using Waiter = runtime::Promise<std::optional<std::int64_t>>;
  const auto said = co_await runtime::await_promise<std::optional<std::int64_t>>(
      [this, &key, limit](Waiter waiter) {
        runtime::Core& core = *runtime::Core::current();
        std::vector<Asked>& asked = asked_.at(core.index());
        asked.push_back({.key = key, .limit = limit, .asker = std::move(waiter)});
        // The rest of what has come meanwhile asks with it.
        if (asked.size() == 1) boost::asio::post(core.io(), [this, &core] { flush(core); });
      });
  if (!said) co_return std::nullopt;
  co_return take_up(key, limit, *said);
}

void SharedLimiter::flush(runtime::Core& core) {
  auto all = std::make_shared<std::vector<Asked>>(std::exchange(asked_.at(core.index()), {}));
  for (std::size_t from = 0; from < all->size(); from += kKeysAtOnce) {
    const std::size_t to = std::min(all->size(), from + kKeysAtOnce);
    std::vector<std::string> words{"EVAL", std::string(kScript), std::to_string(to - from)};
    for (std::size_t i = from; i < to; ++i) words.push_back(std::string(kPrefix) + (*all)[i].key);
    for (std::size_t i = from; i < to; ++i) {
      const http::Limit limit = (*all)[i].limit;
      const microseconds window = limit.window;
      words.push_back(std::to_string((window / limit.count).count()));
      words.push_back(std::to_string(window.count()));
      words.push_back(std::to_string(uses_of(limit)));
    }
    client_.ask(words, [all, from, to](const std::optional<redis::Answer>& answer) {
      const bool is_whole = answer && !answer->is_error && answer->numbers.size() == to - from;
      for (std::size_t i = from; i < to; ++i) {
        (*all)[i].asker.set(is_whole ? std::optional(answer->numbers[i - from]) : std::nullopt);
      }
    });
  }
}

http::RateLimiter::Wait SharedLimiter::take_up(const std::string& key, http::Limit limit,
                                               std::int64_t said) {
  if (said == 0 || said == 1) return std::nullopt;
  const auto holds = said > 0 ? microseconds(limit.window) : microseconds(-said);
  const auto now = SteadyClock::now();
  Shard& shard = shard_of(key);
  const Guard lock(shard.mutex);
  if (shard.by_key.size() >= kKeysPerShardMax) {
    std::erase_if(shard.by_key, [now](const auto& entry) { return entry.second.until <= now; });
  }
  // Full of what holds: what was taken is lost, and asked for again.
  if (shard.by_key.size() >= kKeysPerShardMax) shard.by_key.clear();
  Shard::Said& kept = shard.by_key[key];
  if (kept.until <= now) kept.uses = 0;
  kept.uses = said > 0 ? kept.uses + static_cast<std::uint32_t>(said) - 1 : 0;
  kept.until = now + holds;
  if (said > 0) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(holds);
}

}  // namespace ruck::cache
