// What others are shown follows from what they may see: figures, orders and sums, and it is decided
// by fixes that agree. Each test is an attack that found a home.
#include "db/open.hpp"
#include "rucking/geo.hpp"
#include "rucking/privacy.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>

namespace ruck::test {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;

const db::Sql kDamage{"test.damage", "UPDATE track_chunks SET packing = $1"};

constexpr rucking::Position kDoor{.lat_deg = 47.0, .lng_deg = 8.0};

class ShownTest : public ApiTest {
 protected:
  static std::string point(rucking::Position at, std::int64_t ms, double accuracy_m = 5) {
    return fmt::format(
        R"({{"lat":{:.7f},"lng":{:.7f},"altitude":400,"timestamp":"{}","accuracy":{}}})",
        at.lat_deg, at.lng_deg, to_iso8601(utc_ms(ms)), accuracy_m);
  }
  static rucking::Position off(double east_m, double north_m) {
    return rucking::moved(kDoor, {.east_m = east_m, .north_m = north_m},
                          rucking::local_scale(kDoor.lat_deg));
  }
  static std::string id_of(const Reply& reply) {
    return std::to_string(reply.json["id"].integer());
  }
  // The nearest of all positions in what others get of a ruck.
  static double nearest_m(const json::Tree& route_pieces, rucking::Position to) {
    double nearest = 1e9;
    for (const json::Tree& piece : route_pieces.items()) {
      for (const json::Tree& p : piece.items()) {
        nearest =
            std::min(nearest, rucking::distance_m({p["lat"].number(), p["lng"].number()}, to));
      }
    }
    return nearest;
  }
  static double length_m(const json::Tree& route_pieces) {
    double sum = 0;
    for (const json::Tree& piece : route_pieces.items()) {
      for (std::size_t i = 1; i < piece.size(); ++i) {
        const auto at = [&](std::size_t k) {
          return rucking::Position{piece[k]["lat"].number(), piece[k]["lng"].number()};
        };
        sum += rucking::distance_m(at(i - 1), at(i));
      }
    }
    return sum;
  }
  static void hide_around(ApiClient& owner, rucking::Position middle) {
    const Reply made = owner.post(
        "/api/users/me/privacy-zones",
        fmt::format(R"({{"name":"work","latitude":{:.7f},"longitude":{:.7f},"radius_m":300}})",
                    middle.lat_deg, middle.lng_deg));
    ASSERT_EQ(made.status, 201) << made.body;
  }
  // What is hidden is computed anew a moment after a change.
  static Reply details_when_shown(ApiClient& viewer, const std::string& ruck) {
    Reply reply;
    EXPECT_TRUE(until([&] {
      reply = viewer.get("/api/rucks/" + ruck + "/details");
      return reply.json["route_pieces"].size() > 0;
    })) << reply.body;
    return reply;
  }
};

// The door was in the open, 0 m away, when the first fix was somewhere else.
TEST_P(ShownTest, AWrongFirstOrLastFixDoesNotShowTheDoor) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::int64_t start = now_ms() - 7'200'000;
  struct Wrong {
    rucking::Position at;
    double accuracy_m;
    double seconds;  // before the walk begins
  };
  const Wrong cases[] = {
      {{}, 5, 10}, {off(-1000, 0), 20, 10}, {off(0, -600), 45, 10}, {off(1000, 300), 20, 600}};
  std::int64_t shift = 0;
  for (const Wrong& wrong : cases) {
    for (const bool at_the_end : {false, true}) {
      const std::string id = start_ruck(anna);
      std::string points;
      const std::int64_t begin = start + shift;
      if (!at_the_end) {
        points += point(wrong.at, begin - static_cast<std::int64_t>(wrong.seconds * 1000),
                        wrong.accuracy_m) +
                  ",";
      }
      // To the north from the door; or towards it.
      const int count = 400;
      for (int i = 0; i < count; ++i) {
        const double north = 7.0 * (at_the_end ? count - 1 - i : i);
        points += (i > 0 ? "," : "") + point(off(0, north), begin + i * 5000);
      }
      if (at_the_end) {
        points +=
            "," + point(wrong.at,
                        begin + count * 5000 + static_cast<std::int64_t>(wrong.seconds * 1000),
                        wrong.accuracy_m);
      }
      ASSERT_EQ(anna.post("/api/rucks/" + id + "/location", "{\"points\":[" + points + "]}").status,
                201);
      ASSERT_EQ(anna.post("/api/rucks/" + id + "/complete", "{}").status, 200);
      const Reply seen = berta.get("/api/rucks/" + id + "/details");
      ASSERT_EQ(seen.status, 200) << seen.body;
      EXPECT_GE(nearest_m(seen.json["route_pieces"], kDoor), rucking::kEndMarginM)
          << "wrong fix at " << wrong.at.lat_deg << ", " << wrong.at.lng_deg << " at the "
          << (at_the_end ? "end" : "start");
      shift -= 86'400'000;
    }
  }
}

