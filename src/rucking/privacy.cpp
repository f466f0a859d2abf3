#include "rucking/privacy.hpp"

#include "rucking/load.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace ruck::rucking {
namespace {
constexpr double kTurn = 2 * std::numbers::pi;
constexpr double kEarthM = 6'371'000;  // the noise needs no ellipsoid
// The noise changes over this length: well above the error of a first fix, below a walk to another
// part of the town.
constexpr double kCellM = 1200;
constexpr double kTurnsPerCell = 4;  // how often the direction may go round from corner to corner

constexpr double kPlaceRadiusMaxM = 320;
constexpr double kPlaceOffsetMinM = 50;
constexpr double kSlackM = 5;  // for rounding: of a zone, in the flat plane around its centre
constexpr double kFlatLatitudeDeg = 80;  // beyond it a plane is too wrong

// What a hash is asked for.
enum class Purpose : std::uint64_t { kNoise = 1, kPhase = 2, kRuck = 3, kRuckOffset = 4 };

double unit(std::uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1p-53; }

// Smooth numbers of a place, each in [0, 1].
struct Noise {
  double direction = 0;
  double offset = 0;
  double radius = 0;
};

// Back and forth between 0 and 1: sums of many corners lie near 1/2, folded they spread.
double folded(double value) {
  const double x = std::fmod(4 * value, 2.0);
  return x < 1 ? x : 2 - x;
}

// Value noise on a lattice in space, so that neither poles nor the date line are special.
Noise noise_at(const PrivacyKey& key, Position at) {
  const double lat = at.lat_deg / 360 * kTurn;
  const double lng = at.lng_deg / 360 * kTurn;
  const std::array<double, 3> place = {kEarthM * std::cos(lat) * std::cos(lng) / kCellM,
                                       kEarthM * std::cos(lat) * std::sin(lng) / kCellM,
                                       kEarthM * std::sin(lat) / kCellM};
  std::array<std::int64_t, 3> cell{};
  std::array<double, 3> part{};
  for (std::size_t i = 0; i < 3; ++i) {
    cell[i] = static_cast<std::int64_t>(std::floor(place[i]));
    part[i] = place[i] - std::floor(place[i]);
  }
  Noise sum;
  for (std::uint64_t corner = 0; corner < 8; ++corner) {
    std::array<std::uint64_t, 3> at_corner{};
    double weight = 1;
    for (std::size_t i = 0; i < 3; ++i) {
      const bool is_far = ((corner >> i) & 1) != 0;
      at_corner[i] = static_cast<std::uint64_t>(cell[i] + (is_far ? 1 : 0));
      weight *= is_far ? part[i] : 1 - part[i];
    }
    const std::uint64_t hash = keyed_hash(key, {static_cast<std::uint64_t>(Purpose::kNoise),
                                                at_corner[0], at_corner[1], at_corner[2]});
    constexpr std::uint64_t kMask = (1 << 21) - 1;
    sum.direction += weight * static_cast<double>(hash & kMask) / kMask;
    sum.offset += weight * static_cast<double>((hash >> 21) & kMask) / kMask;
    sum.radius += weight * static_cast<double>((hash >> 42) & kMask) / kMask;
  }
  return sum;
}

double direction_of(const PrivacyKey& key, const Noise& noise) {
  const double phase = unit(keyed_hash(key, {static_cast<std::uint64_t>(Purpose::kPhase)}));
  return kTurn * (phase + kTurnsPerCell * noise.direction);
}

Position shifted(Position from, double direction, double by_m) {
  return moved(from, {.east_m = by_m * std::cos(direction), .north_m = by_m * std::sin(direction)},
               local_scale(from.lat_deg));
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

Circle end_circle(const PrivacyKey& key, std::int64_t ruck_id, RuckEnd end, Position at) {
  const Noise noise = noise_at(key, at);
  const double place_radius =
      kEndRadiusMinM + folded(noise.radius) * (kPlaceRadiusMaxM - kEndRadiusMinM);
  const double offset_max = place_radius - kEndMarginM;
  const double place_offset =
      kPlaceOffsetMinM + folded(noise.offset) * (offset_max - kPlaceOffsetMinM);
  const Position place = shifted(at, direction_of(key, noise), place_offset);

  const auto number = [&](Purpose purpose) {
    return keyed_hash(key, {static_cast<std::uint64_t>(purpose),
                            static_cast<std::uint64_t>(ruck_id), static_cast<std::uint64_t>(end)});
  };
  const double wider = unit(number(Purpose::kRuck)) * (kEndRadiusMaxM - place_radius);
  const std::uint64_t second = number(Purpose::kRuckOffset);
  const double direction = kTurn * static_cast<double>(second >> 32) * 0x1p-32;
  const double share = static_cast<double>(second & 0xffffffff) * 0x1p-32;
  return {.centre = shifted(place, direction, share * wider), .radius_m = place_radius + wider};
}

Circle zone_circle(const PrivacyKey& key, const Circle& zone) {
  const Noise noise = noise_at(key, zone.centre);
  const double least = std::clamp(0.15 * zone.radius_m, 40.0, 150.0);
  const double most = std::clamp(0.5 * zone.radius_m, 80.0, 400.0);
  const double by = least + folded(noise.offset) * (most - least);
  return {.centre = shifted(zone.centre, direction_of(key, noise), by),
          .radius_m = zone.radius_m + by + kSlackM};
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

HiddenPlaces HiddenPlaces::zones_and_start(const Known& known) {
  HiddenPlaces places;
  if (!known.key || !known.zones || !known.first || !is_finite(*known.first)) return places;
  for (const Circle& zone : *known.zones) places.add(zone_circle(*known.key, zone));
  places.add(end_circle(*known.key, known.ruck_id, RuckEnd::kStart, *known.first));
  places.is_known_ = true;
  return places;
}

HiddenPlaces HiddenPlaces::of_live(const Known& known) { return zones_and_start(known); }

HiddenPlaces HiddenPlaces::of_finished(const Known& known) {
  if (!known.last || !is_finite(*known.last)) return {};
  HiddenPlaces places = zones_and_start(known);
  if (places.is_known_) {
    places.add(end_circle(*known.key, known.ruck_id, RuckEnd::kFinish, *known.last));
  }
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
                                         const HiddenPlaces& hidden, std::int64_t shown_start_ms) {
  constexpr std::int64_t kBetweenPiecesMs = 1000;  // so that times still go up
  std::vector<std::vector<TrackPoint>> pieces;
  std::int64_t clock_ms = shown_start_ms;
  for (const Piece& piece : visible_pieces(line, hidden)) {
    const auto points = line.subspan(piece.first, piece.count);
    std::vector<TrackPoint> shown(points.begin(), points.end());
    for (std::size_t i = 0; i < shown.size(); ++i) {
      if (i > 0) clock_ms += points[i].time_ms - points[i - 1].time_ms;
      shown[i].time_ms = clock_ms;
    }
    clock_ms += kBetweenPiecesMs;
    pieces.push_back(std::move(shown));
  }
  return pieces;
}

PublicTotals public_totals(const ExactTotals& exact) {
  const std::int64_t hectometres = std::llround(exact.distance_m / 100);
  const double km = static_cast<double>(hectometres) / 10;
  const std::int64_t duration_s = 60 * std::llround(exact.duration_s / 60);
  const std::int64_t gain_m = std::llround(exact.elevation_gain_m);
  return {.distance_km = km,
          .duration_s = duration_s,
          .pace_s_per_km = hectometres > 0 ? std::round(static_cast<double>(duration_s) / km) : 0,
          .elevation_gain_m = gain_m,
          .elevation_loss_m = std::llround(exact.elevation_loss_m),
          .calories_kcal = 10 * std::llround(exact.calories_kcal / 10),
          .power_points =
              std::llround(power_points(exact.load_kg, km * 1000, static_cast<double>(gain_m)))};
}

std::int64_t public_time_us(std::int64_t time_us) {
  constexpr std::int64_t kMinuteUs = 60'000'000;
  const std::int64_t rest = ((time_us % kMinuteUs) + kMinuteUs) % kMinuteUs;
  return time_us - rest;
}

}  // namespace ruck::rucking
