#include "base/bytes.hpp"

#include "base/text.hpp"
#include "base/uuid.hpp"

#include <gtest/gtest.h>

namespace ruck {
namespace {

TEST(Base64, AgreesWithRfc4648) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(from_base64("-__-"), "\xfb\xff\xfe");
  EXPECT_EQ(from_base64("+//+"), "\xfb\xff\xfe");
  EXPECT_EQ(from_base64("Zm8"), "fo");
  EXPECT_FALSE(from_base64("Zm8 "));
  EXPECT_FALSE(from_base64("A"));
}

TEST(Uuid, RoundTripsItsText) {
  const auto id = Uuid::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->to_string(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_FALSE(Uuid::parse("017f22e279b07cc398c4dc0c0c07398f"));
  EXPECT_FALSE(Uuid::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398g"));
}

TEST(Uuid, VersionSevenIsOrderedByTime) {
  const Uuid early = Uuid::make_v7(utc_ms(1'700'000'000'000));
  const Uuid late = Uuid::make_v7(utc_ms(1'700'000'000'001));
  EXPECT_LT(early, late);
  EXPECT_EQ(early.to_string()[14], '7');
  EXPECT_NE(Uuid::make_v7(utc_ms(0)), Uuid::make_v7(utc_ms(0)));
}

TEST(Text, KnowsUtf8) {
  EXPECT_TRUE(is_utf8("Grüße, 世界 🥾"));
  EXPECT_EQ(count_code_points("Grüße"), 5U);
  EXPECT_FALSE(is_utf8("\xc0\xaf"));          // overlong
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_utf8("\xe4\xb8"));          // cut short
}

TEST(Text, NumbersAreWholeOrNothing) {
  EXPECT_EQ(parse_number<int>("12"), 12);
  EXPECT_FALSE(parse_number<int>("12x"));
  EXPECT_FALSE(parse_number<int>(""));
  EXPECT_FALSE(parse_number<std::int8_t>("300"));
  EXPECT_FALSE(parse_double("nan"));
  EXPECT_FALSE(parse_double("inf"));
  EXPECT_EQ(parse_double("-1.5e3"), -1500.0);
}

}  // namespace
}  // namespace ruck