// One stray point after completion moved the hidden place away from the door.
TEST_P(ShownTest, APointThatComesLateUncoversNothing) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const Walk walk{.start_ms = now_ms() - 7'200'000, .count = 600};
  const std::string id = record_ruck(anna, walk);
  const double before =
      nearest_m(berta.get("/api/rucks/" + id + "/details").json["route_pieces"], kDoor);
  for (const std::int64_t ms : {walk.start_ms - 60'000, walk.start_ms + 2'900'000}) {
    const std::string stray = "{\"points\":[" + point(off(-2500, -1500), ms) + "]}";
    ASSERT_EQ(anna.post("/api/rucks/" + id + "/location", stray).status, 201);
    const Reply seen = berta.get("/api/rucks/" + id + "/details");
    EXPECT_GE(nearest_m(seen.json["route_pieces"], kDoor), before - 1);
    EXPECT_GE(nearest_m(seen.json["route_pieces"], off(0, walk.metres_to(599))),
              rucking::kEndMarginM);
  }
}

TEST_P(ShownTest, TotalsAreThoseOfTheVisibleLineEverywhere) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const Walk walk{.start_ms = now_ms() - 7'200'000, .count = 700};  // 4.9 km
  const std::string id = record_ruck(anna, walk);
  const json::Tree seen = berta.get("/api/rucks/" + id + "/details").json;
  const double visible_m = length_m(seen["route_pieces"]);
  EXPECT_GT(visible_m, 2700);
  EXPECT_LT(visible_m, 4700);
  EXPECT_NEAR(seen["distance_km"].number() * 1000, visible_m, 60);
  EXPECT_NEAR(seen["duration_seconds"].number(), visible_m / 1.4, 60);
  const json::Tree own = anna.get("/api/rucks/" + id).json;
  EXPECT_NEAR(own["distance_km"].number(), 4.9, 0.03);
  EXPECT_NE(seen["started_at"].text(), own["started_at"].text());
  EXPECT_EQ(seen["started_at"].text().substr(13, 7), ":00:00Z") << "the hour";
  const auto same_everywhere = [&](const json::Tree& form) {
    EXPECT_EQ(form["distance_km"].number(), seen["distance_km"].number());
    EXPECT_EQ(form["duration_seconds"].integer(), seen["duration_seconds"].integer());
    EXPECT_EQ(form["calories_burned"].number(), seen["calories_burned"].number());
    EXPECT_EQ(form["started_at"].text(), seen["started_at"].text());
    EXPECT_EQ(form["completed_at"].text(), seen["completed_at"].text());
  };
  same_everywhere(berta.get("/api/rucks/" + id).json);
  const json::Tree card = berta.get("/api/ruck-buddies").json["ruck_sessions"][0];
  same_everywhere(card);
  EXPECT_EQ(card["created_at"].text(), seen["started_at"].text());
  same_everywhere(berta.get("/api/users/" + anna.user_id + "/rucks").json["ruck_sessions"][0]);
  same_everywhere(anna.get("/api/rucks/" + id + "/preview").json["data"]["ruck"]);
  const json::Tree page = berta.get("/api/users/" + anna.user_id + "/profile").json["data"];
  same_everywhere(page["recentRucks"][0]);
  EXPECT_EQ(page["stats"]["totalDistanceKm"].number(), seen["distance_km"].number());
  EXPECT_EQ(page["stats"]["totalDurationSeconds"].integer(), seen["duration_seconds"].integer());
  EXPECT_NEAR(anna.get("/api/users/" + anna.user_id + "/profile")
                  .json["data"]["stats"]["totalDistanceKm"]
                  .number(),
              4.9, 0.05)
      << "one's own profile is full";
}

