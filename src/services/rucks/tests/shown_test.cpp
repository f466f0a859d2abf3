// What others are shown follows from the visible part alone.
#include "services/rucks/summary/shown.hpp"

#include "rucking/ruck_ends.hpp"
#include "services/rucks/summary/results.hpp"
#include "services/rucks/summary/views.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ruck::rucks {
namespace {
constexpr rucking::Position kHome{.lat_deg = 47, .lng_deg = 8};
constexpr std::int64_t kStart_ms = 1'763'800'000'000;

rucking::Position off(double east_m, double north_m) {
  return rucking::moved(kHome, {.east_m = east_m, .north_m = north_m},
                        rucking::local_scale(kHome.lat_deg));
}

rucking::TrackPoint fix(std::int64_t ms, rucking::Position at, double altitude_m) {
  return {.time_ms = ms,
          .lat_e7 = static_cast<std::int32_t>(std::lround(at.lat_deg * 1e7)),
          .lng_e7 = static_cast<std::int32_t>(std::lround(at.lng_deg * 1e7)),
          .altitude_dm = static_cast<std::int32_t>(std::lround(altitude_m * 10)),
          .accuracy_hm = 8};
}

// From home to the north at 1.4 m/s, uphill by 5 %, a fix every 5 s.
Track walk(double length_m = 6000) {
  Track track;
  for (int i = 0; i * 7.0 <= length_m; ++i) {
    track.points.push_back(fix(kStart_ms + i * 5000, off(0, i * 7.0), 400 + i * 0.35));
  }
  return track;
}

people::OwnerPrivacy owner(std::vector<rucking::Circle> zones = {}) {
  return {.key = rucking::PrivacyKey{.k0 = 1, .k1 = 2},
          .zones = std::move(zones),
          .anchors = std::vector<rucking::Anchor>(),
          .epoch = 3};
}

RuckRow row_of(const Track& track) {
  RuckRow row{{.id = RuckId(1), .status = "completed", .ruck_weight_kg = 15}};
  row.started_at = to_us(utc_ms(track.points.front().time_ms));
  row.completed_at = to_us(utc_ms(track.points.back().time_ms));
  static_cast<void>(compute(row, track, replay(row, track)));
  return row;
}

struct Case {
  RuckRow row;
  Shown shown;
};
Case shown_of(const Track& track, const people::OwnerPrivacy& privacy = owner(),
              std::vector<rucking::RuckEnd> known = {}) {
  Case out{.row = row_of(track), .shown = {}};
  const std::string line = compute(out.row, track, replay(out.row, track)).line;
  out.shown = show(out.row, track, decode_pieces(line).at(0), privacy, std::move(known));
  return out;
}

double length_of(const Shown& shown) {
  double sum = 0;
  for (const auto& piece : shown.pieces) {
    for (std::size_t i = 1; i < piece.size(); ++i) {
      sum += rucking::distance_m(piece[i - 1].position(), piece[i].position());
    }
  }
  return sum;
}

TEST(Shown, FiguresAreThoseOfTheVisiblePart) {
  const Case seen = shown_of(walk());
  ASSERT_EQ(seen.shown.pieces.size(), 1U);
  const double length = length_of(seen.shown);
  EXPECT_GT(length, 4000);
  EXPECT_NEAR(seen.row.shown_distance_m, length, 60) << "the visible metres, in hundreds";
  EXPECT_NEAR(seen.row.shown_duration_s, length / 1.4, 45);
  EXPECT_NEAR(seen.row.shown_gain_m, length * 0.05, 10);
  EXPECT_LT(seen.row.shown_kcal, seen.row.calories_kcal);
  EXPECT_EQ(seen.row.shown_epoch, 3);
  const PublicRuck view = public_view_of(seen.row);
  EXPECT_DOUBLE_EQ(view.distance_km * 1000, seen.row.shown_distance_m);
  ASSERT_TRUE(view.completed_at.value);
  EXPECT_EQ(view.completed_at.value->time_since_epoch().count(), seen.row.shown_at);
}

// The attack that found home within 3 m: two rucks that differ in nothing but the hidden part were
// told apart by every total.
TEST(Shown, WhatIsHiddenChangesNothing) {
  Track straight = walk();
  Track winding = walk();
  // The same walk with ten minutes and 300 m more behind the door, before it is seen.
  std::vector<rucking::TrackPoint> before;
  for (int i = 0; i < 120; ++i) {
    before.push_back(fix(kStart_ms - 600'000 + i * 5000, off(60.0 * (i / 3 % 2), i % 7), 500 - i));
  }
  winding.points.insert(winding.points.begin(), before.begin(), before.end());
  const people::OwnerPrivacy privacy = owner({{.centre = kHome, .radius_m = 300}});
  const Case a = shown_of(straight, privacy);
  const Case b = shown_of(winding, privacy);
  EXPECT_NE(a.row.distance_m, b.row.distance_m);
  EXPECT_EQ(a.row.shown_distance_m, b.row.shown_distance_m);
  EXPECT_EQ(a.row.shown_duration_s, b.row.shown_duration_s);
  EXPECT_EQ(a.row.shown_gain_m, b.row.shown_gain_m);
  EXPECT_EQ(a.row.shown_kcal, b.row.shown_kcal);
  EXPECT_EQ(a.row.shown_started_at, b.row.shown_started_at);
  EXPECT_EQ(a.row.shown_at, b.row.shown_at);
  EXPECT_EQ(encode_pieces(a.shown.pieces), encode_pieces(b.shown.pieces));
}

TEST(Shown, TheStartIsTheHourOfTheFirstVisiblePoint) {
  const Case seen = shown_of(walk());
  const auto& first = seen.shown.pieces.front().front();
  ASSERT_TRUE(seen.row.shown_started_at);
  EXPECT_EQ(to_ms(*seen.row.shown_started_at).time_since_epoch().count(), first.time_ms);
  EXPECT_EQ(first.time_ms % 3'600'000, 0) << "not when the rucker left the door";
}

TEST(Shown, NothingIsShownWhereAnythingNeededIsMissing) {
  people::OwnerPrivacy no_zones = owner();
  no_zones.zones.reset();
  people::OwnerPrivacy no_anchors = owner();
  no_anchors.anchors.reset();
  for (const people::OwnerPrivacy& privacy : {people::OwnerPrivacy(), no_zones, no_anchors}) {
    const Case seen = shown_of(walk(), privacy);
    EXPECT_TRUE(seen.shown.pieces.empty());
    EXPECT_EQ(seen.row.shown_at, 0);
    EXPECT_EQ(seen.row.shown_distance_m, 0);
    EXPECT_FALSE(seen.row.place_cell);
  }
}

TEST(Shown, ARuckThatIsHiddenWholeIsInNoList) {
  const Case seen = shown_of(walk(200));
  EXPECT_TRUE(seen.shown.pieces.empty());
  EXPECT_EQ(seen.row.shown_at, 0);
  EXPECT_EQ(public_view_of(seen.row).distance_km, 0);
}

TEST(Shown, AManualRuckShowsWhatWasEntered) {
  RuckRow row{{.id = RuckId(1), .status = "completed", .is_manual = true}};
  row.started_at = utc_us(kStart_ms * 1000);
  row.completed_at = utc_us(kStart_ms * 1000 + 3'600'000'000);
  row.distance_m = 5234;
  row.duration_s = 3600;
  static_cast<void>(show(row, {}, {}, owner(), {}));
  EXPECT_EQ(row.shown_distance_m, 5200);
  EXPECT_EQ(row.shown_duration_s, 3600);
  EXPECT_GT(row.shown_at, 0);
}

TEST(Shown, FullTotalsAreTheOwnersChoiceAndTheLineStaysCut) {
  people::OwnerPrivacy open = owner();
  open.show_full_totals = true;
  const Case full = shown_of(walk(), open);
  const Case cut = shown_of(walk());
  EXPECT_NEAR(full.row.shown_distance_m, full.row.distance_m, 50);
  EXPECT_GT(full.row.shown_distance_m, cut.row.shown_distance_m);
  EXPECT_EQ(full.shown.pieces.size(), cut.shown.pieces.size());
  EXPECT_EQ(full.shown.pieces.front().front().position(),
            cut.shown.pieces.front().front().position());
}

// One late stray point took the circle away from the door.
TEST(Shown, PointsThatComeLateOnlyEverHideMore) {
  const Track track = walk();
  const Case before = shown_of(track);
  for (const rucking::TrackPoint& late :
       {fix(kStart_ms - 60'000, off(-3000, -2000), 400), fix(kStart_ms - 3'600'000, {}, 0),
        fix(track.points.back().time_ms + 60'000, off(4000, 9000), 700)}) {
    Track longer = track;
    static_cast<void>(merge(longer, std::vector{late}));
    const Case after = shown_of(longer, owner(), before.shown.ends);
    for (const auto& piece : after.shown.pieces) {
      for (const rucking::TrackPoint& point : piece) {
        EXPECT_FALSE(before.shown.hidden.hides(point.position()));
        EXPECT_GE(rucking::distance_m(point.position(), kHome), rucking::kEndMarginM);
      }
    }
  }
}

TEST(Shown, ATrimmedRuckHidesBothItsEndAndTheOneThatWasCutOff) {
  const Track track = walk();
  RuckRow row = row_of(track);
  row.trim_end_ms = kStart_ms + 3'900'000;  // 5460 m on the way
  const std::string line = compute(row, track, replay(row, track)).line;
  const Shown shown = show(row, track, decode_pieces(line).at(0), owner(), {});
  const rucking::Position cut_at = off(0, 5460);
  for (const auto& piece : shown.pieces) {
    for (const rucking::TrackPoint& point : piece) {
      EXPECT_GE(rucking::distance_m(point.position(), cut_at), rucking::kEndMarginM);
      EXPECT_GE(rucking::distance_m(point.position(), off(0, 6000)), rucking::kEndMarginM);
    }
  }
}

TEST(Shown, PiecesAreReadAsTheyWereWritten) {
  const Case seen = shown_of(walk(), owner({{.centre = off(0, 3000), .radius_m = 200}}));
  ASSERT_EQ(seen.shown.pieces.size(), 2U);
  const std::string bytes = encode_pieces(seen.shown.pieces);
  EXPECT_EQ(decode_pieces(bytes), seen.shown.pieces);
  EXPECT_TRUE(decode_pieces(bytes.substr(0, bytes.size() - 1)).empty());
}

TEST(Shown, ARouteHasAboutSoManyPointsOfAllPiecesTogether) {
  const Case seen = shown_of(walk(), owner({{.centre = off(0, 3000), .radius_m = 200}}));
  const PublicRoute route = public_route(seen.shown.pieces, 20);
  ASSERT_EQ(route.pieces.size(), 2U);
  EXPECT_LE(route.pieces[0].size() + route.pieces[1].size(), 24U);
  EXPECT_EQ(route.longest.size(), std::max(route.pieces[0].size(), route.pieces[1].size()));
}

}  // namespace
}  // namespace ruck::rucks
