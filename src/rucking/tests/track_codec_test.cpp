#include "rucking/track_codec.hpp"

#include "base/crc32c.hpp"
#include "rucking/seeded_random.hpp"
#include "rucking/tests/test_seed.hpp"
#include "rucking/varint.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace ruck::rucking {
namespace {

using Points = std::vector<TrackPoint>;
using HeartRate = std::vector<HeartRateSample>;

template <class Samples>
std::string encoded(const Samples& samples) {
  std::string bytes;
  append_block(bytes, samples);
  return bytes;
}

std::string hex_of_varint(std::uint64_t value) {
  std::string bytes;
  append_varint(bytes, value);
  std::string text;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

// A whole number of a random order of magnitude, now and then an extreme.
std::int64_t any_integer(SeededRandom& random, std::int64_t low, std::int64_t high) {
  if (random.chance(0.05)) return random.chance(0.5) ? low : high;
  const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const std::uint64_t magnitude = random.next() >> random.below(64);
  return static_cast<std::int64_t>(
      static_cast<std::uint64_t>(low) +
      (span == ~std::uint64_t{0} ? magnitude : magnitude % (span + 1)));
}

template <class Integer>
Integer any(SeededRandom& random) {
  return static_cast<Integer>(any_integer(random, std::numeric_limits<Integer>::min(),
                                          std::numeric_limits<Integer>::max()));
}

// Points of no plausible track: every field any integer, columns absent, full or with holes.
Points wild_points(SeededRandom& random, std::size_t count) {
  const double altitude = random.chance(0.5) ? 1 : random.uniform();
  const double accuracy = random.chance(0.3) ? 0 : random.uniform();
  const double speed = random.chance(0.3) ? 1 : random.uniform();
  Points points(count);
  for (TrackPoint& point : points) {
    point.time_ms = any<std::int64_t>(random);
    point.lat_e7 = any<std::int32_t>(random);
    point.lng_e7 = any<std::int32_t>(random);
    if (random.chance(altitude)) point.altitude_dm = any<std::int32_t>(random);
    if (random.chance(accuracy)) point.accuracy_hm = any<std::uint16_t>(random);
    if (random.chance(speed)) point.speed_5cm = any<std::uint16_t>(random);
  }
  return points;
}

// Points of a plausible walk, with white noise of about a metre.
Points walk_points(SeededRandom& random, std::size_t count) {
  Points points(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto step = static_cast<double>(i);
    points[i].time_ms = 1'763'800'000'000 + static_cast<std::int64_t>(i) * 1000;
    points[i].lat_e7 = 470'000'000 + static_cast<std::int32_t>(step * 90 + random.normal() * 90);
    points[i].lng_e7 = 80'000'000 + static_cast<std::int32_t>(step * 120 + random.normal() * 130);
    points[i].altitude_dm = 4000 + static_cast<std::int32_t>(random.normal() * 5);
    points[i].accuracy_hm = static_cast<std::uint16_t>(8 + random.below(3));
    points[i].speed_5cm = static_cast<std::uint16_t>(25 + random.below(6));
  }
  return points;
}

TEST(Varint, AgreesWithTheReference) {
  EXPECT_EQ(hex_of_varint(0), "00");
  EXPECT_EQ(hex_of_varint(127), "7f");
  EXPECT_EQ(hex_of_varint(128), "8001");
  EXPECT_EQ(hex_of_varint(300), "ac02");
  EXPECT_EQ(hex_of_varint(16383), "ff7f");
  EXPECT_EQ(hex_of_varint(16384), "808001");
  EXPECT_EQ(hex_of_varint(std::numeric_limits<std::uint64_t>::max()), "ffffffffffffffffff01");
}

TEST(Zigzag, AgreesWithTheReference) {
  EXPECT_EQ(zigzag(0), 0U);
  EXPECT_EQ(zigzag(-1), 1U);
  EXPECT_EQ(zigzag(1), 2U);
  EXPECT_EQ(zigzag(-2), 3U);
  EXPECT_EQ(zigzag(2147483647), 4294967294U);
  EXPECT_EQ(zigzag(-2147483648), 4294967295U);
  for (const std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-5},
                                   std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(unzigzag(zigzag(value)), value);
  }
}

TEST(Varint, ReadsBackEverySizeAlsoAtTheEndOfTheBytes) {
  for (unsigned bits = 0; bits <= 64; ++bits) {
    const std::uint64_t value = bits == 0 ? 0 : ~std::uint64_t{0} >> (64 - bits);
    std::string bytes;
    append_varint(bytes, value);
    ByteReader exact(bytes);
    EXPECT_EQ(exact.varint(), value) << bits;
    EXPECT_FALSE(exact.failed());
    EXPECT_EQ(exact.left(), 0U);
    const std::string followed = bytes + std::string(16, '\xff');
    ByteReader more(followed);
    EXPECT_EQ(more.varint(), value) << bits;
    EXPECT_EQ(more.left(), 16U);
    ByteReader cut(std::string_view(bytes).substr(0, bytes.size() - 1));
    EXPECT_EQ(cut.varint(), 0U);
    EXPECT_TRUE(cut.failed());
  }
}

TEST(Varint, RefusesMoreThan64Bits) {
  ByteReader ten_and_more(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02______", 16));
  ten_and_more.varint();
  EXPECT_TRUE(ten_and_more.failed());
  ByteReader endless(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12));
  endless.varint();
  EXPECT_TRUE(endless.failed());
}

TEST(TrackCodec, RoundTripsAnyIntegersWhatever) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int turn = 0; turn < 300; ++turn) {
    const Points points = wild_points(random, 1 + random.below(turn % 10 == 0 ? 3000 : 300));
    const auto got = decode_points(encoded(points));
    ASSERT_TRUE(got) << "turn " << turn;
    ASSERT_EQ(*got, points) << "turn " << turn;
  }
}

