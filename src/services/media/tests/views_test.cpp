// Where others are told a photo was taken.
#include "services/media/views.hpp"

#include "rucking/geo.hpp"

#include <gtest/gtest.h>

namespace ruck::photos {
namespace {
using rucking::Position;

constexpr Position kStart{.lat_deg = 47, .lng_deg = 8};

Position off(double east_m, double north_m) {
  return rucking::moved(kStart, {.east_m = east_m, .north_m = north_m}, rucking::local_scale(47));
}
rucks::RoutePoint point(double east_m, double north_m) {
  const Position at = off(east_m, north_m);
  return {.lat = at.lat_deg, .lng = at.lng_deg, .alt = {}};
}
std::optional<PhotoPlace> place(double east_m, double north_m,
                                const std::vector<std::vector<rucks::RoutePoint>>& pieces) {
  const Position at = off(east_m, north_m);
  return place_on(pieces, {.lat = at.lat_deg, .lng = at.lng_deg});
}
double away_m(const PhotoPlace& place, double east_m, double north_m) {
  return rucking::distance_m({.lat_deg = place.lat, .lng_deg = place.lng}, off(east_m, north_m));
}

TEST(PlaceOnLine, IsTheNearestPointOfAWayBetweenTwoPoints) {
  const auto found = place(30, 500, {{point(0, 0), point(0, 1000)}});
  ASSERT_TRUE(found);
  EXPECT_LT(away_m(*found, 0, 500), 0.1);
}

TEST(PlaceOnLine, IsNothingFartherThanFiftyMetres) {
  EXPECT_TRUE(place(49, 500, {{point(0, 0), point(0, 1000)}}));
  EXPECT_FALSE(place(51, 500, {{point(0, 0), point(0, 1000)}}));
  EXPECT_FALSE(place(0, -51, {{point(0, 0), point(0, 1000)}})) << "beyond its end";
  EXPECT_FALSE(place(0, 0, {}));
}

// Between two pieces lies what is hidden: no line is drawn there.
TEST(PlaceOnLine, DoesNotCrossAGap) {
  const std::vector<std::vector<rucks::RoutePoint>> pieces = {{point(0, 0), point(0, 200)},
                                                              {point(0, 800), point(0, 1000)}};
  EXPECT_FALSE(place(0, 500, pieces));
  const auto near_end = place(0, 230, pieces);
  ASSERT_TRUE(near_end);
  EXPECT_LT(away_m(*near_end, 0, 200), 0.1) << "the end of what is seen, no farther";
}

TEST(PlaceOnLine, TakesTheNearestOfAllPieces) {
  const auto found = place(20, 100, {{point(0, 0), point(0, 200)}, {point(25, 0), point(25, 200)}});
  ASSERT_TRUE(found);
  EXPECT_LT(away_m(*found, 25, 100), 0.1);
  const auto alone = place(10, 0, {{point(0, 0)}});
  ASSERT_TRUE(alone);
  EXPECT_LT(away_m(*alone, 0, 0), 0.1) << "a piece of one point";
}

}  // namespace
}  // namespace ruck::photos
