#include "rucking/geo.hpp"

#include "rucking/seeded_random.hpp"
#include "rucking/tests/test_seed.hpp"

#include <GeographicLib/Geodesic.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace ruck::rucking {
namespace {

constexpr double kPartsPerMillion = 1e-6;

struct Segment {
  Position a;
  Position b;
  double true_m = 0;
};

// A random segment of `length_m` from a latitude below `max_lat_deg`, its end found by Karney's
// geodesic, its length by his inverse problem after the end was rounded to double degrees.
Segment random_segment(SeededRandom& random, double min_lat_deg, double max_lat_deg) {
  const auto& wgs84 = GeographicLib::Geodesic::WGS84();
  Segment s;
  const double side = random.chance(0.5) ? 1 : -1;
  s.a = {.lat_deg = side * random.uniform(min_lat_deg, max_lat_deg),
         .lng_deg = random.uniform(-180, 180)};
  const double length_m = 0.1 * std::pow(10'000.0, random.uniform());  // 0.1 m to 1 km
  wgs84.Direct(s.a.lat_deg, s.a.lng_deg, random.uniform(-180, 180), length_m, s.b.lat_deg,
               s.b.lng_deg);
  wgs84.Inverse(s.a.lat_deg, s.a.lng_deg, s.b.lat_deg, s.b.lng_deg, s.true_m);
  return s;
}

double worst_relative_error(SeededRandom& random, int count, double min_lat_deg,
                            double max_lat_deg) {
  double worst = 0;
  for (int i = 0; i < count; ++i) {
    const Segment s = random_segment(random, min_lat_deg, max_lat_deg);
    const double got = distance_m(s.a, s.b);
    EXPECT_TRUE(std::isfinite(got));
    // A tenth of a metre is 9e-7 degrees; the doubles of its ends carry 1e-9 m.
    worst = std::max(worst, (std::fabs(got - s.true_m) - 1e-8) / s.true_m);
  }
  return worst;
}

TEST(Distance, AgreesWithGeographicLibWithinOnePartInAMillionUpTo85Degrees) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  const double worst = worst_relative_error(random, 200'000, 0, 85);
  std::printf("[  figure  ] worst error %.4f ppm\n", worst / kPartsPerMillion);
  EXPECT_LE(worst, 1 * kPartsPerMillion);
}

TEST(Distance, StaysWithinAThousandthUpToThePoles) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  const double above_85 = worst_relative_error(random, 50'000, 85, 90);
  const double at_the_pole = worst_relative_error(random, 50'000, 89.99, 90);
  std::printf("[  figure  ] worst error %.3g above 85 degrees, %.3g in the last kilometre\n",
              above_85, at_the_pole);
  EXPECT_LE(above_85, 1e-3);
  EXPECT_LE(at_the_pole, 1e-3);
}

TEST(Distance, GoesAcrossThePole) {
  const double north =
      distance_m({.lat_deg = 89.999, .lng_deg = 10}, {.lat_deg = 89.999, .lng_deg = -170});
  EXPECT_NEAR(north, 2 * 111.694, 0.01);
  // The pole is one place, whatever its longitude; a nanometre is the rounding of a sine.
  EXPECT_LT(distance_m({.lat_deg = 90, .lng_deg = 0}, {.lat_deg = 90, .lng_deg = 180}), 1e-8);
  EXPECT_LT(distance_m({.lat_deg = -90, .lng_deg = 0}, {.lat_deg = -90, .lng_deg = 77}), 1e-8);
}

// Reference §2.2, computed with GeographicLib.
TEST(Distance, KnowsTheReferencePairs) {
  const auto metres = [](double lat1, double lng1, double lat2, double lng2) {
    return distance_m({.lat_deg = lat1, .lng_deg = lng1}, {.lat_deg = lat2, .lng_deg = lng2});
  };
  EXPECT_NEAR(metres(47, 8, 47.001, 8), 111.170851, 1e-6);
  EXPECT_NEAR(metres(47, 8, 47, 8.001), 76.055998, 1e-6);
  EXPECT_NEAR(metres(47, 8, 47.001, 8.001), 134.697309, 1e-6);
  EXPECT_NEAR(metres(36.493349428792, 0, 36.49334942879201, 0.0000008), 0.071679, 1e-6);
  // Whole degrees are far beyond a segment; the error is still below 100 ppm.
  EXPECT_NEAR(metres(0, 0, 0, 1), 111319.4908, 1e-4);
  EXPECT_NEAR(metres(0, 0, 1, 0), 110574.3886, 111000 * 100 * kPartsPerMillion);
  EXPECT_NEAR(metres(45, 0, 46, 0), 111141.5485, 111000 * 100 * kPartsPerMillion);
  EXPECT_NEAR(metres(45, 0, 45, 1), 78846.3347, 79000 * 100 * kPartsPerMillion);
  EXPECT_NEAR(metres(-37.95103341667, 144.42486788889, -37.65282113889, 143.92649552778), 54972.271,
              55000 * 100 * kPartsPerMillion);
}

TEST(Distance, WrapsAroundTheDateLine) {
  EXPECT_NEAR(distance_m({.lat_deg = 0, .lng_deg = 179.9995}, {.lat_deg = 0, .lng_deg = -179.9995}),
              111.319491, 1e-6);
  EXPECT_NEAR(
      distance_m({.lat_deg = 85, .lng_deg = -179.9995}, {.lat_deg = 85, .lng_deg = 179.9995}),
      9.734, 0.001);
  EXPECT_EQ(distance_m({.lat_deg = 47, .lng_deg = 180}, {.lat_deg = 47, .lng_deg = -180}), 0);
}

TEST(Distance, IsSymmetricAndZeroOnlyInPlace) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int i = 0; i < 1000; ++i) {
    const Segment s = random_segment(random, 0, 90);
    EXPECT_EQ(distance_m(s.a, s.b), distance_m(s.b, s.a));
    EXPECT_EQ(distance_m(s.a, s.a), 0);
    EXPECT_GT(distance_m(s.a, s.b), 0);
  }
}

// Reference §2.3: a kilometre each to the north, east, south and west along geodesics from (47, 8).
// Every leg is a kilometre, and the fourth ends 0.2374 m from the start.
TEST(Distance, WalksTheSquareOfTheReference) {
  const Position start{.lat_deg = 47, .lng_deg = 8};
  const Position north{.lat_deg = 47.008995157, .lng_deg = 8};
  const Position east{.lat_deg = 47.008994402, .lng_deg = 8.013150414};
  const Position south{.lat_deg = 46.999999245, .lng_deg = 8.013150414};
  // Nine decimals of a degree are 0.1 mm.
  EXPECT_NEAR(distance_m(start, north), 1000, 2e-4);
  EXPECT_NEAR(distance_m(north, east), 1000, 2e-4);
  EXPECT_NEAR(distance_m(east, south), 1000, 2e-4);
  Position west;
  GeographicLib::Geodesic::WGS84().Direct(south.lat_deg, south.lng_deg, -90, 1000, west.lat_deg,
                                          west.lng_deg);
  EXPECT_NEAR(distance_m(south, west), 1000, 2e-4);
  EXPECT_NEAR(distance_m(west, start), 0.2374, 2e-4);
}

TEST(LocalScale, MovingAndMeasuringAreInverse) {
  RUCK_PRINT_SEED(seed);
  SeededRandom random(seed);
  for (int i = 0; i < 1000; ++i) {
    const Position from{.lat_deg = random.uniform(-89, 89), .lng_deg = random.uniform(-180, 180)};
    const LocalScale scale = local_scale(from.lat_deg);
    const Offset by{.east_m = random.uniform(-500, 500), .north_m = random.uniform(-500, 500)};
    const Offset back = offset(from, moved(from, by, scale), scale);
    EXPECT_NEAR(back.east_m, by.east_m, 1e-6);
    EXPECT_NEAR(back.north_m, by.north_m, 1e-6);
  }
}

TEST(LongitudeDifference, IsTakenTheShortWayRound) {
  EXPECT_EQ(wrap_degrees(0), 0);
  EXPECT_EQ(wrap_degrees(359), -1);
  EXPECT_EQ(wrap_degrees(-359), 1);
  EXPECT_EQ(wrap_degrees(180), 180);
  EXPECT_EQ(wrap_degrees(-180), -180);
  EXPECT_EQ(wrap_degrees(540.5), -179.5);
}

}  // namespace
}  // namespace ruck::rucking
