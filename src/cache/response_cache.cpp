#include "cache/response_cache.hpp"

#include "base/thread_safety.hpp"
#include "runtime/resumption.hpp"

#include <algorithm>

namespace ruck::cache {
namespace {
constexpr std::size_t kEntryOverheadBytes = 256;  // key, list and map nodes, counted roughly

// One allocation-free lookup needs one string: everything the answer depends on, one after the
// other.
std::string text_of(const http::ResponseKey& key) {
  std::string text;
  text.reserve(key.target.size() + 40);
  const auto& user = key.user.value().bytes();
  text.append(reinterpret_cast<const char*>(user.data()), user.size());
  text.append(reinterpret_cast<const char*>(&key.revision), sizeof key.revision);
  text.append(reinterpret_cast<const char*>(&key.subject_revision), sizeof key.subject_revision);
  text.append(key.target);
  return text;
}
}  // namespace

struct ResponseCache::Shard {
  struct Entry {
    std::string key;
    std::shared_ptr<const http::SharedBody> body;
    UtcUs stored_at;
    [[nodiscard]] std::size_t bytes() const {
      return key.size() + body->bytes.size() + body->gzip.size() + kEntryOverheadBytes;
    }
  };
  using List = std::list<Entry>;

  Mutex mutex;
  List entries RUCK_GUARDED_BY(mutex);  // the most recently used first
  // Views into the entries' own keys.
  std::unordered_map<std::string_view, List::iterator> by_key RUCK_GUARDED_BY(mutex);
  std::size_t bytes RUCK_GUARDED_BY(mutex) = 0;

  using Waiter = runtime::Promise<std::shared_ptr<const http::SharedBody>>;
  // Being computed, and who waits.
  std::unordered_map<std::string, std::vector<Waiter>> flights RUCK_GUARDED_BY(mutex);

  void remove(List::iterator entry) RUCK_REQUIRES(mutex) {
    bytes -= entry->bytes();
    by_key.erase(entry->key);
    entries.erase(entry);
  }
};

ResponseCache::ResponseCache(Options options, Revisions& revisions, telemetry::Metrics& metrics,
                             SharedAnswers* shared)
    : options_(options),
      revisions_(revisions),
      shared_(shared),
      hits_(metrics.counter("ruck_cache_lookups_total", "Lookups of rendered answers",
                            {{"outcome", "hit"}})),
      misses_(metrics.counter("ruck_cache_lookups_total", "", {{"outcome", "miss"}})),
      joined_(metrics.counter("ruck_cache_joined_total",
                              "Misses that waited for the same answer to another request")) {
  for (std::size_t i = 0; i < kShards; ++i) shards_.push_back(std::make_unique<Shard>());
}

ResponseCache::~ResponseCache() = default;

ResponseCache::Shard& ResponseCache::shard_of(const http::ResponseKey& key) {
  return *shards_[std::hash<UserId>{}(key.user) % kShards];
}

std::shared_ptr<const http::SharedBody> ResponseCache::find(const http::ResponseKey& key,
                                                            UtcUs now) {
  const std::string text = text_of(key);
  Shard& shard = shard_of(key);
  const Guard lock(shard.mutex);
  const auto found = shard.by_key.find(text);
  if (found == shard.by_key.end() || now - found->second->stored_at > options_.lifetime) {
    misses_.add();
    return nullptr;
  }
  shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
  hits_.add();
  return found->second->body;
}

task<std::shared_ptr<const http::SharedBody>> ResponseCache::find_shared(http::ResponseKey key,
                                                                         UtcUs now) {
  if (shared_ == nullptr) co_return nullptr;
  const auto found = co_await shared_->find(text_of(key));
  // By the clock of who has made it, which may be another's.
  if (!found || now - found->made_at > options_.lifetime) co_return nullptr;
  keep(key, std::min(found->made_at, now), found->body);
  co_return found->body;
}

void ResponseCache::store(const http::ResponseKey& key, UtcUs now,
                          std::shared_ptr<const http::SharedBody> body) {
  if (shared_ != nullptr) shared_->store(text_of(key), now, *body);
  keep(key, now, std::move(body));
}

void ResponseCache::keep(const http::ResponseKey& key, UtcUs made_at,
                         std::shared_ptr<const http::SharedBody> body) {
  Shard& shard = shard_of(key);
  Shard::Entry entry{.key = text_of(key), .body = std::move(body), .stored_at = made_at};
  const std::size_t limit = options_.bytes_max / kShards;
  if (entry.bytes() > limit) return;
  const Guard lock(shard.mutex);
  if (const auto found = shard.by_key.find(entry.key); found != shard.by_key.end()) {
    shard.remove(found->second);
  }
  shard.bytes += entry.bytes();
  shard.entries.push_front(std::move(entry));
  shard.by_key.emplace(shard.entries.front().key, shard.entries.begin());
  while (shard.bytes > limit) shard.remove(std::prev(shard.entries.end()));
}

task<http::ResponseStore::Joined> ResponseCache::join(http::ResponseKey key) {
  Shard& shard = shard_of(key);
  const std::string text = text_of(key);
  {
    const Guard lock(shard.mutex);
    if (shard.flights.try_emplace(text).second) co_return std::nullopt;
  }
  joined_.add();
  co_return co_await runtime::await_promise<std::shared_ptr<const http::SharedBody>>(
      [&shard, &text](Shard::Waiter waiter) {
        {
          const Guard lock(shard.mutex);
          const auto flight = shard.flights.find(text);
          if (flight != shard.flights.end()) {
            flight->second.push_back(std::move(waiter));
            return;
          }
        }
        waiter.set(nullptr);  // it has ended meanwhile
      });
}

void ResponseCache::finish(const http::ResponseKey& key,
                           std::shared_ptr<const http::SharedBody> body) {
  std::vector<Shard::Waiter> waiters;
  {
    Shard& shard = shard_of(key);
    const Guard lock(shard.mutex);
    const auto flight = shard.flights.find(text_of(key));
    if (flight == shard.flights.end()) return;
    waiters = std::move(flight->second);
    shard.flights.erase(flight);
  }
  std::vector<std::unique_ptr<runtime::Resumption>> resumptions;
  resumptions.reserve(waiters.size());
  for (Shard::Waiter& waiter : waiters) resumptions.push_back(waiter.fulfil(body));
  if (!resumptions.empty()) runtime::deliver(std::move(resumptions));
}

}  // namespace ruck::cache
