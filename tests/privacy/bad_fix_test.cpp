// A fix somewhere else does not show the door, whoever looks and whenever.
#include "base/time.hpp"
#include "privacy/visit.hpp"
#include "rucking/privacy.hpp"
#include "support/rucking.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ruck::attack {
namespace {
constexpr rucking::Position kDoor{.lat_deg = 47, .lng_deg = 8};
constexpr double kNoiseM = 3;

// A straight way from the door to the north, with a fix every ten seconds, and back.
Fixes walk(std::int64_t start_ms, bool is_away_from_home = true) {
  const Frame frame(kDoor);
  Fixes fixes;
  constexpr int kCount = 240;
  for (int i = 0; i < kCount; ++i) {
    const int step = is_away_from_home ? i : kCount - 1 - i;
    fixes.push_back({.at = frame.on_earth({0, 14.0 * step}),
                     .altitude_m = 400,
                     .time_ms = start_ms + 10'000 * i,
                     .accuracy_m = 5});
  }
  return fixes;
}

struct Bad {
  std::string name;
  rucking::Position at;
  double accuracy_m = 5;
};
std::vector<Bad> bad_fixes() {
  const Frame frame(kDoor);
  return {{"null island", {.lat_deg = 0, .lng_deg = 0}},
          {"stale by a kilometre", frame.on_earth({1025, 0}), 20},
          {"600 m off, accuracy 45 m", frame.on_earth({-600, 0}), 45},
          {"600 m off, accuracy 5 m", frame.on_earth({0, -600}), 5}};
}

class BadFixTest : public testing::Test {
 protected:
  BadFixTest() {
    owner_.sign_up("owner");
    follower_.sign_up("follower");
    stranger_.sign_up("stranger");
    follower_.post("/api/users/" + owner_.user_id + "/follow");
    owner_.post("/api/users/" + follower_.user_id + "/follow");
  }

  double nearest(const json::Tree& reply) {
    const Frame frame(kDoor);
    double nearest = 1e9;
    for (const Piece& piece : seen_ruck(reply, frame).pieces) {
      for (std::size_t i = 0; i < piece.size(); ++i) {
        const Point before = piece[i == 0 ? 0 : i - 1].at;
        nearest = std::min(nearest, distance_to_segment({}, before, piece[i].at));
      }
    }
    return nearest;
  }
  double nearest_on_card(const json::Tree& card) {
    const Frame frame(kDoor);
    double nearest = 1e9;
    for (const json::Tree& point : card["location_points"].items()) {
      nearest = std::min(nearest, length(frame.in_plane({.lat_deg = point["lat"].number(),
                                                         .lng_deg = point["lng"].number()})));
    }
    return nearest;
  }
  void expect_door_hidden(const std::string& who, const test::Reply& reply) {
    if (reply.status != 200) return;  // whoever sees nothing sees no door
    EXPECT_GE(nearest(reply.json), rucking::kEndMarginM - kNoiseM) << who;
  }

  void look_from_everywhere(const std::string& id) {
    for (const char* rest : {"", "/details"}) {
      const test::Reply reply = stranger_.get("/api/rucks/" + id + rest);
      ASSERT_EQ(reply.status, 200) << reply.body;
      expect_door_hidden("a stranger", reply);
    }
    const test::Reply list = stranger_.get("/api/users/" + owner_.user_id + "/rucks");
    for (const json::Tree& card : list.json["ruck_sessions"].items()) {
      EXPECT_GE(nearest_on_card(card), rucking::kEndMarginM - kNoiseM) << "on a card";
    }
    const test::Reply preview = owner_.get("/api/rucks/" + id + "/preview");
    EXPECT_GE(nearest(preview.json["data"]["ruck"]), rucking::kEndMarginM - kNoiseM)
        << "in the preview";
  }

