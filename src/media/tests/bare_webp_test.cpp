#include "media/worker/bare_webp.hpp"

#include <gtest/gtest.h>

namespace ruck::media {
namespace {
using namespace std::string_literals;

std::string chunk(const std::string& name, const std::string& data) {
  std::string length = {static_cast<char>(data.size()), 0, 0, 0};
  return name + length + data + (data.size() % 2 == 1 ? "\0"s : ""s);
}
std::string webp(const std::string& chunks) {
  return "RIFF" + chunk("", "WEBP" + chunks).substr(0, 4) + "WEBP" + chunks;
}

TEST(BareWebp, OnlyThePixelsAreLeft) {
  const std::string pixels = chunk("VP8 ", "pixels!");
  EXPECT_EQ(bare_webp(webp(chunk("VP8X", "\x2c\0\0\0\x01\0\0\x01\0\0"s) + chunk("ICCP", "profile") +
                           pixels + chunk("EXIF", "where") + chunk("XMP ", "who") +
                           chunk("NOTE", "what"))),
            webp(pixels));
  EXPECT_EQ(bare_webp(webp(pixels)), webp(pixels));
}

TEST(BareWebp, AlphaStays) {
  const std::string pixels = chunk("ALPH", "alpha") + chunk("VP8 ", "pixels");
  EXPECT_EQ(bare_webp(webp(chunk("VP8X", "\x1c\0\0\0\x01\0\0\x01\0\0"s) + pixels +
                           chunk("EXIF", "where"))),
            webp(chunk("VP8X", "\x10\0\0\0\x01\0\0\x01\0\0"s) + pixels));
}

TEST(BareWebp, WhatIsNoneStaysAsItIs) {
  const std::string pixels = webp(chunk("VP8 ", "pixels"));
  for (const std::string& other :
       {""s, "RIFF"s, "text that is none"s, pixels.substr(0, pixels.size() - 1),
        webp("VP8 \xff\xff\xff\xff"s), webp("VP8 \xff\xff\xff\x7f..."s)}) {
    EXPECT_EQ(bare_webp(other), other);
  }
}

}  // namespace
}  // namespace ruck::media
