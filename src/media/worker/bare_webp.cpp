#include "media/worker/bare_webp.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ruck::media {
namespace {
constexpr std::size_t kHeadBytes = 12;      // "RIFF", the length of the rest, "WEBP"
constexpr std::size_t kChunkHeadBytes = 8;  // a name, a length
constexpr std::string_view kExtended = "VP8X";
constexpr std::uint8_t kAlpha = 0x10;  // of its flags; also animation, which we make none of
constexpr auto kPixels = std::to_array<std::string_view>({"VP8 ", "VP8L", "ALPH"});

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;) {
    number = number << 8U | static_cast<std::uint8_t>(bytes[at + i]);
  }
  return number;
}

std::string number(std::size_t value) {
  std::string out;
  for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xffU));
  return out;
}
}  // namespace

std::string bare_webp(std::string_view bytes) {
  const std::string whole(bytes);
  if (bytes.size() < kHeadBytes || bytes.substr(0, 4) != "RIFF" || bytes.substr(8, 4) != "WEBP") {
    return whole;
  }
  std::string kept = "WEBP";
  for (std::string_view rest = bytes.substr(kHeadBytes); !rest.empty();) {
    if (rest.size() < kChunkHeadBytes) return whole;
    const std::string_view name = rest.substr(0, 4);
    const std::size_t length = number_at(rest, 4);
    const std::size_t padded = kChunkHeadBytes + length + length % 2;
    if (length > rest.size() || padded > rest.size()) return whole;
    std::string chunk(rest.substr(0, padded));
    rest.remove_prefix(padded);
    if (name == kExtended && length > 0) {
      auto& flags = chunk[kChunkHeadBytes];
      flags = static_cast<char>(static_cast<std::uint8_t>(flags) & kAlpha);
      // A picture with nothing but pixels has no such chunk.
      if (flags != 0) kept += chunk;
    } else if (std::ranges::find(kPixels, name) != kPixels.end()) {
      kept += chunk;
    }
  }
  return "RIFF" + number(kept.size()) + kept;
}

}  // namespace ruck::media
