#pragma once
// Random numbers from a seed, the same on every platform: for simulated rucks and for tests that
// can be run again. (The distributions of <random> differ between standard libraries.)
//
// The generator is xoshiro256++ 1.0 by Blackman and Vigna (2019), seeded through splitmix64.
#include <bit>
#include <cmath>
#include <cstdint>

namespace ruck::rucking {

class SeededRandom {
 public:
  explicit SeededRandom(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = splitmix64(seed);
  }

  // 64 random bits.
  [[nodiscard]] std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, 1), in steps of 2^-53.
  [[nodiscard]] double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }

  // A whole number in [0, limit), limit > 0. The bias of the modulus is below 2^-32 for the limits
  // of a simulation.
  [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  [[nodiscard]] bool chance(double probability) { return uniform() < probability; }

  // Normal with mean 0 and deviation 1, by Marsaglia's polar method (1964). The second value of a
  // pair is thrown away, so that the state stays four words.
  [[nodiscard]] double normal() {
    while (true) {
      const double u = uniform(-1, 1);
      const double v = uniform(-1, 1);
      const double s = u * u + v * v;
      if (s > 0 && s < 1) return u * std::sqrt(-2 * std::log(s) / s);
    }
  }

 private:
  static std::uint64_t splitmix64(std::uint64_t& seed) {
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  std::uint64_t state_[4];
};

}  // namespace ruck::rucking
