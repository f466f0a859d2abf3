// The feed, likes and comments (contract core §9, §10), and the levels of visibility.
#include "rucking/geo.hpp"
#include "support/rucking.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace ruck::test {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class FeedTest : public ApiTest {
 protected:
  static std::vector<std::string> ids(const json::Tree& list) {
    std::vector<std::string> out;
    for (const json::Tree& item : list.items()) {
      out.push_back(std::to_string(item["id"].integer()));
    }
    return out;
  }
  static std::vector<std::string> feed(ApiClient& viewer, const std::string& query = "") {
    const Reply r = viewer.get("/api/ruck-buddies" + query);
    EXPECT_EQ(r.status, 200) << r.body;
    return ids(r.json["ruck_sessions"]);
  }
  // A finished ruck that ended so many hours ago. So that something of it is to be seen between its
  // hidden ends, it is twice as long as it says; less than a kilometre is hidden whole.
  static std::string ruck(ApiClient& who, int metres, int hours_ago, const std::string& more = "",
                          double lat = 47.0) {
    const Walk walk{.start_ms = now_ms() - (hours_ago + 6LL) * 3'600'000,
                    .count = (metres < 1000 ? metres : 2 * metres) / 7 + 1,
                    .lat = lat};
    const std::string end = to_iso8601(utc_ms(walk.start_ms + (walk.count - 1) * 5000LL));
    return record_ruck(who, walk, R"({"ruck_weight_kg":10)" + more + "}",
                       R"({"completed_at":")" + end + "\"}");
  }
  static void follow(ApiClient& who, const ApiClient& whom) {
    ASSERT_EQ(who.post("/api/users/" + whom.user_id + "/follow", "{}").status, 200);
  }
};

TEST_P(FeedTest, ShowsOthersPublicRecordedRucksTheLatestFirst) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string older = ruck(anna, 3500, 30);
  const std::string newer = ruck(anna, 2800, 10);
  ruck(anna, 2800, 12, R"(,"is_public":false)");
  ruck(anna, 2800, 14, R"(,"visibility":"followers")");
  ruck(anna, 200, 15);
  ruck(berta, 2800, 9);
  enter_ruck(anna, "2026-11-20T10:00:00Z", 6.5, 4500);
  EXPECT_THAT(feed(berta), ElementsAre(newer, older));
  const json::Tree card = berta.get("/api/ruck-buddies").json["ruck_sessions"][0];
  for (const char* field : {"id",
                            "user_id",
                            "username",
                            "avatar_url",
                            "gender",
                            "distance_km",
                            "duration_seconds",
                            "calories_burned",
                            "elevation_gain_m",
                            "elevation_loss_m",
                            "ruck_weight_kg",
                            "average_pace",
                            "avg_heart_rate",
                            "started_at",
                            "completed_at",
                            "created_at",
                            "like_count",
                            "comment_count",
                            "is_liked_by_current_user",
                            "first_ruck",
                            "location_points",
                            "photos",
                            "user"}) {
    EXPECT_TRUE(card.has(field)) << field;
  }
  EXPECT_EQ(card["user"]["username"].text(), "anna");
  EXPECT_GT(card["distance_km"].number(), 3.5) << "of 5.6 what is visible";
  EXPECT_LT(card["distance_km"].number(), 5.4);
  EXPECT_GT(card["location_points"].size(), 5U);
  EXPECT_FALSE(card["first_ruck"].boolean());
  const json::Tree meta = berta.get("/api/ruck-buddies?per_page=1").json["meta"];
  EXPECT_EQ(meta["count"].integer(), 1);
  EXPECT_EQ(meta["per_page"].integer(), 1);
  EXPECT_EQ(meta["page"].integer(), 1);
  EXPECT_TRUE(meta["has_more"].boolean());
  anna.put("/api/users/profile", R"({"allow_ruck_sharing":false})");
  EXPECT_THAT(feed(berta), IsEmpty()) << "who does not share is in no feed";
}

