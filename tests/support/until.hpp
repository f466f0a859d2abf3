#pragma once
// Waiting for a condition, as long as a loaded machine may need; no test waits for a time instead.
#include <chrono>
#include <thread>

namespace ruck::test {

inline constexpr auto kUntilMax = std::chrono::seconds(120);

// Whether it came true. `condition` is asked again and again.
template <class Condition>
[[nodiscard]] bool until(Condition condition, std::chrono::milliseconds at_most = kUntilMax) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace ruck::test
