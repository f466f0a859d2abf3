#include "privacy/sight.hpp"

#include "base/time.hpp"

namespace ruck::attack {
namespace {
std::int64_t ms_of(const json::Tree& time) {
  const auto parsed = parse_iso8601(time.text());
  return parsed ? to_ms(parsed->time).time_since_epoch().count() : 0;
}

Piece piece_of(const json::Tree& points, const Frame& frame) {
  Piece piece;
  for (const json::Tree& p : points.items()) {
    const bool is_short = p.has("lat");
    SeenPoint seen{.at = frame.in_plane({.lat_deg = p[is_short ? "lat" : "latitude"].number(),
                                         .lng_deg = p[is_short ? "lng" : "longitude"].number()}),
                   .altitude_m = {},
                   .time_ms = ms_of(p["timestamp"])};
    for (const char* name : {"alt", "altitude"}) {
      if (p.has(name) && !p[name].is_null()) seen.altitude_m = p[name].number();
    }
    piece.push_back(seen);
  }
  return piece;
}
}  // namespace

SeenRuck seen_ruck(const json::Tree& r, const Frame& frame) {
  SeenRuck seen{.id = r["id"].integer(),
                .pieces = {},
                .distance_m = r["distance_km"].number() * 1000,
                .duration_s = r["duration_seconds"].number(),
                .gain_m = r["elevation_gain_m"].number(),
                .loss_m = r["elevation_loss_m"].number(),
                .calories_kcal = r["calories_burned"].number(),
                .pace_s_per_km = r["average_pace"].number(),
                .power_points = r["power_points"].number(),
                .load_kg = r["ruck_weight_kg"].number(),
                .started_ms = ms_of(r["started_at"]),
                .completed_ms = ms_of(r["completed_at"])};
  const char* pieces = r.has("route_pieces") ? "route_pieces" : "";
  for (const json::Tree& piece : r[pieces].items()) seen.pieces.push_back(piece_of(piece, frame));
  if (seen.pieces.empty() && r["route"].size() > 0) {
    seen.pieces.push_back(piece_of(r["route"], frame));
  }
  return seen;
}

}  // namespace ruck::attack
