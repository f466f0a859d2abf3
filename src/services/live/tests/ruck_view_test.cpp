#include "services/live/ruck_view.hpp"

#include "http/json/tree.hpp"

#include <gmock/gmock.h>

namespace ruck::live {
namespace {
using json::Tree;

constexpr double kDegreesPerMetre = 1 / 111'195.0;

people::OwnerPrivacy privacy(std::vector<rucking::Circle> zones = {}) {
  return {.key = rucking::PrivacyKey{.k0 = 1, .k1 = 2}, .zones = std::move(zones)};
}

rucks::LiveState state() {
  return {.id = RuckId(7),
          .status = "in_progress",
          .is_under_way = true,
          .visibility = people::Visibility::kPublic,
          .allow_live_following = true,
          .started_at = utc_us(1'763'800'000'123'456)};
}

// Points to the north, 10 m apart; `from` and `to` are numbers of points.
std::vector<rucking::TrackPoint> north(int from, int to) {
  std::vector<rucking::TrackPoint> points;
  for (int i = from; i < to; ++i) {
    points.push_back(
        {.time_ms = 1'763'800'000'000 + i * 7000,
         .lat_e7 = static_cast<std::int32_t>(std::llround((47 + 10 * i * kDegreesPerMetre) * 1e7)),
         .lng_e7 = 80'000'000});
  }
  return points;
}

Progress progress(int points) { return {.distance_m = 10.0 * points, .duration_s = 7.0 * points}; }

double metres(const Tree& location) {
  return (location["latitude"].number() - 47) / kDegreesPerMetre;
}

TEST(RuckView, ItsStartIsHiddenFromAllButTheOwner) {
  RuckView view(state(), privacy());
  view.add(north(0, 5), progress(5));
  EXPECT_NEAR(metres(Tree::parse(view.snapshot(Audience::kOwner, {}))["current_location"]), 40, 1);
  for (const Audience audience : {Audience::kFollower, Audience::kLink}) {
    const Tree shown = Tree::parse(view.snapshot(audience, {}));
    EXPECT_TRUE(shown["current_location"].is_null());
    EXPECT_EQ(shown["route_pieces"].size(), 0U);
  }
}

TEST(RuckView, WithoutAKeyNothingIsShown) {
  RuckView view(state(), people::OwnerPrivacy());
  view.add(north(0, 500), progress(500));
  for (const Audience audience : {Audience::kFollower, Audience::kLink}) {
    EXPECT_TRUE(Tree::parse(view.snapshot(audience, {}))["current_location"].is_null());
    EXPECT_TRUE(Tree::parse(view.update(audience).data)["current_location"].is_null());
  }
}

TEST(RuckView, ALinkShowsWhatAFinishedRuckWouldShowHere) {
  RuckView view(state(), privacy());
  double shown_before = 0;
  for (int i = 0; i < 400; i += 10) {
    view.add(north(i, i + 10), progress(i + 10));
    const Tree at = Tree::parse(view.update(Audience::kLink).data)["current_location"];
    if (at.is_null()) continue;
    EXPECT_LE(metres(at), 10.0 * (i + 9) - rucking::kEndMarginM) << "behind, at least so far";
    EXPECT_GE(metres(at), shown_before) << "never back";
    shown_before = metres(at);
  }
  EXPECT_GT(shown_before, 4000 - 2 * rucking::kEndRadiusMaxM - 20) << "but not further than that";
}

TEST(RuckView, UpdatesTogetherAreTheSnapshot) {
  RuckView view(state(),
                privacy({{.centre = {.lat_deg = 47 + 2000 * kDegreesPerMetre, .lng_deg = 8},
                          .radius_m = 200}}));
  view.begin(Audience::kFollower);
  std::vector<std::vector<double>> pieces;
  for (int i = 0; i < 350; i += 10) {
    view.add(north(i, i + 10), progress(i + 10));
    const Tree update = Tree::parse(view.update(Audience::kFollower).data);
    if (update["points"].size() == 0) continue;
    if (!update["continues"].boolean()) pieces.emplace_back();
    for (const Tree& point : update["points"].items()) {
      pieces.back().push_back(point["lat"].number());
    }
  }
  const Tree whole = Tree::parse(view.snapshot(Audience::kFollower, {}))["route_pieces"];
  ASSERT_EQ(pieces.size(), 2U) << "before and after the zone";
  ASSERT_EQ(whole.size(), 2U);
  for (std::size_t p = 0; p < 2; ++p) {
    ASSERT_EQ(pieces[p].size(), whole[p].size());
    for (std::size_t i = 0; i < pieces[p].size(); ++i) {
      EXPECT_DOUBLE_EQ(pieces[p][i], whole[p][i]["lat"].number());
    }
  }
}

TEST(RuckView, SinceGivesWhatCameAfterIt) {
  RuckView view(state(), privacy());
  view.add(north(0, 300), progress(300));
  const Tree part = Tree::parse(view.snapshot(Audience::kFollower, 290));
  EXPECT_EQ(part["since"].integer(), 290);
  EXPECT_TRUE(part["continues"].boolean());
  EXPECT_EQ(part["route_pieces"][0].size(), 10U);
  const Tree nothing = Tree::parse(view.snapshot(Audience::kFollower, 300));
  EXPECT_EQ(nothing["route_pieces"].size(), 0U);
  EXPECT_NEAR(metres(nothing["current_location"]), 2990, 1);
  const Tree ahead = Tree::parse(view.snapshot(Audience::kFollower, 5000));
  EXPECT_TRUE(ahead["since"].is_null()) << "of another life of the ruck: all of it";
}

// What a page puts together: updates that follow on what it has, and where one does not, what it
// asks for with `since`.
std::vector<std::vector<double>> followed(RuckView& view, Audience audience, int count, int step) {
  std::vector<std::vector<double>> pieces;
  std::uint32_t has = 0;
  const auto take = [&](const Tree& points, bool continues) {
    if (points.size() == 0) return;
    if (!continues || pieces.empty()) pieces.emplace_back();
    for (const Tree& point : points.items()) pieces.back().push_back(point["lat"].number());
  };
  view.begin(audience);
  for (int i = 0; i < count; i += step) {
    view.add(north(i, i + step), progress(i + step));
    const RuckView::Update update = view.update(audience);
    const Tree data = Tree::parse(update.data);
    if (update.previous == has) {
      take(data["points"], data["continues"].boolean());
    } else {
      const Tree rest = Tree::parse(
          view.snapshot(audience, has > 0 ? std::optional<std::uint32_t>(has) : std::nullopt));
      bool continues = rest["continues"].boolean();
      for (const Tree& piece : rest["route_pieces"].items()) {
        take(piece, continues);
        continues = false;
      }
    }
    has = update.seq;
  }
  return pieces;
}

TEST(RuckView, WhatDoesNotFitIntoAnUpdateIsAskedForAndNothingIsMissed) {
  // Up to 120 points at once, as after a dead zone, and a zone in the middle of one batch.
  for (const int step : {10, 40, 120}) {
    for (const Audience audience : {Audience::kFollower, Audience::kLink}) {
      RuckView view(state(),
                    privacy({{.centre = {.lat_deg = 47 + 1500 * kDegreesPerMetre, .lng_deg = 8},
                              .radius_m = 150}}));
      const auto pieces = followed(view, audience, 480, step);
      const Tree whole = Tree::parse(view.snapshot(audience, {}))["route_pieces"];
      ASSERT_EQ(pieces.size(), whole.size()) << step;
      for (std::size_t p = 0; p < pieces.size(); ++p) {
        std::vector<double> all;
        for (const Tree& point : whole[p].items()) all.push_back(point["lat"].number());
        EXPECT_EQ(pieces[p], all) << step << " points at once, piece " << p;
      }
    }
  }
}

TEST(RuckView, ALinkThatComesBackMissesNothingOfItsTrail) {
  RuckView view(state(), privacy());
  view.add(north(0, 200), progress(200));
  const std::uint32_t had = view.seq(Audience::kLink);
  EXPECT_LT(had, 200U) << "a link is not told of what it does not see";
  const std::size_t before =
      Tree::parse(view.snapshot(Audience::kLink, {}))["route_pieces"][0].size();
  view.add(north(200, 300), progress(300));
  const Tree rest = Tree::parse(view.snapshot(Audience::kLink, had));
  EXPECT_TRUE(rest["continues"].boolean());
  const std::size_t now = Tree::parse(view.snapshot(Audience::kLink, {}))["route_pieces"][0].size();
  EXPECT_EQ(before + rest["route_pieces"][0].size(), now);
}

TEST(RuckView, ALongRuckStaysSmall) {
  RuckView view(state(), privacy());
  view.add(north(0, 20'000), progress(20'000));
  const Tree shown = Tree::parse(view.snapshot(Audience::kOwner, {}));
  EXPECT_LE(shown["route_pieces"][0].size(), kSpotsMax + 1);
  EXPECT_NEAR(metres(shown["current_location"]), 199'990, 2);
}

TEST(RuckView, OthersAreToldRoundedTotalsAndMinutes) {
  RuckView view(state(), privacy());
  view.add(north(0, 163), {.distance_m = 1627, .duration_s = 1139});
  const Tree own = Tree::parse(view.contract_form(Audience::kOwner));
  EXPECT_DOUBLE_EQ(own["distance_km"].number(), 1.627);
  EXPECT_EQ(own["duration_seconds"].integer(), 1139);
  const Tree others = Tree::parse(view.contract_form(Audience::kFollower));
  EXPECT_DOUBLE_EQ(others["distance_km"].number(), 1.6);
  EXPECT_EQ(others["duration_seconds"].integer(), 1140);
  EXPECT_TRUE(others["started_at"].text().ends_with(":00.000Z") ||
              others["started_at"].text().ends_with(":00Z"))
      << others["started_at"].text();
}

TEST(RuckView, ANewZoneHidesWhereTheRuckerIs) {
  RuckView view(state(), privacy());
  view.add(north(0, 300), progress(300));
  view.begin(Audience::kFollower);
  view.set_privacy(privacy(
      {{.centre = {.lat_deg = 47 + 2990 * kDegreesPerMetre, .lng_deg = 8}, .radius_m = 300}}));
  EXPECT_TRUE(Tree::parse(view.update(Audience::kFollower).data)["current_location"].is_null());
}

}  // namespace
}  // namespace ruck::live
