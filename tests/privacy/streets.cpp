#include "privacy/streets.hpp"

#include <algorithm>
#include <numbers>

namespace ruck::attack {
namespace {
constexpr double kTurn = 2 * std::numbers::pi;
constexpr double kSampleM = 4;

// The straight way, with a point every few metres.
void add_straight(Line& line, Point to, double step) {
  const Point from = line.back();
  const int count = std::max(1, static_cast<int>(distance(from, to) / step));
  for (int i = 1; i <= count; ++i)
    line.push_back(from + (static_cast<double>(i) / count) * (to - from));
}
}  // namespace

std::string_view name_of(Streets streets) {
  switch (streets) {
    case Streets::kStraight:
      return "straight";
    case Streets::kGrid:
      return "grid";
    case Streets::kBent:
      return "bent";
  }
  return "";
}

StreetMap::StreetMap(Streets kind, rucking::SeededRandom& random)
    : kind_(kind),
      block_m_(random.uniform(80, 140)),
      turned_rad_(random.uniform(0, kTurn)),
      shift_{random.uniform(-100, 100), random.uniform(-100, 100)} {
  for (Wave& bend : bends_) {
    bend = {.height = kind == Streets::kBent ? random.uniform(40, 65) / block_m_ : 0,
            .per_m = kTurn * block_m_ / random.uniform(380, 620),
            .phase = random.uniform(0, kTurn)};
  }
  for (Wave& hill : hills_) {
    hill = {.height = random.uniform(5, 14),
            .per_m = kTurn / random.uniform(500, 1500),
            .direction = random.uniform(0, kTurn),
            .phase = random.uniform(0, kTurn)};
  }
}

Point StreetMap::from_blocks(Point uv) const {
  const Point bent{uv.x + bends_[0].height * std::sin(bends_[0].per_m * uv.y + bends_[0].phase),
                   uv.y + bends_[1].height * std::sin(bends_[1].per_m * uv.x + bends_[1].phase)};
  const double c = std::cos(turned_rad_) * block_m_;
  const double s = std::sin(turned_rad_) * block_m_;
  return shift_ + Point{c * bent.x - s * bent.y, s * bent.x + c * bent.y};
}

Point StreetMap::to_blocks(Point p) const {
  const Point d = (1 / block_m_) * (p - shift_);
  const double c = std::cos(turned_rad_);
  const double s = std::sin(turned_rad_);
  const Point bent{c * d.x + s * d.y, -s * d.x + c * d.y};
  Point uv = bent;  // damped, because bends may be steep
  for (int i = 0; i < 30 && kind_ == Streets::kBent; ++i) {
    const Point next{
        bent.x - bends_[0].height * std::sin(bends_[0].per_m * uv.y + bends_[0].phase),
        bent.y - bends_[1].height * std::sin(bends_[1].per_m * uv.x + bends_[1].phase)};
    uv = 0.5 * (uv + next);
  }
  return uv;
}

Point StreetMap::any_door(rucking::SeededRandom& random) const {
  const Point near{random.uniform(-300, 300), random.uniform(-300, 300)};
  if (kind_ == Streets::kStraight) return near;
  Point uv = to_blocks(near);
  double& fixed = random.chance(0.5) ? uv.x : uv.y;
  fixed = std::round(fixed);
  return from_blocks(uv);
}

Point StreetMap::goal(Point from, double direction_rad, double far_m) const {
  const Point there = from + far_m * towards(direction_rad);
  if (kind_ == Streets::kStraight) return there;
  const Point uv = to_blocks(there);
  return from_blocks({std::round(uv.x), std::round(uv.y)});
}

// From corner to corner, each shortest way alike.
void StreetMap::add_leg(Line& uv, Point to, rucking::SeededRandom& random) const {
  const auto whole = [](double value) { return std::fabs(value - std::round(value)) < 1e-6; };
  Point at = uv.back();
  // To a corner first: the one that is nearer to where one goes.
  if (!whole(at.x)) at.x = to.x > at.x ? std::ceil(at.x) : std::floor(at.x);
  if (!whole(at.y)) at.y = to.y > at.y ? std::ceil(at.y) : std::floor(at.y);
  if (distance(at, uv.back()) > 0) add_straight(uv, at, kSampleM / block_m_);
  // The last corner before a door in mid-block.
  const Point corner{whole(to.x) ? to.x : (at.x > to.x ? std::ceil(to.x) : std::floor(to.x)),
                     whole(to.y) ? to.y : (at.y > to.y ? std::ceil(to.y) : std::floor(to.y))};
  bool is_along_x = random.chance(0.5);
  while (distance(at, corner) > 1e-6) {
    const double dx = corner.x - at.x;
    const double dy = corner.y - at.y;
    is_along_x = random.chance(std::fabs(dx) / (std::fabs(dx) + std::fabs(dy)));
    if (std::fabs(dx) < 1e-6) is_along_x = false;
    if (std::fabs(dy) < 1e-6) is_along_x = true;
    if (is_along_x) at.x = std::round(at.x + (dx > 0 ? 1 : -1));
    if (!is_along_x) at.y = std::round(at.y + (dy > 0 ? 1 : -1));
    add_straight(uv, at, kSampleM / block_m_);
  }
  if (distance(at, to) > 1e-6) add_straight(uv, to, kSampleM / block_m_);
}

Line StreetMap::way(Point from, Point to, rucking::SeededRandom& random) const {
  Line line{from};
  if (kind_ == Streets::kStraight) {
    add_straight(line, to, kSampleM);
    return line;
  }
  // Doors lie on streets: what is off by rounding is put back onto its street.
  const auto on_street = [this](Point p) {
    Point uv = to_blocks(p);
    double& nearer =
        std::fabs(uv.x - std::round(uv.x)) < std::fabs(uv.y - std::round(uv.y)) ? uv.x : uv.y;
    nearer = std::round(nearer);
    double& other = &nearer == &uv.x ? uv.y : uv.x;
    if (std::fabs(other - std::round(other)) < 0.02) other = std::round(other);
    return uv;
  };
  Line uv{on_street(from)};
  add_leg(uv, on_street(to), random);
  line.clear();
  for (const Point& p : uv) line.push_back(from_blocks(p));
  return line;
}

double StreetMap::walk_m(Point from, Point to) const {
  if (kind_ == Streets::kStraight) return distance(from, to);
  const Point d = to_blocks(to) - to_blocks(from);
  if (kind_ == Streets::kGrid) return block_m_ * (std::fabs(d.x) + std::fabs(d.y));
  const auto longer = [](const Wave& bend) {  // mean length of a bent street over a straight one
    const double steep = bend.height * bend.per_m;
    return 1 + steep * steep / 4 - 3 * steep * steep * steep * steep / 64;
  };
  return block_m_ * (std::fabs(d.x) * longer(bends_[1]) + std::fabs(d.y) * longer(bends_[0]));
}

double StreetMap::off_street_m(Point p) const {
  if (kind_ == Streets::kStraight) return 0;
  const Point uv = to_blocks(p);
  return block_m_ *
         std::min(std::fabs(uv.x - std::round(uv.x)), std::fabs(uv.y - std::round(uv.y)));
}

double StreetMap::ground_m(Point p) const {
  double height = 420;
  for (const Wave& hill : hills_) {
    const Point along = towards(hill.direction);
    height += hill.height * std::sin(hill.per_m * (along.x * p.x + along.y * p.y) + hill.phase);
  }
  return height;
}

}  // namespace ruck::attack
