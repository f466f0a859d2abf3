#pragma once
// Walks, and the ways in which a phone's batches of them arrive.
#include "rucking/seeded_random.hpp"
#include "rucking/track_point.hpp"

#include <cstdint>
#include <vector>

namespace ruck::test {

using Points = std::vector<rucking::TrackPoint>;

// A walk that wanders, a fix every second or few.
[[nodiscard]] Points wander(rucking::SeededRandom& random, std::int64_t start_ms, int fixes);

// Batches that together hold every point at least once: cut at random places, some overlapping,
// some turned round, some sent again, and now and then far from where they belong.
[[nodiscard]] std::vector<Points> random_batches(rucking::SeededRandom& random,
                                                 const Points& points);

// RUCK_TEST_SEED, or one of the clock's; printed.
[[nodiscard]] std::uint64_t seed_of_run();

}  // namespace ruck::test
