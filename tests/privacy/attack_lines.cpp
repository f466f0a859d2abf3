// What the visible lines alone tell. The best of these is the floor: whoever shows lines shows
// this.
#include "privacy/attacks.hpp"
#include "rucking/privacy.hpp"

#include <algorithm>
#include <numbers>

namespace ruck::attack {
namespace {
constexpr double kOnStreetM = 9;

std::vector<Point> places(const Scene& scene) {
  std::vector<Point> at;
  for (const Cut& cut : scene.cuts()) at.push_back(cut.at);
  return at;
}

std::optional<Point> mean_of_cuts(const Scene& scene) {
  if (scene.cuts().empty()) return std::nullopt;
  return mean_of(places(scene));
}

std::optional<Point> circle_of(const Scene& scene, std::optional<bool> first_only) {
  std::vector<Point> at;
  for (const Cut& cut : scene.cuts()) {
    if (!first_only || (cut.is_end && cut.is_first == *first_only)) at.push_back(cut.at);
  }
  const auto disc = fit_circle(std::move(at));
  if (!disc || disc->radius_m > 800) return std::nullopt;
  return disc->centre;
}

// Lines in all directions are cut by a circle where they are: seen from a home away from its
// middle, the mean of the cuts lies half-way to the middle.
std::optional<Point> mirrored_middle(const Scene& scene) {
  if (scene.cuts().size() < 6) return std::nullopt;
  return 2.0 * mean_of(places(scene)) - scene.empty_disc().centre;
}

std::optional<Point> middle_of_hidden(const Scene& scene) { return mean_of(scene.hidden_places()); }

std::optional<Point> middle_of_hidden_streets(const Scene& scene) {
  std::vector<Point> at;
  for (const Point& p : scene.hidden_places()) {
    if (may_be_a_door(scene, p)) at.push_back(p);
  }
  return at.empty() ? std::nullopt : std::optional(mean_of(at));
}

std::optional<Point> crossing(const Scene& scene) {
  if (scene.cuts().size() < 2) return std::nullopt;
  return highest(scene.empty_disc().centre, 450, 10, [&](Point p) {
    return scene.clearance_m(p) < 60 ? -1 : crossing_score(scene, p);
  });
}

std::optional<Point> crossing_at_a_street(const Scene& scene) {
  if (scene.cuts().size() < 2) return std::nullopt;
  return highest(scene.empty_disc().centre, 450, 6, [&](Point p) {
    const bool may_be = scene.clearance_m(p) > 100 && may_be_a_door(scene, p);
    return may_be ? crossing_score(scene, p) : -1;
  });
}

// Nobody walks away from where they go: home lies ahead of most cuts, and there is a middle of
// those places for which that holds best.
std::optional<Point> ahead_of_most(const Scene& scene) {
  int best = 0;
  std::vector<Point> at;
  for (const Point& p : scene.hidden_places()) {
    int ahead = 0;
    for (const Cut& cut : scene.cuts()) {
      const Point d = p - cut.at;
      ahead += d.x * cut.heading.x + d.y * cut.heading.y > 0.17 * length(d) ? 1 : 0;
    }
    if (ahead > best) {
      best = ahead;
      at.clear();
    }
    if (ahead == best) at.push_back(p);
  }
  return at.empty() ? std::nullopt : std::optional(mean_of(at));
}

// The server's constants say how far from its middle the place it hides lies: on a ring, all of it
// alike. The circle is the one that cuts most lines, or the largest that no line enters, which is
// better when each ruck has a circle of its own.
struct PlaceRing {
  Disc circle;
  double least_m = 0;
  double most_m = 0;
};
enum class RingOf : std::uint8_t { kCuts, kEmptyDisc };
PlaceRing ring_in(const Disc& circle) {
  constexpr double kOffsetShareMin = 0.7;
  constexpr double kNeedM = rucking::kEndMarginM + 10;
  constexpr double kBlurM = 12;  // of the fit and of first fixes
  const double most_m = circle.radius_m - kNeedM;
  return {circle, kOffsetShareMin * most_m - kBlurM, most_m + kBlurM};
}
std::optional<PlaceRing> ring_of_place(const Scene& scene, RingOf of) {
  if (of == RingOf::kEmptyDisc) {
    Disc disc = scene.empty_disc();
    disc.radius_m =
        std::clamp(disc.radius_m, rucking::kAnchorRadiusMinM, rucking::kAnchorRadiusMaxM);
    return ring_in(disc);
  }
  std::vector<Point> edges;
  for (const Cut& cut : scene.cuts()) {
    if (cut.is_end) edges.push_back(cut.at + 0.5 * cut.step_m * cut.heading);
  }
  const auto circle = fit_circle(std::move(edges));
  if (!circle || circle->radius_m < rucking::kEndMarginM + 60 || circle->radius_m > 700) {
    return std::nullopt;
  }
  return ring_in(*circle);
}

// On that ring, where `score` is best; with how it is weighed against the ring's edges.
template <class Score>
std::optional<Point> best_on_ring(const Scene& scene, RingOf of, const Score& score) {
  const auto ring = ring_of_place(scene, of);
  if (!ring || scene.cuts().empty()) return std::nullopt;
  return highest(ring->circle.centre, ring->most_m, 8, [&](Point p) {
    const double away = distance(p, ring->circle.centre);
    const bool is_on = away >= ring->least_m && away <= ring->most_m && may_be_a_door(scene, p);
    return is_on ? score(p) : -1e9;
  });
}

std::optional<Point> crossing_on_ring(const Scene& scene, RingOf of) {
  return best_on_ring(scene, of, [&](Point p) { return crossing_score(scene, p); });
}

std::optional<Point> least_walk_on_ring(const Scene& scene, RingOf of) {
  return best_on_ring(scene, of, [&](Point p) {
    double sum = 0;
    for (const Cut& cut : scene.cuts()) sum -= scene.map().walk_m(p, cut.at);
    return sum;
  });
}

// Lines leave a circle more thickly on the side where home is nearer to it, if they go all ways
// alike: the ring's point on the side of the mean of the headings turned round.
std::optional<Point> ahead_on_ring(const Scene& scene, RingOf of) {
  return best_on_ring(scene, of, [&](Point p) {
    double ahead = 0;
    for (const Cut& cut : scene.cuts()) {
      const Point d = p - cut.at;
      ahead += (d.x * cut.heading.x + d.y * cut.heading.y) / std::max(1.0, length(d));
    }
    return ahead;
  });
}

// The hidden places from which the ways to all cuts are the least in sum: home is where the owner's
// ways are short.
std::optional<Point> least_walk(const Scene& scene) {
  if (scene.cuts().empty() || scene.hidden_places().empty()) return std::nullopt;
  return std::ranges::min(scene.hidden_places(), {}, [&](Point p) {
    double sum = 0;
    for (const Cut& cut : scene.cuts()) sum += scene.map().walk_m(p, cut.at);
    return sum;
  });
}

// A guess: any hidden place at a street.
std::optional<Point> blind_guess(const Scene& scene) {
  std::vector<Point> at;
  for (const Point& p : scene.hidden_places()) {
    if (may_be_a_door(scene, p)) at.push_back(p);
  }
  if (at.empty()) at = scene.hidden_places();
  rucking::SeededRandom random(scene.sight().seed ^ 0x9e3779b9);
  return at[random.below(at.size())];
}

// Ends of lines that agree to some metres: what a bad fix or a forgotten circle leaves.
std::optional<Point> ends_that_agree(const Scene& scene) {
  if (scene.cuts().empty()) return std::nullopt;
  constexpr double kAgreeM = 18;
  const auto count_near = [&](const Cut& at) {
    return std::ranges::count_if(scene.cuts(),
                                 [&](const Cut& cut) { return distance(cut.at, at.at) < kAgreeM; });
  };
  const Cut best = std::ranges::max(scene.cuts(), {}, count_near);
  std::vector<Point> near;
  for (const Cut& cut : scene.cuts()) {
    if (distance(cut.at, best.at) < kAgreeM) near.push_back(cut.at);
  }
  return mean_of(near);
}
}  // namespace

double crossing_score(const Scene& scene, Point p) {
  double sum = 0;
  for (const Cut& cut : scene.cuts()) {
    const Point d = p - cut.at;
    const double along = d.x * cut.heading.x + d.y * cut.heading.y;
    if (along < 40 || along > 1000) continue;
    const double off = std::fabs(d.x * cut.heading.y - d.y * cut.heading.x);
    const double sigma = 5 + 0.03 * along;
    sum += std::exp(-off * off / (2 * sigma * sigma));
  }
  return sum;
}

bool may_be_a_door(const Scene& scene, Point p) {
  return scene.map().off_street_m(p) <= kOnStreetM;
}

std::vector<Attack> line_attacks() {
  const auto on_ring = [](auto attack, RingOf of) {
    return [attack, of](const Scene& scene) { return attack(scene, of); };
  };
  return {
      {"mean of cuts", Uses::kLines, mean_of_cuts},
      {"circle through cuts", Uses::kLines,
       [](const Scene& s) { return circle_of(s, std::nullopt); }},
      {"circle through first cuts", Uses::kLines,
       [](const Scene& s) { return circle_of(s, true); }},
      {"circle through last cuts", Uses::kLines,
       [](const Scene& s) { return circle_of(s, false); }},
      {"largest empty disc", Uses::kLines,
       [](const Scene& s) { return std::optional(s.empty_disc().centre); }},
      {"middle of what is hidden", Uses::kLines, middle_of_hidden},
      {"middle of hidden streets", Uses::kLines, middle_of_hidden_streets},
      {"twice the mean less the middle", Uses::kLines, mirrored_middle},
      {"crossing of lines", Uses::kLines, crossing},
      {"crossing of lines at a street", Uses::kLines, crossing_at_a_street},
      {"ahead of most cuts", Uses::kLines, ahead_of_most},
      {"least sum of ways", Uses::kLines, least_walk},
      {"ring by the constants, crossing", Uses::kLines, on_ring(crossing_on_ring, RingOf::kCuts)},
      {"ring in the empty disc, crossing", Uses::kLines,
       on_ring(crossing_on_ring, RingOf::kEmptyDisc)},
      {"ring by the constants, least ways", Uses::kLines,
       on_ring(least_walk_on_ring, RingOf::kCuts)},
      {"ring in the empty disc, least ways", Uses::kLines,
       on_ring(least_walk_on_ring, RingOf::kEmptyDisc)},
      {"ring by the constants, ahead", Uses::kLines, on_ring(ahead_on_ring, RingOf::kCuts)},
      {"ring in the empty disc, ahead", Uses::kLines, on_ring(ahead_on_ring, RingOf::kEmptyDisc)},
      {"ends that agree", Uses::kLines, ends_that_agree},
      {"a blind guess", Uses::kLines, blind_guess}};
}

std::vector<Attack> all_attacks() {
  std::vector<Attack> all = line_attacks();
  for (auto more : {number_attacks, change_attacks}) {
    std::ranges::move(more(), std::back_inserter(all));
  }
  return all;
}

}  // namespace ruck::attack
