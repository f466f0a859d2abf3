// Public profiles, follows, blocks, search and privacy zones (contract core §8).
#include "support/rucking.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class PeopleTest : public ApiTest {
 protected:
  static std::string user_path(const ApiClient& of, const std::string& rest) {
    return "/api/users/" + of.user_id + "/" + rest;
  }
  static std::vector<std::string> names(const json::Tree& list) {
    std::vector<std::string> out;
    for (const json::Tree& item : list.items()) out.push_back(item["username"].text());
    return out;
  }
  static std::int64_t counts(ApiClient& viewer, const ApiClient& of, const char* name) {
    return viewer.get(user_path(of, "profile")).json["data"]["stats"][name].integer();
  }
};

TEST_P(PeopleTest, FollowingIsAtOnceInEveryCountAndList) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const Reply r = anna.post(user_path(berta, "follow"), "{}");
  EXPECT_EQ(r.status, 200) << r.body;
  EXPECT_TRUE(r.json["success"].boolean());
  EXPECT_TRUE(r.json["isFollowing"].boolean());
  EXPECT_EQ(r.json["followersCount"].integer(), 1);
  EXPECT_EQ(counts(anna, berta, "followersCount"), 1);
  EXPECT_EQ(counts(anna, anna, "followingCount"), 1);
  const json::Tree shown = anna.get(user_path(berta, "profile")).json["data"]["user"];
  EXPECT_TRUE(shown["isFollowing"].boolean());
  EXPECT_FALSE(shown["isFollowedBy"].boolean());
  EXPECT_TRUE(berta.get(user_path(anna, "profile")).json["data"]["user"]["isFollowedBy"].boolean());
  EXPECT_THAT(names(anna.get(user_path(berta, "followers")).json["data"]["followers"]),
              ElementsAre("anna"));
  EXPECT_THAT(names(anna.get(user_path(anna, "following")).json["data"]["following"]),
              ElementsAre("berta"));
  const Reply gone = anna.del(user_path(berta, "follow"));
  EXPECT_EQ(gone.status, 200);
  EXPECT_FALSE(gone.json["isFollowing"].boolean());
  EXPECT_EQ(gone.json["followersCount"].integer(), 0);
  EXPECT_EQ(counts(anna, berta, "followersCount"), 0);
  EXPECT_EQ(anna.del(user_path(berta, "follow")).status, 200) << "again, it is so already";
  EXPECT_EQ(counts(anna, berta, "followersCount"), 0);
}

TEST_P(PeopleTest, FollowingOneselfOrTwiceOrAPrivateProfileIs400WithSuccessFalse) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  carla.patch("/api/users/me/privacy", R"({"isPrivateProfile":true})");
  ASSERT_EQ(anna.post(user_path(berta, "follow"), "{}").status, 200);
  for (const auto& [of, message] :
       {std::pair{&anna, "yourself"}, std::pair{&berta, "already"}, std::pair{&carla, "private"}}) {
    const Reply r = anna.post(user_path(*of, "follow"), "{}");
    EXPECT_EQ(r.status, 400);
    EXPECT_FALSE(r.json["success"].boolean());
    EXPECT_THAT(r.json["message"].text(), HasSubstr(message));
    EXPECT_TRUE(r.json.has("error"));
  }
  EXPECT_EQ(counts(anna, berta, "followersCount"), 1) << "twice counts once";
  EXPECT_EQ(anna.post("/api/users/01890000-0000-7000-8000-000000000000/follow", "{}").status, 404);
  EXPECT_EQ(client().post(user_path(berta, "follow"), "{}").status, 401);
}