  // Where a ruck comes home from elsewhere for the first time, nobody knows yet that it will end
  // there: followers whom the owner follows back see it live, by design. Links trail behind.
  enum class Followed : std::uint8_t { kLive, kByLinkOnly };
  std::string record(const Fixes& fixes, std::size_t batch, Followed by = Followed::kLive) {
    const std::string id =
        test::start_ruck(owner_, R"({"ruck_weight_kg":15,"visibility":"public"})");
    const test::Reply link = owner_.post("/api/rucks/" + id + "/live/links", R"({"hours":4})");
    const std::string token = link.json["data"]["token"].text();
    for (std::size_t from = 0; from < fixes.size(); from += batch) {
      const auto begin = fixes.begin() + static_cast<std::ptrdiff_t>(from);
      const auto size = std::min(batch, fixes.size() - from);
      const test::Reply sent =
          owner_.post("/api/rucks/" + id + "/location",
                      batch_of({begin, begin + static_cast<std::ptrdiff_t>(size)}));
      EXPECT_EQ(sent.status, 201) << sent.body;
      if (by == Followed::kLive) {
        expect_door_hidden("a follower, live", follower_.get("/api/rucks/" + id + "/live"));
      }
      expect_door_hidden("who has a link", nobody_.get("/api/live/" + token));
    }
    EXPECT_EQ(owner_.post("/api/rucks/" + id + "/complete", "{}").status, 200);
    return id;
  }
  std::string import(const Fixes& fixes) {
    const test::Reply reply =
        owner_.send(http::Method::kPost, "/api/gpx/import?ruck_weight_kg=15&visibility=public",
                    gpx_of(fixes), "application/gpx+xml");
    EXPECT_EQ(reply.status, 201) << reply.body;
    return std::to_string(reply.json["ruck"]["id"].integer());
  }