TEST_P(FeedTest, SortsBySizeTimeAndPlace) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  // Apart by more than circles may hide more of one than of another.
  const std::string small = ruck(anna, 2100, 10);
  const std::string large = ruck(anna, 5400, 30);
  const std::string medium = ruck(anna, 3300, 20, "", 53.5);
  EXPECT_THAT(feed(berta), ElementsAre(small, medium, large));
  for (const char* by : {"distance_desc", "duration_desc", "calories_desc"}) {
    EXPECT_THAT(feed(berta, std::string("?sort_by=") + by), ElementsAre(large, medium, small))
        << by;
  }
  EXPECT_EQ(feed(berta, "?sort_by=elevation_gain_desc").size(), 3U);
  EXPECT_THAT(feed(berta, "?sort_by=proximity_asc&latitude=47.05&longitude=8.05"),
              ElementsAre(small, large));
  EXPECT_THAT(feed(berta, "?sort_by=proximity_asc&latitude=53.5&longitude=8"), ElementsAre(medium));
  EXPECT_EQ(feed(berta, "?sort_by=proximity_asc").size(), 3U) << "without a place, by time";
  EXPECT_EQ(feed(berta, "?sort_by=whatever").size(), 3U);
  EXPECT_EQ(berta.get("/api/ruck-buddies?latitude=100").status, 400);
  EXPECT_EQ(berta.get("/api/ruck-buddies?per_page=51").status, 400);
  for (const char* by :
       {"created_at_desc", "distance_desc", "proximity_asc&latitude=47&longitude=8"}) {
    std::vector<std::string> paged;
    std::string cursor;
    do {
      const json::Tree page = berta
                                  .get("/api/ruck-buddies?per_page=1&sort_by=" + std::string(by) +
                                       (cursor.empty() ? "" : "&cursor=" + cursor))
                                  .json;
      for (const std::string& id : ids(page["ruck_sessions"])) paged.push_back(id);
      cursor = page["meta"].has("next_cursor") ? page["meta"]["next_cursor"].text() : "";
    } while (!cursor.empty());
    EXPECT_EQ(paged, feed(berta, "?sort_by=" + std::string(by))) << by;
    EXPECT_EQ(feed(berta, "?per_page=1&page=2&sort_by=" + std::string(by)),
              std::vector<std::string>{paged[1]});
  }
}

TEST_P(FeedTest, ACursorTellsNothingOfAHiddenRuck) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ruck(anna, 2100, 30);
  const std::string hidden = ruck(anna, 2800, 20, R"(,"is_public":false)");
  const Reply unknown = berta.get("/api/ruck-buddies?cursor=12345");
  const Reply refused = berta.get("/api/ruck-buddies?cursor=" + hidden);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.json["message"].text(), unknown.json["message"].text());
}

TEST_P(FeedTest, FollowingOnlyHasTheRucksForFollowersToo) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  const std::string open = ruck(anna, 2100, 10);
  const std::string inner = ruck(anna, 2800, 20, R"(,"visibility":"followers")");
  ruck(anna, 2800, 30, R"(,"visibility":"private")");
  const std::string hers = ruck(carla, 2100, 5);
  follow(berta, anna);
  EXPECT_THAT(feed(berta, "?following_only=true"), ElementsAre(open, inner));
  EXPECT_THAT(feed(berta, "?following_only=true&sort_by=distance_desc"), ElementsAre(inner, open));
  EXPECT_THAT(feed(berta), ElementsAre(hers, open)) << "for followers is not for everybody";
  const Reply rpc = berta.post(
      "/rest/v1/rpc/get_public_sessions_optimized",
      R"({"p_page":1,"p_per_page":20,"p_sort_by":"created_at_desc","p_following_only":true,"p_user_id":")" +
          berta.user_id + R"(","p_latitude":null,"p_longitude":null})");
  EXPECT_EQ(rpc.status, 200) << rpc.body;
  EXPECT_THAT(ids(rpc.json["ruck_sessions"]), ElementsAre(open, inner));
  EXPECT_EQ(rpc.json["meta"]["sort_by"].text(), "created_at_desc");
}

