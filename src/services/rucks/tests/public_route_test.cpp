#include "services/rucks/views.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ruck::rucks {
namespace {
constexpr rucking::Position kHome{.lat_deg = 47, .lng_deg = 8};

// To the north, a point every 14 m.
std::vector<rucking::TrackPoint> straight(int count) {
  std::vector<rucking::TrackPoint> points;
  for (int i = 0; i < count; ++i) {
    points.push_back({.time_ms = 1'763'800'000'000 + i * 10'000,
                      .lat_e7 = 470'000'000 + i * 1259,
                      .lng_e7 = 80'000'000});
  }
  return points;
}

people::OwnerPrivacy owner(std::vector<rucking::Circle> zones = {}) {
  return {.key = rucking::PrivacyKey{.k0 = 1, .k1 = 2}, .zones = std::move(zones)};
}

TEST(PublicRoute, IsEmptyWhereAnythingNeededIsMissing) {
  const auto points = straight(1000);
  const LineOf line{.id = RuckId(1), .line = points};
  EXPECT_FALSE(public_route(owner(), line, 500).longest.empty());
  EXPECT_TRUE(public_route({}, line, 500).pieces.empty());
  people::OwnerPrivacy no_zones = owner();
  no_zones.zones.reset();
  EXPECT_TRUE(public_route(no_zones, line, 500).pieces.empty());
  EXPECT_TRUE(public_route(owner(), {.id = RuckId(1), .line = {}}, 500).pieces.empty());
}

TEST(PublicRoute, TheLongestPieceHasNoGapAndAllPiecesAreThere) {
  const auto points = straight(1000);
  const rucking::Circle zone{.centre = points[300].position(), .radius_m = 300};
  const auto route = public_route(owner({zone}), {.id = RuckId(1), .line = points}, 500);
  ASSERT_EQ(route.pieces.size(), 2U);
  EXPECT_EQ(route.longest.size(), std::max(route.pieces[0].size(), route.pieces[1].size()));
  for (const auto& piece : route.pieces) {
    for (const RoutePoint& point : piece) {
      EXPECT_GT(rucking::distance_m({point.lat, point.lng}, zone.centre), zone.radius_m);
      EXPECT_GT(rucking::distance_m({point.lat, point.lng}, kHome), rucking::kEndMarginM);
    }
  }
}

TEST(PublicRoute, TimesBeginWithTheMinuteOfTheStart) {
  const auto points = straight(1000);
  const auto route = public_route(
      owner(), {.id = RuckId(1), .started_at = utc_us(1'763'800'000'000'000), .line = points}, 500);
  EXPECT_EQ(route.longest.front().timestamp, utc_ms(1'763'799'960'000));
}

}  // namespace
}  // namespace ruck::rucks
