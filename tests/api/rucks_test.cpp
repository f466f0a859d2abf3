// A ruck's life (contract core §3.1–3.4).
#include "support/rucking.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace ruck::test {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;

class RucksTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    anna_ = std::make_unique<ApiClient>(user("anna"));
  }
  ApiClient& anna() { return *anna_; }
  static std::string path(const std::string& id, const std::string& rest = {}) {
    return "/api/rucks/" + id + rest;
  }
  std::unique_ptr<ApiClient> anna_;
};

TEST_P(RucksTest, ARuckFromTheFirstPointToTheSummary) {
  const std::int64_t start = now_ms() - 3'600'000;
  const std::string id = start_ruck(anna(), R"({"ruck_weight_kg":15,"user_weight_kg":82.5})");
  const Walk walk{.start_ms = start, .count = 720};
  for (int from = 0; from < 720; from += 90) {
    EXPECT_EQ(
        anna().post(path(id, "/location"), walk.part(from, 90).json()).json["inserted"].integer(),
        90);
  }
  anna().post(path(id, "/heart-rate-chunk"), heart_rate_json(start, 600, 130));
  const Reply done =
      anna().post(path(id, "/complete"), R"({"notes":"windy","rating":4,"perceived_exertion":7,
      "distance_km":5.2,"duration_seconds":3595,"average_pace":11.5,"steps":6400,"tags":["hills"]})");
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.json["status"].text(), "completed");
  EXPECT_NEAR(done.json["distance_km"].number(), 719 * 5 * 1.4 / 1000, 0.02);
  EXPECT_EQ(done.json["distance_source"].text(), "points");
  EXPECT_EQ(done.json["duration_seconds"].integer(), 3595);
  EXPECT_NEAR(done.json["average_pace"].number(), 3595 / done.json["distance_km"].number(), 1);
  EXPECT_EQ(done.json["weight_kg"].number(), 82.5);
  EXPECT_EQ(done.json["splits"].size(), 6U);
  EXPECT_EQ(done.json["splits"][0]["split_number"].integer(), 1);
  EXPECT_EQ(done.json["splits"][0]["split_distance"].number(), 1.0);
  EXPECT_EQ(done.json["splits"][0]["split_duration_seconds"].kind(), json::Kind::kInteger);
  EXPECT_NEAR(done.json["splits"][0]["split_duration_seconds"].number(), 714, 8);
  EXPECT_NEAR(done.json["avg_heart_rate"].number(), 132, 1);
  EXPECT_EQ(done.json["steps"].integer(), 6400);
  EXPECT_GT(done.json["calories_burned"].integer(), 300);
  EXPECT_EQ(done.json["new_achievements"].size(), 0U);
  EXPECT_EQ(done.json["notes"].text(), "windy");
  EXPECT_EQ(done.json["tags"][0].text(), "hills");
  EXPECT_TRUE(done.json["time_in_zones"].has("Z2"));

  const Reply got = anna().get(path(id));
  EXPECT_EQ(got.json["route"].size(), 720U);
  EXPECT_EQ(got.json["location_points"].size(), 720U);
  EXPECT_EQ(got.json["locationPoints"].size(), 720U);
  const json::Tree& point = got.json["route"][0];
  EXPECT_EQ(point["latitude"].number(), 47);
  EXPECT_EQ(point["horizontal_accuracy_m"].number(), 5);
  EXPECT_EQ(point["speed_mps"].number(), 1.4);
  EXPECT_EQ(point["timestamp"].text(), to_iso8601(utc_ms(start)));

  const Reply list = anna().get("/api/rucks?limit=20&offset=0");
  ASSERT_EQ(list.json.kind(), json::Kind::kArray);
  ASSERT_EQ(list.json.size(), 1U);
  EXPECT_EQ(list.json[0]["id"].kind(), json::Kind::kInteger);
  EXPECT_EQ(list.json[0]["distance_km"].number(), done.json["distance_km"].number());
  EXPECT_FALSE(list.json[0].has("route")) << "lists never touch points";
}