TEST_P(FeedTest, VisibilityIsALevelAndTheOldSwitchFollowsIt) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  follow(berta, anna);
  const std::string id = ruck(anna, 2800, 10, R"(,"visibility":"followers")");
  const auto shown = [&] { return anna.get("/api/rucks/" + id + "/details").json; };
  const auto statuses = [&] {
    return std::pair(berta.get("/api/rucks/" + id).status, carla.get("/api/rucks/" + id).status);
  };
  EXPECT_EQ(shown()["visibility"].text(), "followers");
  EXPECT_TRUE(shown()["is_public"].boolean()) << "false is private alone";
  EXPECT_EQ(statuses(), std::pair(200, 404));
  anna.patch("/api/rucks/" + id, R"({"is_public":true})");
  EXPECT_EQ(shown()["visibility"].text(), "followers") << "an app that sends back what it read";
  anna.patch("/api/rucks/" + id, R"({"visibility":"public"})");
  EXPECT_EQ(statuses(), std::pair(200, 200));
  anna.patch("/api/rucks/" + id, R"({"is_public":false})");
  EXPECT_EQ(shown()["visibility"].text(), "private");
  EXPECT_EQ(statuses(), std::pair(404, 404));
  anna.patch("/api/rucks/" + id, R"({"is_public":false,"visibility":"public"})");
  EXPECT_EQ(shown()["visibility"].text(), "private") << "where they differ the stricter counts";
  anna.patch("/api/rucks/" + id, R"({"is_public":true})");
  EXPECT_EQ(shown()["visibility"].text(), "public");
  EXPECT_EQ(anna.patch("/api/rucks/" + id, R"({"visibility":"everybody"})").status, 400);
  const Reply edited = anna.put(
      "/api/rucks/" + id + "/edit",
      R"({"duration_seconds":2000,"distance_km":2.8,"elevation_gain_m":0,"elevation_loss_m":0,"visibility":"followers"})");
  EXPECT_EQ(edited.status, 200) << edited.body;
  EXPECT_EQ(shown()["visibility"].text(), "followers");
}

TEST_P(FeedTest, TheOwnerSeesWhatOthersSee) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string id = ruck(anna, 4200, 10);
  const Reply preview = anna.get("/api/rucks/" + id + "/preview");
  ASSERT_EQ(preview.status, 200) << preview.body;
  const json::Tree theirs = berta.get("/api/rucks/" + id + "/details").json;
  EXPECT_EQ(preview.json["data"]["ruck"]["route"].size(), theirs["route"].size());
  EXPECT_EQ(preview.json["data"]["ruck"]["distance_km"].number(), theirs["distance_km"].number());
  EXPECT_EQ(preview.json["data"]["hidden"].size(), 2U) << "both ends";
  EXPECT_THAT(preview.json["data"]["visible_to"].text(), HasSubstr("Everybody"));
  EXPECT_EQ(berta.get("/api/rucks/" + id + "/preview").status, 404);
  anna.post("/api/users/me/privacy-zones",
            R"({"name":"all","latitude":47.04,"longitude":8.0,"radius_m":5000})");
  EXPECT_EQ(anna.get("/api/rucks/" + id + "/preview").json["data"]["ruck"]["route"].size(), 0U);
  EXPECT_EQ(berta.get("/api/rucks/" + id + "/details").json["route"].size(), 0U) << "at once";
  EXPECT_THAT(feed(berta, "?sort_by=proximity_asc&latitude=47&longitude=8"), IsEmpty())
      << "not even that it is near";
}

