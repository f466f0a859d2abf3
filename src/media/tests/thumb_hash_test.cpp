#include "media/worker/thumb_hash.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ruck::media {
namespace {

// Noise, so that no factor is on the edge between two of its sixteen values: there the last bit of
// a cosine decides. The alpha is noise too, or 255.
std::vector<std::uint8_t> noise(int width, int height, std::uint32_t seed, bool has_alpha) {
  std::vector<std::uint8_t> pixels;
  const auto next = [&seed] {
    seed = seed * 1664525U + 1013904223U;
    return static_cast<std::uint8_t>(seed >> 24U);
  };
  for (int i = 0; i < width * height; ++i) {
    for (int band = 0; band < 3; ++band) pixels.push_back(next());
    pixels.push_back(has_alpha ? next() : 255);
  }
  return pixels;
}

// Made with npm thumbhash 0.1.1, the author's; tests/media compares with it live.
TEST(ThumbHash, IsWhatItsAuthorsProgramGives) {
  struct Vector {
    int width, height;
    std::uint32_t seed;
    bool has_alpha;
    const char* hash;
  };
  for (const auto& [width, height, seed, has_alpha, hash] :
       std::vector<Vector>{{100, 75, 1, false, "dff70105804ad1e749adae91cff78a7697af360257"},
                           {75, 100, 2, false, "e0070205007e98a6868788fb59686aa230c7b4f748"},
                           {100, 100, 3, false, "1f0802070090c36883754956a8298799686a86f824fd7806"},
                           {60, 40, 4, true, "dff78103800889809d479b54c96f04315f595779478bb7"},
                           {13, 7, 5, false, "5d18061c84a89d8f64936e2b7c3ee968ff8b8c"},
                           {5, 90, 6, true, "df0782010208630998cdecc2a007a7813c9588875506a5"}}) {
    EXPECT_EQ(to_hex(thumb_hash(width, height, noise(width, height, seed, has_alpha))), hash)
        << width << "x" << height;
  }
}

TEST(ThumbHash, OfOneColourSaysTheColour) {
  const std::vector<std::uint8_t> nothing(std::size_t{40} * 20 * 4, 0);
  EXPECT_EQ(static_cast<unsigned char>(thumb_hash(40, 20, nothing)[2]) & 0x80U, 0x80U)
      << "all of it transparent";
  std::vector<std::uint8_t> white(std::size_t{40} * 20 * 4, 255);
  const std::string hash = thumb_hash(40, 20, white);
  EXPECT_EQ(static_cast<unsigned char>(hash[0]) & 63U, 63U) << "the luminance";
  EXPECT_EQ(static_cast<unsigned char>(hash[2]) & 0x80U, 0U) << "nothing transparent";
}

}  // namespace
}  // namespace ruck::media