TEST_P(RucksTest, EverythingIsThereAfterATermAndAfterAKill) {
  const std::int64_t start = now_ms() - 3'600'000;
  const Walk walk{.start_ms = start, .count = 200};
  const std::string done = record_ruck(anna(), walk);
  const std::string live = start_ruck(anna());
  anna().post(path(live, "/location"), Walk{.start_ms = start, .count = 100}.json());
  const std::string before_done = anna().get(path(done)).body;
  const std::string before_live = anna().get(path(live)).body;
  const std::string before_stats = anna().get("/api/stats/monthly").body;
  EXPECT_EQ(server_->stop(), 0);
  server_->start();
  EXPECT_EQ(anna().get(path(done)).body, before_done);
  EXPECT_EQ(anna().get(path(live)).body, before_live);
  EXPECT_EQ(anna().get("/api/stats/monthly").body, before_stats);
  server_->kill();
  server_->start();
  EXPECT_EQ(anna().get(path(live)).body, before_live);
  const Reply more =
      anna().post(path(live, "/location"), Walk{.start_ms = start}.part(100, 50).json());
  EXPECT_EQ(more.json["inserted"].integer(), 50) << "a ruck goes on where it was";
}

TEST_P(RucksTest, CreatingAgainBeforeTheStartIsTheSameRuck) {
  const Reply first = anna().post("/api/rucks", R"({"ruck_weight_kg":10})");
  const Reply second = anna().post("/api/rucks", R"({"ruck_weight_kg":12})");
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(first.json["id"].integer(), second.json["id"].integer());
  EXPECT_EQ(second.json["ruck_weight_kg"].number(), 12);
  EXPECT_EQ(first.json["status"].text(), "created");
  EXPECT_EQ(anna().get("/api/rucks").json.size(), 0U) << "lists leave out what was only created";
}

TEST_P(RucksTest, OneActiveRuckAUser) {
  const std::string id = start_ruck(anna());
  const Reply other = anna().post("/api/rucks", R"({"ruck_weight_kg":10})");
  EXPECT_EQ(other.status, 200);
  EXPECT_TRUE(other.json["has_active_session"].boolean());
  EXPECT_EQ(std::to_string(other.json["id"].integer()), id);
  EXPECT_EQ(other.json["status"].text(), "in_progress");
  EXPECT_EQ(other.json["ruck_weight_kg"].number(), 15);
  anna().post(path(id, "/complete"), "{}");
  EXPECT_EQ(anna().post("/api/rucks", R"({"ruck_weight_kg":10})").status, 201);
}

TEST_P(RucksTest, CreatesAtTheSameTimeEndInOneRuck) {
  std::vector<std::thread> phones;
  std::array<std::int64_t, 8> ids{};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    phones.emplace_back([&, i] {
      ApiClient phone = client();
      phone.set_token(anna().token);
      ids[i] = phone.post("/api/rucks", R"({"ruck_weight_kg":10})").json["id"].integer();
    });
  }
  for (std::thread& phone : phones) phone.join();
  EXPECT_GT(ids[0], 0);
  EXPECT_THAT(ids, testing::Each(ids[0]));
}

TEST_P(RucksTest, BadFieldsOfACreateAreDroppedAndNamed) {
  const Reply r = anna().post("/api/rucks",
                              R"({"ruck_weight_kg":500,"planned_duration_minutes":"x","notes":7})");
  EXPECT_EQ(r.status, 201);
  ASSERT_EQ(r.json["warnings"].size(), 3U) << r.body;
  EXPECT_THAT(r.body, HasSubstr("$.ruck_weight_kg: expected a number between 0 and 120"));
}