TEST_P(FeedTest, LikesCountOnceAndAreToldInEachForm) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string id = ruck(anna, 2800, 10);
  const std::string hidden = ruck(anna, 2800, 20, R"(,"is_public":false)");
  const std::string body = R"({"ruck_id":)" + id + "}";
  const Reply first = berta.post("/api/ruck-likes", body);
  EXPECT_EQ(first.status, 201) << first.body;
  const Reply again = berta.post("/api/ruck-likes", body);
  EXPECT_EQ(again.status, 200);
  EXPECT_TRUE(again.json["success"].boolean());
  EXPECT_EQ(again.json["like_count"].integer(), 1);
  EXPECT_EQ(berta.post("/api/ruck-likes", R"({"ruck_id":")" + id + "\"}").status, 200)
      << "an id as text";
  EXPECT_EQ(berta.post("/api/ruck-likes", "{}").status, 400);
  EXPECT_EQ(berta.post("/api/ruck-likes", R"({"ruck_id":)" + hidden + "}").status, 404);
  const json::Tree list = anna.get("/api/ruck-likes?ruck_id=" + id).json["data"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["id"].kind(), json::Kind::kString);
  EXPECT_EQ(list[0]["user_display_name"].text(), "berta");
  EXPECT_TRUE(berta.get("/api/ruck-likes/check?ruck_id=" + id).json["data"]["has_liked"].boolean());
  EXPECT_FALSE(anna.get("/api/ruck-likes/check?ruck_id=" + id).json["data"]["has_liked"].boolean());
  const Reply batch = berta.get("/api/ruck-likes/batch?ruck_ids=" + id + ",%20" + hidden + ",99");
  EXPECT_EQ(batch.status, 200);
  const json::Tree& entry = batch.json["data"][id.c_str()];
  EXPECT_EQ(entry["like_count"].integer(), 1);
  EXPECT_EQ(entry["likes_count"].integer(), 1);
  EXPECT_EQ(entry["likes"].integer(), 1);
  EXPECT_TRUE(entry["user_has_liked"].boolean());
  EXPECT_FALSE(batch.json["data"].has(hidden.c_str())) << "hidden ids are left out";
  EXPECT_FALSE(batch.json["data"].has("99"));
  std::string many = "1";
  for (int i = 2; i <= 51; ++i) many += "," + std::to_string(i);
  EXPECT_EQ(berta.get("/api/ruck-likes/batch?ruck_ids=" + many).status, 400);
  EXPECT_EQ(berta.get("/api/ruck-likes/batch?ruck_ids=a").status, 400);
  EXPECT_TRUE(
      berta.get("/api/rucks/" + id + "/details").json["is_liked_by_current_user"].boolean());
  EXPECT_EQ(berta.del("/api/ruck-likes?ruck_id=" + id).status, 200);
  EXPECT_EQ(berta.del("/api/ruck-likes?ruck_id=" + id).status, 200) << "it is so already";
  EXPECT_EQ(anna.get("/api/rucks/" + id + "/details").json["like_count"].integer(), 0);
}