TEST_P(PeopleTest, TheProfileHasTheContractsFields) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  record_ruck(anna, {.start_ms = now_ms() - 3'600'000, .count = 600, .speed_m_per_s = 1.41},
              R"({"ruck_weight_kg":15,"title":"Round the lake"})");
  record_ruck(anna, {.start_ms = now_ms() - 36'000'000, .count = 600},
              R"({"ruck_weight_kg":15,"is_public":false,"title":"Hidden"})");
  const Reply r = berta.get(user_path(anna, "profile"));
  ASSERT_EQ(r.status, 200) << r.body;
  const json::Tree& user = r.json["data"]["user"];
  EXPECT_EQ(user["username"].text(), "anna");
  EXPECT_FALSE(user["isOwnProfile"].boolean());
  EXPECT_FALSE(user["isPrivateProfile"].boolean());
  const json::Tree& stats = r.json["data"]["stats"];
  EXPECT_EQ(stats["totalRucks"].integer(), 1) << "the private one is not in any total";
  EXPECT_GT(stats["totalDistanceKm"].number(), 2.4) << "of 4.2 what is visible";
  EXPECT_LT(stats["totalDistanceKm"].number(), 4.1);
  EXPECT_EQ(stats["totalDurationSeconds"].integer() % 60, 0);
  for (const char* name : {"duelsWon", "duelsLost", "eventsCompleted", "clubsCount"}) {
    EXPECT_EQ(stats[name].integer(), 0);
  }
  ASSERT_EQ(r.json["data"]["recentRucks"].size(), 1U);
  EXPECT_EQ(r.json["data"]["recentRucks"][0]["title"].text(), "Round the lake");
  EXPECT_EQ(r.json["data"]["clubs"].size(), 0U);
  EXPECT_THAT(r.body, Not(HasSubstr("@example.org")));
  const json::Tree own = anna.get(user_path(anna, "profile")).json["data"];
  EXPECT_TRUE(own["user"]["isOwnProfile"].boolean());
  EXPECT_EQ(own["stats"]["totalRucks"].integer(), 2);
}

TEST_P(PeopleTest, APrivateProfileShowsItsFollowersOnlyMoreThanTheName) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  const std::string id = record_ruck(anna, {.start_ms = now_ms() - 3'600'000, .count = 600});
  berta.post(user_path(anna, "follow"), "{}");
  anna.patch("/api/users/me/privacy", R"({"isPrivateProfile":true})");
  const Reply r = carla.get(user_path(anna, "profile"));
  EXPECT_EQ(r.status, 200);
  EXPECT_TRUE(r.json["data"]["user"]["isPrivateProfile"].boolean());
  EXPECT_THAT(r.body, HasSubstr("\"stats\":{}"));
  EXPECT_EQ(r.json["data"]["recentRucks"].size(), 0U);
  EXPECT_EQ(carla.get("/api/rucks/" + id).status, 404);
  EXPECT_EQ(carla.get(user_path(anna, "followers")).json["data"]["followers"].size(), 0U);
  EXPECT_EQ(carla.get(user_path(anna, "rucks")).json["ruck_sessions"].size(), 0U);
  EXPECT_EQ(berta.get("/api/rucks/" + id).status, 200) << "who followed before still does";
  EXPECT_EQ(berta.get(user_path(anna, "profile")).json["data"]["stats"]["totalRucks"].integer(), 1);
  EXPECT_EQ(berta.get(user_path(anna, "followers")).json["data"]["followers"].size(), 1U);
}

