#include "rucking/climb.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>

namespace ruck::rucking {
namespace {
constexpr double kMetresPerDm = 0.1;
// Nobody climbs or falls 5 m/s on foot for long; 10 m is what a receiver may be off at once.
constexpr double kFastest_m_per_s = 5;
constexpr double kSpikeAllowance_m = 10;
// So many altitudes in a row at another level are that level: the receiver had been wrong before.
constexpr std::uint8_t kSpikesThatAreALevel = 5;
}  // namespace

double turning_threshold_m(AltitudeSource source) {
  switch (source) {
    case AltitudeSource::kBarometer:
      return 2;
    case AltitudeSource::kTerrainModel:
      return 3;
    case AltitudeSource::kGps:
      return 5;
  }
  return 5;
}

double isa_altitude_m(double pressure_hpa) {
  constexpr double kSeaLevel_hpa = 1013.25;
  return 44330.769 * (1 - std::pow(pressure_hpa / kSeaLevel_hpa, 0.190263103));
}

void TurningPoints::add(double altitude_m) {
  if (direction_ == kNothingYet) {
    direction_ = kUndecided;
    low_m_ = high_m_ = altitude_m;
    return;
  }
  const bool new_high = altitude_m > high_m_;
  const bool new_low = altitude_m < low_m_;
  switch (direction_) {
    case kUndecided:
      low_m_ = std::min(low_m_, altitude_m);
      high_m_ = std::max(high_m_, altitude_m);
      if (altitude_m - low_m_ >= threshold_m_ && high_m_ > low_m_) direction_ = kUp;
      if (high_m_ - altitude_m >= threshold_m_ && high_m_ > low_m_) direction_ = kDown;
      return;
    case kUp:
      if (new_high) high_m_ = altitude_m;
      if (new_high || high_m_ - altitude_m < threshold_m_) return;
      closed_.gain_m += high_m_ - low_m_;
      direction_ = kDown;
      low_m_ = altitude_m;
      return;
    default:
      if (new_low) low_m_ = altitude_m;
      if (new_low || altitude_m - low_m_ < threshold_m_) return;
      closed_.loss_m += high_m_ - low_m_;
      direction_ = kUp;
      high_m_ = altitude_m;
  }
}

void TurningPoints::close() {
  closed_ = climb();
  direction_ = kNothingYet;
}

Climb TurningPoints::climb() const {
  Climb all = closed_;
  if (direction_ == kUp) all.gain_m += high_m_ - low_m_;
  if (direction_ == kDown) all.loss_m += high_m_ - low_m_;
  return all;
}

std::size_t ClimbMeter::slot(std::int64_t second) const {
  return static_cast<std::size_t>(second) % kSlots;  // seconds are after 2000, so not negative
}

bool ClimbMeter::rejects(std::int64_t time_ms, std::int32_t altitude_dm) {
  const double dt_s = static_cast<double>(time_ms - last_ms_) / 1000;
  const std::int64_t change_dm = std::int64_t{altitude_dm} - last_dm_;
  const double change_m = static_cast<double>(std::abs(change_dm)) * kMetresPerDm;
  if (change_m <= kFastest_m_per_s * dt_s + kSpikeAllowance_m) return false;
  return ++spikes_ < kSpikesThatAreALevel;
}

void ClimbMeter::add(std::int64_t time_ms, std::int32_t altitude_dm) {
  if (has_samples_) {
    if (rejects(time_ms, altitude_dm)) return;
    if (spikes_ >= kSpikesThatAreALevel) interrupt();
  }
  spikes_ = 0;
  last_ms_ = time_ms;
  last_dm_ = altitude_dm;
  const std::int64_t second = time_ms / 1000;
  if (!has_samples_) {
    has_samples_ = true;
    newest_s_ = second;
    sum_dm_.fill(0);
    count_.fill(0);
  } else {
    advance_to(second);
  }
  // A recorder so fast that 65,535 samples fall into a second only has the first of them counted.
  if (count_[slot(second)] == std::numeric_limits<std::uint16_t>::max()) return;
  sum_dm_[slot(second)] += altitude_dm;
  ++count_[slot(second)];
}

// Opens the seconds up to `second`; those whose window is complete thereby are smoothed.
void ClimbMeter::advance_to(std::int64_t second) {
  // After kSlots seconds without a sample the window is empty: nothing is left to open one by one.
  const std::int64_t stop = std::min(second, newest_s_ + static_cast<std::int64_t>(kSlots));
  while (newest_s_ < stop) {
    ++newest_s_;
    sum_dm_[slot(newest_s_)] = 0;
    count_[slot(newest_s_)] = 0;
    smooth();
  }
  newest_s_ = second;
}

// The second whose window was completed when newest_s_ was opened. That one is still empty, so the
// window is all there is.
void ClimbMeter::smooth() {
  if (count_[slot(newest_s_ - kHalfWindow_s - 1)] == 0) return;
  const std::int64_t sum_dm = std::accumulate(sum_dm_.begin(), sum_dm_.end(), std::int64_t{0});
  const std::int64_t count = std::accumulate(count_.begin(), count_.end(), std::int64_t{0});
  const double altitude_m = static_cast<double>(sum_dm) * kMetresPerDm / static_cast<double>(count);
  turns_.add(altitude_m);
  min_m_ = has_extremes_ ? std::min(min_m_, altitude_m) : altitude_m;
  max_m_ = has_extremes_ ? std::max(max_m_, altitude_m) : altitude_m;
  has_extremes_ = true;
}

void ClimbMeter::interrupt() {
  if (!has_samples_) return;
  advance_to(newest_s_ + static_cast<std::int64_t>(kSlots));
  turns_.close();
  has_samples_ = false;
  spikes_ = 0;
}

Climb ClimbMeter::climb() const {
  ClimbMeter ended = *this;
  ended.interrupt();
  return ended.turns_.climb();
}

std::optional<double> ClimbMeter::altitude_m() const {
  if (!has_samples_) return std::nullopt;
  std::int64_t sum_dm = 0;
  std::int64_t count = 0;
  for (std::int64_t s = newest_s_ - kHalfWindow_s; s <= newest_s_; ++s) {
    sum_dm += sum_dm_[slot(s)];
    count += count_[slot(s)];
  }
  return static_cast<double>(sum_dm) * kMetresPerDm / static_cast<double>(count);
}

std::optional<double> ClimbMeter::min_altitude_m() const {
  ClimbMeter ended = *this;
  ended.interrupt();
  if (!ended.has_extremes_) return std::nullopt;
  return ended.min_m_;
}

std::optional<double> ClimbMeter::max_altitude_m() const {
  ClimbMeter ended = *this;
  ended.interrupt();
  if (!ended.has_extremes_) return std::nullopt;
  return ended.max_m_;
}

}  // namespace ruck::rucking