TEST(TrackCodec, RoundTripsEverySizeAroundTheLongBlock) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (std::size_t count = 1; count < 600; ++count) {
    const Points points = walk_points(random, count);
    const auto got = decode_points(encoded(points));
    ASSERT_TRUE(got) << count;
    ASSERT_EQ(*got, points) << count;
  }
}

TEST(TrackCodec, RoundTripsTimesThatGoBackwards) {
  SeededRandom random(1);
  Points points = walk_points(random, 1000);
  for (std::size_t i = 0; i < points.size(); ++i) {
    points[i].time_ms -= static_cast<std::int64_t>(i) * 2500;
  }
  EXPECT_EQ(decode_points(encoded(points)), points);
}

TEST(TrackCodec, SplitsWhatIsLongerThanABlock) {
  SeededRandom random(2);
  const Points points = walk_points(random, kMaxSamplesPerBlock + 5);
  const std::string bytes = encoded(points);
  Points first;
  const auto used = decode_block(bytes, first);
  ASSERT_TRUE(used);
  EXPECT_EQ(first.size(), kMaxSamplesPerBlock);
  EXPECT_LT(*used, bytes.size());
  EXPECT_EQ(decode_points(bytes), points);
}

TEST(TrackCodec, DecodesATailOfBlocks) {
  SeededRandom random(3);
  Points all;
  std::string bytes;
  for (const std::size_t count : {10U, 1U, 300U, 7U}) {
    const Points part = walk_points(random, count);
    append_block(bytes, part);
    all.insert(all.end(), part.begin(), part.end());
  }
  EXPECT_EQ(decode_points(bytes), all);
}

TEST(TrackCodec, NothingIsNoBlock) {
  EXPECT_EQ(encoded(Points{}), "");
  EXPECT_EQ(decode_points(""), Points{});
}

TEST(TrackCodec, AnAbsentColumnCostsNothing) {
  SeededRandom random(4);
  Points points = walk_points(random, 500);
  const std::size_t with_accuracy = encoded(points).size();
  for (TrackPoint& point : points) point.accuracy_hm = TrackPoint::kNoAccuracy;
  const std::size_t without = encoded(points).size();
  EXPECT_GE(with_accuracy, without + points.size() / 4);
  for (TrackPoint& point : points) point.accuracy_hm = 10;
  // A constant one costs a byte a point before compression, and a shape byte.
  EXPECT_LE(encoded(points).size(), without + points.size() + 2);
}

TEST(TrackCodec, ABatchOfTenIsSmall) {
  SeededRandom random(5);
  EXPECT_LE(encoded(walk_points(random, 10)).size(), 110U);
}

TEST(TrackCodec, TellsAnErrorForEveryCut) {
  SeededRandom random(6);
  for (const std::size_t count : {5U, 400U}) {
    const std::string bytes = encoded(walk_points(random, count));
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      const auto got = decode_points(std::string_view(bytes).substr(0, size));
      ASSERT_FALSE(got) << size;
      ASSERT_TRUE(got.error() == CodecError::kTruncated || got.error() == CodecError::kDamaged);
    }
  }
}

