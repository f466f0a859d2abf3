#pragma once
// Bounds of feed and reactions, with their units and reasons.
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ruck::feed {

inline constexpr std::int64_t kPhotosOnCardMax = 3;  // beside the line
inline constexpr std::int64_t kPerPageMax = 50;      // as many owners as one statement names
inline constexpr std::int64_t kPageMax = 500;        // deeper goes by cursor, which skips nothing
inline constexpr std::size_t kRoutePointsMax = 60;   // of a card's small map
inline constexpr std::int64_t kLikesShownMax = 100;  // who liked, the latest
inline constexpr std::int64_t kCommentsShownMax = 100;  // contract core §10
inline constexpr std::size_t kCommentLengthMax = 500;   // code points, contract core §10
inline constexpr std::size_t kLikesBatchMax = 50;       // rucks, contract core §10
// The feed of those one follows looks back so far: it reads all their rucks of that time.
inline constexpr auto kFollowingWindow = std::chrono::days(366);
inline constexpr std::int64_t kNearbyCells = 1;  // around one's own, each side: 11 to 22 km

}  // namespace ruck::feed
