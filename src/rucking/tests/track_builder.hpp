#pragma once
// Tracks in words: `TrackBuilder().stand(60).walk(500, 1.4).silence(90).walk(200, 1.4).points()`.
// No noise; the rucker goes east from (47, 8) unless told to turn.
#include "rucking/geo.hpp"
#include "rucking/track_point.hpp"

#include <cmath>
#include <numbers>
#include <optional>
#include <vector>

namespace ruck::rucking::test {

inline constexpr std::int64_t kBuilderStart_ms = 1'763'800'000'000;

class TrackBuilder {
 public:
  TrackBuilder& every(double seconds) { return every_s_ = seconds, *this; }
  TrackBuilder& accuracy(double metres) { return accuracy_m_ = metres, *this; }
  TrackBuilder& climb(double metres_per_metre) { return slope_ = metres_per_metre, *this; }
  TrackBuilder& altitude(double metres) { return altitude_m_ = metres, *this; }
  TrackBuilder& turn(double degrees) {
    heading_rad_ += degrees * std::numbers::pi / 180;
    return *this;
  }

  // Walks so many metres at that speed.
  TrackBuilder& walk(double metres, double speed_m_per_s) {
    const double until_s = now_s_ + metres / speed_m_per_s;
    while (now_s_ + every_s_ <= until_s + 1e-9) {
      move(every_s_ * speed_m_per_s);
      now_s_ += every_s_;
      record();
    }
    return *this;
  }
  TrackBuilder& stand(double seconds) {
    const double until_s = now_s_ + seconds;
    while (now_s_ + every_s_ <= until_s + 1e-9) {
      now_s_ += every_s_;
      record();
    }
    return *this;
  }
  // Time goes by without a fix; they may have gone somewhere.
  TrackBuilder& silence(double seconds, double metres = 0) {
    move(metres);
    now_s_ += seconds;
    return record(), *this;
  }
  // Fixes that are wrong by so many metres to the north.
  TrackBuilder& stray(int fixes, double metres) {
    for (int i = 0; i < fixes; ++i) {
      now_s_ += every_s_;
      const Position true_at = at_;
      at_ = moved(at_, {.east_m = 0, .north_m = metres}, scale_);
      record();
      at_ = true_at;
    }
    return *this;
  }
  TrackBuilder& start() { return record(), *this; }

  [[nodiscard]] const std::vector<TrackPoint>& points() const { return points_; }
  [[nodiscard]] std::int64_t now_ms() const {
    return kBuilderStart_ms + std::llround(now_s_ * 1000);
  }

 private:
  void move(double metres) {
    at_ = moved(
        at_,
        {.east_m = metres * std::cos(heading_rad_), .north_m = metres * std::sin(heading_rad_)},
        scale_);
    if (altitude_m_) altitude_m_ = *altitude_m_ + metres * slope_;
  }
  void record() {
    const auto quantised = quantise({.time_ms = now_ms(),
                                     .lat_deg = at_.lat_deg,
                                     .lng_deg = at_.lng_deg,
                                     .altitude_m = altitude_m_,
                                     .accuracy_m = accuracy_m_,
                                     .speed_m_per_s = {}},
                                    kBuilderStart_ms + 1'000'000'000'000);
    points_.push_back(quantised.value().point);
  }

  Position at_{.lat_deg = 47, .lng_deg = 8};
  LocalScale scale_ = local_scale(47);
  double heading_rad_ = 0;
  double now_s_ = 0;
  double every_s_ = 1;
  double slope_ = 0;
  std::optional<double> altitude_m_;
  std::optional<double> accuracy_m_ = 4;
  std::vector<TrackPoint> points_;
};

}  // namespace ruck::rucking::test
