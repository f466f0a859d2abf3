#include "services/rucks/recording/live_source.hpp"

#include "services/rucks/store.hpp"
#include "services/rucks/summary/settle.hpp"
#include "services/rucks/track/progress.hpp"
#include "services/rucks/track/track.hpp"

#include <limits>

namespace ruck::rucks {

namespace {
std::vector<LiveTrack::Pause> pauses_of(const std::vector<EventRow>& events) {
  std::vector<LiveTrack::Pause> pauses;
  bool is_open = false;
  for (const EventRow& event : events) {
    if (event.kind == "pause" && !is_open) {
      pauses.push_back({.from_ms = event.at_ms, .to_ms = std::numeric_limits<std::int64_t>::max()});
      is_open = true;
    } else if (event.kind == "resume" && is_open) {
      pauses.back().to_ms = event.at_ms;
      is_open = false;
    }
  }
  return pauses;
}
}  // namespace

std::optional<LiveState> live_state(db::Session& q, RuckId ruck) {
  const auto owner = store::owner_of(q, ruck);
  const auto row = owner ? store::find(q, {*owner, ruck}) : std::nullopt;
  if (!row) return std::nullopt;
  return LiveState{.id = ruck,
                   .owner = *owner,
                   .status = row->status,
                   .is_under_way = is_live(row->status),
                   .visibility = people::visibility_of(row->visibility),
                   .allow_live_following = row->allow_live_following,
                   .load_kg = row->ruck_weight_kg,
                   .started_at = row->started_at};
}

Result<LiveTrack> live_track(db::Session& q, UserId owner, RuckId ruck) {
  const store::Key key{owner, ruck};
  const auto row = store::find(q, key);
  const auto progress = find_progress(q, key);
  if (!row || !progress) return fail(ErrorCode::kRuckNotFound);
  Result<Track> track = load_track(q, key, *progress);
  if (!track) return fail(std::move(track).error());
  const auto engine = engine_of(q, *row, *progress);
  if (!engine) return fail(engine.error());
  const rucking::Totals totals = engine->totals();
  std::vector<LiveTrack::Pause> pauses = pauses_of(track->events);
  LiveTrack live{.points = std::move(track->points),
                 .distance_m = totals.distance_m,
                 .duration_s = totals.active_s(),
                 .pauses = std::move(pauses)};
  if (!live.points.empty()) live.last_arrival_at = progress->last_arrival_at;
  return live;
}

std::optional<RuckId> active_ruck(db::Session& q, UserId owner) {
  return store::under_way(q, owner);
}

}  // namespace ruck::rucks
