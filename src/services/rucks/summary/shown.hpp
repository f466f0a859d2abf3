#pragma once
// What others are shown of a completed ruck: the visible pieces of its line, and figures that
// follow from these alone. A figure of the whole ruck would give the length of what is hidden, and
// with it the door (docs/privacy.md). It is computed when a ruck settles and when its owner changes
// what is hidden; lists, pages and sums read what is stored, and sort by it.
//
// A ruck without points shows what was entered. An owner who chose to show full totals shows those
// of the whole ruck, rounded; the line is cut all the same.
#include "services/people/zones.hpp"
#include "services/rucks/rows.hpp"
#include "services/rucks/store.hpp"
#include "services/rucks/track/track.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ruck::rucks {

struct Shown {
  std::vector<std::vector<rucking::TrackPoint>> pieces;  // times without the hidden time
  std::vector<rucking::RuckEnd> ends;                    // all that were ever taken for one
  rucking::HiddenPlaces hidden;
};
// Sets the row's shown_* and its place. `line` is the drawn line; `known_ends` are those that were
// found before: an end is never taken back. Pure.
[[nodiscard]] Shown show(RuckRow& row, const Track& track,
                         std::span<const rucking::TrackPoint> line,
                         const people::OwnerPrivacy& privacy,
                         std::vector<rucking::RuckEnd> known_ends);

// The same inside a unit of work, with what is known of the owner and the ruck; kept with it.
void show_and_keep(db::Session& q, RuckRow& row, const Track& track, const std::string& line);

// A completed ruck as others see it now: from the tables, or nothing of it while what is hidden is
// being computed anew.
struct PublicSide {
  RuckRow row;
  std::vector<std::vector<rucking::TrackPoint>> pieces;
};
[[nodiscard]] PublicSide public_side(db::Session& q, RuckRow row);
// For the owner: what the others get, or will get in a moment; and what is hidden from them.
struct Preview {
  PublicSide side;
  std::vector<rucking::Circle> hidden;
};
[[nodiscard]] Result<Preview> preview_of(db::Session& q, RuckRow row);

// Computes anew up to `limit` rucks of an owner that are older than the present privacy_epoch.
// Returns whether there may be more; when there are none the refresh is ended.
[[nodiscard]] Result<bool> refresh_some(db::Session& q, UserId owner, std::int64_t limit);

// Pieces of a line as they are stored.
[[nodiscard]] std::string encode_pieces(std::span<const std::vector<rucking::TrackPoint>> pieces);
// What cannot be read is not shown.
[[nodiscard]] std::vector<std::vector<rucking::TrackPoint>> decode_pieces(std::string_view bytes);

}  // namespace ruck::rucks
