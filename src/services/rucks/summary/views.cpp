#include "services/rucks/summary/views.hpp"

#include "base/whole_number.hpp"
#include "http/json/writer.hpp"
#include "rucking/geo.hpp"
#include "rucking/privacy.hpp"
#include "services/rucks/limits.hpp"
#include "services/rucks/track/track.hpp"

#include <algorithm>
#include <cmath>

namespace ruck::rucks {
namespace {
constexpr double kMetresPerMile = 1609.344;

double round_to(double value, double step) { return std::round(value / step) * step; }
double km_of(double metres) { return std::round(metres) / 1000.0; }
std::int64_t whole(double value) { return whole_number(value); }

double pace_of(double duration_s, double distance_m) {
  constexpr double kDistanceMinM = 10;  // below it a pace means nothing
  return distance_m < kDistanceMinM ? 0 : std::round(duration_s / distance_m * 10'000) / 10;
}

template <class T>
json::Omittable<json::Raw> raw(const std::optional<T>& text) {
  return text ? json::Omittable<json::Raw>(json::Raw{*text}) : json::Omittable<json::Raw>();
}

json::Omittable<std::int64_t> whole(const std::optional<double>& value) {
  return value ? json::Omittable<std::int64_t>(whole_number(*value))
               : json::Omittable<std::int64_t>();
}

double e7(std::int32_t value) { return static_cast<double>(value) / 1e7; }
// Divided, not multiplied, so that 1.4 m/s is written as 1.4.
std::optional<double> altitude_of(const rucking::TrackPoint& point) {
  if (!point.altitude_m()) return std::nullopt;
  return static_cast<double>(point.altitude_dm) / 10;
}
std::optional<double> speed_of(const rucking::TrackPoint& point) {
  if (!point.speed_m_per_s()) return std::nullopt;
  return static_cast<double>(point.speed_5cm) / 20;
}
bool is_public(const RuckRow& r) {
  return people::visibility_of(r.visibility) != people::Visibility::kPrivate;
}
// A ruck that shows nothing has no times either, but for the day: clients need a moment.
std::optional<UtcUs> shown_start_of(const RuckRow& r) {
  if (r.shown_started_at) return r.shown_started_at;
  const UtcUs start = r.started_at.value_or(r.created_at);
  return UtcUs(std::chrono::floor<std::chrono::days>(start));
}
std::optional<UtcUs> shown_end_of(const RuckRow& r) {
  return r.shown_at > 0 ? utc_us(r.shown_at) : *shown_start_of(r);
}
double tenth(double value) { return std::round(value * 10) / 10; }

RoutePoint route_point(const rucking::TrackPoint& point) {
  return {.lat = e7(point.lat_e7),
          .lng = e7(point.lng_e7),
          .alt = altitude_of(point),
          .timestamp = utc_ms(point.time_ms)};
}
// At most `count_max` of them, evenly, the first and the last among them.
std::vector<rucking::TrackPoint> thinned(std::span<const rucking::TrackPoint> points,
                                         std::size_t count_max) {
  std::vector<rucking::TrackPoint> kept;
  const std::size_t count = std::min(points.size(), count_max);
  for (std::size_t k = 0; k < count; ++k) {
    kept.push_back(points[count == 1 ? 0 : k * (points.size() - 1) / (count - 1)]);
  }
  return kept;
}
}  // namespace

RuckView view_of(const RuckRow& r) {
  const profile::Body body = body_of(r);
  return {.id = r.id,
          .user_id = r.user_id,
          .status = r.status,
          .created_at = r.created_at,
          .started_at = r.started_at,
          .completed_at = r.completed_at,
          .duration_seconds = whole(r.duration_s),
          .moving_seconds = whole(r.moving_s),
          .paused_duration_seconds = whole(r.paused_s),
          .distance_km = km_of(r.distance_m),
          .distance_source = r.distance_source,
          .elevation_gain_m = round_to(r.elevation_gain_m, 0.1),
          .elevation_loss_m = round_to(r.elevation_loss_m, 0.1),
          .calories_burned = whole(r.calories_kcal),
          .calorie_method = body.calorie_method,
          .average_pace = pace_of(r.duration_s, r.distance_m),
          .ruck_weight_kg = r.ruck_weight_kg,
          .weight_kg = body.weight_kg,
          .steps = r.steps,
          .power_points = whole(r.power_points),
          .training_load = whole(r.training_load),
          .avg_heart_rate = whole(r.avg_heart_rate),
          .min_heart_rate = r.min_heart_rate,
          .max_heart_rate = r.max_heart_rate,
          .hr_zone_snapshot = raw(r.hr_zone_snapshot),
          .time_in_zones = raw(r.time_in_zones),
          .rating = r.rating,
          .perceived_exertion = r.perceived_exertion,
          .title = r.title,
          .notes = r.notes,
          .tags = raw(r.tags),
          .planned_duration_minutes = r.planned_duration_minutes,
          .is_public = is_public(r),
          .visibility = people::visibility_of(r.visibility),
          .is_manual = r.is_manual,
          .has_photos = r.has_photos,
          .allow_live_following = r.allow_live_following,
          .event_id = r.event_id,
          .route_id = r.route_id,
          .planned_ruck_id = r.planned_ruck_id};
}

RuckView view_of(const RuckRow& row, const rucking::Totals& live) {
  RuckRow now = row;
  now.distance_m = live.distance_m;
  now.distance_source = "points";
  now.duration_s = live.active_s();
  now.moving_s = live.moving_s;
  now.paused_s = live.paused_s;
  now.elevation_gain_m = live.gain_m;
  now.elevation_loss_m = live.loss_m;
  now.calories_kcal = live.energy.fused_kcal;
  if (live.heart_rate.samples > 0) {
    now.avg_heart_rate = live.heart_rate.average_bpm;
    now.min_heart_rate = live.heart_rate.min_bpm;
    now.max_heart_rate = live.heart_rate.max_bpm;
  }
  now.power_points = live.power_points;
  return view_of(now);
}

PublicRuck public_view_of(const RuckRow& r) {
  const rucking::PublicTotals totals = rucking::public_totals({.distance_m = r.shown_distance_m,
                                                               .duration_s = r.shown_duration_s,
                                                               .elevation_gain_m = r.shown_gain_m,
                                                               .elevation_loss_m = r.shown_loss_m,
                                                               .calories_kcal = r.shown_kcal,
                                                               .load_kg = r.ruck_weight_kg});
  return {.id = r.id,
          .user_id = r.user_id,
          .status = r.status,
          .started_at = shown_start_of(r),
          .completed_at = shown_end_of(r),
          .duration_seconds = totals.duration_s,
          .distance_km = totals.distance_km,
          .elevation_gain_m = static_cast<double>(totals.elevation_gain_m),
          .elevation_loss_m = static_cast<double>(totals.elevation_loss_m),
          .calories_burned = totals.calories_kcal,
          .average_pace = totals.pace_s_per_km,
          .ruck_weight_kg = r.ruck_weight_kg,
          .power_points = totals.power_points,
          .title = r.title,
          .is_public = is_public(r),
          .visibility = people::visibility_of(r.visibility),
          .is_manual = r.is_manual,
          .has_photos = r.has_photos};
}

RuckPhoto public_photo(RuckPhoto photo) {
  photo.filename = "photo.jpg";
  photo.original_filename = photo.filename;
  photo.created_at = UtcUs(std::chrono::floor<std::chrono::days>(photo.created_at));
  return photo;
}

std::vector<SplitView> split_views(const std::vector<SplitRow>& splits) {
  std::vector<SplitView> views;
  for (const SplitRow& s : splits) {
    const double unit_m = s.unit == "mi" ? kMetresPerMile : 1000;
    views.push_back({.split_number = s.number,
                     .split_distance_km = km_of(s.distance_m),
                     .split_distance = round_to(s.distance_m / unit_m, 0.001),
                     .split_duration_seconds = whole(s.duration_s),
                     .total_distance_km = km_of(s.total_distance_m),
                     .total_distance = round_to(s.total_distance_m / unit_m, 0.001),
                     .total_duration_seconds = whole(s.total_duration_s),
                     .moving_seconds = whole(s.moving_s),
                     .calories_burned = whole(s.calories_kcal),
                     .elevation_gain_m = tenth(s.elevation_gain_m),
                     .elevation_loss_m = tenth(s.elevation_loss_m),
                     .avg_heart_rate = whole(s.avg_heart_rate),
                     .timestamp = utc_ms(s.ended_at_ms)});
  }
  return views;
}

json::Raw points_as_json(std::span<const rucking::TrackPoint> points) {
  constexpr std::size_t kBytesPerPoint = 180;
  json::Raw out;
  out.text.reserve(points.size() * kBytesPerPoint + 2);
  json::Writer w(out.text);
  w.begin_array();
  for (const rucking::TrackPoint& point : points) {
    json::write(w, PointView{.latitude = e7(point.lat_e7),
                             .longitude = e7(point.lng_e7),
                             .altitude = altitude_of(point),
                             .timestamp = utc_ms(point.time_ms),
                             .horizontal_accuracy_m = point.accuracy_m(),
                             .speed_mps = speed_of(point)});
  }
  w.end_array();
  return out;
}

std::vector<RoutePoint> route_of(std::span<const rucking::TrackPoint> points,
                                 std::size_t count_max) {
  std::vector<RoutePoint> route;
  for (const rucking::TrackPoint& point : thinned(points, count_max)) {
    route.push_back(route_point(point));
  }
  return route;
}

PublicRoute public_route(std::span<const std::vector<rucking::TrackPoint>> pieces,
                         std::size_t count_max) {
  std::size_t all = 0;
  for (const auto& piece : pieces) all += piece.size();
  PublicRoute route;
  for (const auto& piece : pieces) {
    // Each piece gets its share of the points, and at least its two ends.
    const std::size_t share = all <= count_max ? piece.size() : piece.size() * count_max / all;
    route.pieces.push_back(route_of(piece, std::max<std::size_t>(2, share)));
  }
  const auto longest = std::ranges::max_element(
      route.pieces, {}, [](const std::vector<RoutePoint>& piece) { return piece.size(); });
  if (longest != route.pieces.end()) route.longest = *longest;
  return route;
}

}  // namespace ruck::rucks
