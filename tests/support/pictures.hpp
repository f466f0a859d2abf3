#pragma once
// Real pictures, made here: small baseline JPEGs (ITU-T T.81) of grey blocks.
#include "rucking/geo.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ruck::test {

struct Picture {
  int width = 64;  // multiples of eight
  int height = 48;
  std::uint32_t seed = 1;                  // of what it shows
  std::optional<rucking::Position> taken;  // in its EXIF, to a tenth of an arc second
  std::string remark;                      // changes the file and not what it shows
};
[[nodiscard]] std::string jpeg_of(const Picture& picture);

}  // namespace ruck::test
