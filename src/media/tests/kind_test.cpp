#include "media/worker/kind.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ruck::media {
namespace {
using namespace std::string_view_literals;

TEST(PictureKind, IsReadFromTheFirstBytes) {
  EXPECT_EQ(kind_of("\xff\xd8\xff\xe0...."), PictureKind::kJpeg);
  EXPECT_EQ(kind_of("\x89PNG\r\n\x1a\n...."sv), PictureKind::kPng);
  EXPECT_EQ(kind_of("RIFF\x10\0\0\0WEBPVP8 "sv), PictureKind::kWebp);
  EXPECT_EQ(kind_of("\0\0\0\x18"
                    "ftypheic\0\0\0\0"sv),
            PictureKind::kHeif);
  EXPECT_EQ(kind_of("\0\0\0\x18"
                    "ftypmif1\0\0\0\0"sv),
            PictureKind::kHeif);
}

TEST(PictureKind, IsNoneOfWhatIsNotTaken) {
  for (const std::string_view other :
       {""sv, "\xff\xd8"sv, "GIF89a............"sv, "<svg xmlns='http://www.w3.org/2000/svg'/>"sv,
        "%PDF-1.7 ............"sv, "RIFF\x10\0\0\0WAVEfmt "sv, "II*\0............"sv,
        "\0\0\0\x18"
        "ftypmp42\0\0\0\0"sv,
        "hello, this is a text file"sv}) {
    EXPECT_FALSE(kind_of(other).has_value()) << other;
  }
}

}  // namespace
}  // namespace ruck::media
