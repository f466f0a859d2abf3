#pragma once
// What carrying a load over ground costs. Every formula is from the literature; science §1 has the
// sources, their published errors and the values that tests/energy_test.cpp asserts.
//
// Power is metabolic watts, gross (resting metabolism included) unless a name says otherwise. Grade
// is percent, 100·rise/run, uphill positive. Expect 15 to 25 % error for one person, and too low a
// figure for heavy packs: no published equation does better.
//
// The functions are the published formulas and take any number. The engine feeds them speeds of the
// smoothed track and grades over at least 50 m, clamped to what the studies measured.
#include <cstdint>

namespace ruck::rucking {

inline constexpr double kJoulesPerKcal = 4184;

[[nodiscard]] constexpr double to_kcal(double joules) { return joules / kJoulesPerKcal; }

enum class Sex : std::uint8_t { kUnknown, kMale, kFemale };  // unknown: the mean of both formulas

struct Body {
  double weight_kg = 80;
  double height_cm = 170;
  double age_years = 40;
  Sex sex = Sex::kUnknown;
};

// How the ground is walked on. `terrain_factor` is eta of Pandolf: 1 on a road.
struct Movement {
  double speed_m_per_s = 0;
  double grade_percent = 0;
  double terrain_factor = 1;
};

// ---- resting ------------------------------------------------------------------------------------

// Harris and Benedict 1919; the resting part of the LCDA equation. §1.5
[[nodiscard]] double harris_benedict_kcal_per_day(const Body& body);
// Mifflin and St Jeor 1990. §1.7
[[nodiscard]] double mifflin_kcal_per_day(const Body& body);
// Harris–Benedict in watts: what a gross figure is reduced by to give the net one.
[[nodiscard]] double resting_watts(const Body& body);

// ---- terrain ------------------------------------------------------------------------------------

// Soule and Goldman 1972, Pandolf et al. 1977. §1.3
enum class Terrain : std::uint8_t {
  kRoad,
  kDirtRoad,
  kLightBrush,
  kPloughedField,
  kHeavyBrush,
  kPackedSnow,
  kBog,
  kLooseSand,
};
[[nodiscard]] double terrain_factor(Terrain terrain);
// Soft snow, by how deep the boot sinks in. §1.3
[[nodiscard]] double soft_snow_factor(double footprint_cm);

// ---- walking and running ------------------------------------------------------------------------

// Load Carriage Decision Aid, unloaded walking (Looney et al. 2019), W/kg. §1.4
[[nodiscard]] double lcda_walking_watts_per_kg(double speed_m_per_s, double grade_percent);

// Where the load is. A vest on the trunk costs other than a pack on the back.
struct Carried {
  double pack_kg = 0;
  double vest_kg = 0;
};
// By how much a load multiplies the cost above rest (Looney et al. 2022, vest 2024). §1.5
[[nodiscard]] double lcda_load_multiplier(double body_kg, Carried carried);

// LCDA backpacking (Looney et al. 2022), the default. Standing is speed zero. §1.5
[[nodiscard]] double lcda_backpacking_watts(const Body& body, Carried carried,
                                            const Movement& movement);

// RE3 running (Looney, Hoogkamer, Kram 2025), W/kg unloaded. `slope` is a fraction. §1.6
[[nodiscard]] double running_watts_per_kg(double speed_m_per_s, double slope);

// Pandolf, Givoni, Goldman 1977, as published. Below zero downhill: see classic_watts. §1.1
[[nodiscard]] double pandolf_watts(double body_kg, double load_kg, const Movement& movement);
// Pandolf with the downhill correction of Santee et al. as published. Only for grades below zero;
// it is off by 20 W and more near level ground. §1.2
[[nodiscard]] double pandolf_santee_watts(double body_kg, double load_kg, const Movement& movement);
// The calculator that users compare with: Pandolf, downhill with Santee's correction. Between level
// and -2 %, where the correction must not be used, it runs straight from the one to the other.
[[nodiscard]] double classic_watts(double body_kg, double load_kg, const Movement& movement);

// Net joules per kilogram and metre at the best speed (Minetti et al. 2002), slope as a fraction,
// clamped to the ±0.45 that was measured. §1.6
[[nodiscard]] double minetti_walking_j_per_kg_m(double slope);
[[nodiscard]] double minetti_running_j_per_kg_m(double slope);

// Givoni and Goldman 1971, kcal per hour, for speeds from 2.5 km/h. §1.6
[[nodiscard]] double givoni_goldman_kcal_per_h(double body_kg, double load_kg,
                                               const Movement& movement);

// ---- heart rate ---------------------------------------------------------------------------------

// Keytel et al. 2005 (J Sports Sci 23:289), fitted at 90 to 150 bpm; never below rest.
[[nodiscard]] double keytel_watts(const Body& body, double heart_rate_bpm);

// ---- choosing -----------------------------------------------------------------------------------

enum class EnergyModel : std::uint8_t { kLcda, kPandolf };
enum class CalorieMethod : std::uint8_t { kFusion, kMechanical, kHeartRate };

// The mechanical and the heart-rate figure of one ruck, gross. `heart_rate_kcal` is of the time
// that samples cover, and `heart_rate_coverage` that time's share (0..1).
struct EnergyEstimates {
  double mechanical_kcal = 0;
  double heart_rate_kcal = 0;
  double heart_rate_coverage = 0;
};
// What the user sees. Time without heart rate counts with its mechanical share. Fusion is the
// mobile app's rule (contract/behaviour.md §4): heart rate weighs 0.3 to 0.6 by its coverage, and
// the result stays within 15 % of the mechanical figure.
[[nodiscard]] double combined_kcal(const EnergyEstimates& estimates, CalorieMethod method);

// The engine's calculator for one rucker: the formulas above, and the choice between them. A call
// takes two powers and two exponentials, so it is made per leg of 50 m, not per fix.
class EnergyCalculator {
 public:
  EnergyCalculator(const Body& body, bool load_is_vest, double terrain_factor);

  struct Watts {
    double lcda = 0;     // walking, or running above 1.8 m/s where that is cheaper (§1.9)
    double pandolf = 0;  // classic_watts
  };
  [[nodiscard]] Watts moving(double load_kg, double speed_m_per_s, double grade_percent) const;
  [[nodiscard]] Watts standing(double load_kg) const { return moving(load_kg, 0, 0); }
  [[nodiscard]] double resting() const { return resting_watts_; }

 private:
  Body body_;
  double terrain_factor_;
  double resting_watts_;
  bool load_is_vest_;
};

}  // namespace ruck::rucking
