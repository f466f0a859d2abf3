#pragma once
// What the service that shows rucks live needs to know of one, inside its own unit of work.
#include "base/error.hpp"
#include "base/ids.hpp"
#include "db/session.hpp"
#include "rucking/track_point.hpp"
#include "services/people/visibility.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ruck::rucks {

struct LiveState {
  RuckId id;
  UserId owner;
  std::string status;
  bool is_under_way = false;
  people::Visibility visibility = people::Visibility::kPrivate;
  bool allow_live_following = false;
  double load_kg = 0;
  std::optional<UtcUs> started_at;
};
// Nothing for a ruck that does not exist.
[[nodiscard]] std::optional<LiveState> live_state(db::Session& q, RuckId ruck);

// The track so far, as the owner sees it.
struct LiveTrack {
  struct Pause {
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;
  };
  std::vector<rucking::TrackPoint> points;
  double distance_m = 0;
  double duration_s = 0;
  std::vector<Pause> pauses;  // by time; one that goes on has no end in sight
  std::optional<UtcUs> last_arrival_at;
};
[[nodiscard]] Result<LiveTrack> live_track(db::Session& q, UserId owner, RuckId ruck);

// The owner's ruck that is under way, if there is one.
[[nodiscard]] std::optional<RuckId> active_ruck(db::Session& q, UserId owner);

}  // namespace ruck::rucks
