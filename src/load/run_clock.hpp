#pragma once
// Time inside a run.
#include "load/histogram.hpp"

#include <chrono>

namespace ruck::load {

// The clock of a run: microseconds of the steady clock since it was made.
class RunClock {
 public:
  using Steady = std::chrono::steady_clock;
  [[nodiscard]] Micros now() const {
    return std::chrono::floor<std::chrono::microseconds>(Steady::now() - begin_).count();
  }
  [[nodiscard]] Steady::time_point at(Micros moment) const {
    return begin_ + std::chrono::microseconds(moment);
  }

 private:
  Steady::time_point begin_ = Steady::now();
};

}  // namespace ruck::load
