#include "rucking/energy_meter.hpp"

#include <algorithm>
#include <cmath>

namespace ruck::rucking {
namespace {
constexpr double kLeg_m = 50;  // science §1.9
constexpr double kGpsGradeWindow_m = 200;
// What the LCDA studies measured.
constexpr double kSteepestDown_percent = -40;
constexpr double kSteepestUp_percent = 45;
// A GPS receiver's altitude does not tell such a grade from level ground.
constexpr double kGpsLevel_percent = 1;
}  // namespace

void EnergyMeter::move(double distance_m, double duration_s, double load_kg,
                       std::optional<double> altitude_m) {
  leg_m_ += distance_m;
  leg_s_ += duration_s;
  leg_kg_s_ += load_kg * duration_s;
  if (marks_size_ == 0) push_mark(altitude_m, -leg_m_);  // the way here had no altitude yet
  if (leg_m_ >= kLeg_m) close_leg(altitude_m);
}

void EnergyMeter::stand(double duration_s, double load_kg) {
  const auto watts = calculator_.standing(load_kg);
  joules_.lcda += watts.lcda * duration_s;
  joules_.pandolf += watts.pandolf * duration_s;
}

void EnergyMeter::interrupt(std::optional<double> altitude_m) {
  close_leg(altitude_m);
  marks_size_ = 0;
}

EnergyMeter::Joules EnergyMeter::total(std::optional<double> altitude_m) const {
  const Joules open = leg_joules(leg_grade_percent(altitude_m));
  return {.lcda = joules_.lcda + open.lcda, .pandolf = joules_.pandolf + open.pandolf};
}

void EnergyMeter::close_leg(std::optional<double> altitude_m) {
  if (!(leg_s_ > 0)) return;
  grade_percent_ = leg_grade_percent(altitude_m);
  const Joules leg = leg_joules(grade_percent_);
  joules_.lcda += leg.lcda;
  joules_.pandolf += leg.pandolf;
  for (std::uint8_t i = 0; i < marks_size_; ++i) marks_[i].span_m += leg_m_;
  push_mark(altitude_m, 0);
  leg_m_ = leg_s_ = leg_kg_s_ = 0;
}

void EnergyMeter::push_mark(std::optional<double> altitude_m, double span_m) {
  if (!altitude_m) return;
  if (marks_size_ == kMostMarks) {
    std::move(marks_.begin() + 1, marks_.end(), marks_.begin());
    --marks_size_;
  }
  marks_[marks_size_++] = {.span_m = span_m, .altitude_m = *altitude_m};
}

// From the youngest mark that is a window away, or the oldest there is. A rise over less than the
// window is spread over all of it, so that a short way's noise does not make a cliff.
double EnergyMeter::leg_grade_percent(std::optional<double> altitude_m) const {
  if (!altitude_m || marks_size_ == 0) return 0;
  const bool gps = source_ == AltitudeSource::kGps;
  const double window_m = gps ? kGpsGradeWindow_m : kLeg_m;
  std::size_t i = marks_size_ - 1U;
  while (i > 0 && marks_[i].span_m + leg_m_ < window_m) --i;
  const double run_m = std::max(marks_[i].span_m + leg_m_, window_m);
  const double grade = 100 * (*altitude_m - marks_[i].altitude_m) / run_m;
  if (gps && std::fabs(grade) < kGpsLevel_percent) return 0;
  return std::clamp(grade, kSteepestDown_percent, kSteepestUp_percent);
}

EnergyMeter::Joules EnergyMeter::leg_joules(double grade_percent) const {
  if (!(leg_s_ > 0)) return {};
  const auto watts = calculator_.moving(leg_kg_s_ / leg_s_, leg_m_ / leg_s_, grade_percent);
  return {.lcda = watts.lcda * leg_s_, .pandolf = watts.pandolf * leg_s_};
}

}  // namespace ruck::rucking
