#include "rucking/privacy.hpp"

#include "base/whole_number.hpp"
#include "rucking/load.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ruck::rucking {
namespace {
constexpr double kTurn = 2 * std::numbers::pi;
// The circle of a place that needs much room (a large zone): so many times as wide as the need,
// and at most so much wider.
constexpr double kRadiusPerNeed = 1 / 0.42;
constexpr double kOffsetGrowthMaxM = 500;
constexpr double kRadiusSpread = kAnchorRadiusMaxM / kAnchorRadiusMinM - 1;
constexpr double kOffsetShareMin = 0.7;   // of the largest
constexpr double kZoneWideningMax = 0.1;  // of a zone that is larger than its place's circle
constexpr double kRoundingM = 1;          // of a circle that is moved, and of the plane it lies in
constexpr double kFlatLatitudeDeg = 80;   // beyond it a plane is too wrong

// What a hash is asked for.
enum class Purpose : std::uint64_t {
  kDirection = 1,
  kLength = 2,
  kRadius = 3,
  kZone = 4,
  kRuckDirection = 5,
  kRuckLength = 6
};

double unit(std::uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1p-53; }

std::uint64_t whole(double value) { return static_cast<std::uint64_t>(std::llround(value)); }

// A number in [0, 1) that only the owner's secret tells, one for each purpose and subject: the size
// of a zone, the id of a ruck.
double secret_share(const PrivacyKey& key, Purpose purpose, const Anchor& anchor,
                    std::uint64_t subject = 0) {
  return unit(keyed_hash(key, {static_cast<std::uint64_t>(purpose), whole(anchor.at.lat_deg * 1e7),
                               whole(wrap_degrees(anchor.at.lng_deg) * 1e7), subject}));
}

bool is_finite(Position p) { return std::isfinite(p.lat_deg) && std::isfinite(p.lng_deg); }

Position position_of(Position p) { return p; }
Position position_of(const TrackPoint& p) { return p.position(); }

template <class Point>
std::vector<Piece> pieces_of(std::span<const Point> line, const HiddenPlaces& hidden) {
  std::vector<Piece> pieces;
  Piece open;
  const auto close = [&] {
    if (open.count >= 2) pieces.push_back(open);
    open.count = 0;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const Position here = position_of(line[i]);
    if (hidden.hides(here)) {
      close();
      continue;
    }
    if (open.count > 0 && hidden.hides_way(position_of(line[i - 1]), here)) close();
    if (open.count == 0) open.first = i;
    ++open.count;
  }
  close();
  return pieces;
}
}  // namespace

Anchor anchor_of_end(Position at) { return {.at = at}; }

Anchor anchor_of_zone(const Circle& zone) {
  return {.at = zone.centre,
          .need_m = std::max(kEndMarginM + kEndSlackM, zone.radius_m + kZoneSlackM)};
}

const Anchor* anchor_near(std::span<const Anchor> anchors, Position at) {
  const auto found = std::ranges::find_if(
      anchors, [&](const Anchor& anchor) { return distance_m(anchor.at, at) <= kAnchorReachM; });
  return found == anchors.end() ? nullptr : &*found;
}

AnchorDraw draw(const PrivacyKey& key, const Anchor& anchor) {
  const double least_m = std::max(kAnchorRadiusMinM, std::min(anchor.need_m * kRadiusPerNeed,
                                                              anchor.need_m + kOffsetGrowthMaxM));
  const double radius_m =
      least_m * (1 + kRadiusSpread * secret_share(key, Purpose::kRadius, anchor));
  const double most_m = radius_m - anchor.need_m;
  // As many places to the square metre of the ring, wherever in it.
  const double u = secret_share(key, Purpose::kLength, anchor);
  const double share =
      std::sqrt(kOffsetShareMin * kOffsetShareMin + u * (1 - kOffsetShareMin * kOffsetShareMin));
  const double direction = kTurn * secret_share(key, Purpose::kDirection, anchor);
  return {.offset = {.east_m = share * most_m * std::cos(direction),
                     .north_m = share * most_m * std::sin(direction)},
          .offset_max_m = most_m,
          .radius_m = radius_m};
}

Circle end_circle(const PrivacyKey& key, const Anchor& anchor, const RuckEnd& end) {
  const AnchorDraw drawn = draw(key, anchor);
  const double room_m = kEndMarginM + std::clamp(end.accuracy_m, kEndSlackM, kEndAccuracyMaxM);
  return {.centre = moved(end.at, drawn.offset, local_scale(end.at.lat_deg)),
          .radius_m = std::max(drawn.radius_m, drawn.offset_max_m + room_m)};
}

Circle zone_circle(const PrivacyKey& key, const Anchor& anchor, const Circle& zone) {
  const AnchorDraw drawn = draw(key, anchor);
  const double needed_m = drawn.offset_max_m + zone.radius_m + kZoneSlackM;
  const double widening =
      kZoneWideningMax * secret_share(key, Purpose::kZone, anchor, whole(zone.radius_m));
  return {.centre = moved(zone.centre, drawn.offset, local_scale(zone.centre.lat_deg)),
          .radius_m = needed_m <= drawn.radius_m ? drawn.radius_m : needed_m * (1 + widening)};
}

Circle circle_of_ruck(const PrivacyKey& key, const Anchor& anchor, std::int64_t ruck,
                      const Circle& circle) {
  const auto id = static_cast<std::uint64_t>(ruck);
  const double u = secret_share(key, Purpose::kRuckLength, anchor, id);
  const double shift_m = kRuckShiftMaxM * std::sqrt(u);  // anywhere in the disc alike
  const double direction = kTurn * secret_share(key, Purpose::kRuckDirection, anchor, id);
  const Offset shift{.east_m = shift_m * std::cos(direction),
                     .north_m = shift_m * std::sin(direction)};
  return {.centre = moved(circle.centre, shift, local_scale(circle.centre.lat_deg)),
          .radius_m = circle.radius_m + shift_m + kRoundingM};
}

