#include "base/crc32c.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ruck {
namespace {

// RFC 3720 appendix B.4, and the check value of the catalogue of CRC algorithms.
TEST(Crc32c, AgreesWithRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  std::string ascending;
  for (char c = 0; c < 32; ++c) ascending.push_back(c);
  EXPECT_EQ(crc32c(ascending), 0x46dd794eU);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, ContinuesWhereItStopped) {
  const std::string text = "a ruck is a walk with a load on the back";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(crc32c(std::string_view(text).substr(cut), crc32c(text.substr(0, cut))),
              crc32c(text));
  }
}

TEST(Crc32c, SeesEveryFlippedBit) {
  std::string bytes = "some bytes that are long enough for two strides and a rest";
  const std::uint32_t whole = crc32c(bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(crc32c(bytes), whole) << "bit " << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

}  // namespace
}  // namespace ruck
