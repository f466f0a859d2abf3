#include "rucking/polyline.hpp"

#include "rucking/seeded_random.hpp"
#include "rucking/tests/test_seed.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ruck::rucking {
namespace {

using enum PolylinePrecision;
using Line = std::vector<Position>;

PolylineProblem problem_of(std::string_view text) {
  const auto got = decode_polyline(text, kFive);
  EXPECT_FALSE(got) << text;
  return got ? PolylineProblem{} : got.error();
}

// The published example and the published single value.
TEST(Polyline, AgreesWithGooglesExample) {
  const Line line = {{.lat_deg = 38.5, .lng_deg = -120.2},
                     {.lat_deg = 40.7, .lng_deg = -120.95},
                     {.lat_deg = 43.252, .lng_deg = -126.453}};
  EXPECT_EQ(encode_polyline(line, kFive), "_p~iF~ps|U_ulLnnqC_mqNvxq`@");
  EXPECT_EQ(decode_polyline("_p~iF~ps|U_ulLnnqC_mqNvxq`@", kFive), line);
  EXPECT_EQ(encode_polyline(Line{{.lat_deg = 0, .lng_deg = -179.9832104}}, kFive), "?`~oia@");
}

TEST(Polyline, RoundsHalfAwayFromZero) {
  // 0.000005 is half a step of polyline5; in binary it is a little above, -0.000015 a little below.
  EXPECT_EQ(encode_polyline(Line{{.lat_deg = 0.5e-5, .lng_deg = -0.5e-5}}, kFive), "A@");
  EXPECT_EQ(encode_polyline(Line{{.lat_deg = 0.4e-5, .lng_deg = -0.4e-5}}, kFive), "??");
}

TEST(Polyline, RoundTripsWithinItsPrecision) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (const PolylinePrecision precision : {kFive, kSix}) {
    const double half_step_deg = precision == kFive ? 0.5e-5 : 0.5e-6;
    Line line;
    for (int i = 0; i < 2000; ++i) {
      line.push_back({.lat_deg = random.uniform(-90, 90), .lng_deg = random.uniform(-180, 180)});
    }
    line.push_back({.lat_deg = 90, .lng_deg = 180});
    line.push_back({.lat_deg = -90, .lng_deg = -180});
    const auto got = decode_polyline(encode_polyline(line, precision), precision);
    ASSERT_TRUE(got);
    ASSERT_EQ(got->size(), line.size());
    for (std::size_t i = 0; i < line.size(); ++i) {
      ASSERT_NEAR((*got)[i].lat_deg, line[i].lat_deg, half_step_deg * 1.0001);
      ASSERT_NEAR((*got)[i].lng_deg, line[i].lng_deg, half_step_deg * 1.0001);
    }
    // What was decoded encodes to the same text: nothing creeps over many round trips.
    EXPECT_EQ(encode_polyline(*got, precision), encode_polyline(line, precision));
  }
}

TEST(Polyline, TheEmptyLineIsEmptyText) {
  EXPECT_EQ(encode_polyline(Line{}, kSix), "");
  EXPECT_EQ(decode_polyline("", kSix), Line{});
}

TEST(Polyline, NamesWhatIsWrong) {
  EXPECT_EQ(problem_of("_p~iF~ps|"), PolylineProblem::kTruncated);         // inside a number
  EXPECT_EQ(problem_of("_p~iF"), PolylineProblem::kTruncated);             // no longitude
  EXPECT_EQ(problem_of("_p~iF ps|U"), PolylineProblem::kBadCharacter);     // blank
  EXPECT_EQ(problem_of("_p~iF\x7f"), PolylineProblem::kBadCharacter);      // beyond '~'
  EXPECT_EQ(problem_of("_p~iF\xc3\xa9"), PolylineProblem::kBadCharacter);  // not ASCII
  EXPECT_EQ(problem_of("~~~~~~~~~~~~?"), PolylineProblem::kNumberTooLong);
  // 91 degrees north; then 60 and 60 north, which only together are off the Earth.
  EXPECT_EQ(problem_of("_kpfP?"), PolylineProblem::kOutOfRange);
  EXPECT_EQ(problem_of("_ohfJ?_ohfJ?"), PolylineProblem::kOutOfRange);
}

TEST(Polyline, AnyTextIsALineOrAProblem) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int turn = 0; turn < 20'000; ++turn) {
    std::string text;
    for (std::uint64_t size = random.below(40); size > 0; --size) {
      text.push_back(static_cast<char>('?' + random.below(64)));
    }
    const auto got = decode_polyline(text, kFive);
    if (!got) continue;
    for (const Position& position : *got) {
      ASSERT_TRUE(std::fabs(position.lat_deg) <= 90 && std::fabs(position.lng_deg) <= 180);
    }
  }
}

}  // namespace
}  // namespace ruck::rucking
