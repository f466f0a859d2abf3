#pragma once
// How blocks lie in a row: as they are while a ruck is live, compressed with zstd once it is done.
#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ruck::rucks {

inline constexpr std::string_view kPackingBlocks = "blocks";
inline constexpr std::string_view kPackingZstd = "zstd";

// How much work a chunk is worth: one of a live ruck is written again with the next late batch.
enum class Packing : std::uint8_t { kLive, kFinished };
[[nodiscard]] std::string pack(std::string_view blocks, Packing packing);
// kDamagedData when the bytes are not what pack() made.
[[nodiscard]] Result<std::string> unpack(std::string_view packing, std::string_view data);

}  // namespace ruck::rucks
