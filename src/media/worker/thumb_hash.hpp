#pragma once
// ThumbHash, by Evan Wallace (https://evanw.github.io/thumbhash/): about 25 bytes that give a
// blurred picture with its shape and its colours, to show until the picture itself is there.
#include <cstdint>
#include <span>
#include <string>

namespace ruck::media {

inline constexpr int kThumbHashSideMax = 100;

// `rgba` has width × height × 4 bytes, by rows, not premultiplied. Sides are 1 to
// kThumbHashSideMax. The same bytes as the author's JavaScript gives.
[[nodiscard]] std::string thumb_hash(int width, int height, std::span<const std::uint8_t> rgba);

}  // namespace ruck::media
