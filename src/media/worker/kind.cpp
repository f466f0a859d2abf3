#include "media/worker/kind.hpp"

#include <algorithm>
#include <array>

namespace ruck::media {
namespace {
// ISO/IEC 23008-12: still pictures and sequences in HEVC or AV1, and their structural brands.
constexpr auto kBrands = std::to_array<std::string_view>(
    {"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis"});
}  // namespace

std::optional<PictureKind> kind_of(std::string_view bytes) {
  using std::string_view_literals::operator""sv;
  if (bytes.starts_with("\xff\xd8\xff"sv)) return PictureKind::kJpeg;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return PictureKind::kPng;
  if (bytes.size() < 12) return std::nullopt;
  if (bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return PictureKind::kWebp;
  const bool is_heif = bytes.substr(4, 4) == "ftyp" &&
                       std::ranges::find(kBrands, bytes.substr(8, 4)) != kBrands.end();
  return is_heif ? std::optional(PictureKind::kHeif) : std::nullopt;
}

}  // namespace ruck::media
