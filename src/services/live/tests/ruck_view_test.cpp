#include "services/live/ruck_view.hpp"

#include "http/json/tree.hpp"

#include <gmock/gmock.h>

namespace ruck::live {
namespace {
using json::Tree;

constexpr double kDegreesPerMetre = 1 / 111'195.0;

people::OwnerPrivacy privacy(std::vector<rucking::Circle> zones = {}) {
  return {.key = rucking::PrivacyKey{.k0 = 1, .k1 = 2},
          .zones = std::move(zones),
          .anchors = std::vector<rucking::Anchor>()};
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
  EXPECT_GT(shown_before, 4000 - 2 * rucking::kAnchorRadiusMaxM - 20)
      << "but not further than that";
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
  view.add(north(0, 290), progress(290));
  const std::uint32_t had = view.seq(Audience::kFollower);
  view.add(north(290, 300), progress(300));
  const Tree part = Tree::parse(view.snapshot(Audience::kFollower, had));
  EXPECT_EQ(part["since"].integer(), had);
  EXPECT_TRUE(part["continues"].boolean());
  EXPECT_EQ(part["route_pieces"][0].size(), 10U);
  const Tree nothing =
      Tree::parse(view.snapshot(Audience::kFollower, view.seq(Audience::kFollower)));
  EXPECT_EQ(nothing["route_pieces"].size(), 0U);
  EXPECT_NEAR(metres(nothing["current_location"]), 2990, 1);
  const Tree own = Tree::parse(view.snapshot(Audience::kOwner, 290));
  EXPECT_EQ(own["route_pieces"][0].size(), 10U) << "the owner's are the numbers of points";
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

double line_m(const Tree& pieces) {
  double length = 0;
  for (const Tree& piece : pieces.items()) {
    for (std::size_t i = 1; i < piece.size(); ++i) {
      length += (piece[i]["lat"].number() - piece[i - 1]["lat"].number()) / kDegreesPerMetre;
    }
  }
  return length;
}

// 340 points of 1.4 m before the first that is seen: `seq` and `distance` told how far away the
// door is, to the metre.
TEST(RuckView, OthersFiguresFollowFromWhatTheySee) {
  RuckView view(state(), privacy());
  view.add(north(0, 163), {.distance_m = 1627, .duration_s = 1139});
  const Tree own = Tree::parse(view.contract_form(Audience::kOwner));
  EXPECT_DOUBLE_EQ(own["distance_km"].number(), 1.627);
  EXPECT_EQ(own["duration_seconds"].integer(), 1139);
  for (const Audience audience : {Audience::kFollower, Audience::kLink}) {
    const Tree others = Tree::parse(view.contract_form(audience));
    const double seen_m = line_m(others["route_pieces"]);
    EXPECT_GT(seen_m, 100);
    EXPECT_LT(seen_m, 1500) << "the start is hidden";
    EXPECT_NEAR(others["distance_km"].number() * 1000, seen_m, 75);
    EXPECT_NEAR(static_cast<double>(others["duration_seconds"].integer()), seen_m / 10 * 7, 45);
    EXPECT_EQ(others["duration_seconds"].integer() % 60, 0);
    EXPECT_TRUE(others["started_at"].text().ends_with(":00.000Z") ||
                others["started_at"].text().ends_with(":00Z"))
        << others["started_at"].text();
  }
}

TEST(RuckView, BeforeTheFirstVisiblePointAllIsNothing) {
  RuckView view(state(), privacy());
  view.begin(Audience::kFollower);
  static_cast<void>(view.update(Audience::kFollower));
  const std::string before = view.contract_form(Audience::kFollower);
  view.add(north(0, 8), progress(8));
  const Tree shown = Tree::parse(view.contract_form(Audience::kFollower));
  EXPECT_EQ(view.contract_form(Audience::kFollower), before) << "nothing tells of hidden points";
  EXPECT_EQ(shown["seq"].integer(), 0);
  EXPECT_EQ(shown["duration_seconds"].kind(), json::Kind::kInteger);
  for (const char* name : {"distance_km", "duration_seconds", "average_pace"}) {
    EXPECT_EQ(shown[name].number(), 0) << name;
  }
  EXPECT_EQ(shown["route"].size(), 0U);
  EXPECT_TRUE(shown["current_location"].is_null());
  EXPECT_TRUE(shown["last_location_update"].is_null());
  EXPECT_FALSE(shown["started_at"].is_null());
  EXPECT_FALSE(view.update(Audience::kFollower).is_news) << "nor does a frame";
}

// Into a zone, to and fro in it, and out again.
TEST(RuckView, WhileTheRuckerIsHiddenNothingMoves) {
  RuckView view(state(),
                privacy({{.centre = {.lat_deg = 47 + 3000 * kDegreesPerMetre, .lng_deg = 8},
                          .radius_m = 300}}));
  const std::vector<rucking::TrackPoint> way = north(0, 500);
  const auto add = [&](int from, int to) {
    view.add(
        std::span(way).subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)),
        progress(to));
  };
  view.begin(Audience::kFollower);
  add(0, 290);  // 110 m before the centre of the zone
  static_cast<void>(view.update(Audience::kFollower));
  const std::string before = view.contract_form(Audience::kFollower);
  EXPECT_GT(Tree::parse(before)["distance_km"].number(), 1);
  add(290, 310);
  EXPECT_EQ(view.contract_form(Audience::kFollower), before);
  EXPECT_FALSE(view.update(Audience::kFollower).is_news);
  const std::uint32_t seq = view.seq(Audience::kFollower);
  add(310, 500);
  const RuckView::Update out = view.update(Audience::kFollower);
  EXPECT_TRUE(out.is_news);
  EXPECT_NE(out.seq, seq);
  const Tree after = Tree::parse(view.contract_form(Audience::kFollower));
  EXPECT_NEAR(after["distance_km"].number() * 1000, line_m(after["route_pieces"]), 75)
      << "what lies in the zone is not in it";
  rucks::LiveState paused = state();
  paused.status = "paused";
  view.set_state(paused);
  EXPECT_TRUE(view.update(Audience::kFollower).is_news) << "that is no place";
}

// Two numbers tell nothing of how many points lie between.
TEST(RuckView, OthersSeqIsNoCount) {
  RuckView view(state(), privacy());
  std::vector<std::uint32_t> seqs;
  for (int i = 0; i < 400; i += 10) {
    view.add(north(i, i + 10), progress(i + 10));
    const std::uint32_t seq = view.seq(Audience::kFollower);
    if (seq != 0 && (seqs.empty() || seqs.back() != seq)) seqs.push_back(seq);
  }
  ASSERT_GT(seqs.size(), 20U);
  int rises = 0;
  for (std::size_t i = 1; i < seqs.size(); ++i) {
    rises += seqs[i] > seqs[i - 1] ? 1 : 0;
    const std::int64_t step = std::int64_t{seqs[i]} - std::int64_t{seqs[i - 1]};
    EXPECT_GT(std::abs(step), 1000) << "with 2^32 numbers a small step is a count";
  }
  EXPECT_GT(rises, 5);
  EXPECT_LT(rises, static_cast<int>(seqs.size()) - 5) << "they go up and down";
  RuckView other(state(), privacy());
  other.add(north(0, 400), progress(400));
  EXPECT_EQ(other.seq(Audience::kFollower), seqs.back()) << "the same on another instance";
}

TEST(RuckView, APauseIsNotWalked) {
  rucks::LiveTrack track{.points = north(0, 300), .distance_m = 3000, .duration_s = 2100};
  for (std::size_t i = 200; i < track.points.size(); ++i) track.points[i].time_ms += 600'000;
  RuckView view(state(), privacy());
  view.load(track);
  const auto seen_s = [&] {
    return Tree::parse(view.contract_form(Audience::kFollower))["duration_seconds"].integer();
  };
  const std::int64_t with_stop = seen_s();
  const std::int64_t at = track.points[199].time_ms;
  track.pauses = {{.from_ms = at + 1000, .to_ms = at + 601'000}};
  view.load(track);
  EXPECT_EQ(with_stop - seen_s(), 600);
  EXPECT_LT(seen_s(), 2100);
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
