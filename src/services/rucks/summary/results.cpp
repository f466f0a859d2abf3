#include "services/rucks/summary/results.hpp"

#include "base/whole_number.hpp"
#include "http/bind.hpp"
#include "http/json/writer.hpp"
#include "rucking/energy.hpp"
#include "rucking/load.hpp"
#include "rucking/simplify.hpp"
#include "rucking/track_codec.hpp"
#include "services/rucks/limits.hpp"

#include <algorithm>
#include <cmath>

namespace ruck::rucks {
namespace {
// Points whose accuracy is worse are kept but not drawn, unless there are no others.
constexpr double kDrawnAccuracyM = 50;

rucking::CalorieMethod method_of(std::string_view name) {
  if (name == "mechanical") return rucking::CalorieMethod::kMechanical;
  if (name == "hr") return rucking::CalorieMethod::kHeartRate;
  return rucking::CalorieMethod::kFusion;
}

// Energy of a distance in a time on level ground: all that can be said without points.
double estimated_kcal(const RuckRow& row, double distance_m, double duration_s) {
  if (duration_s <= 0) return 0;
  const rucking::EngineConfig config = engine_config(row);
  const rucking::EnergyCalculator calculator({.weight_kg = config.rucker.weight_kg,
                                              .height_cm = config.rucker.height_cm,
                                              .age_years = config.rucker.age_years,
                                              .sex = config.rucker.sex},
                                             false, 1.0);
  const double watts = calculator.moving(row.ruck_weight_kg, distance_m / duration_s, 0).lcda;
  const bool net = body_of(row).calorie_active_only;
  return rucking::to_kcal((watts - (net ? calculator.resting() : 0)) * duration_s);
}

// Whether the points may speak for the whole ruck.
bool covers(const rucking::Totals& totals, const StoredClaims& claims) {
  if (totals.points.used < 2) return false;
  const double unseen = std::max(0.0, claims.duration_seconds - totals.active_s());
  const double measured = totals.moving_s - totals.estimated_moving_s;
  return measured >= kCoverageMin * (totals.moving_s + unseen);
}

void take_totals(RuckRow& row, const rucking::Totals& totals, const StoredClaims& claims) {
  const bool has_points = totals.points.used >= 2;
  const double claimed_m = claims.distance_km * 1000;
  if (covers(totals, claims)) {
    row.distance_m = totals.distance_m;
    row.distance_source = "points";
    row.duration_s = totals.active_s();
    row.moving_s = totals.moving_s;
    row.paused_s = totals.paused_s;
    const bool has_altitude = totals.min_altitude_m.has_value();
    row.elevation_gain_m = has_altitude ? totals.gain_m : claims.elevation_gain_m;
    row.elevation_loss_m = has_altitude ? totals.loss_m : claims.elevation_loss_m;
    row.calories_kcal = server_kcal(row, totals);
    row.load_distance_kg_km = totals.load_distance_kg_km;
    return;
  }
  const bool ours = has_points && totals.distance_m >= claimed_m;
  row.distance_m = std::max(totals.distance_m, claimed_m);
  row.distance_source = ours ? "points_with_gaps" : claimed_m > 0 ? "client" : "none";
  row.duration_s = std::max(totals.active_s(), claims.duration_seconds);
  row.moving_s = std::min(row.duration_s, std::max(totals.moving_s, claims.duration_seconds));
  row.paused_s = std::max(totals.paused_s, claims.paused_duration_seconds);
  row.elevation_gain_m = std::max(totals.gain_m, claims.elevation_gain_m);
  row.elevation_loss_m = std::max(totals.loss_m, claims.elevation_loss_m);
  const double known = std::max(has_points ? server_kcal(row, totals) : 0, claims.calories_burned);
  row.calories_kcal = known > 0 ? known : estimated_kcal(row, row.distance_m, row.duration_s);
  row.load_distance_kg_km =
      std::max(totals.load_distance_kg_km, row.ruck_weight_kg * row.distance_m / 1000);
}

std::string zones_as_json(const rucking::HeartRateTotals& totals) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  for (int zone = 1; zone <= rucking::kHeartRateZones; ++zone) {
    w.key("Z" + std::to_string(zone));
    w.integer(whole_number(totals.zone_s.at(static_cast<std::size_t>(zone))));
  }
  w.end_object();
  return text;
}

std::optional<std::int64_t> rounded(const std::optional<double>& value) {
  return value && *value > 0 ? std::optional<std::int64_t>(whole_number(*value)) : std::nullopt;
}

void take_heart_rate(RuckRow& row, const rucking::HeartRateTotals& totals,
                     const StoredClaims& claims) {
  row.training_load = totals.trimp;
  if (totals.samples == 0) {
    row.avg_heart_rate =
        claims.avg_heart_rate && *claims.avg_heart_rate > 0 ? claims.avg_heart_rate : std::nullopt;
    row.min_heart_rate = rounded(claims.min_heart_rate);
    row.max_heart_rate = rounded(claims.max_heart_rate);
    return;
  }
  row.avg_heart_rate = totals.average_bpm;
  row.min_heart_rate = totals.min_bpm;
  row.max_heart_rate = totals.max_bpm;
  // The app's own table, made with the zones it showed, stays where there is one.
  if (!row.hr_zone_snapshot) row.time_in_zones = zones_as_json(totals);
}

std::vector<SplitRow> split_rows(const std::vector<rucking::Split>& splits) {
  std::vector<SplitRow> rows;
  for (const rucking::SplitUnit unit :
       {rucking::SplitUnit::kKilometre, rucking::SplitUnit::kMile}) {
    double total_m = 0;
    double total_s = 0;
    for (const rucking::Split& split : splits) {
      if (split.unit != unit || split.distance_m <= 0) continue;
      total_m += split.distance_m;
      total_s += split.elapsed_s();
      rows.push_back({.unit = unit == rucking::SplitUnit::kKilometre ? "km" : "mi",
                      .number = split.number,
                      .distance_m = split.distance_m,
                      .duration_s = split.elapsed_s(),
                      .moving_s = split.moving_s,
                      .total_distance_m = total_m,
                      .total_duration_s = total_s,
                      .elevation_gain_m = split.gain_m,
                      .elevation_loss_m = split.loss_m,
                      .calories_kcal = split.energy_kcal,
                      .avg_heart_rate = split.average_bpm,
                      .ended_at_ms = split.end_ms,
                      .lat = split.end.lat_deg,
                      .lng = split.end.lng_deg});
    }
  }
  return rows;
}

// The phone's splits, for a ruck without points. It cuts them in the user's own unit, a whole one
// each; a length near a mile says which.
std::vector<SplitRow> claimed_splits(const RuckRow& row, const StoredClaims& claims) {
  std::vector<SplitRow> rows;
  std::int64_t number = 0;
  for (const SplitInput& split : claims.splits) {
    ++number;
    const double km = split.split_distance_km.value_or(1.0);
    const bool is_mile = km > 1.5 && km < 1.7;
    const UtcMs ended =
        split.timestamp ? split.timestamp->time : to_ms(row.started_at.value_or(UtcUs{}));
    rows.push_back({.unit = is_mile ? "mi" : "km",
                    .number = split.split_number.value_or(number),
                    .distance_m = km * 1000,
                    .duration_s = split.split_duration_seconds.value_or(0),
                    .moving_s = split.split_duration_seconds.value_or(0),
                    .total_distance_m =
                        split.total_distance_km.value_or(km * static_cast<double>(number)) * 1000,
                    .total_duration_s = split.total_duration_seconds.value_or(0),
                    .elevation_gain_m = split.elevation_gain_m.value_or(0),
                    .calories_kcal = split.calories_burned.value_or(0),
                    .ended_at_ms = ended.time_since_epoch().count()});
  }
  std::ranges::stable_sort(rows, {}, [](const SplitRow& r) { return std::pair(r.unit, r.number); });
  const auto repeated =
      std::ranges::unique(rows, {}, [](const SplitRow& r) { return std::pair(r.unit, r.number); });
  rows.erase(repeated.begin(), repeated.end());
  return rows;
}

std::vector<rucking::TrackPoint> line_of(const RuckRow& row, const Track& track) {
  std::vector<rucking::TrackPoint> drawn;
  const auto is_in_time = [&](const rucking::TrackPoint& p) {
    return !row.trim_end_ms || p.time_ms <= *row.trim_end_ms;
  };
  const auto is_good = [](const rucking::TrackPoint& p) {
    return p.accuracy_m().value_or(0) <= kDrawnAccuracyM;
  };
  const bool any_good = std::ranges::any_of(track.points, is_good);
  for (const rucking::TrackPoint& point : track.points) {
    if (is_in_time(point) && (is_good(point) || !any_good)) drawn.push_back(point);
  }
  std::vector<rucking::Position> positions;
  positions.reserve(drawn.size());
  for (const rucking::TrackPoint& point : drawn) positions.push_back(point.position());
  std::vector<rucking::TrackPoint> kept;
  double since_kept_m = 0;
  std::size_t next = 0;
  for (const std::uint32_t index : rucking::simplify(positions, kLineToleranceM)) {
    for (; next < index; ++next) {
      if (next > 0) since_kept_m += rucking::distance_m(positions[next - 1], positions[next]);
      if (since_kept_m < kLineGapMaxM) continue;
      kept.push_back(drawn[next]);
      since_kept_m = 0;
    }
    kept.push_back(drawn[index]);
    since_kept_m = 0;
  }
  return kept;
}

std::string blocks_of(const std::vector<rucking::TrackPoint>& line) {
  std::string blocks;
  rucking::append_block(blocks, line);
  return blocks;
}

template <class T>
void larger(T& target, const std::optional<T>& value) {
  if (value) target = std::max(target, *value);
}
template <class T>
void newer(std::optional<T>& target, const std::optional<T>& value) {
  if (value) target = value;
}
}  // namespace

