#pragma once
// Random tests print the seed they ran with; RUCK_TEST_SEED=<seed> runs them with it again.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace ruck::rucking::test {

inline std::uint64_t test_seed() {
  const char* given = std::getenv("RUCK_TEST_SEED");
  if (given != nullptr) return std::strtoull(given, nullptr, 10);
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

// Declares `seed`, a new one each run, and makes every failure in the scope name it.
#define RUCK_PRINT_SEED(seed) RUCK_PRINT_THIS_SEED(seed, ::ruck::rucking::test::test_seed())

// The same, but always `usual`: for statistics, whose bounds some seed in a thousand passes.
#define RUCK_USUAL_SEED(seed, usual)                                  \
  RUCK_PRINT_THIS_SEED(seed, std::getenv("RUCK_TEST_SEED") != nullptr \
                                 ? ::ruck::rucking::test::test_seed() \
                                 : std::uint64_t{usual})

#define RUCK_PRINT_THIS_SEED(seed, value)                                                   \
  const std::uint64_t seed = (value);                                                       \
  const testing::ScopedTrace seed_trace(__FILE__, __LINE__,                                 \
                                        "RUCK_TEST_SEED=" + std::to_string(seed));          \
  std::printf("[   seed   ] RUCK_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed)); \
  std::fflush(stdout) /* a sanitizer that stops the test would lose it */

}  // namespace ruck::rucking::test