TEST_P(PeopleTest, ABlockHidesEachFromTheOtherEverywhere) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  const std::string id = record_ruck(anna, {.start_ms = now_ms() - 3'600'000, .count = 600});
  const std::string hers = record_ruck(berta, {.start_ms = now_ms() - 3'600'000, .count = 600});
  for (ApiClient* who : {&anna, &berta}) {
    who->post(user_path(carla, "follow"), "{}");
    carla.post(user_path(*who, "follow"), "{}");
  }
  anna.post(user_path(berta, "follow"), "{}");
  berta.post(user_path(anna, "follow"), "{}");
  berta.post("/api/rucks/" + id + "/comments", R"({"content":"from berta"})");
  berta.post("/api/ruck-likes", R"({"ruck_id":)" + id + "}");
  EXPECT_EQ(anna.post(user_path(anna, "block"), "{}").status, 400);
  ASSERT_EQ(anna.post(user_path(berta, "block"), "{}").status, 200);

  const std::vector<std::pair<ApiClient*, ApiClient*>> both = {{&anna, &berta}, {&berta, &anna}};
  for (const auto& [viewer, other] : both) {
    const std::string other_name = other == &anna ? "anna" : "berta";
    const std::string ruck = other == &anna ? id : hers;
    for (const std::string& path :
         {std::string("/api/users/") + other->user_id, user_path(*other, "profile"),
          user_path(*other, "followers"), user_path(*other, "following"),
          user_path(*other, "rucks"), "/api/rucks/" + ruck, "/api/rucks/" + ruck + "/details",
          "/api/rucks/" + ruck + "/comments", "/api/ruck-likes?ruck_id=" + ruck,
          "/api/ruck-likes/check?ruck_id=" + ruck}) {
      EXPECT_EQ(viewer->get(path).status, 404) << path;
    }
    EXPECT_EQ(viewer->post(user_path(*other, "follow"), "{}").status, 404);
    EXPECT_EQ(viewer->post("/api/rucks/" + ruck + "/comments", R"({"content":"x"})").status, 404);
    EXPECT_EQ(viewer->post("/api/ruck-likes", R"({"ruck_id":)" + ruck + "}").status, 404);
    for (const std::string& path :
         {user_path(carla, "followers"), user_path(carla, "following"),
          std::string("/api/users/search?q=") + other_name, std::string("/api/ruck-buddies"),
          "/api/ruck-likes/batch?ruck_ids=" + ruck}) {
      const Reply r = viewer->get(path);
      EXPECT_EQ(r.status, 200) << path;
      EXPECT_THAT(r.body, Not(HasSubstr(other->user_id))) << path;
      EXPECT_THAT(r.body, Not(HasSubstr("\"" + ruck + "\""))) << path;
    }
  }
  EXPECT_EQ(counts(anna, anna, "followersCount"), 1) << "carla only";
  EXPECT_THAT(anna.get("/api/rucks/" + id + "/comments").body, Not(HasSubstr("from berta")));
  EXPECT_THAT(anna.get("/api/ruck-likes?ruck_id=" + id).body, Not(HasSubstr(berta.user_id)));
  EXPECT_THAT(names(anna.get("/api/users/me/blocks").json["data"]["blocked"]),
              ElementsAre("berta"));
  EXPECT_EQ(berta.get("/api/users/me/blocks").json["data"]["blocked"].size(), 0U)
      << "who is blocked is not told";

  EXPECT_EQ(berta.post(user_path(anna, "block"), "{}").status, 200) << "nor is it here";
  EXPECT_EQ(anna.del(user_path(berta, "block")).status, 200);
  EXPECT_EQ(anna.get(user_path(berta, "profile")).status, 404) << "berta's own block stands";
  EXPECT_EQ(berta.del(user_path(anna, "block")).status, 200);
  EXPECT_EQ(anna.get(user_path(berta, "profile")).status, 200);
  EXPECT_EQ(counts(anna, berta, "followersCount"), 1) << "follows do not come back";
}

// Answers are kept; each of these actions must make the one before unreachable at once, for who
// acted and for who is looked at.
TEST_P(PeopleTest, NoAnswerIsStaleAfterAnAction) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const auto shown = [&](ApiClient& viewer) {
    const std::string path = user_path(anna, "profile");
    const std::string body = viewer.get(path).body;
    EXPECT_EQ(viewer.get(path).body, body) << "the second one is kept";
    return json::Tree::parse(body)["data"];
  };
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(shown(berta)["stats"]["followersCount"].integer(), 0);
    berta.post(user_path(anna, "follow"), "{}");
    EXPECT_EQ(shown(berta)["stats"]["followersCount"].integer(), 1);
    EXPECT_EQ(shown(anna)["stats"]["followersCount"].integer(), 1);
    anna.put("/api/users/profile", R"({"username":"anna)" + std::to_string(round) + "\"}");
    EXPECT_EQ(shown(berta)["user"]["username"].text(), "anna" + std::to_string(round));
    berta.del(user_path(anna, "follow"));
    EXPECT_FALSE(shown(berta)["user"]["isFollowing"].boolean());
    anna.patch("/api/users/me/privacy", R"({"isPrivateProfile":true})");
    EXPECT_FALSE(shown(berta)["stats"].has("followersCount")) << "anna acted, berta sees it";
    anna.patch("/api/users/me/privacy", R"({"isPrivateProfile":false})");
    anna.post(user_path(berta, "block"), "{}");
    EXPECT_EQ(berta.get(user_path(anna, "profile")).status, 404);
    anna.del(user_path(berta, "block"));
  }
  const std::string id = record_ruck(anna, {.start_ms = now_ms() - 3'600'000, .count = 600});
  EXPECT_EQ(shown(berta)["stats"]["totalRucks"].integer(), 1);
  anna.patch("/api/rucks/" + id, R"({"visibility":"private"})");
  EXPECT_EQ(shown(berta)["stats"]["totalRucks"].integer(), 0);
  EXPECT_EQ(shown(anna)["stats"]["totalRucks"].integer(), 1);
}

