#pragma once
// Rendered answers of read routes, by owner and revision: bounded, least recently used goes first.
#include "cache/revisions.hpp"
#include "cache/shared_answers.hpp"
#include "http/response_store.hpp"
#include "telemetry/metrics.hpp"

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace ruck::cache {

class ResponseCache final : public http::ResponseStore {
 public:
  struct Options {
    std::size_t bytes_max = 32 << 20;   // of bodies, over all shards: thousands of home screens
    std::chrono::seconds lifetime{30};  // bounds what time alone makes stale ("this month")
  };
  // `shared`: null where no other server makes answers.
  ResponseCache(Options options, Revisions& revisions, telemetry::Metrics& metrics,
                SharedAnswers* shared = nullptr);
  ~ResponseCache() override;

  task<Result<std::uint64_t>> revision(UserId user) override { return revisions_.current(user); }
  std::shared_ptr<const http::SharedBody> find(const http::ResponseKey& key, UtcUs now) override;
  task<std::shared_ptr<const http::SharedBody>> find_shared(http::ResponseKey key,
                                                            UtcUs now) override;
  void store(const http::ResponseKey& key, UtcUs now,
             std::shared_ptr<const http::SharedBody> body) override;
  task<Joined> join(http::ResponseKey key) override;
  void finish(const http::ResponseKey& key, std::shared_ptr<const http::SharedBody> body) override;

 private:
  static constexpr std::size_t kShards = 8;
  struct Shard;
  Shard& shard_of(const http::ResponseKey& key);
  void keep(const http::ResponseKey& key, UtcUs made_at,
            std::shared_ptr<const http::SharedBody> body);

  const Options options_;
  Revisions& revisions_;
  SharedAnswers* const shared_;
  std::vector<std::unique_ptr<Shard>> shards_;
  telemetry::Counter& hits_;
  telemetry::Counter& misses_;
  telemetry::Counter& joined_;
};

}  // namespace ruck::cache