// With a private ruck of one's own as cursor, the exact distance of another's was had to 1 m.
TEST_P(ShownTest, TheOrderOfAListTellsNoMoreThanTheCards) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string id = record_ruck(anna, {.start_ms = now_ms() - 7'200'000, .count = 700});
  const json::Tree seen = berta.get("/api/rucks/" + id + "/details").json;
  const double km = seen["distance_km"].number();
  const auto seconds = static_cast<int>(seen["duration_seconds"].integer());
  std::vector<std::size_t> counts;
  for (const int metres : {-40, -20, 0, 20, 40}) {  // all shown as the same distance and time
    const Reply own = enter_ruck(berta, "2026-11-20T10:00:00Z", km + metres / 1000.0,
                                 seconds + metres / 2, R"(,"is_public":false)");
    ASSERT_EQ(own.status, 201) << own.body;
    for (const char* by : {"distance_desc", "duration_desc"}) {
      const Reply page =
          berta.get("/api/ruck-buddies?sort_by=" + std::string(by) + "&cursor=" + id_of(own));
      ASSERT_EQ(page.status, 200) << page.body;
      counts.push_back(page.json["ruck_sessions"].size());
    }
    berta.del("/api/rucks/" + id_of(own));
  }
  // Equal keys are in the order of ids, which are random: what may not be is an order by metres.
  for (std::size_t i = 2; i < counts.size(); ++i) EXPECT_LE(counts[i], 1U);
  const Reply above = enter_ruck(berta, "2026-11-20T10:00:00Z", km + 0.1, seconds + 120);
  EXPECT_EQ(berta.get("/api/ruck-buddies?sort_by=distance_desc&cursor=" + id_of(above))
                .json["ruck_sessions"]
                .size(),
            1U);
  const Reply below = enter_ruck(berta, "2026-11-20T10:00:00Z", km - 0.1, seconds - 120);
  EXPECT_EQ(berta.get("/api/ruck-buddies?sort_by=distance_desc&cursor=" + id_of(below))
                .json["ruck_sessions"]
                .size(),
            0U);
}

TEST_P(ShownTest, ARuckThatIsHiddenWholeLeavesNoTrace) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string shown = record_ruck(anna, {.start_ms = now_ms() - 86'400'000, .count = 700});
  const std::string hidden = record_ruck(anna, {.start_ms = now_ms() - 3'600'000, .count = 35});
  const json::Tree list = berta.get("/api/users/" + anna.user_id + "/rucks?per_page=1").json;
  ASSERT_EQ(list["ruck_sessions"].size(), 1U);
  EXPECT_EQ(std::to_string(list["ruck_sessions"][0]["id"].integer()), shown);
  EXPECT_FALSE(list["meta"]["has_more"].boolean());
  const json::Tree page = berta.get("/api/users/" + anna.user_id + "/profile").json["data"];
  EXPECT_EQ(page["stats"]["totalRucks"].integer(), 1);
  EXPECT_EQ(page["recentRucks"].size(), 1U);
  EXPECT_EQ(berta.get("/api/ruck-buddies?cursor=" + hidden).status, 400);
  const json::Tree direct = berta.get("/api/rucks/" + hidden).json;
  EXPECT_EQ(direct["distance_km"].number(), 0);
  EXPECT_EQ(direct["route"].size(), 0U);
  EXPECT_EQ(anna.get("/api/users/" + anna.user_id + "/rucks").json["ruck_sessions"].size(), 2U);
}

