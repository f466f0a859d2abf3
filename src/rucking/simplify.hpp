#pragma once
// Fewer points for a map: the Ramer–Douglas–Peucker line (Douglas and Peucker 1973) in local
// metres.
//
// Only for drawing. A simplified line is shorter than the walk (0.5 to 2.4 % at 1 to 10 m, science
// §4), so distance is never computed from it. Use 2 m for a map, 5 to 10 m for a thumbnail.
#include "rucking/geo.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ruck::rucking {

// The indices of the points to keep, ascending, always with the first and the last: every point
// left out lies within `tolerance_m` of the line through the kept ones (a round trip's first line
// has no length; then the distance is to the point). A tolerance that is not positive keeps all.
//
// No recursion, so a long track needs no deep stack. Time is n log n for real tracks.
[[nodiscard]] std::vector<std::uint32_t> simplify(std::span<const Position> line,
                                                  double tolerance_m);

}  // namespace ruck::rucking
