#include "rucking/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace ruck::rucking {
namespace {
constexpr double kTurn_rad = 2 * std::numbers::pi;
constexpr double kTick_s = 1;
// How fast one's mood and the bends of a path change.
constexpr double kMoodCorrelation_s = 40;
constexpr double kBendCorrelation_s = 20;
constexpr double kBend_rad_per_s = 0.01;
constexpr double kJunctionsPerHour = 20;
// Android reports the 68 % radius: 1.51 sigma of a circular error (science §2.4).
constexpr double kAccuracyPerSigma = 1.51;
constexpr double kAccuracyVariation = 0.2;
constexpr double kAccuracyCorrelation_s = 120;
constexpr double kSpeedNoise_m_per_s = 0.1;
// Adaptive sampling as of the mobile app.
constexpr std::int64_t kAdaptiveStep_s = 5;
constexpr double kAdaptiveStep_m = 5;
constexpr std::int64_t kAdaptiveSilence_s = 30;
// A heart follows effort with half a minute's delay, and 14 W/kg is about all a fit person has.
constexpr double kHeartDelay_s = 35;
constexpr double kFullEffort_w_per_kg = 14;
constexpr double kHeartNoise_bpm = 1.5;
// A scale taken this far away is good to 0.01 %.
constexpr double kScaleReach_deg = 0.001;

// Tobler's hiking function (science §3.5), relative to level ground.
double pace_factor(double slope) { return std::exp(-3.5 * (std::fabs(slope + 0.05) - 0.05)); }
}  // namespace

void RuckSimulator::Wander::start(double deviation_in, double correlation_s, SeededRandom& random) {
  deviation = deviation_in;
  keep = correlation_s > 0 ? std::exp(-kTick_s / correlation_s) : 0;
  value = deviation * random.normal();
}

void RuckSimulator::Wander::step(SeededRandom& random) {
  value = keep * value + deviation * std::sqrt(1 - keep * keep) * random.normal();
}

RuckSimulator::RuckSimulator(const SimulationSettings& settings, std::uint64_t seed)
    : settings_(settings), random_(seed), at_(settings.start) {
  heading_rad_ = random_.uniform(0, kTurn_rad);
  mood_.start(settings.speed_variation, kMoodCorrelation_s, random_);
  east_error_.start(settings.noise_m, settings.noise_correlation_s, random_);
  north_error_.start(settings.noise_m, settings.noise_correlation_s, random_);
  altitude_error_.start(settings.altitude_noise_m, settings.altitude_correlation_s, random_);
  accuracy_.start(kAccuracyVariation, kAccuracyCorrelation_s, random_);
  double height_m = settings.hill_height_m;
  double length_m = std::max(settings.hill_length_m, 1.0);
  for (Hill& hill : hills_) {
    hill = {.height_m = height_m,
            .wave_per_m = kTurn_rad / (length_m * random_.uniform(0.8, 1.2)),
            .phase = random_.uniform(0, kTurn_rad)};
    height_m /= 4;
    length_m /= 3;
  }
  heart_bpm_ = settings.heart_rate.resting_bpm + 15;
  scale_lat_deg_ = at_.lat_deg;
  scale_ = local_scale(scale_lat_deg_);
}

std::optional<SimulatedFix> RuckSimulator::next() {
  while (true) {
    const bool first = recorded_s_ < 0;
    if (!first) {
      if (truth_.distance_m >= settings_.length_m || truth_.elapsed_s >= settings_.duration_s) {
        return std::nullopt;
      }
      tick();
    }
    if (first || records()) return record();
  }
}

void RuckSimulator::tick() {
  truth_.elapsed_s += kTick_s;
  mood_.step(random_);
  east_error_.step(random_);
  north_error_.step(random_);
  altitude_error_.step(random_);
  accuracy_.step(random_);
  if (stop_left_s_ > 0) {
    stop_left_s_ -= kTick_s;
  } else if (settings_.stops_per_hour > 0 &&
             random_.chance(settings_.stops_per_hour * kTick_s / 3600)) {
    stop_left_s_ = -settings_.stop_s * std::log(1 - random_.uniform());
  }
  steer();
  walk();
  beat();
}

void RuckSimulator::steer() {
  switch (settings_.route) {
    case SimulationSettings::Route::kStraight:
      return;
    case SimulationSettings::Route::kSquareTurns:
      if (std::fmod(truth_.elapsed_s, settings_.turn_every_s) < kTick_s) {
        heading_rad_ += random_.chance(0.5) ? kTurn_rad / 4 : -kTurn_rad / 4;
      }
      return;
    case SimulationSettings::Route::kWinding: {
      const double keep = std::exp(-kTick_s / kBendCorrelation_s);
      bend_rad_per_s_ =
          keep * bend_rad_per_s_ + kBend_rad_per_s * std::sqrt(1 - keep * keep) * random_.normal();
      heading_rad_ += bend_rad_per_s_ * kTick_s;
      if (random_.chance(kJunctionsPerHour * kTick_s / 3600)) {
        heading_rad_ += random_.uniform(-kTurn_rad / 4, kTurn_rad / 4);
      }
      return;
    }
  }
}

