#pragma once
// From rows to what is answered. What others may see is decided here, in the functions whose names
// begin with `public_`, and nowhere else.
#include "rucking/track_engine.hpp"
#include "services/rucks/rows.hpp"
#include "services/rucks/types.hpp"

#include <span>
#include <vector>

namespace ruck::rucks {

[[nodiscard]] RuckView view_of(const RuckRow& row);
// A ruck under way shows the engine's totals so far.
[[nodiscard]] RuckView view_of(const RuckRow& row, const rucking::Totals& live);
// From the shown_* of the row alone.
[[nodiscard]] PublicRuck public_view_of(const RuckRow& row);

// Without the file's name, which often is a time, and of when it came the day alone.
[[nodiscard]] RuckPhoto public_photo(RuckPhoto photo);

[[nodiscard]] std::vector<SplitView> split_views(const std::vector<SplitRow>& splits);

// Every point, rendered straight to JSON: a long track would be a large tree of small structs.
[[nodiscard]] json::Raw points_as_json(std::span<const rucking::TrackPoint> points);

// The line that others may see, from the pieces that are stored for them (shown.hpp): about
// `count_max` points of all together.
struct PublicRoute {
  std::vector<std::vector<RoutePoint>> pieces;
  std::vector<RoutePoint> longest;  // for apps that draw one line: without a gap
};
[[nodiscard]] PublicRoute public_route(std::span<const std::vector<rucking::TrackPoint>> pieces,
                                       std::size_t count_max);

// At most `count_max` of the points, the first and the last among them.
[[nodiscard]] std::vector<RoutePoint> route_of(std::span<const rucking::TrackPoint> points,
                                               std::size_t count_max);

}  // namespace ruck::rucks
