#include "rucking/energy.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace ruck::rucking {
namespace {
constexpr double kSecondsPerDay = 86'400;
constexpr double kWattsPerKcalPerDay = kJoulesPerKcal / kSecondsPerDay;

// A formula that exists for men and women; the mean of both where the sex is not known.
double by_sex(Sex sex, double male, double female) {
  if (sex == Sex::kMale) return male;
  if (sex == Sex::kFemale) return female;
  return (male + female) / 2;
}

// 0.34·S·G·(1 − 1.05^(1 − 1.1^(G+32))): the part of both LCDA equations that a slope adds.
double lcda_slope_watts_per_kg(double speed_m_per_s, double grade_percent) {
  if (grade_percent == 0) return 0;
  constexpr double kLn1_1 = 0.095310179804324860;
  constexpr double kLn1_05 = 0.048790164169432003;
  const double steep = std::exp((grade_percent + 32) * kLn1_1);
  const double asymmetry = 1 - std::exp((1 - steep) * kLn1_05);
  return 0.34 * speed_m_per_s * grade_percent * asymmetry;
}

// What walking adds to standing, per kilogram, before load and resting.
double lcda_gait_watts_per_kg(const Movement& movement) {
  const double s = movement.speed_m_per_s;
  if (s <= 0) return 0;
  const double s2 = s * s;
  return 1.78 * std::pow(s, 0.58) + 0.27 * s2 * s2 +
         lcda_slope_watts_per_kg(s, movement.grade_percent);
}

double lcda_watts(double body_kg, double resting_watts, double multiplier,
                  const Movement& movement) {
  constexpr double kStanding_w_per_kg = 0.21;  // above rest
  const double above_rest =
      kStanding_w_per_kg + movement.terrain_factor * lcda_gait_watts_per_kg(movement);
  return resting_watts + body_kg * multiplier * above_rest;
}

double polynomial(const std::array<double, 6>& coefficients, double x) {
  double sum = 0;
  for (const double c : coefficients) sum = sum * x + c;
  return sum;
}

double clamped_slope(double slope) { return std::clamp(slope, -0.45, 0.45); }
}  // namespace

double harris_benedict_kcal_per_day(const Body& body) {
  const double male =
      66.5 + 13.75 * body.weight_kg + 5.003 * body.height_cm - 6.755 * body.age_years;
  const double female =
      655.1 + 9.563 * body.weight_kg + 1.85 * body.height_cm - 4.676 * body.age_years;
  return by_sex(body.sex, male, female);
}

double mifflin_kcal_per_day(const Body& body) {
  const double common = 10 * body.weight_kg + 6.25 * body.height_cm - 5 * body.age_years;
  return common + by_sex(body.sex, 5, -161);
}

double resting_watts(const Body& body) {
  return harris_benedict_kcal_per_day(body) * kWattsPerKcalPerDay;
}

double terrain_factor(Terrain terrain) {
  static constexpr std::array<double, 8> kFactors = {1.0, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2.1};
  return kFactors[static_cast<std::size_t>(terrain)];
}

double soft_snow_factor(double footprint_cm) { return 1.3 + 0.082 * footprint_cm; }

double lcda_walking_watts_per_kg(double speed_m_per_s, double grade_percent) {
  constexpr double kStanding_w_per_kg = 1.44;
  if (speed_m_per_s <= 0) return kStanding_w_per_kg;
  const double s2 = speed_m_per_s * speed_m_per_s;
  return kStanding_w_per_kg + 1.94 * std::pow(speed_m_per_s, 0.43) + 0.24 * s2 * s2 +
         lcda_slope_watts_per_kg(speed_m_per_s, grade_percent);
}

double lcda_load_multiplier(double body_kg, Carried carried) {
  double multiplier = 1;
  if (carried.pack_kg > 0) multiplier += 1.96 * std::pow(carried.pack_kg / body_kg, 1.36);
  if (carried.vest_kg > 0) multiplier += 1.38 * std::pow(carried.vest_kg / body_kg, 1.21);
  return multiplier;
}

double lcda_backpacking_watts(const Body& body, Carried carried, const Movement& movement) {
  return lcda_watts(body.weight_kg, resting_watts(body),
                    lcda_load_multiplier(body.weight_kg, carried), movement);
}

double running_watts_per_kg(double speed_m_per_s, double slope) {
  const double v = speed_m_per_s;
  const double steep = std::pow(1.056, 100 * slope + 43);
  return 4.43 + 1.51 * v + 0.37 * v * v + 30.43 * v * slope * (1 - std::pow(1.133, 1 - steep));
}

double pandolf_watts(double body_kg, double load_kg, const Movement& movement) {
  const double total_kg = body_kg + load_kg;
  const double ratio = load_kg / body_kg;
  const double v = movement.speed_m_per_s;
  const double gait = 1.5 * v * v + 0.35 * v * movement.grade_percent;
  return 1.5 * body_kg + 2.0 * total_kg * ratio * ratio + movement.terrain_factor * total_kg * gait;
}

