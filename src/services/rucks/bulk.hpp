#pragma once
// For tools that fill a database: finished rucks of one user, many at a time, inside the caller's
// unit of work. They end up as if each had been entered or recorded through the API.
#include "base/error.hpp"
#include "db/session.hpp"
#include "rucking/track_point.hpp"
#include "services/profile/types.hpp"

#include <span>
#include <vector>

namespace ruck::rucks {

// A recorded ruck of which only the sums and the place are kept.
struct FinishedRuck {
  UtcUs started_at{};
  double duration_s = 0;
  double distance_m = 0;
  double gain_m = 0;
  double loss_m = 0;
  double calories_kcal = 0;
  double load_kg = 0;
  rucking::Position place;
};
// Also brings the sums of the days along; those rucks must be the user's first.
void add_summaries(db::Session& q, const profile::UserRow& user,
                   std::span<const FinishedRuck> rucks, UtcUs now);

// A recording with everything that is computed from it.
[[nodiscard]] Result<> add_recording(db::Session& q, const profile::UserRow& user, double load_kg,
                                     std::vector<rucking::TrackPoint> points,
                                     std::vector<rucking::HeartRateSample> heart_rate, UtcUs now);

}  // namespace ruck::rucks