double server_kcal(const RuckRow& row, const rucking::Totals& totals) {
  const profile::Body body = body_of(row);
  const auto method = method_of(body.calorie_method);
  const auto model = rucking::EnergyModel::kLcda;
  return body.calorie_active_only ? totals.energy.net_kcal(model, method)
                                  : totals.energy.gross_kcal(model, method);
}

StoredClaims claims_of(const RuckRow& row) { return http::from_stored<StoredClaims>(row.client); }

void merge_claims(RuckRow& row, const RuckClaims& c) {
  StoredClaims kept = claims_of(row);
  larger(kept.distance_km, c.distance_km);
  larger(kept.duration_seconds, c.duration_seconds);
  larger(kept.paused_duration_seconds, c.paused_duration_seconds);
  larger(kept.elevation_gain_m, c.elevation_gain_m);
  larger(kept.elevation_loss_m, c.elevation_loss_m);
  larger(kept.calories_burned, c.calories_burned);
  newer(kept.avg_heart_rate, c.avg_heart_rate);
  newer(kept.min_heart_rate, c.min_heart_rate);
  newer(kept.max_heart_rate, c.max_heart_rate);
  if (!c.splits.empty()) kept.splits = c.splits;
  row.client = json::to_text(kept);
  if (c.steps) row.steps = std::max(row.steps, *c.steps);
  if (c.hr_zone_snapshot) row.hr_zone_snapshot = c.hr_zone_snapshot->text;
  if (c.time_in_zones) row.time_in_zones = c.time_in_zones->text;
}

