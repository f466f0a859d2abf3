// What zones tell by their size, and by how it changes: the constants of rucking/privacy are known.
#include "privacy/attacks.hpp"

#include <algorithm>
#include <array>
#include <numbers>

namespace ruck::attack {
namespace {
// The circle that hides a zone of radius r: centre `by` away, radius r + by + slack.
constexpr double kSlackM = 5;
constexpr std::array<double, 10> kUsualRadii = {50, 75, 100, 150, 200, 250, 300, 400, 500, 1000};

struct Ring {
  Point centre;
  double radius_m = 0;
};

// Whether a ruck neither begins nor ends near: then what cuts it here is a zone's circle.
bool only_passes(const Scene& scene, const SeenRuck& ruck) {
  constexpr double kElsewhereM = 450;
  return ruck.pieces.size() >= 2 &&
         distance(ruck.pieces.front().front().at, scene.middle()) > kElsewhereM &&
         distance(ruck.pieces.back().back().at, scene.middle()) > kElsewhereM;
}

// The circle of a zone, from the lines that it cuts. A line ends at its last point before the edge,
// so the edge lies half a step further on average, a step being as long as those before.
std::optional<Disc> zone_disc(const Scene& scene, const std::vector<SeenRuck>& rucks) {
  std::vector<Point> edges;
  const auto add = [&](Point cut, Point before) {
    const Point step = cut - before;
    if (distance(cut, scene.middle()) < 700) edges.push_back(cut + 0.5 * step);
  };
  for (const SeenRuck& ruck : rucks) {
    if (!only_passes(scene, ruck)) continue;
    for (std::size_t k = 1; k < ruck.pieces.size(); ++k) {
      const Piece& to = ruck.pieces[k - 1];
      const Piece& from = ruck.pieces[k];
      if (to.size() > 1) add(to.back().at, to[to.size() - 2].at);
      if (from.size() > 1) add(from.front().at, from[1].at);
    }
  }
  if (edges.size() < 6) return std::nullopt;
  const auto fitted = fit_circle(std::move(edges));
  return fitted && fitted->radius_m < 900 ? fitted : std::nullopt;
}

// By every usual radius that fits: home is on a ring around the middle of the disc.
std::vector<Ring> rings_of(const Disc& disc) {
  std::vector<Ring> rings;
  for (const double zone : kUsualRadii) {
    const double by = disc.radius_m - zone - kSlackM;
    const double least = std::clamp(0.15 * zone, 40.0, 150.0);
    const double most = std::clamp(0.5 * zone, 80.0, 400.0);
    if (by > least - 12 && by < most + 12) rings.push_back({disc.centre, by});
  }
  return rings;
}

double off_ring(Point p, const Ring& ring) {
  return std::fabs(distance(p, ring.centre) - ring.radius_m);
}

std::optional<Point> on_ring_and_lines(const Scene& scene) {
  const auto disc = zone_disc(scene, scene.sight().rucks);
  if (!disc) return std::nullopt;
  const std::vector<Ring> rings = rings_of(*disc);
  if (rings.empty()) return std::nullopt;
  return highest(disc->centre, disc->radius_m, 8, [&](Point p) {
    double best = 1e9;
    for (const Ring& ring : rings) best = std::min(best, off_ring(p, ring));
    if (!may_be_a_door(scene, p)) return -1e9;
    return crossing_score(scene, p) - best * best / (2 * 10.0 * 10.0);
  });
}

// Rings of two or more states meet where home is.
std::optional<Point> rings_that_meet(const Scene& scene) {
  std::vector<std::vector<Ring>> states;
  const auto add = [&](const std::vector<SeenRuck>& rucks) {
    const auto disc = zone_disc(scene, rucks);
    if (disc) states.push_back(rings_of(*disc));
  };
  for (const auto& state : scene.sight().earlier) add(state);
  if (states.empty()) return std::nullopt;
  add(scene.sight().rucks);
  std::erase_if(states, [](const auto& rings) { return rings.empty(); });
  if (states.size() < 2) return std::nullopt;
  return highest(states.front().front().centre, 420, 10, [&](Point p) {
    double sum = 0;
    for (const auto& rings : states) {
      double best = 1e9;
      for (const Ring& ring : rings) best = std::min(best, off_ring(p, ring));
      sum -= best * best / (2 * 8.0 * 8.0);
    }
    return sum + 0.5 * crossing_score(scene, p);
  });
}

// One direction for all sizes: the middles of two sizes lie on a line with home, each `by` away.
std::optional<Point> same_direction(const Scene& scene) {
  if (scene.sight().earlier.empty()) return std::nullopt;
  const auto before = zone_disc(scene, scene.sight().earlier.front());
  const auto after = zone_disc(scene, scene.sight().rucks);
  if (!before || !after || distance(before->centre, after->centre) < 15) return std::nullopt;
  const Point apart = after->centre - before->centre;
  const double grown = length(apart);
  double best = 1e9;
  std::optional<Point> home;
  for (const Ring& small : rings_of(*before)) {
    for (const Ring& large : rings_of(*after)) {
      const double misfit = std::fabs(std::fabs(large.radius_m - small.radius_m) - grown);
      if (misfit >= best) continue;
      best = misfit;
      const double side = large.radius_m > small.radius_m ? 1 : -1;
      home = before->centre - (side * small.radius_m / grown) * apart;
    }
  }
  return home;
}

// The same without a word of the lines: home is where the rings come nearest to one another.
std::optional<Point> circles_of_two_sizes(const Scene& scene) {
  if (scene.sight().earlier.empty()) return std::nullopt;
  const auto before = zone_disc(scene, scene.sight().earlier.front());
  const auto after = zone_disc(scene, scene.sight().rucks);
  if (!before || !after || distance(before->centre, after->centre) < 15) return std::nullopt;
  const std::vector<Ring> small = rings_of(*before);
  const std::vector<Ring> large = rings_of(*after);
  if (small.empty() || large.empty()) return std::nullopt;
  return highest(before->centre, 420, 10, [&](Point p) {
    double sum = 0;
    for (const auto* rings : {&small, &large}) {
      double best = 1e9;
      for (const Ring& ring : *rings) best = std::min(best, off_ring(p, ring));
      sum -= best * best;
    }
    return sum;
  });
}

// Home is in every disc there ever was: where most of them overlap.
std::optional<Point> middles_of_states(const Scene& scene) {
  if (scene.sight().earlier.empty()) return std::nullopt;
  std::vector<Point> middles;
  for (const auto& state : scene.sight().earlier) {
    if (const auto disc = zone_disc(scene, state)) middles.push_back(disc->centre);
  }
  if (const auto disc = zone_disc(scene, scene.sight().rucks)) middles.push_back(disc->centre);
  return middles.size() < 2 ? std::nullopt : std::optional(mean_of(middles));
}

// What two replies of different times show together, in which lines reach further in: the end of a
// line that is longer in one than in the other lies at an edge that has moved.
std::optional<Point> edges_that_moved(const Scene& scene) {
  std::vector<Point> moved;
  for (const auto& state : scene.sight().earlier) {
    for (std::size_t r = 0; r < state.size() && r < scene.sight().rucks.size(); ++r) {
      const auto& before = state[r].pieces;
      const auto& after = scene.sight().rucks[r].pieces;
      for (std::size_t k = 0; k < std::min(before.size(), after.size()); ++k) {
        for (const auto& [a, b] : {std::pair(before[k].front().at, after[k].front().at),
                                   std::pair(before[k].back().at, after[k].back().at)}) {
          if (distance(a, b) > 8 && distance(a, scene.middle()) < 900)
            moved.push_back(a), moved.push_back(b);
        }
      }
    }
  }
  if (moved.size() < 6) return std::nullopt;
  const auto disc = fit_circle(std::move(moved));
  return disc && disc->radius_m < 900 ? std::optional(disc->centre) : std::nullopt;
}
}  // namespace

std::vector<Attack> change_attacks() {
  return {{"circles of two sizes", Uses::kMore, circles_of_two_sizes},
          {"ring of a zone, and lines", Uses::kMore, on_ring_and_lines},
          {"rings that meet", Uses::kMore, rings_that_meet},
          {"one direction for two sizes", Uses::kMore, same_direction},
          {"middles of all states", Uses::kMore, middles_of_states},
          {"edges that moved", Uses::kMore, edges_that_moved}};
}

}  // namespace ruck::attack
