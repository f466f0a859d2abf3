#pragma once
// What of a track everybody but its owner may see. The design and its literature: docs/privacy.md.
//
// Hidden are the owner's zones and a circle around each end of a ruck (ruck_ends.hpp says what an
// end is), wherever the track enters them, in the middle too. What is asked here is asked of every
// line, point, export and live position. Whatever is needed and missing hides everything.
//
// The circles. An observer of many rucks learns the part of the plane that none of them shows, so
// no circle may tell more than any other of the same place:
//   1. An *anchor* is a position where something had to be hidden for the first time. It has an
//      offset and a radius, drawn from the owner's secret and the anchor. The two are independent,
//      so that knowing the radius does not give the offset.
//   2. Whatever lies within kAnchorReachM of an anchor is hidden around itself plus *the anchor's*
//      offset. So all circles of one place are the same circle, moved by as much as the receiver
//      erred; zones of any size, moved by a few metres, deleted and made again, are concentric
//      with it. None of them adds anything to what the first circle told.
//   3. Every circle of one ruck at one place is moved once more, by up to kRuckShiftMaxM in a
//      direction drawn for this ruck and this place, and made wider by as much: it covers what it
//      covered before. All rucks together still hide the anchor's circle and no more. But lines
//      no longer end on one circle, and where they leave it tells less of where they come from.
//   4. The offset is 0.7 to 1 times the largest that keeps the place inside by what it needs. So
//      the middle of the circle is far from the place, and which way is not to be had without the
//      secret. Another anchor has an unrelated offset.
//
// Times and lengths betray as well: the way from the door to the first visible point is known from
// the time it took (Dhondt et al. 2022, "A Run a Day Won't Keep the Hacker Away"). cut() therefore
// takes hidden time out of the times of points, and the totals others see are computed from the
// visible part alone (services/rucks/shown) and then rounded.
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
inline constexpr double kEndMarginM = 120;        // from an end to the edge of its circle, at least
inline constexpr double kEndSlackM = 10;          // how much a good first fix may be wrong
inline constexpr double kEndAccuracyMaxM = 80;    // a worse fix is not given more room than this
inline constexpr double kZoneSlackM = 25;         // from the edge of a zone to that of its circle
inline constexpr double kAnchorReachM = 150;      // what is nearer shares the anchor's offset
inline constexpr double kAnchorRadiusMinM = 380;  // of the circle around an end
inline constexpr double kAnchorRadiusMaxM = 440;
inline constexpr double kRuckShiftMaxM =
    200;  // of one ruck's circles; docs/privacy.md: why so much

// Derived from the owner's secret by whoever holds it (see services/people/zones). Anybody who has
// it can undo the offsets.
using PrivacyKey = HashKey;

// A position of the owner's that must be hidden, and how much room around it the first circle that
// was drawn there had to leave. Kept for good: a place that is hidden again gets the same circle.
struct Anchor {
  Position at;
  double need_m = kEndMarginM + kEndSlackM;
  friend bool operator==(const Anchor&, const Anchor&) = default;
};
[[nodiscard]] Anchor anchor_of_end(Position at);
[[nodiscard]] Anchor anchor_of_zone(const Circle& zone);
// The first within kAnchorReachM; null without one. `anchors` are in the order in which they came
// to be: with the nearest, an anchor of a later ruck would move a circle that had been shown
// around.
[[nodiscard]] const Anchor* anchor_near(std::span<const Anchor> anchors, Position at);

// What an anchor's secret says: the same for the same arguments, always.
struct AnchorDraw {
  Offset offset;
  double offset_max_m = 0;  // what an observer who knows the radius knows of its length
  double radius_m = 0;
};
[[nodiscard]] AnchorDraw draw(const PrivacyKey& key, const Anchor& anchor);

// A fix that is taken for an end of a ruck.
struct RuckEnd {
  Position at;
  double accuracy_m = 0;
  friend bool operator==(const RuckEnd&, const RuckEnd&) = default;
};
// The circle that hides an end, and the one that hides a zone, as the anchor near them says.
[[nodiscard]] Circle end_circle(const PrivacyKey& key, const Anchor& anchor, const RuckEnd& end);
[[nodiscard]] Circle zone_circle(const PrivacyKey& key, const Anchor& anchor, const Circle& zone);

// The same circle for one ruck: moved by up to kRuckShiftMaxM and wider by that length. `ruck` is
// its id.
[[nodiscard]] Circle circle_of_ruck(const PrivacyKey& key, const Anchor& anchor, std::int64_t ruck,
                                    const Circle& circle);

// What is hidden of one ruck. As long as it is not told everything, it hides everything.
class HiddenPlaces {
 public:
  HiddenPlaces() = default;  // nothing is known: nothing is shown

  struct Known {
    std::optional<PrivacyKey> key;
    std::optional<std::vector<Circle>> zones;    // empty: the owner has none; nothing: not known
    std::optional<std::vector<Anchor>> anchors;  // likewise; the earliest first
    std::vector<RuckEnd> ends;                   // none: not known yet
    std::int64_t ruck = 0;                       // the ruck's id
  };
  // An end without an anchor near becomes one, in the order of the ends; see new_anchors().
  [[nodiscard]] static HiddenPlaces of(const Known& known);

  [[nodiscard]] bool hides(Position position) const;
  // Whether the straight way between the two touches anything hidden.
  [[nodiscard]] bool hides_way(Position from, Position to) const;
  [[nodiscard]] bool hides_everything() const { return !is_known_; }
  // For the owner's eyes only.
  [[nodiscard]] std::vector<Circle> circles() const;
  // Anchors that were not among the known ones: to be kept with the owner.
  [[nodiscard]] const std::vector<Anchor>& new_anchors() const { return new_anchors_; }

 private:
  struct Area {
    Circle circle;
    LocalScale scale;
    [[nodiscard]] bool touches(Position from, Position to) const;
  };
  void add(const Circle& circle);

  bool is_known_ = false;
  std::vector<Area> areas_;
  std::vector<Anchor> new_anchors_;
};

// A part of a line that may be shown: `count` points from index `first` on, at least two.
struct Piece {
  std::size_t first = 0;
  std::size_t count = 0;
};
// The parts of a line that show nothing hidden. Nothing is interpolated: a piece ends at the last
// point before the edge; two points whose straight way crosses something hidden are never joined.
// Simplify a line first and cut it afterwards, so that no chord crosses a corner.
[[nodiscard]] std::vector<Piece> visible_pieces(std::span<const Position> line,
                                                const HiddenPlaces& hidden);
[[nodiscard]] std::vector<Piece> visible_pieces(std::span<const TrackPoint> line,
                                                const HiddenPlaces& hidden);

// The pieces as points whose times run from `shown_start_ms` on without the hidden time.
[[nodiscard]] std::vector<std::vector<TrackPoint>> cut(std::span<const TrackPoint> line,
                                                       std::span<const Piece> pieces,
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
// Rounding what is rounded already changes nothing.
[[nodiscard]] PublicTotals public_totals(const ExactTotals& exact);
// A moment as others are told it: the minute.
[[nodiscard]] std::int64_t public_time_us(std::int64_t time_us);

}  // namespace ruck::rucking
