#include "http/unpack.hpp"

#include "support/body.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

namespace ruck::http {
namespace {

class UnpackTest : public testing::Test {
 protected:
  Result<std::string> unpack(const std::string& packed, std::size_t piece,
                             std::size_t bytes_max = 64 << 20) {
    test::TextSource source(packed, piece);
    UnpackingSource unpacking(source, bytes_max, pool_, unpacked_);
    std::string all;
    for (;;) {
      const Result<std::string> next = cores_.run(unpacking.read());
      taken_ = source.taken();
      if (!next) return fail(next.error());
      if (next->empty()) return all;
      EXPECT_LE(next->size(), kBodyPieceBytesMax);
      all += *next;
    }
  }
  // Text that packs about six times.
  static std::string text(std::size_t bytes) {
    std::string out;
    for (std::uint32_t i = 0; out.size() < bytes; ++i) {
      out += "{\"lat\":47." + std::to_string(i * 2'654'435'761U) + ",\"lng\":8.0},";
    }
    return out;
  }

  test::RunningCores cores_;
  runtime::BlockingPool pool_{{.name = "test", .threads = 1, .queue_max = 4}};
  telemetry::Metrics metrics_;
  telemetry::Counter& unpacked_ = metrics_.counter("unpacked", "");
  std::size_t taken_ = 0;
};

TEST_F(UnpackTest, WhatWasPackedComesOutHoweverItIsCut) {
  const std::string plain = text(700'000);
  for (const std::size_t piece : {std::size_t{997}, std::size_t{1} << 20}) {
    EXPECT_EQ(unpack(gzip(plain), piece).value_or("") == plain, true);
  }
  EXPECT_EQ(unpack(gzip("abc"), 1).value_or(""), "abc");
  EXPECT_EQ(unpack(gzip(""), 1).value_or("x"), "");
}

TEST_F(UnpackTest, SeveralMembersAreOneText) {
  EXPECT_EQ(unpack(gzip("one ") + gzip("") + gzip("two"), 1).value_or(""), "one two");
  EXPECT_EQ(unpack(gzip("one ") + gzip("two"), 1000).value_or(""), "one two");
}

TEST_F(UnpackTest, DamageAndWhatFollowsTheEndAreErrors) {
  const std::string packed = gzip(text(10'000));
  for (const std::string& bad : {packed.substr(0, packed.size() - 1), packed + "x", std::string(),
                                 std::string("no gzip"), packed.substr(3)}) {
    const auto out = unpack(bad, 100);
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, ErrorCode::kMalformedRequest);
  }
}

TEST_F(UnpackTest, TheSizeIsLimitedToTheByte) {
  const std::string plain = text(300'000);
  EXPECT_TRUE(unpack(gzip(plain), 1000, plain.size()));
  const auto larger = unpack(gzip(plain), 1000, plain.size() - 1);
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().code, ErrorCode::kPayloadTooLarge);
}

TEST_F(UnpackTest, ABombIsReadNoFurtherThanItsRatioShows) {
  const std::string bomb = gzip(std::string(60 << 20, ' '));
  const auto out = unpack(bomb, 1000);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, ErrorCode::kPayloadTooLarge);
  EXPECT_LT(unpacked_.value(), 2U << 20);
  EXPECT_LT(taken_, bomb.size() / 10);
  EXPECT_TRUE(unpack(gzip(std::string(200'000, ' ')), 1000)) << "a little of it does no harm";
}

TEST(BodyBudget, GivesWhatThereIsAndTakesItBack) {
  telemetry::Metrics metrics;
  BodyBudget budget(100, metrics);
  {
    BodyCharge one(budget);
    BodyCharge other(budget);
    EXPECT_TRUE(one.cover(60));
    EXPECT_FALSE(other.cover(41));
    EXPECT_TRUE(other.cover(40));
    EXPECT_TRUE(one.cover(10)) << "it holds more than that already";
    EXPECT_FALSE(one.cover(61));
    EXPECT_EQ(budget.used(), 100U);
    const BodyCharge moved = std::move(one);
    EXPECT_EQ(budget.used(), 100U);
  }
  EXPECT_EQ(budget.used(), 0U);
  BodyCharge huge(budget);
  EXPECT_FALSE(huge.cover(~std::size_t{0}));
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace ruck::http
