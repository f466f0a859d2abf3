#pragma once
// What became of a batch.
#include "rucking/track_point.hpp"
#include "services/rucks/store.hpp"

#include <cstdint>
#include <vector>

namespace ruck::rucks {

// What became of a batch.
struct Stored {
  std::int64_t inserted = 0;
  std::int64_t duplicates = 0;
  double distance_m = 0;  // of the ruck, with the batch
  double duration_s = 0;
};

// Points that were committed just now.
struct Committed {
  store::Key key;
  std::vector<rucking::TrackPoint> points;  // new ones, by time; they continue the track
  Stored stored;
};

}  // namespace ruck::rucks