TEST_P(FeedTest, CommentsOfOneTo500LettersInBothForms) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  const std::string id = ruck(anna, 2800, 10);
  const std::string path = "/api/rucks/" + id + "/comments";
  const auto content = [](const std::string& text) { return R"({"content":")" + text + "\"}"; };
  const Reply made = berta.post(path, content("Well done"));
  ASSERT_EQ(made.status, 201) << made.body;
  const json::Tree& comment = made.json["data"];
  EXPECT_EQ(comment["id"].kind(), json::Kind::kString);
  EXPECT_EQ(std::to_string(comment["ruck_id"].integer()), id);
  EXPECT_EQ(comment["user_display_name"].text(), "berta");
  const std::string comment_id = comment["id"].text();
  for (const std::string& bad : {std::string(), std::string("  "), std::string(501, 'x')}) {
    EXPECT_EQ(berta.post(path, content(bad)).status, 400);
    EXPECT_EQ(berta.put("/api/comments/" + comment_id, content(bad)).status, 400);
  }
  std::string umlauts;
  for (int i = 0; i < 500; ++i) umlauts += "ü";
  EXPECT_EQ(carla.post(path, content(umlauts)).status, 201) << "letters, not bytes";
  const json::Tree list = anna.get(path).json["data"];
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["user_display_name"].text(), "carla") << "the newest first";
  EXPECT_EQ(anna.get("/api/rucks/" + id + "/details").json["comment_count"].integer(), 2);

  EXPECT_EQ(berta.put("/api/comments/" + comment_id, content("Very well done")).status, 200);
  const Reply edited =
      berta.put(path, R"({"comment_id":")" + comment_id + R"(","content":"Best ever"})");
  EXPECT_EQ(edited.status, 200) << edited.body;
  EXPECT_EQ(edited.json["data"]["content"].text(), "Best ever");

  for (ApiClient* other : {&anna, &carla}) {
    EXPECT_EQ(other->put("/api/comments/" + comment_id, content("x")).status, 403);
    EXPECT_EQ(other->del("/api/comments/" + comment_id).status, 403);
    EXPECT_EQ(other->del(path + "?comment_id=" + comment_id).status, 403);
  }
  const std::string another = ruck(anna, 2800, 20);
  EXPECT_EQ(berta.del("/api/rucks/" + another + "/comments?comment_id=" + comment_id).status, 404)
      << "not a comment of that ruck";
  EXPECT_EQ(berta.del(path + "?comment_id=" + comment_id).status, 200);
  EXPECT_EQ(berta.del("/api/comments/" + comment_id).status, 404);
  EXPECT_EQ(anna.get("/api/rucks/" + id + "/details").json["comment_count"].integer(), 1);
}

TEST_P(FeedTest, NobodyReactsToWhatTheyMayNotSee) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string id = ruck(anna, 2800, 10);
  const Reply made = berta.post("/api/rucks/" + id + "/comments", R"({"content":"Well done"})");
  const std::string comment = "/api/comments/" + made.json["data"]["id"].text();
  anna.post("/api/rucks/" + id + "/comments", R"({"content":"Thanks"})");
  anna.patch("/api/rucks/" + id, R"({"visibility":"private"})");
  EXPECT_EQ(berta.get("/api/rucks/" + id + "/comments").status, 404);
  EXPECT_EQ(berta.put(comment, R"({"content":"x"})").status, 404);
  EXPECT_EQ(berta.del(comment).status, 200) << "one's own words can always be taken back";
}

TEST_P(FeedTest, TheHomeScreenHasOnesOwnRucksExactAndWhole) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string id = ruck(anna, 2807, 10);
  ruck(anna, 2807, 20, R"(,"is_public":false)");
  const Reply own = anna.post("/rest/v1/rpc/get_user_recent_sessions", R"({"p_limit":20})");
  ASSERT_EQ(own.status, 200) << own.body;
  ASSERT_EQ(own.json.size(), 2U);
  EXPECT_EQ(std::to_string(own.json[0]["id"].integer()), id);
  EXPECT_NEAR(own.json[0]["distance_km"].number(), 5.614, 0.03);
  EXPECT_NEAR(own.json[0]["route"][0]["lat"].number(), 47.0, 1e-6) << "one's own is not cut";
  const Reply theirs = berta.post("/rest/v1/rpc/get_user_recent_sessions",
                                  R"({"p_limit":20,"p_user_id":")" + anna.user_id + "\"}");
  ASSERT_EQ(theirs.json.size(), 1U);
  EXPECT_GT(theirs.json[0]["route"][0]["lat"].number(), 47.001);
  EXPECT_LT(theirs.json[0]["distance_km"].number(), 5.4);
  EXPECT_NEAR(theirs.json[0]["distance_km"].number() * 10,
              std::round(theirs.json[0]["distance_km"].number() * 10), 1e-9);
  EXPECT_THAT(ids(berta.get("/api/users/" + anna.user_id + "/rucks").json["ruck_sessions"]),
              ElementsAre(id));
}

RUCK_ON_BOTH_DATABASES(FeedTest);

}  // namespace
}  // namespace ruck::test
