#include "rucking/splits.hpp"

#include <algorithm>
#include <cmath>

namespace ruck::rucking {

void add_heart_rate(std::span<Split> splits, std::span<const HeartRateSample> samples) {
  for (Split& split : splits) {
    const auto first =
        std::ranges::upper_bound(samples, split.start_ms, {}, &HeartRateSample::time_ms);
    double sum_bpm = 0;
    int count = 0;
    for (auto it = first; it != samples.end() && it->time_ms <= split.end_ms; ++it, ++count) {
      sum_bpm += it->bpm;
    }
    if (count > 0) split.average_bpm = sum_bpm / count;
  }
}

void SplitMeter::start(const Progress& at) { start_ = at; }

Progress SplitMeter::between(const Progress& from, const Progress& to, double distance_m) {
  const double step_m = to.distance_m - from.distance_m;
  const double share =
      step_m > 0 ? std::clamp((distance_m - from.distance_m) / step_m, 0.0, 1.0) : 1;
  const auto mix = [share](double a, double b) { return a + share * (b - a); };
  const auto dt_ms = static_cast<double>(to.time_ms - from.time_ms);
  return {.distance_m = distance_m,
          .time_ms = from.time_ms + std::llround(share * dt_ms),
          .moving_s = mix(from.moving_s, to.moving_s),
          .gain_m = mix(from.gain_m, to.gain_m),
          .loss_m = mix(from.loss_m, to.loss_m),
          .energy_kcal = mix(from.energy_kcal, to.energy_kcal),
          .position = {.lat_deg = mix(from.position.lat_deg, to.position.lat_deg),
                       .lng_deg = wrap_degrees(
                           from.position.lng_deg +
                           share * wrap_degrees(to.position.lng_deg - from.position.lng_deg))}};
}

Split SplitMeter::split_to(const Progress& at) const {
  return {.unit = unit_,
          .number = static_cast<std::int32_t>(finished_ + 1),
          .distance_m = at.distance_m - finished_ * length_m(unit_),
          .start_ms = start_.time_ms,
          .end_ms = at.time_ms,
          .moving_s = at.moving_s - start_.moving_s,
          .gain_m = at.gain_m - start_.gain_m,
          .loss_m = at.loss_m - start_.loss_m,
          .energy_kcal = at.energy_kcal - start_.energy_kcal,
          .end = at.position,
          .average_bpm = {}};
}

}  // namespace ruck::rucking
