#pragma once
// Splits: what each kilometre and each mile took.
//
// A split ends where the counted distance passes a whole unit. The moment, the climb and the energy
// there are interpolated linearly in distance between the two counted positions around it
// (science §3.4).
#include "rucking/geo.hpp"
#include "rucking/track_point.hpp"

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

namespace ruck::rucking {

enum class SplitUnit : std::uint8_t { kKilometre, kMile };

[[nodiscard]] constexpr double length_m(SplitUnit unit) {
  return unit == SplitUnit::kKilometre ? 1000.0 : 1609.344;
}

// Where a ruck stands: everything a split is a difference of.
struct Progress {
  double distance_m = 0;
  std::int64_t time_ms = 0;
  double moving_s = 0;
  double gain_m = 0;
  double loss_m = 0;
  double energy_kcal = 0;
  Position position;
};

struct Split {
  SplitUnit unit = SplitUnit::kKilometre;
  std::int32_t number = 0;  // from 1
  double distance_m = 0;    // the unit's length; less for the open one
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  double moving_s = 0;
  double gain_m = 0;
  double loss_m = 0;
  double energy_kcal = 0;
  Position end;
  std::optional<double> average_bpm;  // see add_heart_rate

  [[nodiscard]] double elapsed_s() const { return static_cast<double>(end_ms - start_ms) / 1000; }
  friend bool operator==(const Split&, const Split&) = default;
};

// Heart rate comes in chunks of its own, often after the split is done: fill in each split's mean
// of the samples in (start_ms, end_ms]. Samples in the order of time.
void add_heart_rate(std::span<Split> splits, std::span<const HeartRateSample> samples);

// Cuts one ruck by one unit.
class SplitMeter {
 public:
  explicit SplitMeter(SplitUnit unit) : unit_(unit) {}

  void start(const Progress& at);
  // Whether walking on to `distance_m` ends a split. Cheap, so that the two Progress below are only
  // made where one does.
  [[nodiscard]] bool ends_before(double distance_m) const {
    return distance_m >= next_boundary_m();
  }
  // Gives each split that ends on the straight way from `from` to `to` to `done`. One long step
  // across a gap may end several.
  template <class Done>
  void advance(const Progress& from, const Progress& to, Done done) {
    for (int i = 0; i < kMostPerStep && ends_before(to.distance_m); ++i) {
      const Progress at = between(from, to, next_boundary_m());
      done(split_to(at));
      start(at);
      ++finished_;
    }
  }
  // The split that is under way, as it stands at `now`.
  [[nodiscard]] Split open(const Progress& now) const { return split_to(now); }

  template <class Archive>
  void visit(Archive& archive) {
    archive(finished_, start_.time_ms, start_.moving_s, start_.gain_m, start_.loss_m,
            start_.energy_kcal);
    start_.distance_m = finished_ * length_m(unit_);
  }

 private:
  // More than anybody walks in the longest gap that a ruck survives. What is beyond waits for the
  // next step.
  static constexpr int kMostPerStep = 400;

  [[nodiscard]] double next_boundary_m() const { return (finished_ + 1.0) * length_m(unit_); }
  [[nodiscard]] static Progress between(const Progress& from, const Progress& to,
                                        double distance_m);
  [[nodiscard]] Split split_to(const Progress& at) const;

  SplitUnit unit_;
  std::uint32_t finished_ = 0;
  Progress start_;
};

}  // namespace ruck::rucking
