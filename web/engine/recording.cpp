#include "engine.hpp"

#include <algorithm>

namespace ruck::web {
namespace {
constexpr auto kPointBefore = [](const rucking::TrackPoint& a, const rucking::TrackPoint& b) {
  return a.time_ms < b.time_ms;
};
constexpr auto kEventBefore = [](const Event& a, const Event& b) { return a.time_ms < b.time_ms; };

rucking::FeedResult apply(rucking::TrackEngine& engine, const Event& event) {
  switch (event.kind) {
    case EventKind::kPause:
      return engine.pause(event.time_ms);
    case EventKind::kResume:
      return engine.resume(event.time_ms);
    case EventKind::kLoad:
      return engine.set_load(event.time_ms, event.load_kg);
  }
  return rucking::FeedResult::kRejected;
}
}  // namespace

Recording::Recording(const rucking::EngineConfig& config) : config_(config), engine_(config) {}

void Recording::add(const rucking::TrackPoint& point) {
  const auto place = std::lower_bound(points_.begin(), points_.end(), point, kPointBefore);
  if (place != points_.end() && place->time_ms == point.time_ms) return;
  // An event of the same moment comes after the point.
  const bool is_last =
      place == points_.end() && (events_.empty() || events_.back().time_ms < point.time_ms);
  points_.insert(place, point);
  if (!is_last || engine_.feed(point) == rucking::FeedResult::kOutOfOrder) return run_again();
  take_splits();
}

void Recording::add(const Event& event) {
  const auto place = std::upper_bound(events_.begin(), events_.end(), event, kEventBefore);
  const bool is_last = place == events_.end();
  events_.insert(place, event);
  const bool is_late = !points_.empty() && points_.back().time_ms > event.time_ms;
  if (!is_last || is_late || apply(engine_, event) == rucking::FeedResult::kOutOfOrder) run_again();
}

void Recording::run_again() {
  engine_ = rucking::TrackEngine(config_);
  finished_.clear();
  auto event = events_.begin();
  for (const rucking::TrackPoint& point : points_) {
    for (; event != events_.end() && event->time_ms < point.time_ms; ++event) {
      static_cast<void>(apply(engine_, *event));
    }
    static_cast<void>(engine_.feed(point));
  }
  for (; event != events_.end(); ++event) static_cast<void>(apply(engine_, *event));
  take_splits();
}

void Recording::take_splits() {
  const auto drained = engine_.drain_splits();
  finished_.insert(finished_.end(), drained.begin(), drained.end());
}

std::vector<rucking::Split> Recording::splits() const {
  std::vector<rucking::Split> all = finished_;
  const auto open = engine_.open_splits();
  all.insert(all.end(), open.begin(), open.end());
  return all;
}

}  // namespace ruck::web
