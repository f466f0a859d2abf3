#pragma once
// What of a track everybody but its owner may see.
//
// Hidden are the owner's zones and a circle around the first and the last point of each ruck,
// wherever the track enters them, in the middle too. What is asked here is asked of every line,
// point, export and live position. Whatever is needed and missing hides everything.
//
// The circle of an end. An observer who has one ruck knows where its visible part begins; who has a
// hundred knows the part of the plane that none of them shows. So:
//   1. every place has a *place circle*, radius 200–320 m, whose centre lies 50–200 m away from the
//      place. Both come from smooth noise over the Earth, keyed by the owner's secret: starts that
//      differ by the receiver's error get the same circle moved by that error, whichever the ruck;
//   2. every ruck has a circle of its own around the place circle, up to 500 m in radius, keyed by
//      the secret and the ruck's id.
// All rucks together give the place circle and no more (circles drawn anew for each ruck, all
// around the same door, would intersect in the door: Hassan et al. 2018, "Analysis of Privacy
// Protections in Fitness Tracking Social Networks"). The direction of the offset is not to be had
// without the secret, and knowing it for one place does not tell it for another. The door itself is
// at least kEndMarginM inside.
//
// Zones are widened in the same manner, because owners put their centre on the door.
//
// Times and lengths betray as well: the way from the door to the first visible point is known from
// the time it took (Dhondt et al. 2022, "A Run a Day Won't Keep the Hacker Away"). cut() therefore
// takes hidden time out of the times of points, and PublicTotals rounds what others are shown so
// far that the exact distance cannot be had from duration times pace, from calories or from points.
#include "rucking/geo.hpp"
#include "rucking/keyed_hash.hpp"
#include "rucking/track_point.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ruck::rucking {

struct Circle {
  Position centre;
  double radius_m = 0;
};

inline constexpr double kZoneRadiusMinM = 50;
inline constexpr double kZoneRadiusMaxM = 5000;
inline constexpr double kEndRadiusMinM = 200;  // of the circle around an end
inline constexpr double kEndRadiusMaxM = 500;
inline constexpr double kEndMarginM = 120;  // from an end to the edge of its circle, at least

// Derived from the owner's secret by whoever holds it (see services/people/zones). Anybody who has
// it can undo the offsets.
using PrivacyKey = HashKey;

enum class RuckEnd : std::uint8_t { kStart, kFinish };

// The circle that hides an end of a ruck. The same for the same arguments, always.
[[nodiscard]] Circle end_circle(const PrivacyKey& key, std::int64_t ruck_id, RuckEnd end,
                                Position at);
// The circle that hides a zone: it holds the zone, and its centre is elsewhere.
[[nodiscard]] Circle zone_circle(const PrivacyKey& key, const Circle& zone);

// What is hidden of one ruck. As long as it is not told everything, it hides everything.
class HiddenPlaces {
 public:
  HiddenPlaces() = default;  // nothing is known: nothing is shown

  struct Known {
    std::optional<PrivacyKey> key;
    std::optional<std::vector<Circle>> zones;  // empty: the owner has none; nothing: not known
    std::int64_t ruck_id = 0;
    std::optional<Position> first;
    std::optional<Position> last;
  };
  [[nodiscard]] static HiddenPlaces of_finished(const Known& known);
  // Under way the end is not known: the zones and the start circle apply. Needs no `last`.
  [[nodiscard]] static HiddenPlaces of_live(const Known& known);

  [[nodiscard]] bool hides(Position position) const;
  // Whether the straight way between the two touches anything hidden.
  [[nodiscard]] bool hides_way(Position from, Position to) const;
  [[nodiscard]] bool hides_everything() const { return !is_known_; }
  // For the owner's eyes only.
  [[nodiscard]] std::vector<Circle> circles() const;

 private:
  struct Area {
    Circle circle;
    LocalScale scale;
    [[nodiscard]] bool touches(Position from, Position to) const;
  };
  [[nodiscard]] static HiddenPlaces zones_and_start(const Known& known);
  void add(const Circle& circle);

  bool is_known_ = false;
  std::vector<Area> areas_;
};

// A part of a line that may be shown: `count` points from index `first` on, at least two.
struct Piece {
  std::size_t first = 0;
  std::size_t count = 0;
};
// The parts of a line that show nothing hidden. Nothing is interpolated: a piece ends at the last
// point before the edge; two points whose straight way crosses something hidden are never joined.
// Simplify or thin out a line first and cut it afterwards, so that no chord crosses a corner.
[[nodiscard]] std::vector<Piece> visible_pieces(std::span<const Position> line,
                                                const HiddenPlaces& hidden);
[[nodiscard]] std::vector<Piece> visible_pieces(std::span<const TrackPoint> line,
                                                const HiddenPlaces& hidden);

// The visible pieces as points whose times run from `shown_start_ms` on without the hidden time.
[[nodiscard]] std::vector<std::vector<TrackPoint>> cut(std::span<const TrackPoint> line,
                                                       const HiddenPlaces& hidden,
                                                       std::int64_t shown_start_ms);

// The totals that others are shown: whole hundreds of metres, whole minutes, tens of kcal; pace and
// points computed from these, never from the exact ones.
struct PublicTotals {
  double distance_km = 0;
  std::int64_t duration_s = 0;
  double pace_s_per_km = 0;  // 0 below 100 m
  std::int64_t elevation_gain_m = 0;
  std::int64_t elevation_loss_m = 0;
  std::int64_t calories_kcal = 0;
  std::int64_t power_points = 0;
};
struct ExactTotals {
  double distance_m = 0;
  double duration_s = 0;
  double elevation_gain_m = 0;
  double elevation_loss_m = 0;
  double calories_kcal = 0;
  double load_kg = 0;
};
[[nodiscard]] PublicTotals public_totals(const ExactTotals& exact);
// A moment as others are told it: the minute.
[[nodiscard]] std::int64_t public_time_us(std::int64_t time_us);

}  // namespace ruck::rucking