double RuckSimulator::hill_m(double distance_m) const {
  double sum_m = 0;
  for (const Hill& hill : hills_) {
    sum_m += hill.height_m * std::sin(hill.wave_per_m * distance_m + hill.phase);
  }
  return sum_m;
}

double RuckSimulator::slope() const {
  constexpr double kAhead_m = 5;
  return (hill_m(truth_.distance_m + kAhead_m) - hill_m(truth_.distance_m)) / kAhead_m;
}

void RuckSimulator::walk() {
  if (stop_left_s_ > 0 || settings_.speed_m_per_s <= 0) {
    speed_m_per_s_ = 0;
    return;
  }
  const double mood = std::clamp(1 + mood_.value, 0.5, 1.5);
  speed_m_per_s_ = settings_.speed_m_per_s * mood * pace_factor(slope());
  const double before_m = hill_m(truth_.distance_m);
  const double step_m = std::min(speed_m_per_s_ * kTick_s, settings_.length_m - truth_.distance_m);
  truth_.distance_m += step_m;
  truth_.moving_s += kTick_s;
  const double rise_m = hill_m(truth_.distance_m) - before_m;
  (rise_m > 0 ? truth_.gain_m : truth_.loss_m) += std::fabs(rise_m);
  if (std::fabs(at_.lat_deg - scale_lat_deg_) > kScaleReach_deg) {
    scale_lat_deg_ = at_.lat_deg;
    scale_ = local_scale(scale_lat_deg_);
  }
  at_ = moved(
      at_, {.east_m = step_m * std::sin(heading_rad_), .north_m = step_m * std::cos(heading_rad_)},
      scale_);
}

void RuckSimulator::beat() {
  const double grade_percent = speed_m_per_s_ > 0 ? 100 * slope() : 0;
  const double watts =
      lcda_backpacking_watts(settings_.body, {.pack_kg = settings_.load_kg},
                             {.speed_m_per_s = speed_m_per_s_, .grade_percent = grade_percent});
  const double effort =
      std::clamp(watts / (settings_.body.weight_kg * kFullEffort_w_per_kg), 0.0, 1.0);
  const HeartRateRange range = settings_.heart_rate;
  const double target_bpm =
      range.resting_bpm + (0.15 + 0.85 * effort) * (range.max_bpm - range.resting_bpm);
  heart_bpm_ += (target_bpm - heart_bpm_) * kTick_s / kHeartDelay_s;
}

bool RuckSimulator::records() const {
  if (settings_.sampling == SimulationSettings::Sampling::kEverySecond) return true;
  const auto silent_s = static_cast<std::int64_t>(truth_.elapsed_s) - recorded_s_;
  if (silent_s < kAdaptiveStep_s) return false;
  return silent_s >= kAdaptiveSilence_s || distance_m(recorded_at_, at_) >= kAdaptiveStep_m;
}

SimulatedFix RuckSimulator::record() {
  const auto now_s = static_cast<std::int64_t>(truth_.elapsed_s);
  recorded_s_ = now_s;
  recorded_at_ = at_;
  const double white_m = settings_.white_noise_m;
  const Position noisy = moved(at_,
                               {.east_m = east_error_.value + white_m * random_.normal(),
                                .north_m = north_error_.value + white_m * random_.normal()},
                               scale_);
  const double sigma_m = std::hypot(settings_.noise_m, white_m);
  const RawPoint raw{
      .time_ms = settings_.start_ms + now_s * 1000,
      .lat_deg = std::clamp(noisy.lat_deg, -90.0, 90.0),
      .lng_deg = noisy.lng_deg,
      .altitude_m = settings_.altitude_m + hill_m(truth_.distance_m) + altitude_error_.value,
      .accuracy_m = kAccuracyPerSigma * sigma_m * std::max(0.5, 1 + accuracy_.value),
      .speed_m_per_s = std::max(0.0, speed_m_per_s_ + kSpeedNoise_m_per_s * random_.normal())};
  SimulatedFix fix;
  fix.true_position = at_;
  // A simulated place is on the Earth and its time is the caller's; nothing here can be refused.
  const auto quantised = quantise(raw, std::numeric_limits<std::int64_t>::max());
  if (quantised) fix.point = quantised->point;
  const double every_s = settings_.heart_rate_every_s;
  if (every_s > 0 && (beat_s_ < 0 || static_cast<double>(now_s - beat_s_) >= every_s)) {
    beat_s_ = now_s;
    const double bpm = std::clamp(heart_bpm_ + kHeartNoise_bpm * random_.normal(),
                                  static_cast<double>(kLowestHeartRate_bpm),
                                  static_cast<double>(kHighestHeartRate_bpm));
    fix.heart_rate = HeartRateSample{.time_ms = raw.time_ms,
                                     .bpm = static_cast<std::uint16_t>(std::lround(bpm))};
  }
  return fix;
}

}  // namespace ruck::rucking
