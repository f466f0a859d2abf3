#pragma once
// Metres climbed and descended.
//
// Adding up every rise would count the altimeter's noise: on a real run 257 m instead of 64. So the
// altitude is smoothed by a centred mean over 9 s, and what is left is cut into legs by turning
// points: a leg ends only when the altitude has come back by a threshold that the altitude source's
// noise does not reach, and then counts in full from its lowest to its highest point. Against the
// ascent that 18 recordings of barometric devices state, this errs by 5.5 % with 2 m (science
// §3.2).
#include <array>
#include <cstdint>
#include <optional>

namespace ruck::rucking {

// Where altitudes come from decides how far they may wander without meaning it.
enum class AltitudeSource : std::uint8_t { kBarometer, kTerrainModel, kGps };
// 2, 3 and 5 m. science §3.3
[[nodiscard]] double turning_threshold_m(AltitudeSource source);

// Pressure altitude of the ICAO standard atmosphere below 11 km. science §3.1
[[nodiscard]] double isa_altitude_m(double pressure_hpa);

struct Climb {
  double gain_m = 0;
  double loss_m = 0;
};

// Turning points. A big climb loses nothing to the threshold; a wobble below it counts nothing.
class TurningPoints {
 public:
  explicit TurningPoints(double threshold_m) : threshold_m_(threshold_m) {}

  void add(double altitude_m);
  void close();                       // end of a stretch: the open leg counts as it is
  [[nodiscard]] Climb climb() const;  // with the open leg

  template <class Archive>
  void visit(Archive& archive) {
    archive.bounded(direction_, kDown);
    archive(low_m_, high_m_, closed_.gain_m, closed_.loss_m);
  }

 private:
  enum Direction : std::uint8_t { kNothingYet, kUndecided, kUp, kDown };

  double threshold_m_;
  std::uint8_t direction_ = kNothingYet;
  // The ends of the open leg. Going up, it runs from low to high; going down, from high to low.
  double low_m_ = 0;
  double high_m_ = 0;
  Climb closed_;
};

// Altitudes of a track in, climb out: rejects spikes, smooths, finds the turning points.
class ClimbMeter {
 public:
  explicit ClimbMeter(AltitudeSource source) : turns_(turning_threshold_m(source)) {}

  // Altitude in 0.1 m, times not decreasing.
  void add(std::int64_t time_ms, std::int32_t altitude_dm);
  // What comes next does not continue what was: a pause, a gap, a ride in a lift.
  void interrupt();

  [[nodiscard]] Climb climb() const;                           // as if it ended now
  [[nodiscard]] std::optional<double> altitude_m() const;      // mean of the last 5 s
  [[nodiscard]] std::optional<double> min_altitude_m() const;  // smoothed
  [[nodiscard]] std::optional<double> max_altitude_m() const;

  template <class Archive>
  void visit(Archive& archive) {
    turns_.visit(archive);
    archive(newest_s_, sum_dm_, count_, has_samples_, has_extremes_, min_m_, max_m_, last_ms_,
            last_dm_, spikes_);
  }

 private:
  bool rejects(std::int64_t time_ms, std::int32_t altitude_dm);
  void advance_to(std::int64_t second);
  void smooth();
  [[nodiscard]] std::size_t slot(std::int64_t second) const;

  static constexpr std::int64_t kHalfWindow_s = 4;  // 9 s in all: science §3.3
  // The window, and the second that is still being filled.
  static constexpr std::size_t kSlots = 2 * kHalfWindow_s + 2;

  TurningPoints turns_;
  // Samples summed by whole seconds; slot `second % kSlots` holds the seconds up to newest_s_.
  std::int64_t newest_s_ = 0;
  std::array<std::int64_t, kSlots> sum_dm_{};
  std::array<std::uint16_t, kSlots> count_{};
  bool has_samples_ = false;
  bool has_extremes_ = false;
  double min_m_ = 0;
  double max_m_ = 0;
  std::int64_t last_ms_ = 0;
  std::int32_t last_dm_ = 0;
  std::uint8_t spikes_ = 0;  // rejected in a row
};

}  // namespace ruck::rucking
