// What others may see of a ruck: a named list of fields and a cut track.
#include "rucking/privacy.hpp"

#include "rucking/geo.hpp"
#include "support/rucking.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;

class PrivacyTest : public ApiTest {};

double metres_between(const json::Tree& a, double lat, double lng) {
  const double a_lat = a.has("lat") ? a["lat"].number() : a["latitude"].number();
  const double a_lng = a.has("lng") ? a["lng"].number() : a["longitude"].number();
  return rucking::distance_m({a_lat, a_lng}, {lat, lng});
}

TEST_P(PrivacyTest, OthersSeeOnlyThePublicFieldsAndACutTrack) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const Walk walk{.start_ms = now_ms() - 7'200'000, .count = 600};  // 4.2 km
  const std::string id = record_ruck(
      anna, walk, R"({"ruck_weight_kg":15,"user_weight_kg":83.25})",
      R"({"notes":"secret note","rating":4,"perceived_exertion":8,"tags":["secret tag"]})");
  anna.post("/api/rucks/" + id + "/heart-rate-chunk", heart_rate_json(walk.start_ms, 60, 141));
  for (const std::string& rest : {std::string(), std::string("/details")}) {
    const Reply r = berta.get("/api/rucks/" + id + rest);
    ASSERT_EQ(r.status, 200) << r.body;
    for (const char* hidden :
         {"83.25", "weight_kg\":83", "secret", "notes", "tags", "rating", "heart_rate", "steps",
          "training_load", "time_in_zones", "moving_seconds", "splits", "body"}) {
      EXPECT_THAT(r.body, Not(HasSubstr(hidden))) << rest;
    }
    ASSERT_GT(r.json["route"].size(), 10U);
    const json::Tree own = anna.get("/api/rucks/" + id).json;
    const json::Tree& first = own["route"][0];
    const json::Tree& last = own["route"][599];
    for (const json::Tree& point : r.json["route"].items()) {
      EXPECT_GE(metres_between(point, first["latitude"].number(), first["longitude"].number()),
                rucking::kEndMarginM);
      EXPECT_GE(metres_between(point, last["latitude"].number(), last["longitude"].number()),
                rucking::kEndMarginM);
    }
    EXPECT_EQ(r.json["route"].size(), r.json["location_points"].size());
  }
  EXPECT_EQ(berta.get("/api/rucks/" + id + "/heartrate").status, 404);
  EXPECT_EQ(berta.get("/api/rucks/" + id + "/details").json["user"]["username"].text(), "anna");
  const Reply own = anna.get("/api/rucks/" + id + "/details");
  EXPECT_EQ(own.json["notes"].text(), "secret note");
  EXPECT_LT(metres_between(own.json["route"][0], 47.0, 8.0), 1);
}

TEST_P(PrivacyTest, AShortPublicRuckShowsNoTrackAtAll) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string id = record_ruck(
      anna, {.start_ms = now_ms() - 3'600'000, .count = 35});  // 240 m: twice the least margin
  EXPECT_EQ(berta.get("/api/rucks/" + id).json["route"].size(), 0U);
  EXPECT_EQ(berta.get("/api/rucks/" + id + "/details").json["route"].size(), 0U);
}

