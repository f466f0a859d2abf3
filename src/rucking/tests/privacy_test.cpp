#include "rucking/privacy.hpp"

#include "rucking/tests/test_seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ruck::rucking {
namespace {
constexpr PrivacyKey kKey{.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};
constexpr Position kHome{.lat_deg = 47.0, .lng_deg = 8.0};

Position off(Position from, double east_m, double north_m) {
  return moved(from, {.east_m = east_m, .north_m = north_m}, local_scale(from.lat_deg));
}

// A walk in straight lines, a point every 7 m and 5 s.
std::vector<TrackPoint> walk(std::vector<Position> corners) {
  std::vector<TrackPoint> points;
  std::int64_t time_ms = 1'700'000'000'000;
  for (std::size_t leg = 1; leg < corners.size(); ++leg) {
    const double length = distance_m(corners[leg - 1], corners[leg]);
    const Offset way =
        offset(corners[leg - 1], corners[leg], local_scale(corners[leg - 1].lat_deg));
    for (double at = 0; at < length; at += 7) {
      const Position p = off(corners[leg - 1], way.east_m * at / length, way.north_m * at / length);
      points.push_back({.time_ms = time_ms,
                        .lat_e7 = static_cast<std::int32_t>(std::lround(p.lat_deg * 1e7)),
                        .lng_e7 = static_cast<std::int32_t>(std::lround(p.lng_deg * 1e7))});
      time_ms += 5000;
    }
  }
  return points;
}

HiddenPlaces::Known known_of(const std::vector<TrackPoint>& points, std::vector<Circle> zones = {},
                             std::int64_t ruck_id = 1) {
  return {.key = kKey,
          .zones = std::move(zones),
          .ruck_id = ruck_id,
          .first = points.front().position(),
          .last = points.back().position()};
}

// The reference vectors of the authors (SipHash-2-4, 64 bits), for messages of whole words.
TEST(KeyedHash, AgreesWithTheReferenceVectors) {
  EXPECT_EQ(keyed_hash(kKey, {}), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(keyed_hash(kKey, {0x0706050403020100U}), 0x93f5f5799a932462U);
  EXPECT_EQ(keyed_hash(kKey, {0x0706050403020100U, 0x0f0e0d0c0b0a0908U}), 0x3f2acc7f57c29bdbU);
}

TEST(Privacy, ThePlaceIsInsideItsCircleButNotAtTheCentre) {
  RUCK_PRINT_SEED(seed);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> lat(-70, 70);
  std::uniform_real_distribution<double> lng(-180, 180);
  int near_centre = 0;
  constexpr int kRounds = 2000;
  for (int i = 0; i < kRounds; ++i) {
    const PrivacyKey key{.k0 = random(), .k1 = random()};
    const Position at{.lat_deg = lat(random), .lng_deg = lng(random)};
    const auto id = static_cast<std::int64_t>(random() >> 11);
    for (const RuckEnd end : {RuckEnd::kStart, RuckEnd::kFinish}) {
      const Circle circle = end_circle(key, id, end, at);
      const double away = distance_m(circle.centre, at);
      EXPECT_GE(circle.radius_m, kEndRadiusMinM);
      EXPECT_LE(circle.radius_m, kEndRadiusMaxM);
      EXPECT_LE(away, circle.radius_m - kEndMarginM + 1);
      near_centre += away < 25 ? 1 : 0;
    }
  }
  EXPECT_LT(near_centre, 2 * kRounds / 20);
}

TEST(Privacy, AnAnswerIsTheSameEachTimeAndAnotherForEachRuckAndOwner) {
  const Circle circle = end_circle(kKey, 7, RuckEnd::kStart, kHome);
  const Circle again = end_circle(kKey, 7, RuckEnd::kStart, kHome);
  EXPECT_EQ(circle.centre, again.centre);
  EXPECT_EQ(circle.radius_m, again.radius_m);
  EXPECT_NE(end_circle(kKey, 8, RuckEnd::kStart, kHome).radius_m, circle.radius_m);
  EXPECT_NE(end_circle(kKey, 7, RuckEnd::kFinish, kHome).radius_m, circle.radius_m);
  EXPECT_NE(end_circle({.k0 = 1, .k1 = 2}, 7, RuckEnd::kStart, kHome).centre, circle.centre);
}

// What an observer of many rucks can do: keep the places that none of them shows, and take their
// middle. It must stay far from the door.
TEST(Privacy, ManyRucksFromOneDoorDoNotGiveTheDoor) {
  RUCK_USUAL_SEED(seed, 20261122);
  std::mt19937_64 random(seed);
  std::normal_distribution<double> jitter(0, 8);  // of the first fix
  double closest = 1e9;
  double mean = 0;
  constexpr int kOwners = 40;
  for (int owner = 0; owner < kOwners; ++owner) {
    const PrivacyKey key{.k0 = random(), .k1 = random()};
    std::vector<Circle> circles;
    for (int ruck = 0; ruck < 200; ++ruck) {
      circles.push_back(
          end_circle(key, ruck, RuckEnd::kStart, off(kHome, jitter(random), jitter(random))));
    }
    Offset sum;
    int count = 0;
    for (double east = -600; east <= 600; east += 10) {
      for (double north = -600; north <= 600; north += 10) {
        const Position p = off(kHome, east, north);
        const bool is_hidden_by_all = std::ranges::all_of(
            circles, [&](const Circle& c) { return distance_m(c.centre, p) <= c.radius_m; });
        if (!is_hidden_by_all) continue;
        sum.east_m += east;
        sum.north_m += north;
        ++count;
      }
    }
    ASSERT_GT(count, 0);
    const double guess_error = std::hypot(sum.east_m, sum.north_m) / count;
    closest = std::min(closest, guess_error);
    mean += guess_error / kOwners;
    // The part hidden by all is still a place circle: nothing within the margin is shown by any.
    EXPECT_GT(count * 100.0, std::numbers::pi * 150 * 150);
  }
  std::printf(
      "[ measured ] 200 rucks: the middle of what is hidden by all misses the door by %.0f m"
      " on average, %.0f m at best\n",
      mean, closest);
  EXPECT_GT(closest, 30);
  EXPECT_GT(mean, 60);
}

TEST(Privacy, TheOffsetOfOnePlaceDoesNotTellThatOfAnother) {
  // Directions of two places 5 km apart, over many owners: as often alike as not.
  std::mt19937_64 random(7);
  double sum = 0;
  constexpr int kOwners = 2000;
  for (int i = 0; i < kOwners; ++i) {
    const PrivacyKey key{.k0 = random(), .k1 = random()};
    const auto direction = [&](Position at) {
      const Circle c = zone_circle(key, {.centre = at, .radius_m = 200});
      const Offset o = offset(at, c.centre, local_scale(at.lat_deg));
      return std::atan2(o.north_m, o.east_m);
    };
    sum += std::cos(direction(kHome) - direction(off(kHome, 5000, 0)));
  }
  EXPECT_LT(std::abs(sum / kOwners), 0.1);
}

TEST(Privacy, AZoneIsHiddenWholeAndItsCentreIsNotThatOfWhatIsHidden) {
  std::mt19937_64 random(11);
  for (const double radius : {50.0, 100.0, 300.0, 1000.0, 5000.0}) {
    for (int i = 0; i < 200; ++i) {
      const PrivacyKey key{.k0 = random(), .k1 = random()};
      const Circle hidden = zone_circle(key, {.centre = kHome, .radius_m = radius});
      EXPECT_GT(distance_m(hidden.centre, kHome), 35);
      for (int angle = 0; angle < 360; angle += 30) {
        const double a = angle * std::numbers::pi / 180;
        const Position edge = off(kHome, radius * std::cos(a), radius * std::sin(a));
        EXPECT_LE(distance_m(hidden.centre, edge), hidden.radius_m);
      }
    }
  }
}

TEST(Privacy, WhatIsMissingHidesEverything) {
  const auto points = walk({kHome, off(kHome, 5000, 0)});
  const HiddenPlaces::Known all = known_of(points);
  EXPECT_FALSE(visible_pieces(points, HiddenPlaces::of_finished(all)).empty());
  EXPECT_TRUE(visible_pieces(points, HiddenPlaces()).empty());
  auto without = [&](auto change) {
    HiddenPlaces::Known known = all;
    change(known);
    return HiddenPlaces::of_finished(known);
  };
  for (const HiddenPlaces& hidden :
       {without([](auto& k) { k.key.reset(); }), without([](auto& k) { k.zones.reset(); }),
        without([](auto& k) { k.first.reset(); }), without([](auto& k) { k.last.reset(); }),
        without([](auto& k) { k.last = Position{.lat_deg = std::nan(""), .lng_deg = 8}; })}) {
    EXPECT_TRUE(hidden.hides_everything());
    EXPECT_TRUE(hidden.hides(off(kHome, 2500, 0)));
    EXPECT_TRUE(visible_pieces(points, hidden).empty());
  }
  EXPECT_TRUE(HiddenPlaces::of_finished(all).hides({.lat_deg = std::nan(""), .lng_deg = 8}));
}

TEST(Privacy, UnderWayTheEndIsOpen) {
  const auto points = walk({kHome, off(kHome, 3000, 0)});
  HiddenPlaces::Known known = known_of(points);
  known.last.reset();
  const HiddenPlaces live = HiddenPlaces::of_live(known);
  EXPECT_TRUE(live.hides(kHome));
  EXPECT_FALSE(live.hides(points.back().position()));
  known.key.reset();
  EXPECT_TRUE(HiddenPlaces::of_live(known).hides(points.back().position()));
}

TEST(Privacy, ATrackThatComesByInTheMiddleIsCutThereToo) {
  // From home to the east, past home again, to the west; and a zone in the north.
  const Circle zone{.centre = off(kHome, 0, 2000), .radius_m = 200};
  const auto points = walk({kHome, off(kHome, 2500, 0), off(kHome, 2500, 2000),
                            off(kHome, -2500, 2000), off(kHome, -2500, 30), off(kHome, 2400, 30)});
  const HiddenPlaces hidden = HiddenPlaces::of_finished(known_of(points, {zone}));
  const auto pieces = visible_pieces(points, hidden);
  // To the finish, which lies beside the first leg; on to the zone; to home; to the finish.
  ASSERT_EQ(pieces.size(), 4U);
  for (const Piece& piece : pieces) {
    for (std::size_t i = piece.first; i < piece.first + piece.count; ++i) {
      const Position here = points[i].position();
      EXPECT_GT(distance_m(here, kHome), kEndMarginM);
      EXPECT_GT(distance_m(here, zone.centre), zone.radius_m);
      EXPECT_GT(distance_m(here, points.back().position()), kEndMarginM);
    }
  }
}

TEST(Privacy, NoStraightWayIsDrawnAcrossWhatIsHidden) {
  // A fix every 600 m jumps over a zone of 100 m: both ends may be seen, the way between may not.
  std::vector<Position> line;
  for (int i = 0; i < 12; ++i) line.push_back(off(kHome, 600.0 * i, 0));
  const Circle zone{.centre = off(kHome, 3300, 0), .radius_m = 100};
  const HiddenPlaces hidden = HiddenPlaces::of_finished({.key = kKey,
                                                         .zones = std::vector{zone},
                                                         .ruck_id = 1,
                                                         .first = line.front(),
                                                         .last = line.back()});
  const auto pieces = visible_pieces(line, hidden);
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].first + pieces[0].count, 6U);
  EXPECT_EQ(pieces[1].first, 6U);
  EXPECT_TRUE(hidden.hides_way(line[5], line[6]));
  EXPECT_FALSE(hidden.hides_way(line[4], line[5]));
}