void copy_notes(RuckRow& row, const RuckNotes& n) {
  newer(row.title, n.title);
  newer(row.notes, n.notes);
  if (n.tags) row.tags = json::to_text(*n.tags);
  newer(row.rating, n.rating);
  newer(row.perceived_exertion, n.perceived_exertion);
  set_visibility(row, n.is_public, n.visibility);
  row.allow_live_following = n.allow_live_following.value_or(row.allow_live_following);
  newer(row.planned_duration_minutes, n.planned_duration_minutes);
  newer(row.event_id, n.event_id);
  newer(row.route_id, n.route_id);
  newer(row.planned_ruck_id, n.planned_ruck_id);
}

void set_visibility(RuckRow& row, std::optional<bool> is_public,
                    std::optional<people::Visibility> visibility) {
  using people::Visibility;
  Visibility wanted = visibility.value_or(people::visibility_of(row.visibility));
  if (is_public == false) wanted = Visibility::kPrivate;
  if (is_public == true && !visibility && wanted == Visibility::kPrivate) {
    wanted = Visibility::kPublic;
  }
  row.visibility = people::to_text(wanted);
}

std::int64_t place_cell_of(rucking::Position at) {
  const auto tenth = [](double degrees) {
    return static_cast<std::int64_t>(std::floor(degrees * 10));
  };
  return (tenth(at.lat_deg) + 900) * kPlaceCellsAround +
         (tenth(rucking::wrap_degrees(at.lng_deg)) + 1800) % kPlaceCellsAround;
}

Results compute(RuckRow& row, const Track& track, const Replayed& replayed) {
  const rucking::Totals totals = replayed.engine.totals();
  const StoredClaims claims = claims_of(row);
  take_totals(row, totals, claims);
  take_heart_rate(row, totals.heart_rate, claims);
  row.power_points =
      rucking::power_points(row.ruck_weight_kg, row.distance_m, row.elevation_gain_m);
  row.point_count = static_cast<std::int64_t>(track.points.size());
  const std::vector<rucking::TrackPoint> line = line_of(row, track);
  Results results{.splits = split_rows(replayed.splits), .line = blocks_of(line)};
  if (totals.points.used < 2) results.splits = claimed_splits(row, claims);
  return results;
}

}  // namespace ruck::rucks
