#pragma once
// The flat plane around one world: metres to the east and to the north of the observer's own
// origin, which is not the home that is sought.
#include "rucking/geo.hpp"

#include <cmath>
#include <optional>
#include <span>
#include <vector>

namespace ruck::attack {

struct Point {
  double x = 0;
  double y = 0;
  friend Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
  friend Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
  friend Point operator*(double k, Point p) { return {k * p.x, k * p.y}; }
};
[[nodiscard]] inline double length(Point p) { return std::hypot(p.x, p.y); }
[[nodiscard]] inline double distance(Point a, Point b) { return length(a - b); }
[[nodiscard]] inline Point towards(double direction_rad) {
  return {std::cos(direction_rad), std::sin(direction_rad)};
}
[[nodiscard]] double distance_to_segment(Point p, Point a, Point b);

using Line = std::vector<Point>;
[[nodiscard]] double length(const Line& line);

// Between the plane and the Earth.
class Frame {
 public:
  explicit Frame(rucking::Position origin);
  [[nodiscard]] rucking::Position on_earth(Point p) const;
  [[nodiscard]] Point in_plane(rucking::Position p) const;

 private:
  rucking::Position origin_;
  rucking::LocalScale scale_;
};

struct Disc {
  Point centre;
  double radius_m = 0;
};
// Least squares (Kasa 1976), then twice again without what lies far off.
[[nodiscard]] std::optional<Disc> fit_circle(std::vector<Point> points);

[[nodiscard]] Point mean_of(std::span<const Point> points);
// Between neighbours interpolated; NaN of nothing.
[[nodiscard]] double quantile(std::vector<double> values, double share);
[[nodiscard]] double correlation(std::span<const double> a, std::span<const double> b);
// What is left of it when what both have to do with `given` is taken away.
[[nodiscard]] double partial_correlation(std::span<const double> a, std::span<const double> b,
                                         std::span<const double> given);

// Where `score` is highest within a square, to about a metre: a coarse grid, then finer ones around
// the best few places.
template <class Score>
[[nodiscard]] Point highest(Point middle, double half_m, double step_m, const Score& score) {
  struct Scored {
    double score;
    Point at;
  };
  constexpr std::size_t kBest = 6;
  std::vector<Scored> best;
  const auto consider = [&](Point at) {
    const double value = score(at);
    if (best.size() == kBest && value <= best.back().score) return;
    auto place = best.begin();
    while (place != best.end() && place->score >= value) ++place;
    best.insert(place, {value, at});
    if (best.size() > kBest) best.pop_back();
  };
  for (double x = -half_m; x <= half_m; x += step_m) {
    for (double y = -half_m; y <= half_m; y += step_m) consider(middle + Point{x, y});
  }
  for (double step = step_m / 4; step > 0.7; step /= 4) {
    const std::vector<Scored> from = best;
    for (const Scored& around : from) {
      for (int i = -4; i <= 4; ++i) {
        for (int k = -4; k <= 4; ++k) consider(around.at + Point{i * step, k * step});
      }
    }
  }
  return best.front().at;
}

}  // namespace ruck::attack