// Two radii gave home to within 2 to 14 m: the circles were moved along one line.
TEST_P(ShownTest, AZoneThatIsResizedMovedAndMadeAgainKeepsItsMiddle) {
  ApiClient anna = user("anna");
  const std::string id = record_ruck(anna, {.start_ms = now_ms() - 7'200'000, .count = 700});
  const auto hidden_near_door = [&] {
    std::vector<rucking::Circle> circles;
    for (const json::Tree& c :
         anna.get("/api/rucks/" + id + "/preview").json["data"]["hidden"].items()) {
      const rucking::Circle circle{.centre = {c["latitude"].number(), c["longitude"].number()},
                                   .radius_m = c["radius_m"].number()};
      if (rucking::distance_m(circle.centre, kDoor) < 1000) circles.push_back(circle);
    }
    return circles;
  };
  const rucking::Position middle = hidden_near_door().at(0).centre;
  const auto zone = [](double radius_m, rucking::Position at) {
    return fmt::format(R"({{"name":"home","latitude":{:.7f},"longitude":{:.7f},"radius_m":{}}})",
                       at.lat_deg, at.lng_deg, radius_m);
  };
  const auto all_share_it = [&](double moved_m) {
    for (const rucking::Circle& circle : hidden_near_door()) {
      EXPECT_LE(rucking::distance_m(circle.centre, middle), moved_m + 2);
    }
  };
  Reply made = anna.post("/api/users/me/privacy-zones", zone(100, kDoor));
  ASSERT_EQ(made.status, 201) << made.body;
  std::string path = "/api/users/me/privacy-zones/" + made.json["data"]["id"].text();
  all_share_it(0);
  ASSERT_EQ(anna.put(path, zone(250, kDoor)).status, 200);
  all_share_it(0);
  ASSERT_EQ(anna.put(path, zone(250, off(8, -6))).status, 200);
  all_share_it(10);
  ASSERT_EQ(anna.del(path).status, 200);
  made = anna.post("/api/users/me/privacy-zones", zone(150, off(-5, 5)));
  all_share_it(10);  // the one before is still hidden
}

TEST_P(ShownTest, AfterAChangeNothingIsShownUntilItIsComputedAnew) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const Walk walk{.start_ms = now_ms() - 7'200'000, .count = 1000};  // 7 km
  const std::string id = record_ruck(anna, walk);
  const double before = berta.get("/api/rucks/" + id).json["distance_km"].number();
  const rucking::Position middle = off(0, walk.metres_to(500));
  hide_around(anna, middle);
  for (int i = 0; i < 3; ++i) {
    const json::Tree seen = berta.get("/api/rucks/" + id + "/details").json;
    EXPECT_GE(nearest_m(seen["route_pieces"], middle), 300) << "at once";
  }
  const Reply after = details_when_shown(berta, id);
  EXPECT_EQ(after.json["route_pieces"].size(), 2U);
  EXPECT_LT(after.json["distance_km"].number(), before - 0.6);
  EXPECT_NEAR(after.json["distance_km"].number() * 1000, length_m(after.json["route_pieces"]), 100);
  EXPECT_EQ(berta.get("/api/users/" + anna.user_id + "/profile")
                .json["data"]["stats"]["totalDistanceKm"]
                .number(),
            after.json["distance_km"].number());
}

