#pragma once
// Random rucks for property tests: simulated walks with everything that goes wrong in them.
#include "rucking/seeded_random.hpp"
#include "rucking/simulate.hpp"
#include "rucking/track_engine.hpp"

#include <vector>

namespace ruck::rucking::test {

struct Event {
  enum class Kind : std::uint8_t { kPoint, kLoad, kPause, kResume };
  Kind kind = Kind::kPoint;
  std::int64_t time_ms = 0;
  TrackPoint point;
  double load_kg = 0;
};

struct Scenario {
  EngineConfig config;
  std::vector<Event> events;  // by time
  std::vector<HeartRateSample> heart_rate;
};

[[nodiscard]] Scenario random_scenario(SeededRandom& random);

// Feeds an event and expects it to be in order.
void feed(TrackEngine& engine, const Event& event);

}  // namespace ruck::rucking::test
