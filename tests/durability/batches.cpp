#include "durability/batches.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace ruck::test {

Points wander(rucking::SeededRandom& random, std::int64_t start_ms, int fixes) {
  const std::int64_t step_ms = 1000 * static_cast<std::int64_t>(1 + random.below(5));
  const auto lat = static_cast<std::int32_t>(470'000'000 + random.below(10'000'000));
  Points points;
  for (int i = 0; i < fixes; ++i) {
    const double drift = 130.0 * static_cast<double>(step_ms) / 1000 * i;
    points.push_back(
        {.time_ms = start_ms + step_ms * i,
         .lat_e7 = lat + static_cast<std::int32_t>(std::lround(drift + random.uniform(-40, 40))),
         .lng_e7 = 80'000'000 + static_cast<std::int32_t>(random.below(200)),
         .altitude_dm = 4000 + static_cast<std::int32_t>(200 * std::sin(i / 60.0)),
         .accuracy_hm = 10});
  }
  return points;
}

std::vector<Points> random_batches(rucking::SeededRandom& random, const Points& points) {
  std::vector<Points> batches;
  const double repeated = random.uniform(0, 0.4);
  const double disturbed = random.chance(0.5) ? 0.0 : random.uniform(0, 0.4);
  for (std::size_t from = 0; from < points.size();) {
    const std::size_t size = 1 + random.below(40);
    const std::size_t back =
        random.chance(0.25) ? std::min<std::size_t>(from, random.below(20)) : 0;
    const std::size_t to = std::min(points.size(), from + size);
    batches.emplace_back(points.begin() + static_cast<std::ptrdiff_t>(from - back),
                         points.begin() + static_cast<std::ptrdiff_t>(to));
    if (random.chance(0.1)) std::ranges::reverse(batches.back());
    if (random.chance(repeated)) batches.push_back(batches.back());
    from = to;
  }
  for (Points& batch : batches) {
    if (random.chance(disturbed)) std::swap(batch, batches[random.below(batches.size())]);
  }
  return batches;
}

std::uint64_t seed_of_run() {
  const char* given = std::getenv("RUCK_TEST_SEED");
  const std::uint64_t seed =
      given != nullptr
          ? std::strtoull(given, nullptr, 10)
          : static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count() %
                                       1'000'000'000);
  std::printf("RUCK_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return seed;
}

}  // namespace ruck::test