TEST_P(PeopleTest, WhatHasNotChangedIsNotSentAgain) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string id = record_ruck(anna, {.start_ms = now_ms() - 3'600'000, .count = 600});
  for (const std::string& path : {user_path(anna, "profile"), std::string("/api/users/profile"),
                                  std::string("/api/rucks"), "/api/rucks/" + id + "/details",
                                  std::string("/api/ruck-buddies"), user_path(anna, "followers")}) {
    const auto ask = [&](const std::string& tag) {
      return exchange_raw(server_->port(),
                          "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                              "Authorization: Bearer " + berta.token + "\r\n" +
                              (tag.empty() ? "" : "If-None-Match: " + tag + "\r\n") + "\r\n");
    };
    const std::string first = ask("");
    const std::size_t at = first.find("ETag: ");
    ASSERT_NE(at, std::string::npos) << path << first;
    const std::string tag = first.substr(at + 6, first.find('\r', at) - at - 6);
    const std::string again = ask(tag);
    EXPECT_THAT(again, testing::StartsWith("HTTP/1.1 304")) << path;
    EXPECT_TRUE(again.ends_with("\r\n\r\n")) << "and no body";
  }
}

TEST_P(PeopleTest, ListsArePagedByNumberAndByCursor) {
  ApiClient anna = user("anna");
  constexpr int kFollowers = 45;
  for (int i = 0; i < kFollowers; ++i) {
    ApiClient one = user("follower" + std::to_string(i));
    ASSERT_EQ(one.post(user_path(anna, "follow"), "{}").status, 200);
  }
  std::vector<std::string> by_page;
  for (int page = 1; page <= 3; ++page) {
    const json::Tree data =
        anna.get(user_path(anna, "followers?page=" + std::to_string(page))).json["data"];
    EXPECT_EQ(data["pagination"]["page"].integer(), page);
    EXPECT_EQ(data["pagination"]["hasMore"].boolean(), page < 3);
    EXPECT_EQ(data["followers"].size(), page < 3 ? 20U : 5U);
    for (const std::string& name : names(data["followers"])) by_page.push_back(name);
  }
  EXPECT_EQ(by_page.front(), "follower44") << "the latest first";
  EXPECT_EQ(by_page.back(), "follower0");
  std::vector<std::string> by_cursor;
  std::string cursor;
  do {
    const json::Tree data =
        anna.get(user_path(anna, "followers" + (cursor.empty() ? "" : "?cursor=" + cursor)))
            .json["data"];
    for (const std::string& name : names(data["followers"])) by_cursor.push_back(name);
    cursor = data["pagination"].has("nextCursor") ? data["pagination"]["nextCursor"].text() : "";
  } while (!cursor.empty());
  EXPECT_EQ(by_cursor, by_page);
  EXPECT_EQ(anna.get(user_path(anna, "followers?cursor=nonsense")).status, 400);
  EXPECT_EQ(anna.get(user_path(anna, "followers?page=0")).status, 400);
}

