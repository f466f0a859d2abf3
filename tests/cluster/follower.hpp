#pragma once
// Somebody who watches a ruck live through the load balancer, and is blocked while something is
// broken: from then on they may be shown nothing of it.
#include "support/rucking.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ruck::test {

class Follower {
 public:
  using Steady = std::chrono::steady_clock;

  // Two accounts are made; the one records, the other has seen a position. `number` tells them from
  // those before.
  Follower(std::string url, int number);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // The rucker blocks them; comes back when that is acknowledged.
  void lose_the_right();
  // How many positions came later than `grace` after that. Looks until at least kLook after it.
  [[nodiscard]] int shown_since(std::chrono::milliseconds grace);

 private:
  static constexpr std::chrono::seconds kLook{3};

  void record();
  void watch();

  std::string url_;
  ApiClient rucker_;
  ApiClient follower_;
  std::string ruck_;
  std::atomic<bool> is_over_{false};
  std::atomic<int> shown_{0};
  std::mutex mutex_;
  std::vector<Steady::time_point> seen_;  // when positions came
  Steady::time_point lost_;
  std::jthread recording_;
  std::jthread watching_;
};

}  // namespace ruck::test
