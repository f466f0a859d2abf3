#pragma once
// A ruck's recording as it is stored: every accepted point and heart-rate sample and the events,
// each by time and each time once. And what the engine makes of it.
#include "base/error.hpp"
#include "db/session.hpp"
#include "rucking/track_engine.hpp"
#include "services/profile/types.hpp"
#include "services/rucks/rows.hpp"
#include "services/rucks/store.hpp"
#include "services/rucks/track/packing.hpp"

#include <span>
#include <vector>

namespace ruck::rucks {

struct Track {
  std::vector<rucking::TrackPoint> points;
  std::vector<rucking::HeartRateSample> heart_rate;
  std::vector<EventRow> events;
};

// Reads all of it: chunks and tails. `progress` is the ruck's row of that table.
[[nodiscard]] Result<Track> load_track(db::Session& q, store::Key key, const ProgressRow& progress);

// The end of a recording that is under way: all that is stored from some moment on. Chunks and tail
// follow each other in time there, because a merge writes all of them anew.
struct Newest {
  std::vector<rucking::TrackPoint> points;
  std::vector<rucking::HeartRateSample> heart_rate;
};
[[nodiscard]] Result<Newest> load_newest(db::Session& q, store::Key key,
                                         const ProgressRow& progress);

// Adds what is not there yet; of two points of one time the one that was first stays. Returns those
// that were added, by time.
[[nodiscard]] std::vector<rucking::TrackPoint> merge(Track& track,
                                                     std::span<const rucking::TrackPoint> points);
[[nodiscard]] std::vector<rucking::HeartRateSample> merge(
    Track& track, std::span<const rucking::HeartRateSample> samples);

// The engine after all that is stored: the state of the progress, and what came since.
[[nodiscard]] Result<rucking::TrackEngine> engine_of(db::Session& q, const RuckRow& row,
                                                     const Progress& progress);

// Replaces the stored chunks by few, merged and compressed.
void store_merged(db::Session& q, store::Key key, const Track& track, Packing packing);

[[nodiscard]] profile::Body body_of(const RuckRow& row);
[[nodiscard]] rucking::EngineConfig engine_config(const RuckRow& row);

struct Replayed {
  rucking::TrackEngine engine;
  std::vector<rucking::Split> splits;  // of both units, the open ones too
};
// Runs the engine over the whole track, or the part up to the row's trim.
[[nodiscard]] Replayed replay(const RuckRow& row, const Track& track);

}  // namespace ruck::rucks
