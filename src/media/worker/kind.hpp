#pragma once
// What a file is, by its first bytes; never by its name, nor by what its sender says.
#include <cstdint>
#include <optional>
#include <string_view>

namespace ruck::media {

enum class PictureKind : std::uint8_t { kJpeg, kPng, kWebp, kHeif };

[[nodiscard]] std::optional<PictureKind> kind_of(std::string_view bytes);

}  // namespace ruck::media
