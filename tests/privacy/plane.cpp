#include "privacy/plane.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace ruck::attack {

double distance_to_segment(Point p, Point a, Point b) {
  const Point along = b - a;
  const double length2 = along.x * along.x + along.y * along.y;
  if (length2 == 0) return distance(p, a);
  const Point from = p - a;
  const double share = std::clamp((from.x * along.x + from.y * along.y) / length2, 0.0, 1.0);
  return distance(p, a + share * along);
}

double length(const Line& line) {
  double sum = 0;
  for (std::size_t i = 1; i < line.size(); ++i) sum += distance(line[i - 1], line[i]);
  return sum;
}

Frame::Frame(rucking::Position origin)
    : origin_(origin), scale_(rucking::local_scale(origin.lat_deg)) {}

rucking::Position Frame::on_earth(Point p) const {
  return rucking::moved(origin_, {.east_m = p.x, .north_m = p.y}, scale_);
}

Point Frame::in_plane(rucking::Position p) const {
  const rucking::Offset at = rucking::offset(origin_, p, scale_);
  return {at.east_m, at.north_m};
}

namespace {
// x² + y² = 2ax + 2by + c, by the normal equations around the mean.
std::optional<Disc> kasa(std::span<const Point> points) {
  if (points.size() < 3) return std::nullopt;
  const Point middle = mean_of(points);
  double xx = 0;
  double xy = 0;
  double yy = 0;
  double xz = 0;
  double yz = 0;
  double z_sum = 0;
  for (const Point& point : points) {
    const Point p = point - middle;
    const double z = p.x * p.x + p.y * p.y;
    xx += p.x * p.x;
    xy += p.x * p.y;
    yy += p.y * p.y;
    xz += p.x * z;
    yz += p.y * z;
    z_sum += z;
  }
  const double determinant = xx * yy - xy * xy;
  if (determinant < 1e-6 * (xx + yy) * (xx + yy)) return std::nullopt;  // on one straight line
  const double a = (xz * yy - yz * xy) / (2 * determinant);
  const double b = (yz * xx - xz * xy) / (2 * determinant);
  const double mean_z = z_sum / static_cast<double>(points.size());
  return Disc{.centre = middle + Point{a, b}, .radius_m = std::sqrt(mean_z + a * a + b * b)};
}
}  // namespace

std::optional<Disc> fit_circle(std::vector<Point> points) {
  std::optional<Disc> disc = kasa(points);
  for (int round = 0; round < 2 && disc; ++round) {
    std::vector<double> off;
    for (const Point& p : points)
      off.push_back(std::fabs(distance(p, disc->centre) - disc->radius_m));
    const double most = std::max(10.0, 2.5 * quantile(off, 0.5));
    std::vector<Point> near;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (off[i] <= most) near.push_back(points[i]);
    }
    const auto again = kasa(near);
    if (!again) break;
    disc = again;
  }
  return disc;
}

Point mean_of(std::span<const Point> points) {
  Point sum;
  for (const Point& p : points) sum = sum + p;
  return points.empty() ? sum : (1.0 / static_cast<double>(points.size())) * sum;
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(values);
  const double at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

double correlation(std::span<const double> a, std::span<const double> b) {
  const auto count = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / count;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / count;
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

double partial_correlation(std::span<const double> a, std::span<const double> b,
                           std::span<const double> given) {
  const double ab = correlation(a, b);
  const double a_given = correlation(a, given);
  const double b_given = correlation(b, given);
  const double rest = (1 - a_given * a_given) * (1 - b_given * b_given);
  return rest > 0 ? (ab - a_given * b_given) / std::sqrt(rest) : 0;
}

}  // namespace ruck::attack
