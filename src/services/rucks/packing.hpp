#pragma once
// How blocks lie in a row: as they are while a ruck is live, compressed with zstd once it is done.
#include "base/error.hpp"

#include <string>
#include <string_view>

namespace ruck::rucks {

inline constexpr std::string_view kPackingBlocks = "blocks";
inline constexpr std::string_view kPackingZstd = "zstd";

[[nodiscard]] std::string pack(std::string_view blocks);
// kDamagedData when the bytes are not what pack() made.
[[nodiscard]] Result<std::string> unpack(std::string_view packing, std::string_view data);

}  // namespace ruck::rucks