TEST(TrackCodec, TellsAnErrorForEveryFlippedBit) {
  SeededRandom random(7);
  std::string bytes = encoded(walk_points(random, 300));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(decode_points(bytes)) << "bit " << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

// Writes the checksum that makes `bytes` pass as a whole block.
void seal(std::string& bytes) {
  const std::uint32_t checksum = crc32c(std::string_view(bytes).substr(0, bytes.size() - 4));
  bytes.replace(bytes.size() - 4, 4, reinterpret_cast<const char*>(&checksum), 4);
}

// The checksum is no secret: whatever a forged block holds, decoding stays inside it.
TEST(TrackCodec, SurvivesForgedBlocks) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  int accepted = 0;
  for (int turn = 0; turn < 20'000; ++turn) {
    const std::size_t count = turn % 2 == 0 ? 1 + random.below(40) : 256 + random.below(40);
    std::string bytes =
        encoded(turn % 4 < 2 ? walk_points(random, count) : wild_points(random, count));
    for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
      // The first bytes are the header and the shapes, where damage hurts most.
      const std::size_t at = random.chance(0.5) ? random.below(12) : random.below(bytes.size() - 4);
      bytes[at] = static_cast<char>(random.next());
    }
    seal(bytes);
    Points points;
    const auto got = decode_block(bytes, points);
    EXPECT_LE(points.size(), bytes.size());
    if (got) ++accepted;
    if (!got) EXPECT_TRUE(points.empty());
  }
  EXPECT_GT(accepted, 0);  // else the forging only ever broke the frame
}

// Every byte of a small block with holes in its columns, forged to every value.
TEST(TrackCodec, SurvivesEveryForgedByteOfABlockWithHoles) {
  SeededRandom random(10);
  Points points = walk_points(random, 10);
  for (const std::size_t i : {1U, 4U, 8U}) points[i].altitude_dm = TrackPoint::kNoAltitude;
  for (const std::size_t i : {0U, 9U}) points[i].speed_5cm = TrackPoint::kNoSpeed;
  const std::string good = encoded(points);
  ASSERT_EQ(decode_points(good), points);
  int refused = 0;
  for (std::size_t at = 0; at < good.size() - 4; ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(value);
      seal(bytes);
      Points out;
      refused += decode_block(bytes, out) ? 0 : 1;
    }
  }
  EXPECT_GT(refused, 2560);  // more than the header's ten bytes alone
}

TEST(TrackCodec, NeverAllocatesForAForgedCount) {
  std::string bytes = {0x11, 0x00};
  append_varint(bytes, kMaxSamplesPerBlock);
  append_varint(bytes, 8);
  bytes += std::string(8 + 4, '\0');
  seal(bytes);
  Points points;
  EXPECT_EQ(decode_block(bytes, points), std::unexpected(CodecError::kDamaged));
  EXPECT_EQ(points.capacity(), 0U);
}

TEST(TrackCodec, NamesWhatIsWrong) {
  SeededRandom random(8);
  std::string bytes = encoded(walk_points(random, 3));
  Points out;
  bytes[0] = 0x12;  // a later version
  EXPECT_EQ(decode_block(bytes, out), std::unexpected(CodecError::kUnknownKind));
  EXPECT_EQ(decode_block("", out), std::unexpected(CodecError::kTruncated));
  std::string long_block = {0x11, 0x00};
  append_varint(long_block, kMaxSamplesPerBlock + 1);
  append_varint(long_block, 0);
  EXPECT_EQ(decode_block(long_block, out), std::unexpected(CodecError::kTooLong));
  EXPECT_EQ(decode_points(encoded(HeartRate{{.time_ms = 1, .bpm = 60}})),
            std::unexpected(CodecError::kUnknownKind));
}

TEST(TrackCodec, KeepsWhatWasDecodedBeforeADamagedBlock) {
  SeededRandom random(9);
  const Points good = walk_points(random, 20);
  std::string bytes = encoded(good);
  const std::size_t first_size = bytes.size();
  append_block(bytes, walk_points(random, 20));
  bytes[first_size + 10] = static_cast<char>(bytes[first_size + 10] ^ 1);
  Points out;
  const auto first = decode_block(bytes, out);
  ASSERT_TRUE(first);
  EXPECT_FALSE(decode_block(std::string_view(bytes).substr(*first), out));
  EXPECT_EQ(out, good);
}

TEST(HeartRateCodec, RoundTripsAnyIntegersWhatever) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int turn = 0; turn < 200; ++turn) {
    HeartRate samples(1 + random.below(700));
    for (HeartRateSample& sample : samples) {
      sample = {.time_ms = any<std::int64_t>(random), .bpm = any<std::uint16_t>(random)};
    }
    const auto got = decode_heart_rate(encoded(samples));
    ASSERT_TRUE(got) << "turn " << turn;
    ASSERT_EQ(*got, samples) << "turn " << turn;
  }
}

TEST(HeartRateCodec, TellsAnErrorForEveryFlippedBit) {
  HeartRate samples;
  for (int i = 0; i < 300; ++i) {
    samples.push_back(
        {.time_ms = 1'763'800'000'000 + i * 5000, .bpm = static_cast<std::uint16_t>(120 + i % 7)});
  }
  std::string bytes = encoded(samples);
  EXPECT_LE(bytes.size(), samples.size() * 2 + 30);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(decode_heart_rate(bytes)) << "bit " << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

}  // namespace
}  // namespace ruck::rucking