TEST_P(RucksTest, StartingHonoursTheClientsTimeAndIsIdempotent) {
  const Reply created = anna().post("/api/rucks", R"({"ruck_weight_kg":10})");
  const std::string id = std::to_string(created.json["id"].integer());
  const std::string when = to_iso8601(utc_ms(now_ms() / 1000 * 1000 - 120'000));
  const Reply started =
      anna().post(path(id, "/start"), R"({"started_at":")" + when + R"(","ruck_weight_kg":14})");
  EXPECT_EQ(started.status, 200);
  EXPECT_EQ(started.json["status"].text(), "in_progress");
  EXPECT_EQ(started.json["started_at"].text(), when);
  EXPECT_EQ(started.json["ruck_weight_kg"].number(), 14);
  EXPECT_EQ(anna().post(path(id, "/start"), "{}").status, 200);
  anna().post(path(id, "/complete"), "{}");
  EXPECT_EQ(anna().post(path(id, "/start"), "{}").status, 400);
}

TEST_P(RucksTest, EarlierPointsMoveTheStartBack) {
  const std::int64_t start = now_ms() - 1'800'000;
  const std::string id = start_ruck(anna());
  anna().post(path(id, "/location"), Walk{.start_ms = start, .count = 300}.json());
  const Reply done = anna().post(path(id, "/complete"), "{}");
  EXPECT_EQ(done.json["started_at"].text(), to_iso8601(utc_ms(start)));
}

TEST_P(RucksTest, PausesAreTakenOut) {
  const std::int64_t start = now_ms() - 3'600'000;
  const std::string id = start_ruck(anna());
  const Walk walk{.start_ms = start, .count = 360};  // half an hour
  const auto at = [&](int s) {
    return R"({"timestamp":")" + to_iso8601(utc_ms(start + s * 1000)) + "\"}";
  };
  anna().post(path(id, "/location"), walk.part(0, 120).json());
  EXPECT_EQ(anna().post(path(id, "/pause"), at(600)).json["status"].text(), "paused");
  anna().post(path(id, "/location"), walk.part(120, 120).json());
  EXPECT_EQ(anna().post(path(id, "/resume"), at(1200)).json["status"].text(), "in_progress");
  anna().post(path(id, "/location"), walk.part(240, 120).json());
  const Reply done = anna().post(path(id, "/complete"), "{}");
  EXPECT_NEAR(done.json["paused_duration_seconds"].number(), 600, 1);
  EXPECT_NEAR(done.json["duration_seconds"].number(), 1195, 6);
  EXPECT_NEAR(done.json["distance_km"].number(), 1.4 * 1195 / 1000, 0.03);
  EXPECT_EQ(anna().get(path(id)).json["route"].size(), 360U) << "nothing that came is thrown away";
}

TEST_P(RucksTest, ALoadThatChangesOnTheWayCountsFromThere) {
  const std::int64_t start = now_ms() - 7'200'000;
  const Walk walk{.start_ms = start, .count = 1200};
  const auto energy = [&](bool lighter) {
    const std::string id = start_ruck(anna(), R"({"ruck_weight_kg":30})");
    anna().post(path(id, "/location"), walk.json());
    if (lighter) {
      const Reply r =
          anna().post(path(id, "/load"), R"({"load_kg":5,"timestamp":")" +
                                             to_iso8601(utc_ms(start + 3'000'000)) + "\"}");
      EXPECT_EQ(r.status, 200) << r.body;
    }
    return anna().post(path(id, "/complete"), "{}").json["calories_burned"].number();
  };
  const double heavy = energy(false);
  const double lighter = energy(true);
  EXPECT_LT(lighter, heavy * 0.95);
  EXPECT_GT(lighter, heavy * 0.6);
}

TEST_P(RucksTest, CompletingAgainAddsAndNeverShrinks) {
  const std::int64_t start = now_ms() - 3'600'000;
  const std::string id =
      record_ruck(anna(), {.start_ms = start, .count = 300}, R"({"ruck_weight_kg":15})",
                  R"({"distance_km":2.0,"duration_seconds":1495})");
  const Reply again = anna().post(
      path(id, "/complete"),
      R"({"rating":5,"notes":"nice","distance_km":0.1,"duration_seconds":10,"average_pace":600,
                                      "splits":[{"split_number":1,"split_distance":1.0,"split_duration_seconds":700}]})");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.json["status"].text(), "completed");
  EXPECT_NEAR(again.json["distance_km"].number(), 2.09, 0.02);
  EXPECT_EQ(again.json["rating"].integer(), 5);
  const Reply same = anna().post(path(id, "/complete"), R"({"rating":5})");
  EXPECT_EQ(same.json["status"].text(), "already_completed");
  EXPECT_EQ(same.json["rating"].integer(), 5);
  EXPECT_EQ(anna().get(path(id)).json["status"].text(), "completed");
}

