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

HiddenPlaces::Known known_of(const std::vector<TrackPoint>& points,
                             std::vector<Circle> zones = {}) {
  return {.key = kKey,
          .zones = std::move(zones),
          .anchors = std::vector<Anchor>(),
          .ends = {{.at = points.front().position()}, {.at = points.back().position()}}};
}

Anchor random_anchor(std::mt19937_64& random, double need_m = kEndMarginM + kEndSlackM) {
  std::uniform_real_distribution<double> lat(-70, 70);
  std::uniform_real_distribution<double> lng(-180, 180);
  return {.at = {.lat_deg = lat(random), .lng_deg = lng(random)}, .need_m = need_m};
}

// The reference vectors of the authors (SipHash-2-4, 64 bits), for messages of whole words.
TEST(KeyedHash, AgreesWithTheReferenceVectors) {
  EXPECT_EQ(keyed_hash(kKey, {}), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(keyed_hash(kKey, {0x0706050403020100U}), 0x93f5f5799a932462U);
  EXPECT_EQ(keyed_hash(kKey, {0x0706050403020100U, 0x0f0e0d0c0b0a0908U}), 0x3f2acc7f57c29bdbU);
}

TEST(Privacy, AnEndIsInsideItsCircleAndFarFromTheCentre) {
  RUCK_PRINT_SEED(seed);
  std::mt19937_64 random(seed);
  std::vector<double> shares;
  for (int i = 0; i < 2000; ++i) {
    const PrivacyKey key{.k0 = random(), .k1 = random()};
    const Anchor anchor = random_anchor(random);
    const Circle circle = end_circle(key, anchor, {.at = anchor.at});
    const double away = distance_m(circle.centre, anchor.at);
    EXPECT_GE(circle.radius_m, kAnchorRadiusMinM);
    EXPECT_LE(circle.radius_m, kAnchorRadiusMaxM);
    EXPECT_LE(away, circle.radius_m - kEndMarginM);
    shares.push_back(away / circle.radius_m);
  }
  std::ranges::sort(shares);
  // An observer who finds the middle of the circle has found nothing.
  EXPECT_GE(shares[shares.size() / 2], 0.5);
  EXPECT_GE(shares[shares.size() / 20], 0.4);
}

TEST(Privacy, ARadiusDoesNotTellTheOffset) {
  // A preset zone whose circle said by how much it was moved put the door on a known ring.
  std::mt19937_64 random(5);
  for (const double zone_m : {100.0, 250.0, 500.0}) {
    double sum_x = 0, sum_y = 0, sum_xx = 0, sum_yy = 0, sum_xy = 0;
    constexpr int kRounds = 2000;
    double least = 1e9, most = 0;
    for (int i = 0; i < kRounds; ++i) {
      const Circle zone{.centre = random_anchor(random).at, .radius_m = zone_m};
      const Circle hidden =
          zone_circle({.k0 = random(), .k1 = random()}, anchor_of_zone(zone), zone);
      const double x = hidden.radius_m;
      // The share of the largest offset that the radius allows.
      const double y = distance_m(hidden.centre, zone.centre) / (x - zone_m);
      least = std::min(least, y);
      most = std::max(most, y);
      sum_x += x, sum_y += y, sum_xx += x * x, sum_yy += y * y, sum_xy += x * y;
    }
    const double n = kRounds;
    const double correlation =
        (sum_xy - sum_x * sum_y / n) /
        std::sqrt((sum_xx - sum_x * sum_x / n) * (sum_yy - sum_y * sum_y / n));
    EXPECT_LT(std::abs(correlation), 0.25) << zone_m;
    EXPECT_GT(most - least, 0.2) << "a ring as thin as this is nearly a circle";
  }
}

TEST(Privacy, WhatIsHiddenAgainIsHiddenAroundTheSameMiddle) {
  RUCK_PRINT_SEED(seed);
  std::mt19937_64 random(seed);
  std::normal_distribution<double> jitter(0, 8);  // of the first fix
  for (int owner = 0; owner < 200; ++owner) {
    const PrivacyKey key{.k0 = random(), .k1 = random()};
    const Anchor anchor = random_anchor(random);
    const Offset first = draw(key, anchor).offset;
    const auto expect_same_offset = [&](Position at, const Circle& circle) {
      const Offset here = offset(at, circle.centre, local_scale(at.lat_deg));
      EXPECT_NEAR(here.east_m, first.east_m, 0.5);
      EXPECT_NEAR(here.north_m, first.north_m, 0.5);
    };
    for (const double radius : {50.0, 100.0, 250.0, 600.0}) {
      const Circle zone{.centre = off(anchor.at, jitter(random), jitter(random)),
                        .radius_m = radius};
      expect_same_offset(zone.centre, zone_circle(key, anchor, zone));
    }
    const RuckEnd end{.at = off(anchor.at, jitter(random), jitter(random)), .accuracy_m = 40};
    expect_same_offset(end.at, end_circle(key, anchor, end));
  }
}

TEST(Privacy, TheEarliestAnchorCounts) {
  const std::vector<Anchor> anchors{{.at = off(kHome, 100, 0)}, {.at = off(kHome, -60, 0)}};
  EXPECT_EQ(anchor_near(anchors, kHome), &anchors[0]);
  EXPECT_EQ(anchor_near(anchors, off(kHome, -60, 0)), &anchors[1]) << "the other is 160 m away";
  EXPECT_EQ(anchor_near(anchors, off(kHome, 0, 200)), nullptr);
  HiddenPlaces::Known known = known_of(walk({kHome, off(kHome, 3000, 0)}));
  known.anchors = anchors;
  const HiddenPlaces hidden = HiddenPlaces::of(known);
  ASSERT_EQ(hidden.new_anchors().size(), 1U) << "the finish is another place";
}

// A ruck that began between two others was cut by another circle when it was computed again: what
// the one had hidden was shown.
TEST(Privacy, AnAnchorThatComesLaterMovesNoCircle) {
  const PrivacyKey key{.k0 = 1, .k1 = 2};
  for (const double later_m : {-140.0, -60.0, 5.0, 90.0, 149.0}) {
    const RuckEnd door{.at = kHome, .accuracy_m = 5};
    HiddenPlaces::Known known{.key = key,
                              .zones = std::vector<Circle>(),
                              .anchors = std::vector<Anchor>{{.at = off(kHome, 120, 0)}},
                              .ends = {door}};
    const Circle before = HiddenPlaces::of(known).circles().at(0);
    known.anchors->push_back({.at = off(kHome, later_m, 0)});
    const Circle after = HiddenPlaces::of(known).circles().at(0);
    EXPECT_EQ(distance_m(before.centre, after.centre), 0) << later_m;
    EXPECT_EQ(before.radius_m, after.radius_m) << later_m;
  }
}

// Lines of all rucks ended on one circle, and how many left it where told on which side of its
// middle the door is.
TEST(Privacy, EachRuckHasACircleOfItsOwnAroundThatOfThePlace) {
  RUCK_PRINT_SEED(seed);
  std::mt19937_64 random(seed);
  for (int owner = 0; owner < 50; ++owner) {
    const PrivacyKey key{.k0 = random(), .k1 = random()};
    const Anchor anchor = random_anchor(random);
    const Circle place = end_circle(key, anchor, {.at = anchor.at});
    Offset sum;
    double most = 0;
    constexpr std::int64_t kRucks = 400;
    for (std::int64_t ruck = 1; ruck <= kRucks; ++ruck) {
      const Circle circle = circle_of_ruck(key, anchor, ruck, place);
      const double moved_m = distance_m(circle.centre, place.centre);
      EXPECT_GE(circle.radius_m, place.radius_m + moved_m) << "it must cover that of the place";
      EXPECT_LE(moved_m, kRuckShiftMaxM + 1);
      EXPECT_EQ(circle.radius_m, circle_of_ruck(key, anchor, ruck, place).radius_m);
      const Offset o = offset(place.centre, circle.centre, local_scale(place.centre.lat_deg));
      sum.east_m += o.east_m / kRucks;
      sum.north_m += o.north_m / kRucks;
      most = std::max(most, moved_m);
    }
    EXPECT_LT(std::hypot(sum.east_m, sum.north_m), 30) << "to all sides alike";
    EXPECT_GT(most, 0.9 * kRuckShiftMaxM);
  }
}

// Two sizes of one zone in one ruck are still around one middle.
TEST(Privacy, ARuckMovesAllCirclesOfAPlaceAlike) {
  const Anchor anchor = anchor_of_end(kHome);
  const Circle one = circle_of_ruck(kKey, anchor, 7, {.centre = kHome, .radius_m = 100});
  const Circle two = circle_of_ruck(kKey, anchor, 7, {.centre = kHome, .radius_m = 900});
  EXPECT_EQ(distance_m(one.centre, two.centre), 0);
  EXPECT_NEAR(two.radius_m - one.radius_m, 800, 1e-6);
  const Circle other = circle_of_ruck(kKey, anchor, 8, {.centre = kHome, .radius_m = 100});
  EXPECT_GT(distance_m(one.centre, other.centre), 1);
  const Circle elsewhere = circle_of_ruck(kKey, anchor_of_end(off(kHome, 200, 0)), 7,
                                          {.centre = kHome, .radius_m = 100});
  EXPECT_GT(distance_m(one.centre, elsewhere.centre), 1);
}

// What an observer of many rucks can do: keep the places that none of them shows, and take their
// middle. It must stay far from the door.
TEST(Privacy, ManyRucksFromOneDoorDoNotGiveTheDoor) {
  RUCK_USUAL_SEED(seed, 20261122);
  std::mt19937_64 random(seed);
  std::normal_distribution<double> jitter(0, 8);
  std::vector<double> errors;
  constexpr int kOwners = 60;
  for (int owner = 0; owner < kOwners; ++owner) {
    const PrivacyKey key{.k0 = random(), .k1 = random()};
    const Anchor anchor{.at = off(kHome, jitter(random), jitter(random))};
    Offset sum;
    for (int ruck = 0; ruck < 200; ++ruck) {
      const RuckEnd end{.at = off(kHome, jitter(random), jitter(random))};
      const Circle circle = circle_of_ruck(key, anchor, ruck, end_circle(key, anchor, end));
      const Offset middle = offset(kHome, circle.centre, local_scale(kHome.lat_deg));
      sum.east_m += middle.east_m / 200;
      sum.north_m += middle.north_m / 200;
    }
    errors.push_back(std::hypot(sum.east_m, sum.north_m));
  }
  std::ranges::sort(errors);
  std::printf(
      "[ measured ] 200 rucks: the middle of all circles misses the door by %.0f m (median),"
      " %.0f m at best\n",
      errors[kOwners / 2], errors.front());
  EXPECT_GT(errors[kOwners / 2], 0.5 * kAnchorRadiusMaxM);
  EXPECT_GT(errors.front(), 0.25 * kAnchorRadiusMaxM);
}

TEST(Privacy, TheOffsetOfOnePlaceDoesNotTellThatOfAnother) {
  // Directions of two anchors 200 m apart, over many owners: as often alike as not.
  std::mt19937_64 random(7);
  double sum = 0;
  constexpr int kOwners = 2000;
  for (int i = 0; i < kOwners; ++i) {
    const PrivacyKey key{.k0 = random(), .k1 = random()};
    const auto direction = [&](Position at) {
      const Offset o = draw(key, {.at = at}).offset;
      return std::atan2(o.north_m, o.east_m);
    };
    sum += std::cos(direction(kHome) - direction(off(kHome, 200, 0)));
  }
  EXPECT_LT(std::abs(sum / kOwners), 0.1);
}

TEST(Privacy, AZoneIsHiddenWholeWhicheverAnchorItShares) {
  std::mt19937_64 random(11);
  for (const double radius : {50.0, 100.0, 300.0, 1000.0, 5000.0}) {
    for (int i = 0; i < 200; ++i) {
      const PrivacyKey key{.k0 = random(), .k1 = random()};
      const Circle zone{.centre = kHome, .radius_m = radius};
      for (const Anchor& anchor :
           {anchor_of_zone(zone), anchor_of_end(off(kHome, 100, 50)),
            anchor_of_zone({.centre = off(kHome, -80, 20), .radius_m = 700})}) {
        const Circle hidden = zone_circle(key, anchor, zone);
        EXPECT_GT(distance_m(hidden.centre, kHome), kEndMarginM);
        for (int angle = 0; angle < 360; angle += 30) {
          const double a = angle * std::numbers::pi / 180;
          const Position edge = off(kHome, radius * std::cos(a), radius * std::sin(a));
          EXPECT_LE(distance_m(hidden.centre, edge), hidden.radius_m);
        }
      }
    }
  }
}

TEST(Privacy, WhatIsMissingHidesEverything) {
  const auto points = walk({kHome, off(kHome, 5000, 0)});
  const HiddenPlaces::Known all = known_of(points);
  EXPECT_FALSE(visible_pieces(points, HiddenPlaces::of(all)).empty());
  EXPECT_TRUE(visible_pieces(points, HiddenPlaces()).empty());
  auto without = [&](auto change) {
    HiddenPlaces::Known known = all;
    change(known);
    return HiddenPlaces::of(known);
  };
  for (const HiddenPlaces& hidden :
       {without([](auto& k) { k.key.reset(); }), without([](auto& k) { k.zones.reset(); }),
        without([](auto& k) { k.anchors.reset(); }), without([](auto& k) { k.ends.clear(); }),
        without([](auto& k) { k.ends.back().at = {.lat_deg = std::nan(""), .lng_deg = 8}; })}) {
    EXPECT_TRUE(hidden.hides_everything());
    EXPECT_TRUE(hidden.hides(off(kHome, 2500, 0)));
    EXPECT_TRUE(visible_pieces(points, hidden).empty());
  }
  EXPECT_TRUE(HiddenPlaces::of(all).hides({.lat_deg = std::nan(""), .lng_deg = 8}));
}

TEST(Privacy, ATrackThatComesByInTheMiddleIsCutThereToo) {
  // From home to the east, past home again, to the west; and a zone in the north.
  const Circle zone{.centre = off(kHome, 0, 4000), .radius_m = 200};
  const auto points = walk({kHome, off(kHome, 4000, 0), off(kHome, 4000, 4000),
                            off(kHome, -4000, 4000), off(kHome, -4000, 30), off(kHome, 3900, 30)});
  const HiddenPlaces hidden = HiddenPlaces::of(known_of(points, {zone}));
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
  // A fix every 3 km jumps over a zone of 100 m: both ends may be seen, the way between may not.
  std::vector<Position> line;
  for (int i = 0; i < 12; ++i) line.push_back(off(kHome, 3000.0 * i, 0));
  const Circle zone{.centre = off(kHome, 16'500, 0), .radius_m = 100};
  const HiddenPlaces hidden =
      HiddenPlaces::of({.key = kKey,
                        .zones = std::vector{zone},
                        .anchors = std::vector<Anchor>(),
                        .ends = {{.at = line.front()}, {.at = line.back()}}});
  const auto pieces = visible_pieces(line, hidden);
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].first + pieces[0].count, 6U);
  EXPECT_EQ(pieces[1].first, 6U);
  EXPECT_TRUE(hidden.hides_way(line[5], line[6]));
  EXPECT_FALSE(hidden.hides_way(line[4], line[5]));
}

TEST(Privacy, HiddenTimeIsNotInTheTimesOfWhatIsShown) {
  const Circle zone{.centre = off(kHome, 4000, 0), .radius_m = 200};
  const auto points = walk({kHome, off(kHome, 8000, 0)});
  const HiddenPlaces hidden = HiddenPlaces::of(known_of(points, {zone}));
  const auto pieces = cut(points, visible_pieces(points, hidden), 60'000);
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
    const HiddenPlaces hidden = HiddenPlaces::of({.key = kKey,
                                                  .zones = std::vector<Circle>(),
                                                  .anchors = std::vector<Anchor>(),
                                                  .ends = {{.at = at}, {.at = last}}});
    EXPECT_TRUE(hidden.hides(at));
    EXPECT_TRUE(hidden.hides({.lat_deg = at.lat_deg, .lng_deg = at.lng_deg + 0.0002}));
    EXPECT_FALSE(hidden.hides({.lat_deg = at.lat_deg - 0.5, .lng_deg = at.lng_deg}));
  }
}

}  // namespace
}  // namespace ruck::rucking
