#include "rucking/tests/scenario.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ruck::rucking::test {
namespace {
SimulationSettings random_settings(SeededRandom& random) {
  using Route = SimulationSettings::Route;
  SimulationSettings s;
  s.start = {.lat_deg = random.uniform(-85, 85), .lng_deg = random.uniform(-180, 180)};
  if (random.chance(0.2)) s.start.lng_deg = 179.999;  // over the date line
  s.length_m = random.uniform(200, 5000);
  s.duration_s = 5400;
  s.route = random.chance(0.5) ? Route::kWinding : Route::kSquareTurns;
  s.speed_m_per_s = random.chance(0.2) ? random.uniform(2, 4.5) : random.uniform(0.3, 1.8);
  s.stops_per_hour = random.uniform(0, 20);
  s.hill_height_m = random.uniform(0, 60);
  s.noise_m = random.uniform(0.1, 9);
  s.white_noise_m = random.uniform(0, 2);
  s.altitude_noise_m = random.uniform(0, 6);
  if (random.chance(0.4)) s.sampling = SimulationSettings::Sampling::kAdaptive;
  s.heart_rate_every_s = random.chance(0.2) ? 0 : random.uniform(1, 40);
  return s;
}

EngineConfig random_config(SeededRandom& random) {
  EngineConfig config;
  config.rucker.weight_kg = random.uniform(45, 120);
  config.rucker.sex = static_cast<Sex>(random.below(3));
  if (random.chance(0.5)) config.rucker.max_bpm = 185;
  config.load_kg = random.uniform(0, 40);
  config.load_is_vest = random.chance(0.3);
  config.terrain_factor = random.uniform(1, 2);
  config.altitude_source = static_cast<AltitudeSource>(random.below(3));
  config.energy_model = static_cast<EnergyModel>(random.below(2));
  return config;
}

// What phones and pockets do to fixes.
void spoil(TrackPoint& point, SeededRandom& random) {
  if (random.chance(0.03)) point.altitude_dm = TrackPoint::kNoAltitude;
  const bool has_altitude = point.altitude_dm != TrackPoint::kNoAltitude;
  if (random.chance(0.01) && has_altitude) point.altitude_dm += 5000;
  if (random.chance(0.05)) point.accuracy_hm = TrackPoint::kNoAccuracy;
  if (random.chance(0.03)) point.accuracy_hm = static_cast<std::uint16_t>(random.below(600));
  if (random.chance(0.01)) point.lat_e7 += static_cast<std::int32_t>(random.below(100'000));
}

Event point_event(const TrackPoint& point) {
  return {.kind = Event::Kind::kPoint, .time_ms = point.time_ms, .point = point, .load_kg = 0};
}

Event event_at(Event::Kind kind, std::int64_t time_ms, double load_kg) {
  return {.kind = kind, .time_ms = time_ms, .point = {}, .load_kg = load_kg};
}
}  // namespace

Scenario random_scenario(SeededRandom& random) {
  Scenario scenario;
  scenario.config = random_config(random);
  RuckSimulator simulator(random_settings(random), random.next());
  std::int64_t silent_until_ms = 0;  // tunnels
  std::int64_t ride_until_ms = 0;    // and cars: every fix far ahead
  std::int32_t ridden_e7 = 0;
  while (auto fix = simulator.next()) {
    const std::int64_t now_ms = fix->point.time_ms;
    if (fix->heart_rate && random.chance(0.98)) scenario.heart_rate.push_back(*fix->heart_rate);
    const auto soon_ms = now_ms + static_cast<std::int64_t>(random.below(300'000));
    if (random.chance(0.001)) silent_until_ms = soon_ms;
    if (random.chance(0.0005)) ride_until_ms = soon_ms;
    if (now_ms < silent_until_ms) continue;
    if (now_ms < ride_until_ms) ridden_e7 += 900;  // 10 m a fix
    if (random.chance(0.002)) {
      scenario.events.push_back(event_at(Event::Kind::kLoad, now_ms, random.uniform(0, 40)));
    }
    if (random.chance(0.001)) scenario.events.push_back(event_at(Event::Kind::kPause, now_ms, 0));
    if (random.chance(0.01)) scenario.events.push_back(event_at(Event::Kind::kResume, now_ms, 0));
    fix->point.lat_e7 += ridden_e7;
    spoil(fix->point, random);
    scenario.events.push_back(point_event(fix->point));
  }
  return scenario;
}

void feed(TrackEngine& engine, const Event& event) {
  switch (event.kind) {
    case Event::Kind::kPoint:
      ASSERT_NE(engine.feed(event.point), FeedResult::kOutOfOrder);
      return;
    case Event::Kind::kLoad:
      ASSERT_EQ(engine.set_load(event.time_ms, event.load_kg), FeedResult::kTaken);
      return;
    case Event::Kind::kPause:
      ASSERT_EQ(engine.pause(event.time_ms), FeedResult::kTaken);
      return;
    case Event::Kind::kResume:
      ASSERT_EQ(engine.resume(event.time_ms), FeedResult::kTaken);
      return;
  }
}

}  // namespace ruck::rucking::test
