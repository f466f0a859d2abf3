#pragma once
// Turns counted stretches into metabolic energy.
//
// The equations are convex in speed and grade, so noise in either inflates them: grades that wander
// by 10 % cost a third too much (science §1.4). So energy is not computed per fix. Moving stretches
// are gathered into legs of at least 50 m; a leg has one speed, and its grade is taken over at
// least 50 m, or over 200 m where the altitude is a GPS receiver's, which wanders 5 m in a minute.
#include "rucking/climb.hpp"
#include "rucking/energy.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace ruck::rucking {

class EnergyMeter {
 public:
  EnergyMeter(const EnergyCalculator& calculator, AltitudeSource source)
      : calculator_(calculator), source_(source) {}

  struct Joules {
    double lcda = 0;
    double pandolf = 0;
  };

  // Walked `distance_m` in `duration_s` with a mean load, and is now at this altitude.
  void move(double distance_m, double duration_s, double load_kg, std::optional<double> altitude_m);
  // Stood for so long.
  void stand(double duration_s, double load_kg);
  // What follows does not continue the slope so far: the open leg ends here.
  void interrupt(std::optional<double> altitude_m);

  // Gross, since the start, with the open leg as if it ended now.
  [[nodiscard]] Joules total(std::optional<double> altitude_m) const;
  [[nodiscard]] double grade_percent() const { return grade_percent_; }  // of the last leg

  template <class Archive>
  void visit(Archive& archive) {
    archive(joules_.lcda, joules_.pandolf, leg_m_, leg_s_, leg_kg_s_, grade_percent_);
    archive.bounded(marks_size_, kMostMarks);
    for (Mark& mark : marks_) archive(mark.span_m, mark.altitude_m);
  }

 private:
  // The altitude somewhere behind, and how far behind the start of the open leg that is.
  struct Mark {
    double span_m = 0;
    double altitude_m = 0;
  };

  void close_leg(std::optional<double> altitude_m);
  void push_mark(std::optional<double> altitude_m, double span_m);
  [[nodiscard]] double leg_grade_percent(std::optional<double> altitude_m) const;
  [[nodiscard]] Joules leg_joules(double grade_percent) const;

  static constexpr std::uint8_t kMostMarks = 4;  // legs of 50 m in the longest window, 200 m

  EnergyCalculator calculator_;
  AltitudeSource source_;
  Joules joules_;
  double leg_m_ = 0;
  double leg_s_ = 0;
  double leg_kg_s_ = 0;  // load over time
  double grade_percent_ = 0;
  std::array<Mark, kMostMarks> marks_{};  // oldest first
  std::uint8_t marks_size_ = 0;
};

}  // namespace ruck::rucking
