#pragma once
// Bounds of what people do with each other, with their units and reasons.
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ruck::people {

inline constexpr std::int64_t kFollowersPerPage = 20;   // contract core §8
inline constexpr std::int64_t kFollowingPerPage = 100;  // contract core §8
inline constexpr std::int64_t kPageMax = 1000;  // deeper goes by cursor, which skips nothing
inline constexpr std::int64_t kSearchLimitMax = 50;
inline constexpr std::size_t kZonesMax = 50;  // each is looked at for each point shown
// What a zone hid before it was changed or deleted stays hidden so long: time to think again.
inline constexpr auto kFormerZoneKept = std::chrono::days(7);
inline constexpr std::size_t kFormerZonesMax = 100;    // of an owner; each is looked at like a zone
inline constexpr std::size_t kRecentRucks = 5;         // of a profile
inline constexpr std::int64_t kBlocksShownMax = 1000;  // more of them would be a machine's
inline constexpr std::int64_t kRequestsShownMax =
    100;                                        // the next ones follow when these are answered
inline constexpr std::int64_t kOutNowMax = 50;  // more than anybody looks at at once
inline constexpr std::size_t kSearchTrigramsMax = 12;  // of a name that is looked for
inline constexpr std::int64_t kTrigramRowsMax =
    1500;  // of one trigram: "use" is in every "user123"

}  // namespace ruck::people