  test::RuckServer server_{{}};
  test::ApiClient owner_{server_.url()};
  test::ApiClient follower_{server_.url()};
  test::ApiClient stranger_{server_.url()};
  test::ApiClient nobody_{server_.url()};
  std::int64_t start_ms_ = test::now_ms() - 7'200'000;
};

TEST_F(BadFixTest, TheFirstOfAFileShowsNoDoor) {
  for (const Bad& bad : bad_fixes()) {
    SCOPED_TRACE(bad.name);
    Fixes fixes = walk(start_ms_ -= 4'000'000);
    fixes.insert(fixes.begin(), {.at = bad.at, .altitude_m = 400, .time_ms = start_ms_ - 10'000});
    look_from_everywhere(import(fixes));
  }
}

TEST_F(BadFixTest, TheLastOfAFileShowsNoDoor) {
  for (const Bad& bad : bad_fixes()) {
    SCOPED_TRACE(bad.name);
    Fixes fixes = walk(start_ms_ -= 4'000'000, false);
    fixes.push_back({.at = bad.at, .altitude_m = 400, .time_ms = fixes.back().time_ms + 10'000});
    look_from_everywhere(import(fixes));
  }
}

TEST_F(BadFixTest, TheFirstOfARecordingShowsNoDoorLiveOrAfterwards) {
  for (const Bad& bad : bad_fixes()) {
    SCOPED_TRACE(bad.name);
    Fixes fixes = walk(start_ms_ -= 4'000'000);
    fixes.insert(fixes.begin(), {.at = bad.at,
                                 .altitude_m = 400,
                                 .time_ms = start_ms_ - 10'000,
                                 .accuracy_m = bad.accuracy_m});
    look_from_everywhere(record(fixes, 6));
  }
}

TEST_F(BadFixTest, TheLastOfARecordingShowsNoDoorAfterwards) {
  for (const Bad& bad : bad_fixes()) {
    SCOPED_TRACE(bad.name);
    Fixes fixes = walk(start_ms_ -= 4'000'000, false);
    fixes.push_back({.at = bad.at,
                     .altitude_m = 400,
                     .time_ms = fixes.back().time_ms + 10'000,
                     .accuracy_m = bad.accuracy_m});
    look_from_everywhere(record(fixes, 6, Followed::kByLinkOnly));
  }
}

TEST_F(BadFixTest, SeveralBadFixesInARowShowNoDoor) {
  for (const Bad& bad : bad_fixes()) {
    SCOPED_TRACE(bad.name);
    Fixes fixes = walk(start_ms_ -= 4'000'000);
    for (int i = 1; i <= 4; ++i) {
      fixes.insert(fixes.begin(), {.at = bad.at,
                                   .altitude_m = 400,
                                   .time_ms = start_ms_ - 10'000 * i,
                                   .accuracy_m = bad.accuracy_m});
    }
    look_from_everywhere(record(fixes, 7));
    for (Fix& fix : fixes) fix.time_ms -= 3'000'000'000;
    look_from_everywhere(import(fixes));
  }
}

TEST_F(BadFixTest, OneLateStrayPointShowsNoDoor) {
  for (const Bad& bad : bad_fixes()) {
    SCOPED_TRACE(bad.name);
    const Fixes fixes = walk(start_ms_ -= 4'000'000);
    const std::string id = record(fixes, fixes.size());
    look_from_everywhere(id);
    const Fixes late = {{.at = bad.at,
                         .altitude_m = 400,
                         .time_ms = start_ms_ - 10'000,
                         .accuracy_m = bad.accuracy_m}};
    EXPECT_EQ(owner_.post("/api/rucks/" + id + "/location", batch_of(late)).status, 201);
    look_from_everywhere(id);
  }
}

TEST_F(BadFixTest, TheFirstPartThatComesLateShowsNoDoor) {
  const Fixes fixes = walk(start_ms_ -= 4'000'000);
  const std::string id = record(Fixes(fixes.begin() + 60, fixes.end()), 180);
  EXPECT_EQ(
      owner_.post("/api/rucks/" + id + "/location", batch_of({fixes.begin(), fixes.begin() + 60}))
          .status,
      201);
  look_from_everywhere(id);
}

TEST_F(BadFixTest, ARestOfHoursAtHomeShowsNoDoor) {
  for (const std::int64_t minutes : {90, 240}) {
    SCOPED_TRACE(fmt::format("{} minutes", minutes));
    Fixes fixes = walk(start_ms_ -= 20'000'000, false);
    const std::int64_t there_ms = fixes.back().time_ms;
    for (std::int64_t i = 1; i <= minutes * 2; ++i) {
      const Frame frame(kDoor);
      const double wander = static_cast<double>(i % 7) - 3;
      fixes.push_back({.at = frame.on_earth({wander, -wander}),
                       .altitude_m = 400,
                       .time_ms = there_ms + 30'000 * i});
    }
    for (const Fix& fix : walk(fixes.back().time_ms + 10'000)) fixes.push_back(fix);
    look_from_everywhere(import(fixes));
  }
}

TEST_F(BadFixTest, ARuckCutOffJustBeforeTheDoorShowsNoDoor) {
  const Fixes fixes = walk(start_ms_ -= 4'000'000, false);
  const std::string id = record(fixes, 6, Followed::kByLinkOnly);
  for (const int cut : {2, 12, 25}) {  // 28, 168 and 350 m before it
    const std::int64_t end_ms = fixes[fixes.size() - 1 - static_cast<std::size_t>(cut)].time_ms;
    const test::Reply reply = owner_.put(
        "/api/rucks/" + id + "/edit",
        fmt::format(R"({{"end_time":"{}","duration_seconds":{},"distance_km":3,)"
                    R"("elevation_gain_m":0,"elevation_loss_m":0}})",
                    to_iso8601(utc_ms(end_ms)), (end_ms - fixes.front().time_ms) / 1000));
    ASSERT_EQ(reply.status, 200) << reply.body;
    look_from_everywhere(id);
  }
}

}  // namespace
}  // namespace ruck::attack