TEST_P(RucksTest, WhereThePointsHaveGapsTheLargerTotalCounts) {
  const std::int64_t start = now_ms() - 7'200'000;
  const Walk walk{.start_ms = start, .count = 200};  // 1000 s of an hour
  const std::string claimed =
      record_ruck(anna(), walk, R"({"ruck_weight_kg":15})",
                  R"({"distance_km":5.0,"duration_seconds":3600,"calories_burned":600})");
  const Reply r = anna().get(path(claimed));
  EXPECT_EQ(r.json["distance_source"].text(), "client");
  EXPECT_EQ(r.json["distance_km"].number(), 5.0);
  EXPECT_EQ(r.json["duration_seconds"].integer(), 3600);
  const std::string small = record_ruck(anna(), walk, R"({"ruck_weight_kg":15})",
                                        R"({"distance_km":1.0,"duration_seconds":3600})");
  EXPECT_EQ(anna().get(path(small)).json["distance_source"].text(), "points_with_gaps");
  EXPECT_NEAR(anna().get(path(small)).json["distance_km"].number(), 1.39, 0.02);
}

TEST_P(RucksTest, AManualEntryIsARuckInTheUsersOwnTime) {
  anna().put("/api/users/profile", R"({"time_zone":"America/New_York"})");
  const Reply r =
      enter_ruck(anna(), "2026-11-20T23:30:00.000", 6.5, 4500,
                 R"(,"calories_burned":512,"elevation_gain_meters":120,"notes":"by hand","rating":3,
                                 "splits":[{"split_number":1,"split_distance_km":1,"split_duration_seconds":690},
                                           {"split_number":2,"split_distance_km":1,"split_duration_seconds":680}])");
  ASSERT_EQ(r.status, 201) << r.body;
  EXPECT_EQ(r.json["status"].text(), "completed");
  EXPECT_TRUE(r.json["is_manual"].boolean());
  EXPECT_EQ(r.json["started_at"].text(), "2026-11-21T04:30:00Z") << "device-local, no zone";
  EXPECT_EQ(r.json["completed_at"].text(), "2026-11-21T05:45:00Z");
  EXPECT_EQ(r.json["distance_km"].number(), 6.5);
  EXPECT_EQ(r.json["distance_source"].text(), "client");
  EXPECT_EQ(r.json["calories_burned"].integer(), 512);
  EXPECT_EQ(r.json["elevation_gain_m"].number(), 120);
  const std::string id = std::to_string(r.json["id"].integer());
  EXPECT_EQ(anna().get(path(id)).json["splits"].size(), 2U);
  EXPECT_EQ(anna().get(path(id)).json["route"].kind(), json::Kind::kArray);
  // It does not stand in the way of a recorded one.
  start_ruck(anna());
  EXPECT_EQ(enter_ruck(anna(), "2026-11-19T10:00:00", 3, 2000).status, 201);
}

TEST_P(RucksTest, AManualEntryWithoutCaloriesGetsAnEstimate) {
  const Reply r = enter_ruck(anna(), "2026-11-20T10:00:00Z", 5, 3600);
  EXPECT_GT(r.json["calories_burned"].integer(), 250);
  EXPECT_LT(r.json["calories_burned"].integer(), 500);
}