double pandolf_santee_watts(double body_kg, double load_kg, const Movement& movement) {
  const double total_kg = body_kg + load_kg;
  const double v = movement.speed_m_per_s;
  const double g = movement.grade_percent;
  const double correction =
      g * total_kg * v / 3.5 - total_kg * (g + 6) * (g + 6) / body_kg + (25 - v * v);
  return pandolf_watts(body_kg, load_kg, movement) - movement.terrain_factor * correction;
}

double classic_watts(double body_kg, double load_kg, const Movement& movement) {
  constexpr double kCorrectedFrom_percent = -2;
  const double g = movement.grade_percent;
  // Standing still there is no descent to correct for.
  if (g >= 0 || movement.speed_m_per_s <= 0) return pandolf_watts(body_kg, load_kg, movement);
  if (g <= kCorrectedFrom_percent) return pandolf_santee_watts(body_kg, load_kg, movement);
  Movement level = movement;
  level.grade_percent = 0;
  Movement corrected = movement;
  corrected.grade_percent = kCorrectedFrom_percent;
  const double share = g / kCorrectedFrom_percent;
  return (1 - share) * pandolf_watts(body_kg, load_kg, level) +
         share * pandolf_santee_watts(body_kg, load_kg, corrected);
}

double minetti_walking_j_per_kg_m(double slope) {
  return polynomial({280.5, -58.7, -76.8, 51.9, 19.6, 2.5}, clamped_slope(slope));
}

double minetti_running_j_per_kg_m(double slope) {
  return polynomial({155.4, -30.4, -43.3, 46.3, 19.5, 3.6}, clamped_slope(slope));
}

double givoni_goldman_kcal_per_h(double body_kg, double load_kg, const Movement& movement) {
  constexpr double kSlowest_km_per_h = 2.5;
  const double faster = std::max(0.0, movement.speed_m_per_s * 3.6 - kSlowest_km_per_h);
  const double per_kg =
      2.3 + 0.32 * std::pow(faster, 1.65) + movement.grade_percent * (0.2 + 0.07 * faster);
  return movement.terrain_factor * (body_kg + load_kg) * per_kg;
}

double keytel_watts(const Body& body, double heart_rate_bpm) {
  const double male =
      -55.0969 + 0.6309 * heart_rate_bpm + 0.1988 * body.weight_kg + 0.2017 * body.age_years;
  const double female =
      -20.4022 + 0.4472 * heart_rate_bpm - 0.1263 * body.weight_kg + 0.074 * body.age_years;
  constexpr double kWattsPerKjPerMin = 1000.0 / 60;
  return std::max(by_sex(body.sex, male, female) * kWattsPerKjPerMin, resting_watts(body));
}

double combined_kcal(const EnergyEstimates& estimates, CalorieMethod method) {
  constexpr double kLeastWeight = 0.3;
  constexpr double kMostWeight = 0.6;
  constexpr double kFarthestFromMechanical = 0.15;
  const double mechanical = estimates.mechanical_kcal;
  const double coverage = std::clamp(estimates.heart_rate_coverage, 0.0, 1.0);
  if (method == CalorieMethod::kMechanical || coverage <= 0) return mechanical;
  const double by_heart_rate = estimates.heart_rate_kcal + mechanical * (1 - coverage);
  if (method == CalorieMethod::kHeartRate) return by_heart_rate;
  const double weight = kLeastWeight + (kMostWeight - kLeastWeight) * coverage;
  const double fused = weight * by_heart_rate + (1 - weight) * mechanical;
  return std::clamp(fused, mechanical * (1 - kFarthestFromMechanical),
                    mechanical * (1 + kFarthestFromMechanical));
}

EnergyCalculator::EnergyCalculator(const Body& body, bool load_is_vest, double terrain_factor)
    : body_(body),
      terrain_factor_(terrain_factor),
      resting_watts_(resting_watts(body)),
      load_is_vest_(load_is_vest) {}

EnergyCalculator::Watts EnergyCalculator::moving(double load_kg, double speed_m_per_s,
                                                 double grade_percent) const {
  constexpr double kRunningFrom_m_per_s = 1.8;
  const Movement movement{.speed_m_per_s = speed_m_per_s,
                          .grade_percent = grade_percent,
                          .terrain_factor = terrain_factor_};
  const double multiplier = lcda_load_multiplier(
      body_.weight_kg, load_is_vest_ ? Carried{.vest_kg = load_kg} : Carried{.pack_kg = load_kg});
  Watts watts{.lcda = lcda_watts(body_.weight_kg, resting_watts_, multiplier, movement),
              .pandolf = classic_watts(body_.weight_kg, load_kg, movement)};
  if (speed_m_per_s > kRunningFrom_m_per_s) {
    const double running =
        body_.weight_kg * multiplier * running_watts_per_kg(speed_m_per_s, grade_percent / 100);
    watts.lcda = std::min(watts.lcda, running);
  }
  return watts;
}

}  // namespace ruck::rucking
