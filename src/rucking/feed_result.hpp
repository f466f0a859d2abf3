#pragma once
// What became of something that was fed to the engine or one of its meters.
#include <cstdint>

namespace ruck::rucking {

enum class [[nodiscard]] FeedResult : std::uint8_t {
  kTaken,       // it took part in the totals, now or with what follows
  kRejected,    // it was looked at and does not count; the totals say why
  kOutOfOrder,  // it is not after what was fed before; nothing changed, the caller must run again
};

}  // namespace ruck::rucking