TEST_P(RucksTest, DetailsCanBeChangedInPart) {
  const std::string id = record_ruck(anna(), {.start_ms = now_ms() - 600'000, .count = 100});
  for (const char* rest : {"", "/details"}) {
    const Reply r =
        anna().patch(path(id, rest), R"({"notes":"better","title":"Morning","is_public":false})");
    EXPECT_EQ(r.status, 200) << r.body;
    EXPECT_EQ(r.json["notes"].text(), "better");
    EXPECT_FALSE(r.json["is_public"].boolean());
  }
  EXPECT_EQ(anna().patch(path(id), "{}").status, 400);
  EXPECT_EQ(anna().patch(path(id), R"({"rating":"many"})").status, 400);
  EXPECT_EQ(anna().get(path(id)).json["title"].text(), "Morning");
}

TEST_P(RucksTest, TrimmingCutsTheEndAndKeepsTheRecording) {
  const std::int64_t start = now_ms() - 3'600'000;
  const std::string id = record_ruck(anna(), {.start_ms = start, .count = 600});
  const double whole = anna().get(path(id)).json["distance_km"].number();
  const std::string end = to_iso8601(utc_ms(start + 1'500'000));
  const Reply r = anna().put(
      path(id, "/edit"),
      R"({"end_time":")" + end +
          R"(","duration_seconds":1500,"distance_km":2.1,"elevation_gain_m":0,"elevation_loss_m":0})");
  ASSERT_EQ(r.status, 200) << r.body;
  EXPECT_NEAR(r.json["distance_km"].number(), 2.1, 0.03);
  EXPECT_EQ(r.json["duration_seconds"].integer(), 1500);
  EXPECT_NEAR(r.json["average_pace"].number(), 714, 12);
  EXPECT_EQ(anna().get(path(id)).json["route"].size(), 301U);
  EXPECT_EQ(anna().get(path(id)).json["completed_at"].text(), end);
  EXPECT_NEAR(anna().get("/api/stats/weekly").json["data"]["total_distance_km"].number(), 2.1,
              0.03);
  const Reply back = anna().put(
      path(id, "/edit"),
      R"({"end_time":")" + to_iso8601(utc_ms(start + 3'600'000)) +
          R"(","duration_seconds":2995,"distance_km":0,"elevation_gain_m":0,"elevation_loss_m":0})");
  EXPECT_NEAR(back.json["distance_km"].number(), whole, 0.001) << "nothing was lost";
  EXPECT_EQ(anna().put(path(id, "/edit"), R"({"duration_seconds":10})").status, 400);
}

TEST_P(RucksTest, DeletingARuckTakesItFromTheStatisticsToo) {
  const std::string id = record_ruck(anna(), {.start_ms = now_ms() - 600'000, .count = 100});
  EXPECT_EQ(anna().get("/api/stats/weekly").json["data"]["total_sessions"].integer(), 1);
  const Reply r = anna().del(path(id));
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(std::to_string(r.json["id"].integer()), id);
  EXPECT_EQ(anna().get(path(id)).status, 404);
  EXPECT_EQ(anna().del(path(id)).status, 404);
  EXPECT_EQ(anna().get("/api/stats/weekly").json["data"]["total_sessions"].integer(), 0);
  EXPECT_EQ(anna().get("/api/users/profile").json["stats"]["total_rucks"].integer(), 0);
}

TEST_P(RucksTest, ListsAreSortedPagedAndBounded) {
  for (const char* day : {"2026-11-01", "2026-11-03", "2026-11-02"}) {
    enter_ruck(anna(), std::string(day) + "T10:00:00Z", 3, 2000,
               std::string(R"(,"title":")") + day + "\"");
  }
  const auto titles = [&](const std::string& query) {
    std::vector<std::string> out;
    for (const json::Tree& ruck : anna().get("/api/rucks" + query).json.items())
      out.push_back(ruck["title"].text());
    return out;
  };
  EXPECT_THAT(titles(""), ElementsAre("2026-11-03", "2026-11-02", "2026-11-01"));
  EXPECT_THAT(titles("?limit=1&offset=1"), ElementsAre("2026-11-02"));
  EXPECT_THAT(titles("?limit=2&start_date=x&end_date=y"), ElementsAre("2026-11-03", "2026-11-02"));
  EXPECT_EQ(anna().get("/api/rucks?limit=0").status, 400);
  EXPECT_EQ(anna().get("/api/rucks?limit=100000").status, 400);
}

TEST_P(RucksTest, AnUnknownRuckIs404OnEveryRoute) {
  for (const std::string id : {"1", "999999999999999", "abc", "-5"}) {
    EXPECT_EQ(anna().get(path(id)).status, 404);
    EXPECT_EQ(anna().get(path(id, "/details")).status, 404);
    EXPECT_EQ(anna().get(path(id, "/heartrate")).status, 404);
    EXPECT_EQ(anna().post(path(id, "/start"), "{}").status, 404);
    EXPECT_EQ(anna().post(path(id, "/complete"), "{}").status, 404);
    EXPECT_EQ(anna().post(path(id, "/location"), Walk{.start_ms = now_ms()}.json()).status, 404);
    EXPECT_EQ(anna().patch(path(id), R"({"notes":"x"})").status, 404);
    EXPECT_EQ(anna().del(path(id)).status, 404);
  }
}

RUCK_ON_BOTH_DATABASES(RucksTest);

}  // namespace
}  // namespace ruck::test
