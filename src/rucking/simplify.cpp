#include "rucking/simplify.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace ruck::rucking {
namespace {
// Squared metres from `at` to the straight piece from the origin to `end`.
double distance_to_piece_m2(Offset at, Offset end) {
  const double length_m2 = end.east_m * end.east_m + end.north_m * end.north_m;
  double along = 0;
  if (length_m2 > 0) {
    along = (at.east_m * end.east_m + at.north_m * end.north_m) / length_m2;
    along = std::clamp(along, 0.0, 1.0);
  }
  const double east_m = at.east_m - along * end.east_m;
  const double north_m = at.north_m - along * end.north_m;
  return east_m * east_m + north_m * north_m;
}

struct Piece {
  std::uint32_t first;
  std::uint32_t last;
};

struct Farthest {
  std::uint32_t index = 0;
  double distance_m2 = 0;
};

Farthest farthest_from(std::span<const Position> line, Piece piece) {
  const Position start = line[piece.first];
  const Position stop = line[piece.last];
  const LocalScale scale = local_scale((start.lat_deg + stop.lat_deg) / 2);
  const Offset end = offset(start, stop, scale);
  Farthest found;
  for (std::uint32_t i = piece.first + 1; i < piece.last; ++i) {
    const double d = distance_to_piece_m2(offset(start, line[i], scale), end);
    if (d > found.distance_m2) found = {.index = i, .distance_m2 = d};
  }
  return found;
}
}  // namespace

std::vector<std::uint32_t> simplify(std::span<const Position> line, double tolerance_m) {
  std::vector<std::uint32_t> kept(line.size());
  std::iota(kept.begin(), kept.end(), 0U);
  if (line.size() < 3 || !(tolerance_m > 0)) return kept;

  std::vector<bool> keep(line.size(), false);
  keep.front() = keep.back() = true;
  std::vector<Piece> open = {{.first = 0, .last = static_cast<std::uint32_t>(line.size() - 1)}};
  while (!open.empty()) {
    const Piece piece = open.back();
    open.pop_back();
    const Farthest far = farthest_from(line, piece);
    if (far.distance_m2 <= tolerance_m * tolerance_m) continue;
    keep[far.index] = true;
    open.push_back({.first = piece.first, .last = far.index});
    open.push_back({.first = far.index, .last = piece.last});
  }
  std::erase_if(kept, [&](std::uint32_t i) { return !keep[i]; });
  return kept;
}

}  // namespace ruck::rucking