TEST_P(PeopleTest, TheLiveBadgeIsOnlyForWhoMayFollowLive) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  anna.put("/api/users/profile", R"({"live_audience":"followers"})");
  berta.post(user_path(anna, "follow"), "{}");
  carla.post(user_path(berta, "follow"), "{}");
  const auto badge = [&](ApiClient& viewer) {
    return viewer.get(user_path(berta, "following")).json["data"]["following"][0];
  };
  EXPECT_TRUE(badge(berta)["activeRuckId"].is_null());
  const std::string id = start_ruck(anna);
  EXPECT_EQ(badge(berta)["activeRuckId"].text(), id);
  EXPECT_TRUE(badge(berta)["allowLiveFollowing"].boolean());
  EXPECT_EQ(berta.get(user_path(anna, "profile")).json["data"]["user"]["activeRuckId"].text(), id);
  EXPECT_TRUE(badge(carla)["activeRuckId"].is_null()) << "who does not follow";
  EXPECT_TRUE(carla.get(user_path(anna, "profile")).json["data"]["user"]["activeRuckId"].is_null());
  EXPECT_EQ(anna.get(user_path(anna, "profile")).json["data"]["user"]["activeRuckId"].text(), id);
  for (const char* closed : {R"({"allow_live_following":false})", R"({"visibility":"private"})"}) {
    anna.patch("/api/rucks/" + id, closed);
    EXPECT_TRUE(badge(berta)["activeRuckId"].is_null()) << closed;
    EXPECT_FALSE(badge(berta)["allowLiveFollowing"].boolean()) << closed;
    anna.patch("/api/rucks/" + id, R"({"allow_live_following":true,"visibility":"followers"})");
    EXPECT_EQ(badge(berta)["activeRuckId"].text(), id);
  }
  anna.post("/api/rucks/" + id + "/complete", "{}");
  EXPECT_TRUE(badge(berta)["activeRuckId"].is_null());
}

TEST_P(PeopleTest, WhoIsOutNowAreThoseWhomOneMayFollowLive) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  for (ApiClient* walker : {&anna, &carla}) {
    walker->put("/api/users/profile", R"({"live_audience":"followers"})");
    berta.post(user_path(*walker, "follow"), "{}");
  }
  const auto out = [](ApiClient& viewer) {
    return viewer.get("/api/users/me/following/live").json["data"]["people"];
  };
  const auto names_out = [&](ApiClient& viewer) {
    std::vector<std::string> all;
    for (const json::Tree& each : out(viewer).items()) all.push_back(each["username"].text());
    return all;
  };
  EXPECT_THAT(names_out(berta), IsEmpty());
  const std::string annas = start_ruck(anna);
  const std::string carlas = start_ruck(carla);
  EXPECT_THAT(names_out(berta), UnorderedElementsAre("anna", "carla"));
  EXPECT_THAT(names_out(anna), IsEmpty()) << "follows nobody, and is not out for herself";
  const json::Tree first = out(berta)[0];
  EXPECT_EQ(first["username"].text(), "anna") << "by name, not by start";
  EXPECT_EQ(first["activeRuckId"].text(), annas);
  EXPECT_EQ(first["status"].text(), "in_progress");
  EXPECT_EQ(first["startedAt"].text().substr(13, 6), ":00:00") << "the hour only";
  for (const char* closed : {R"({"allow_live_following":false})", R"({"visibility":"private"})"}) {
    anna.patch("/api/rucks/" + annas, closed);
    EXPECT_THAT(names_out(berta), ElementsAre("carla")) << closed;
    anna.patch("/api/rucks/" + annas, R"({"allow_live_following":true,"visibility":"followers"})");
  }
  berta.del(user_path(anna, "follow"));
  EXPECT_THAT(names_out(berta), ElementsAre("carla"));
  carla.post("/api/rucks/" + carlas + "/complete", "{}");
  EXPECT_THAT(names_out(berta), IsEmpty());
}