TEST_P(PrivacyTest, APrivateOrUnfinishedRuckIsAnUnknownId) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string hidden = record_ruck(anna, {.start_ms = now_ms() - 3'600'000, .count = 300},
                                         R"({"ruck_weight_kg":15,"is_public":false})");
  const std::string live = start_ruck(anna);
  anna.post("/api/rucks/" + live + "/location", Walk{.start_ms = now_ms() - 600'000}.json());
  const Reply unknown = berta.get("/api/rucks/123456789");
  for (const std::string& id : {hidden, live}) {
    for (const std::string& rest :
         {std::string(), std::string("/details"), std::string("/heartrate")}) {
      const Reply r = berta.get("/api/rucks/" + id + rest);
      EXPECT_EQ(r.status, 404);
      EXPECT_EQ(r.json["message"].text(), unknown.json["message"].text());
      EXPECT_EQ(r.json["error"].text(), unknown.json["error"].text());
    }
    EXPECT_EQ(berta.patch("/api/rucks/" + id, R"({"notes":"x"})").status, 404);
    EXPECT_EQ(berta.del("/api/rucks/" + id).status, 404);
    EXPECT_EQ(
        berta
            .put(
                "/api/rucks/" + id + "/edit",
                R"({"duration_seconds":1,"distance_km":1,"elevation_gain_m":0,"elevation_loss_m":0})")
            .status,
        404);
    EXPECT_EQ(anna.get("/api/rucks/" + id).status, 200);
  }
}

TEST_P(PrivacyTest, TheSharingSettingIsTheDefaultOfNewRucks) {
  ApiClient anna = user("anna");
  anna.put("/api/users/profile", R"({"allow_ruck_sharing":false})");
  const Reply r = anna.post("/api/rucks", R"({"ruck_weight_kg":5,"allow_live_following":false})");
  EXPECT_FALSE(r.json["is_public"].boolean());
  EXPECT_FALSE(r.json["allow_live_following"].boolean()) << "an opt-out is honoured";
}

TEST_P(PrivacyTest, NewRucksAreSeenByWhomTheProfileSays) {
  ApiClient anna = user("anna");
  const auto of_new_ruck = [&anna](const std::string& more = "") {
    const Reply r = anna.post("/api/rucks", R"({"ruck_weight_kg":5)" + more + "}");
    const std::string id = std::to_string(r.json["id"].integer());
    EXPECT_EQ(anna.del("/api/rucks/" + id).status, 200);
    return r.json["visibility"].text();
  };
  const auto set = [&anna](const std::string& body) {
    return anna.put("/api/users/profile", body).json;
  };
  EXPECT_EQ(of_new_ruck(), "public");
  EXPECT_EQ(set(R"({"default_visibility":"followers"})")["default_visibility"].text(), "followers");
  EXPECT_EQ(of_new_ruck(), "followers");
  EXPECT_EQ(of_new_ruck(R"(,"visibility":"private")"), "private") << "a ruck's own word wins";
  EXPECT_EQ(anna.put("/api/users/profile", R"({"default_visibility":"friends"})").status, 400);
  // The older setting, from an app that knows no other.
  EXPECT_EQ(set(R"({"allow_ruck_sharing":true})")["default_visibility"].text(), "followers");
  EXPECT_EQ(set(R"({"allow_ruck_sharing":false})")["default_visibility"].text(), "private");
  EXPECT_EQ(of_new_ruck(), "private");
  EXPECT_EQ(set(R"({"allow_ruck_sharing":true})")["default_visibility"].text(), "public");
  EXPECT_TRUE(
      set(R"({"allow_ruck_sharing":false,"default_visibility":"followers"})")["id"].text() != "");
  EXPECT_FALSE(anna.get("/api/users/profile").json["allow_ruck_sharing"].boolean());
  EXPECT_EQ(of_new_ruck(), "followers") << "both given: both count";
}

TEST_P(PrivacyTest, ARuckBegunOfflineSaysWhoMaySeeItBeforeItsFirstPoint) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string key = "offline_" + std::to_string(now_ms());
  const Reply r = anna.post("/api/rucks/" + key + "/start", R"({"visibility":"private"})");
  ASSERT_EQ(r.status, 200) << r.body;
  EXPECT_EQ(r.json["visibility"].text(), "private");
  const std::string id = std::to_string(r.json["id"].integer());
  EXPECT_EQ(berta.get("/api/rucks/" + id).status, 404);
  const Reply done = anna.post("/api/rucks/" + id + "/complete", R"({"visibility":"followers"})");
  EXPECT_EQ(done.json["visibility"].text(), "followers") << done.body;
}

RUCK_ON_BOTH_DATABASES(PrivacyTest);

}  // namespace
}  // namespace ruck::test
