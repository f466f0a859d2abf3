#pragma once
// Files that image libraries are given by strangers, byte by byte.
#include <cstdint>
#include <string>

namespace ruck::test {

// A valid PNG of one grey, whose pixels are packed a thousandfold: a bomb where it is large.
std::string grey_png(std::uint32_t width, std::uint32_t height);

// An animation of one-pixel frames.
std::string animated_gif(int frames);

}  // namespace ruck::test
