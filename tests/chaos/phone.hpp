#pragma once
// A virtual phone that records one walk after the other through whatever connection it has, and
// behaves as the mobile app does: batches cut, repeated and shuffled by its retries, offline names,
// completions before the last batch, every answer of 5xx and every broken connection tried again.
#include "durability/batches.hpp"
#include "durability/ledger.hpp"
#include "http/client/client.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ruck::test {

class Phone {
 public:
  struct Options {
    std::string direct_url;
    std::string chaos_url;     // empty: always direct
    double chaos_share = 0.5;  // of the walks
    std::string token;
    UserId user{Uuid()};
    std::uint64_t seed = 1;
    std::chrono::milliseconds pause{0};  // between two batches
  };
  explicit Phone(Options options);

  // Until told; what is under way then stays open, as when a phone is switched off.
  void walk_until(const std::atomic<bool>& stopped);

  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  struct Counts {
    std::uint64_t walks = 0;
    std::uint64_t requests = 0;
    std::uint64_t retries = 0;
    std::uint64_t late_batches = 0;
    std::uint64_t offline_walks = 0;
  };
  // While it walks, too.
  [[nodiscard]] Counts counts() const;
  // Why requests were sent again, while it walks, too: by status, 0 for no answer.
  [[nodiscard]] std::map<int, std::uint64_t> retried() const;
  // Answers that a phone would have lost data by.
  [[nodiscard]] const std::vector<std::string>& refusals() const { return refusals_; }

 private:
  struct Reply {
    int status = 0;
    std::string body;
  };
  void walk(const std::atomic<bool>& stopped);
  [[nodiscard]] std::optional<std::string> new_ruck(const std::atomic<bool>& stopped);
  bool send(const std::string& ruck, const Points& batch, const std::atomic<bool>& stopped);
  bool send_heart_rate(const std::string& ruck, const Points& batch,
                       const std::atomic<bool>& stopped);
  // Nothing when it was told to stop before there was an answer that counts.
  std::optional<Reply> post(const std::string& target, const std::string& body,
                            const std::atomic<bool>& stopped);

  Options options_;
  Ledger ledger_;
  rucking::SeededRandom random_;
  http::Client direct_;
  std::optional<http::Client> chaos_;
  http::Client* line_ = nullptr;  // of this walk
  std::int64_t next_start_ms_;
  struct {
    std::atomic<std::uint64_t> walks{0};
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> retries{0};
    std::atomic<std::uint64_t> late_batches{0};
    std::atomic<std::uint64_t> offline_walks{0};
  } counts_;
  mutable std::mutex mutex_;  // of retried_
  std::map<int, std::uint64_t> retried_;
  std::vector<std::string> refusals_;
};

}  // namespace ruck::test