TEST(Privacy, HiddenTimeIsNotInTheTimesOfWhatIsShown) {
  const Circle zone{.centre = off(kHome, 2500, 0), .radius_m = 200};
  const auto points = walk({kHome, off(kHome, 5000, 0)});
  const HiddenPlaces hidden = HiddenPlaces::of_finished(known_of(points, {zone}));
  const auto pieces = cut(points, hidden, 60'000);
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].front().time_ms, 60'000) << "not how long the way to the edge took";
  EXPECT_EQ(pieces[0][1].time_ms, 65'000) << "the pace is kept";
  EXPECT_EQ(pieces[1].front().time_ms, pieces[0].back().time_ms + 1000);
}

TEST(Privacy, TotalsOfOthersDoNotGiveTheExactDistance) {
  const PublicTotals shown = public_totals({.distance_m = 8437,
                                            .duration_s = 6011,
                                            .elevation_gain_m = 120.4,
                                            .calories_kcal = 777,
                                            .load_kg = 20});
  EXPECT_DOUBLE_EQ(shown.distance_km, 8.4);
  EXPECT_EQ(shown.duration_s, 6000);
  EXPECT_DOUBLE_EQ(shown.pace_s_per_km, 714);
  EXPECT_EQ(shown.calories_kcal, 780);
  EXPECT_EQ(shown.power_points, 20'160) << "20 kg · 8.4 km · 120 m";
  EXPECT_EQ(public_totals({.distance_m = 40, .duration_s = 80}).pace_s_per_km, 0);
  EXPECT_EQ(public_time_us(1'763'800'059'999'999), 1'763'800'020'000'000);
}

TEST(Privacy, PolesAndTheDateLineAreNothingSpecial) {
  for (const Position at :
       {Position{.lat_deg = 10, .lng_deg = 179.9999}, Position{.lat_deg = 84, .lng_deg = 8},
        Position{.lat_deg = -89.999, .lng_deg = 100}}) {
    const Position last{.lat_deg = at.lat_deg - 1, .lng_deg = at.lng_deg};
    const HiddenPlaces hidden = HiddenPlaces::of_finished(
        {.key = kKey, .zones = std::vector<Circle>(), .ruck_id = 1, .first = at, .last = last});
    EXPECT_TRUE(hidden.hides(at));
    EXPECT_TRUE(hidden.hides({.lat_deg = at.lat_deg, .lng_deg = at.lng_deg + 0.0002}));
    EXPECT_FALSE(hidden.hides({.lat_deg = at.lat_deg - 0.5, .lng_deg = at.lng_deg}));
  }
}

}  // namespace
}  // namespace ruck::rucking
