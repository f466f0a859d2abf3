#pragma once
// From a recording and the phone's claims to the numbers a ruck shows. Pure: no database, no clock.
//
// Totals come from the accepted points where these cover at least kCoverageMin of the moving time.
// Otherwise (a manual entry, a phone that lost reception, a recording that was cut off) the larger
// of ours and the phone's counts, and distance_source says which it is.
#include "services/rucks/rows.hpp"
#include "services/rucks/track/track.hpp"
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
// Both forms of who may see it; where they differ the stricter one counts. An app that knows only
// the old form and sends back what it read changes nothing: is_public is false for private alone.
void set_visibility(RuckRow& row, std::optional<bool> is_public,
                    std::optional<people::Visibility> visibility);

// Cells of a tenth of a degree, about 11 km, by row and column; the feed finds what is near with
// them. Coarse on purpose: a cell says less than any line that is shown.
inline constexpr std::int64_t kPlaceCellsAround = 3600;
[[nodiscard]] std::int64_t place_cell_of(rucking::Position at);

// Energy by the method and the model the owner chose, gross or net as they wish.
[[nodiscard]] double server_kcal(const RuckRow& row, const rucking::Totals& totals);

// Everything that is computed, put into the row, and the rows that go with it.
struct Results {
  std::vector<SplitRow> splits;
  std::string line;  // blocks of the points a map needs
};
[[nodiscard]] Results compute(RuckRow& row, const Track& track, const Replayed& replayed);

}  // namespace ruck::rucks
