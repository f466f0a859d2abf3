#pragma once
// Several virtual phones, each with an account and a thread of its own, and what became of all that
// they sent.
#include "chaos/phone.hpp"
#include "durability/ledger.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ruck::test {

class Fleet {
 public:
  struct Options {
    std::string direct_url;
    std::string chaos_url;  // empty: always direct
    std::size_t phones = 8;
    std::uint64_t seed = 1;
    std::chrono::milliseconds pause{0};  // of each phone, between two batches
  };
  // Signs all of them up by way of the direct URL; then they walk.
  explicit Fleet(const Options& options);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Of all phones, now.
  [[nodiscard]] Phone::Counts counts() const;
  [[nodiscard]] std::map<int, std::uint64_t> retried() const;
  // What is under way stays open, as when phones are switched off.
  void stop();
  // After stop().
  [[nodiscard]] std::vector<std::string> refusals() const;
  [[nodiscard]] Verdict compare(const std::string& database_url) const;

 private:
  std::atomic<bool> is_over_{false};
  std::vector<std::unique_ptr<Phone>> phones_;
  std::vector<std::jthread> threads_;
};

}  // namespace ruck::test
