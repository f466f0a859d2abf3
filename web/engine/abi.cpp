// What JavaScript calls. Numbers only: inputs are written into a block of doubles, outputs are read
// from another. src/worker/engine.ts names the same places; tests/engine.test.mjs checks both
// sides.
#include "engine.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

#if defined(__wasm__)
#define RUCK_EXPORT(name) extern "C" __attribute__((export_name(#name)))
#else
#define RUCK_EXPORT(name) extern "C"
#endif

namespace {
using namespace ruck;

constexpr std::size_t kPointsPerCall = 512;  // of six numbers each
constexpr std::size_t kNumbersPerPoint = 6;  // time_ms, lat, lng, altitude, accuracy, speed
constexpr std::size_t kNumbersPerSplit = 9;
constexpr std::size_t kSplitsMax = 1024;  // 500 km in both units

std::array<double, kPointsPerCall * kNumbersPerPoint> input;
std::array<double, kSplitsMax * kNumbersPerSplit> output;
std::optional<web::Recording> recording;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

std::optional<double> given(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(value);
}
double or_nothing(const std::optional<double>& value) { return value.value_or(kNothing); }

// Puts numbers one after the other.
class Out {
 public:
  void put(double value) {
    if (size_ < output.size()) output[size_++] = value;
  }
  template <class... T>
  void put(double first, T... rest) {
    put(first);
    (put(static_cast<double>(rest)), ...);
  }
  [[nodiscard]] int size() const { return static_cast<int>(size_); }

 private:
  std::size_t size_ = 0;
};

rucking::CalorieMethod method_of(double value) {
  if (value == 1) return rucking::CalorieMethod::kMechanical;
  if (value == 2) return rucking::CalorieMethod::kHeartRate;
  return rucking::CalorieMethod::kFusion;
}
rucking::CalorieMethod calorie_method = rucking::CalorieMethod::kFusion;
bool active_only = false;
}  // namespace

RUCK_EXPORT(ruck_input) double* ruck_input() { return input.data(); }
RUCK_EXPORT(ruck_output) double* ruck_output() { return output.data(); }

// From input: weight_kg, height_cm, age_years, sex (0 unknown, 1 male, 2 female), resting and
// highest heart rate or NaN, load_kg, calorie method (0 fusion, 1 mechanical, 2 heart rate),
// 1 to leave out what the body burns at rest.
RUCK_EXPORT(ruck_begin) void ruck_begin() {
  const rucking::Sex sex = input[3] == 1   ? rucking::Sex::kMale
                           : input[3] == 2 ? rucking::Sex::kFemale
                                           : rucking::Sex::kUnknown;
  recording.emplace(rucking::EngineConfig{.rucker = {.weight_kg = input[0],
                                                     .height_cm = input[1],
                                                     .age_years = input[2],
                                                     .sex = sex,
                                                     .resting_bpm = given(input[4]),
                                                     .max_bpm = given(input[5])},
                                          .load_kg = input[6]});
  calorie_method = method_of(input[7]);
  active_only = input[8] != 0;
}

// From input: `count` points. Gives how many could be used at all; the others are no positions.
RUCK_EXPORT(ruck_feed) int ruck_feed(int count, double latest_allowed_ms) {
  int taken = 0;
  for (int i = 0; recording && i < count && i < static_cast<int>(kPointsPerCall); ++i) {
    const double* at = input.data() + static_cast<std::size_t>(i) * kNumbersPerPoint;
    const auto quantised = rucking::quantise({.time_ms = static_cast<std::int64_t>(at[0]),
                                              .lat_deg = at[1],
                                              .lng_deg = at[2],
                                              .altitude_m = given(at[3]),
                                              .accuracy_m = given(at[4]),
                                              .speed_m_per_s = given(at[5])},
                                             static_cast<std::int64_t>(latest_allowed_ms));
    if (!quantised) continue;
    recording->add(quantised->point);
    ++taken;
  }
  return taken;
}

RUCK_EXPORT(ruck_event) void ruck_event(int kind, double time_ms, double load_kg) {
  if (!recording || kind < 0 || kind > 2) return;
  recording->add({.time_ms = static_cast<std::int64_t>(time_ms),
                  .kind = static_cast<web::EventKind>(kind),
                  .load_kg = load_kg});
}

// To output: the totals, then what is live. Gives how many numbers.
RUCK_EXPORT(ruck_totals) int ruck_totals() {
  if (!recording) return 0;
  const rucking::Totals t = recording->engine().totals();
  const auto live = recording->engine().live();
  const auto model = rucking::EnergyModel::kLcda;
  Out out;
  out.put(static_cast<double>(t.start_ms), t.end_ms, t.distance_m, t.estimated_distance_m,
          t.elapsed_s, t.moving_s, t.paused_s, t.gain_m, t.loss_m);
  out.put(active_only ? t.energy.net_kcal(model, calorie_method)
                      : t.energy.gross_kcal(model, calorie_method));
  out.put(t.load_distance_kg_km, t.power_points, or_nothing(t.pace_s_per_km()),
          or_nothing(t.min_altitude_m), or_nothing(t.max_altitude_m));
  out.put(t.points.fed, t.points.used, t.points.while_paused, t.points.poor_accuracy,
          t.points.jumps, t.points.in_vehicle);
  out.put(live ? (live->moving ? 1 : 0) : kNothing);
  out.put(live ? live->speed_m_per_s : kNothing,
          live ? or_nothing(live->pace_s_per_km()) : kNothing,
          live ? live->grade_percent : kNothing, live ? or_nothing(live->altitude_m) : kNothing,
          live ? live->filtered.lat_deg : kNothing, live ? live->filtered.lng_deg : kNothing);
  return out.size();
}

// To output: the splits, nine numbers each. Gives how many splits.
RUCK_EXPORT(ruck_splits) int ruck_splits() {
  if (!recording) return 0;
  Out out;
  for (const rucking::Split& s : recording->splits()) {
    out.put(s.unit == rucking::SplitUnit::kKilometre ? 0.0 : 1.0, s.number, s.distance_m,
            static_cast<double>(s.start_ms), static_cast<double>(s.end_ms), s.moving_s, s.gain_m,
            s.loss_m, s.energy_kcal);
  }
  return out.size() / static_cast<int>(kNumbersPerSplit);
}
