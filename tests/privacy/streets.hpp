#pragma once
// The streets of a world. An attacker has the same map: streets are public.
#include "privacy/plane.hpp"
#include "rucking/seeded_random.hpp"

#include <cstdint>
#include <string_view>

namespace ruck::attack {

enum class Streets : std::uint8_t {
  kStraight,  // one's own way in each direction, straight from the door
  kGrid,      // blocks
  kBent,      // the same, bent by some ten metres over some hundred
};
[[nodiscard]] std::string_view name_of(Streets streets);

class StreetMap {
 public:
  StreetMap(Streets kind, rucking::SeededRandom& random);

  [[nodiscard]] Streets kind() const { return kind_; }
  // Somewhere on a street, within about 300 m of the middle.
  [[nodiscard]] Point any_door(rucking::SeededRandom& random) const;
  // From one place to another along streets, corners and all; where streets are straight, the
  // straight way. Sampled every few metres.
  [[nodiscard]] Line way(Point from, Point to, rucking::SeededRandom& random) const;
  // A place to go to, about so far from `from` in that direction.
  [[nodiscard]] Point goal(Point from, double direction_rad, double far_m) const;

  // What one walks at least between the two: what an attacker takes for a hidden way.
  [[nodiscard]] double walk_m(Point from, Point to) const;
  // From the nearest street; 0 where every place has its own way.
  [[nodiscard]] double off_street_m(Point p) const;
  // Height of the ground.
  [[nodiscard]] double ground_m(Point p) const;

 private:
  // Blocks have whole numbers on their streets, before bending.
  [[nodiscard]] Point from_blocks(Point uv) const;
  [[nodiscard]] Point to_blocks(Point p) const;
  void add_leg(Line& uv, Point to, rucking::SeededRandom& random) const;

  struct Wave {
    double height = 0;
    double per_m = 0;
    double direction = 0;
    double phase = 0;
  };
  Streets kind_;
  double block_m_;
  double turned_rad_;
  Point shift_;
  Wave bends_[2];  // heights in blocks, lengths too
  Wave hills_[3];
};

}  // namespace ruck::attack
