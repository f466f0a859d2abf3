#include "base/clean_text.hpp"

#include "base/random.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <vector>

namespace ruck {
namespace {
using Points = std::vector<char32_t>;
const std::string kReplaced = "\xef\xbf\xbd";

std::string utf8_of(char32_t point) {
  std::string out;
  const auto byte = [&](char32_t value) { out.push_back(static_cast<char>(value)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xc0 | (point >> 6U));
    byte(0x80 | (point & 0x3fU));
  } else if (point < 0x10000) {
    byte(0xe0 | (point >> 12U));
    byte(0x80 | ((point >> 6U) & 0x3fU));
    byte(0x80 | (point & 0x3fU));
  } else {
    byte(0xf0 | (point >> 18U));
    byte(0x80 | ((point >> 12U) & 0x3fU));
    byte(0x80 | ((point >> 6U) & 0x3fU));
    byte(0x80 | (point & 0x3fU));
  }
  return out;
}

TEST(CleanTextTest, ControlCharactersAndBidiOverridesAreTakenOut) {
  EXPECT_EQ(clean_line("a\x07"
                       "b\x7f"),
            "ab");
  EXPECT_EQ(clean_line(std::string("a\0b", 3)), "ab");
  for (const char32_t point : Points{0x80, 0x9f, 0x202a, 0x202e, 0x2066, 0x2069, 0x1b}) {
    EXPECT_EQ(clean_line("gpx" + utf8_of(point) + "exe"), "gpxexe") << std::uint32_t{point};
  }
}

TEST(CleanTextTest, WhatJoinsLettersAndMarksADirectionStays) {
  const std::string family = "👩" + utf8_of(0x200d) + "👧";
  EXPECT_EQ(clean_line(family), family);
  for (const char32_t point : Points{0x200c, 0x200d, 0x200e, 0x200f}) {
    const std::string text = "می" + utf8_of(point) + "روم";
    EXPECT_EQ(clean_line(text), text) << std::uint32_t{point};
  }
  EXPECT_EQ(clean_line("Süd 日本 Ώ"), "Süd 日本 Ώ");
}

TEST(CleanTextTest, ALineHasNoLineEndsAndParagraphsKeepTheirs) {
  EXPECT_EQ(clean_line(" one\r\ntwo\tthree" + utf8_of(0x2028) + "four "), "one two three four");
  EXPECT_EQ(clean_paragraphs("one\r\ntwo\rthree\n\n\tfour" + utf8_of(0x85)),
            "one\ntwo\nthree\n\n\tfour");
}

TEST(CleanTextTest, WhatIsNoCharacterIsMended) {
  EXPECT_EQ(clean_line("a" + utf8_of(0xfffe) + "b"), "a" + kReplaced + "b");
  EXPECT_EQ(clean_line("a" + utf8_of(0x1ffff) + utf8_of(0xfdd0)), "a" + kReplaced + kReplaced);
  EXPECT_EQ(clean_line("a\xed\xa0\x80"), "a" + kReplaced) << "a surrogate";
  EXPECT_EQ(clean_line("S\xfc"
                       "d"),
            "S" + kReplaced + "d");
  EXPECT_EQ(clean_line("\xe2\x82"), kReplaced) << "cut off: one mark";
  EXPECT_EQ(mend_utf8("\xf0\x9f\x98"), kReplaced);
}

TEST(CleanTextTest, TextOfWhichNothingCanBeSeenIsEmpty) {
  for (const char32_t point : Points{0x20, 0xa0, 0x200b, 0x200d, 0x200e, 0x2060, 0x2800, 0x3164,
                                     0xfe0f, 0xfeff, 0xad, 0xe0020}) {
    EXPECT_FALSE(is_visible(utf8_of(point))) << std::uint32_t{point};
    EXPECT_EQ(clean_line(utf8_of(point) + " " + utf8_of(point)), "") << std::uint32_t{point};
  }
  EXPECT_TRUE(is_visible("." + utf8_of(0x200b)));
  EXPECT_TRUE(is_visible(kReplaced));
}

TEST(CleanTextTest, ItIsCutBetweenCharacters) {
  EXPECT_EQ(first_code_points("Süd", 2), "Sü");
  EXPECT_EQ(first_code_points("Süd", 9), "Süd");
  EXPECT_EQ(first_code_points("Süd", 0), "");
}

// Whatever comes in: what comes out is UTF-8, holds nothing of what is taken out, fits into XML 1.0
// and does not change when it is cleaned again.
TEST(CleanTextTest, AnyBytesBecomeTextThatStaysAsItIs) {
  const char* given = std::getenv("RUCK_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : random_u64();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("RUCK_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<char32_t> pool = {0,      7,      9,      10,     13,     0x1b,    0x41,
                                      0x7f,   0x85,   0x9f,   0xa0,   0xfc,   0x200b,  0x200d,
                                      0x200e, 0x2028, 0x202a, 0x202e, 0x2066, 0x2069,  0xd800,
                                      0xdfff, 0xfdd0, 0xfeff, 0xfffe, 0xffff, 0x1f600, 0x10ffff};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t i = random() % 12; i > 0; --i) {
      if (random() % 4 == 0) {
        text.push_back(static_cast<char>(random()));
      } else {
        text += utf8_of(pool[random() % pool.size()]);
      }
    }
    for (const auto clean : {clean_line, clean_paragraphs}) {
      const std::string cleaned = clean(text);
      ASSERT_TRUE(is_utf8(cleaned));
      ASSERT_EQ(clean(cleaned), cleaned);
      ASSERT_EQ(cleaned.empty(), !is_visible(cleaned));
      for (const char32_t point : Points{0, 7, 13, 0x1b, 0x7f, 0x85, 0x9f, 0x202a, 0x202e, 0x2066,
                                         0x2069, 0xfdd0, 0xfffe, 0xffff, 0x10ffff}) {
        ASSERT_FALSE(cleaned.contains(utf8_of(point))) << std::uint32_t{point};
      }
    }
    ASSERT_FALSE(clean_line(text).contains('\n'));
    ASSERT_TRUE(is_utf8(mend_utf8(text)));
  }
}

}  // namespace
}  // namespace ruck
