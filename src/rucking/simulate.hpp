#pragma once
// A plausible ruck from a seed: the true walk, and what a phone and a strap would have recorded of
// it. For sample data, for the load generator (thousands of them at once: a simulator is a few
// hundred bytes and a tick some hundred nanoseconds), and for tests that know the truth.
//
// The walk: a route that winds or turns, hills, a speed that follows the slope and one's mood,
// stops. The receiver: an error that wanders (Gauss–Markov, one per axis), white noise on top, and
// the same for altitude. The heart: follows the effort with a delay.
//
// The same settings and seed give the same ruck on every platform, but for the last bit of the C
// library's sine, exponential and logarithm.
#include "rucking/energy.hpp"
#include "rucking/geo.hpp"
#include "rucking/heart_rate.hpp"
#include "rucking/seeded_random.hpp"
#include "rucking/track_point.hpp"

#include <cstdint>
#include <optional>

namespace ruck::rucking {

struct SimulationSettings {
  Position start{.lat_deg = 47.37, .lng_deg = 8.54};
  std::int64_t start_ms = 1'763'800'000'000;
  double length_m = 10'000;       // ends there,
  double duration_s = 24 * 3600;  // or then

  enum class Route : std::uint8_t {
    kStraight,
    kSquareTurns,  // 90° left or right every `turn_every_s`
    kWinding,      // bends at random, and a junction now and then
  };
  Route route = Route::kWinding;
  double turn_every_s = 60;

  double speed_m_per_s = 1.4;     // on level ground; 0 stands still
  double speed_variation = 0.08;  // deviation, as a share of the speed
  double hill_height_m = 40;      // of the highest of three waves of hills; 0 is flat
  double hill_length_m = 2500;    // of the longest of them
  double altitude_m = 420;        // around which they lie
  double stops_per_hour = 2;
  double stop_s = 90;  // mean length

  double noise_m = 3;  // deviation of the wandering error, per axis
  double noise_correlation_s = 60;
  double white_noise_m = 0.3;   // deviation per fix and axis
  double altitude_noise_m = 3;  // of the wandering error of altitude
  double altitude_correlation_s = 120;

  enum class Sampling : std::uint8_t {
    kEverySecond,
    kAdaptive,  // as the phone: after 5 s, if it moved 5 m; every 30 s when it does not
  };
  Sampling sampling = Sampling::kEverySecond;
  double heart_rate_every_s = 5;  // 0: no strap

  Body body{.weight_kg = 80, .height_cm = 178, .age_years = 35, .sex = Sex::kUnknown};
  HeartRateRange heart_rate{.resting_bpm = 62, .max_bpm = 184};
  double load_kg = 15;
};

// One recorded fix, and the truth at its moment.
struct SimulatedFix {
  TrackPoint point;
  std::optional<HeartRateSample> heart_rate;
  Position true_position;
};

// What really happened up to now.
struct SimulationTruth {
  double distance_m = 0;
  double elapsed_s = 0;
  double moving_s = 0;
  double gain_m = 0;
  double loss_m = 0;
};

class RuckSimulator {
 public:
  RuckSimulator(const SimulationSettings& settings, std::uint64_t seed);

  // The next recorded fix; nothing when the ruck is over.
  [[nodiscard]] std::optional<SimulatedFix> next();
  [[nodiscard]] const SimulationTruth& truth() const { return truth_; }

 private:
  // An error that forgets itself with a time constant: first-order Gauss–Markov in steps of 1 s.
  struct Wander {
    double deviation = 0;
    double keep = 0;
    double value = 0;

    void start(double deviation_in, double correlation_s, SeededRandom& random);
    void step(SeededRandom& random);
  };

  void tick();
  void steer();
  void walk();
  void beat();
  [[nodiscard]] bool records() const;
  [[nodiscard]] SimulatedFix record();
  [[nodiscard]] double hill_m(double distance_m) const;
  [[nodiscard]] double slope() const;

  static constexpr int kHills = 3;
  struct Hill {
    double height_m = 0;
    double wave_per_m = 0;
    double phase = 0;
  };

  SimulationSettings settings_;
  SeededRandom random_;
  SimulationTruth truth_;
  Position at_;
  LocalScale scale_;
  double scale_lat_deg_ = 0;
  double heading_rad_ = 0;
  double bend_rad_per_s_ = 0;
  double stop_left_s_ = 0;
  double speed_m_per_s_ = 0;
  double heart_bpm_ = 0;
  Hill hills_[kHills];
  Wander mood_, east_error_, north_error_, altitude_error_, accuracy_;
  Position recorded_at_;
  std::int64_t recorded_s_ = -1;
  std::int64_t beat_s_ = -1;
};

}  // namespace ruck::rucking