bool HiddenPlaces::Area::touches(Position from, Position to) const {
  if (!is_finite(from) || !is_finite(to)) return true;
  if (std::fabs(circle.centre.lat_deg) > kFlatLatitudeDeg) {
    // Nobody walks far between two points up there: the way is hidden if it might be.
    const double reach = from == to ? 0 : distance_m(from, to);
    return distance_m(circle.centre, from) <= circle.radius_m + reach;
  }
  const Offset a = offset(circle.centre, from, scale);
  const Offset b = offset(circle.centre, to, scale);
  const double east = b.east_m - a.east_m;
  const double north = b.north_m - a.north_m;
  const double length2 = east * east + north * north;
  const double along =
      length2 > 0 ? std::clamp(-(a.east_m * east + a.north_m * north) / length2, 0.0, 1.0) : 0;
  const double x = a.east_m + along * east;
  const double y = a.north_m + along * north;
  // Not "<=": a distance that is not a number is hidden as well.
  return !(x * x + y * y > circle.radius_m * circle.radius_m);
}

void HiddenPlaces::add(const Circle& circle) {
  areas_.push_back({.circle = circle, .scale = local_scale(circle.centre.lat_deg)});
}

HiddenPlaces HiddenPlaces::of(const Known& known) {
  const bool is_complete = known.key && known.zones && known.anchors && !known.ends.empty() &&
                           std::ranges::all_of(known.ends, is_finite, &RuckEnd::at);
  if (!is_complete) return {};
  HiddenPlaces places;
  std::vector<Anchor> anchors = *known.anchors;
  const auto anchor_for = [&](const Anchor& otherwise) {
    if (const Anchor* near = anchor_near(anchors, otherwise.at)) return *near;
    anchors.push_back(otherwise);
    places.new_anchors_.push_back(otherwise);
    return otherwise;
  };
  const auto hide = [&](const Anchor& anchor, const Circle& circle) {
    places.add(circle_of_ruck(*known.key, anchor, known.ruck, circle));
  };
  for (const Circle& zone : *known.zones) {
    const Anchor anchor = anchor_for(anchor_of_zone(zone));
    hide(anchor, zone_circle(*known.key, anchor, zone));
  }
  for (const RuckEnd& end : known.ends) {
    const Anchor anchor = anchor_for(anchor_of_end(end.at));
    hide(anchor, end_circle(*known.key, anchor, end));
  }
  places.is_known_ = true;
  return places;
}

bool HiddenPlaces::hides(Position position) const { return hides_way(position, position); }

bool HiddenPlaces::hides_way(Position from, Position to) const {
  return !is_known_ ||
         std::ranges::any_of(areas_, [&](const Area& area) { return area.touches(from, to); });
}

std::vector<Circle> HiddenPlaces::circles() const {
  std::vector<Circle> all;
  for (const Area& area : areas_) all.push_back(area.circle);
  return all;
}

std::vector<Piece> visible_pieces(std::span<const Position> line, const HiddenPlaces& hidden) {
  return pieces_of(line, hidden);
}
std::vector<Piece> visible_pieces(std::span<const TrackPoint> line, const HiddenPlaces& hidden) {
  return pieces_of(line, hidden);
}

std::vector<std::vector<TrackPoint>> cut(std::span<const TrackPoint> line,
                                         std::span<const Piece> pieces,
                                         std::int64_t shown_start_ms) {
  constexpr std::int64_t kBetweenPiecesMs = 1000;  // so that times still go up
  std::vector<std::vector<TrackPoint>> shown_pieces;
  std::int64_t clock_ms = shown_start_ms;
  for (const Piece& piece : pieces) {
    const auto points = line.subspan(piece.first, piece.count);
    std::vector<TrackPoint> shown(points.begin(), points.end());
    for (std::size_t i = 0; i < shown.size(); ++i) {
      if (i > 0) clock_ms += points[i].time_ms - points[i - 1].time_ms;
      shown[i].time_ms = clock_ms;
    }
    clock_ms += kBetweenPiecesMs;
    shown_pieces.push_back(std::move(shown));
  }
  return shown_pieces;
}

PublicTotals public_totals(const ExactTotals& exact) {
  const std::int64_t hectometres = whole_number(exact.distance_m / 100);
  const double km = static_cast<double>(hectometres) / 10;
  const std::int64_t duration_s = 60 * whole_number(exact.duration_s / 60);
  const std::int64_t gain_m = whole_number(exact.elevation_gain_m);
  return {.distance_km = km,
          .duration_s = duration_s,
          .pace_s_per_km = hectometres > 0 ? std::round(static_cast<double>(duration_s) / km) : 0,
          .elevation_gain_m = gain_m,
          .elevation_loss_m = whole_number(exact.elevation_loss_m),
          .calories_kcal = 10 * whole_number(exact.calories_kcal / 10),
          .power_points =
              whole_number(power_points(exact.load_kg, km * 1000, static_cast<double>(gain_m)))};
}

std::int64_t public_time_us(std::int64_t time_us) {
  constexpr std::int64_t kMinuteUs = 60'000'000;
  const std::int64_t rest = ((time_us % kMinuteUs) + kMinuteUs) % kMinuteUs;
  return time_us - rest;
}

}  // namespace ruck::rucking