TEST_P(PeopleTest, NamesAreFoundByTheirBeginningAndInSpiteOfAWrongLetter) {
  ApiClient anna = user("anna");
  for (const char* name : {"Katharina", "Katja", "katharsis", "Bernadette", "Zoe"}) user(name);
  const auto found = [&](const std::string& text) {
    return names(anna.get("/api/users/search?q=" + text).json["data"]["users"]);
  };
  EXPECT_THAT(found("kat"), ElementsAre("Katharina", "katharsis", "Katja"));
  EXPECT_THAT(found("KATH"), ElementsAre("Katharina", "katharsis", "Katja"))
      << "beginnings first, then what is like them";
  EXPECT_THAT(found("bernadete"), ElementsAre("Bernadette"));
  EXPECT_THAT(found("kathrina"), testing::Contains("Katharina"));
  EXPECT_THAT(found("adett"), ElementsAre("Bernadette")) << "from the middle";
  EXPECT_THAT(found("xyz"), ElementsAre());
  EXPECT_EQ(anna.get("/api/users/search?q=kat&limit=1").json["data"]["users"].size(), 1U);
  EXPECT_EQ(anna.get("/api/users/search?q=").status, 400);
  EXPECT_EQ(anna.get("/api/users/search?q=%20").status, 400);
  EXPECT_EQ(anna.get("/api/users/search").status, 400);
  ASSERT_EQ(anna.put("/api/users/profile", R"({"username":"Wanda"})").status, 200);
  EXPECT_THAT(found("wand"), ElementsAre("Wanda")) << "a new name is found at once";
  EXPECT_THAT(found("anna"), ElementsAre()) << "and the old one no longer";
}

TEST_P(PeopleTest, ZonesAreTheOwnersAlone) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string zone = R"({"name":"home","latitude":47.0,"longitude":8.0,"radius_m":300})";
  const Reply made = anna.post("/api/users/me/privacy-zones", zone);
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string path = "/api/users/me/privacy-zones/" + made.json["data"]["id"].text();
  EXPECT_EQ(anna.get("/api/users/me/privacy-zones").json["data"].size(), 1U);
  EXPECT_EQ(berta.get("/api/users/me/privacy-zones").json["data"].size(), 0U);
  EXPECT_EQ(berta.put(path, zone).status, 404);
  EXPECT_EQ(berta.del(path).status, 404);
  const Reply moved =
      anna.put(path, R"({"name":"work","latitude":47.1,"longitude":8.1,"radius_m":100})");
  EXPECT_EQ(moved.status, 200) << moved.body;
  EXPECT_EQ(anna.get("/api/users/me/privacy-zones").json["data"][0]["name"].text(), "work");
  for (const char* bad :
       {R"({"name":"x","latitude":91,"longitude":8,"radius_m":100})",
        R"({"name":"x","latitude":47,"longitude":8,"radius_m":10})",
        R"({"name":"x","latitude":47,"longitude":8,"radius_m":50000})",
        R"({"name":"","latitude":47,"longitude":8,"radius_m":100})", R"({"name":"x"})"}) {
    EXPECT_EQ(anna.post("/api/users/me/privacy-zones", bad).status, 400) << bad;
  }
  EXPECT_EQ(anna.del(path).status, 200);
  EXPECT_EQ(anna.del(path).status, 404);
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(anna.post("/api/users/me/privacy-zones", zone).status, 201);
  EXPECT_EQ(anna.post("/api/users/me/privacy-zones", zone).status, 400) << "there is a bound";
}

TEST_P(PeopleTest, AnAccountThatGoesTakesItsCountsAlong) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string id = record_ruck(anna, {.start_ms = now_ms() - 3'600'000, .count = 600});
  berta.post(user_path(anna, "follow"), "{}");
  anna.post(user_path(berta, "follow"), "{}");
  berta.post("/api/ruck-likes", R"({"ruck_id":)" + id + "}");
  berta.post("/api/rucks/" + id + "/comments", R"({"content":"one"})");
  berta.post("/api/rucks/" + id + "/comments", R"({"content":"two"})");
  EXPECT_EQ(anna.get("/api/rucks/" + id + "/details").json["comment_count"].integer(), 2);
  ASSERT_EQ(berta.del("/api/users/" + berta.user_id).status, 200);
  EXPECT_EQ(counts(anna, anna, "followersCount"), 0);
  EXPECT_EQ(counts(anna, anna, "followingCount"), 0);
  const json::Tree details = anna.get("/api/rucks/" + id + "/details").json;
  EXPECT_EQ(details["like_count"].integer(), 0);
  EXPECT_EQ(details["comment_count"].integer(), 0);
}

RUCK_ON_BOTH_DATABASES(PeopleTest);

}  // namespace
}  // namespace ruck::test
