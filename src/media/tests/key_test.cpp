#include "media/blob_store.hpp"

#include <gtest/gtest.h>

namespace ruck::media {
namespace {

TEST(BlobKey, IsPartsOfPlainCharacters) {
  EXPECT_TRUE(is_key("a"));
  EXPECT_TRUE(is_key("incoming/0193-ab.jpg"));
  EXPECT_TRUE(is_key("7f0c2e5e-0000-4000-8000-000000000000/ab12.webp"));
  EXPECT_TRUE(is_key("a/.b/c..d"));
  EXPECT_TRUE(is_key(std::string(kKeyBytesMax, 'a')));
}

TEST(BlobKey, NeverLeadsOutOfItsFolder) {
  for (const char* wrong : {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.", "A",
                            "a b", "a_b", "a\\b", "a\nb", "a%2fb", "ä"}) {
    EXPECT_FALSE(is_key(wrong)) << wrong;
  }
  EXPECT_FALSE(is_key(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_key(std::string(kKeyBytesMax + 1, 'a')));
}

}  // namespace
}  // namespace ruck::media