// A new name hides nothing else: everything disappeared until it had been computed again.
TEST_P(ShownTest, AZoneWithAnotherNameLeavesEverythingShown) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const auto zone = [](const std::string& name) {
    return fmt::format(R"({{"name":"{}","latitude":{:.7f},"longitude":{:.7f},"radius_m":200}})",
                       name, kDoor.lat_deg, kDoor.lng_deg);
  };
  const Reply made = anna.post("/api/users/me/privacy-zones", zone("home"));
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string id = record_ruck(anna, {.start_ms = now_ms() - 7'200'000, .count = 1000});
  const std::string before = details_when_shown(berta, id).body;
  const std::string path = "/api/users/me/privacy-zones/" + made.json["data"]["id"].text();
  ASSERT_EQ(anna.put(path, zone("cabin")).status, 200);
  EXPECT_EQ(berta.get("/api/rucks/" + id + "/details").json["route_pieces"].size(), 1U) << before;
}

// A track that cannot be read cannot be cut anew: what was shown before may lie in what is hidden
// now.
TEST_P(ShownTest, ADamagedTrackIsShownNoMoreAfterAChange) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const Walk walk{.start_ms = now_ms() - 7'200'000, .count = 1000};  // 7 km
  const std::string id = record_ruck(anna, walk);
  ASSERT_GT(berta.get("/api/rucks/" + id + "/details").json["route_pieces"].size(), 0U);
  with_stored([](db::Database& database) {
    const auto damaged =
        database.write_now([](db::Session& q) { return q.execute(kDamage, "lost"); });
    EXPECT_GT(damaged.value_or(0), 0);
  });
  const rucking::Position middle = off(0, walk.metres_to(500));
  hide_around(anna, middle);
  ASSERT_TRUE(until([&] { return server_->log().contains("rucks.shown_anew"); }));
  for (const char* part : {"", "/details"}) {
    const Reply seen = berta.get("/api/rucks/" + id + part);
    ASSERT_EQ(seen.status, 200) << seen.body;
    EXPECT_EQ(seen.json["route_pieces"].size(), 0U) << part;
    EXPECT_EQ(seen.json["route"].size(), 0U) << part;
    EXPECT_EQ(seen.json["distance_km"].number(), 0) << part;
  }
  EXPECT_EQ(berta.get("/api/users/" + anna.user_id + "/profile")
                .json["data"]["stats"]["totalDistanceKm"]
                .number(),
            0);
}

TEST_P(ShownTest, FullTotalsAreTheOwnersChoice) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string id = record_ruck(anna, {.start_ms = now_ms() - 7'200'000, .count = 700});
  EXPECT_FALSE(anna.get("/api/users/profile").json["show_full_totals"].boolean());
  ASSERT_EQ(anna.put("/api/users/profile", R"({"show_full_totals":true})").status, 200);
  const Reply full = details_when_shown(berta, id);
  EXPECT_DOUBLE_EQ(full.json["distance_km"].number(), 4.9);
  EXPECT_LT(length_m(full.json["route_pieces"]), 4700) << "the line stays cut";
  ASSERT_EQ(anna.put("/api/users/profile", R"({"show_full_totals":false})").status, 200);
  EXPECT_LT(details_when_shown(berta, id).json["distance_km"].number(), 4.8);
}

TEST_P(ShownTest, AManualRuckShowsWhatWasEntered) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string id = id_of(enter_ruck(anna, "2026-11-20T10:00:00Z", 6.5, 4500));
  const json::Tree seen = berta.get("/api/rucks/" + id).json;
  EXPECT_DOUBLE_EQ(seen["distance_km"].number(), 6.5);
  EXPECT_EQ(seen["duration_seconds"].integer(), 4500);
  EXPECT_EQ(seen["started_at"].text(), "2026-11-20T10:00:00Z");
}

RUCK_ON_BOTH_DATABASES(ShownTest);

}  // namespace
}  // namespace ruck::test
