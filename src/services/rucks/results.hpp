#pragma once
// From a recording and the phone's claims to the numbers a ruck shows. Pure: no database, no clock.
//
// Totals come from the accepted points where these cover at least kCoverageMin of the moving time.
// Otherwise (a manual entry, a phone that lost reception, a recording that was cut off) the larger
// of ours and the phone's counts, and distance_source says which it is.
#include "services/rucks/rows.hpp"
#include "services/rucks/track.hpp"
#include "services/rucks/types.hpp"

#include <string>
#include <vector>

namespace ruck::rucks {

// What the phone claims, as it is kept with the ruck.
struct StoredClaims {
  double distance_km = 0;
  double duration_seconds = 0;
  double paused_duration_seconds = 0;
  double elevation_gain_m = 0;
  double elevation_loss_m = 0;
  double calories_burned = 0;
  std::optional<double> avg_heart_rate;
  std::optional<double> min_heart_rate;
  std::optional<double> max_heart_rate;
  std::vector<SplitInput> splits;
};
BOOST_DESCRIBE_STRUCT(StoredClaims, (),
                      (distance_km, duration_seconds, paused_duration_seconds, elevation_gain_m,
                       elevation_loss_m, calories_burned, avg_heart_rate, min_heart_rate,
                       max_heart_rate, splits))

[[nodiscard]] StoredClaims claims_of(const RuckRow& row);
// Takes over what the phone says; distance and duration never become smaller.
void merge_claims(RuckRow& row, const RuckClaims& claims);
void copy_notes(RuckRow& row, const RuckNotes& notes);

// Everything that is computed, put into the row, and the rows that go with it.
struct Results {
  std::vector<SplitRow> splits;
  std::string line;  // blocks of the points a map needs
};
[[nodiscard]] Results compute(RuckRow& row, const Track& track, const Replayed& replayed);

}  // namespace ruck::rucks
