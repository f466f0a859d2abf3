// Who follows a ruck live, and who follows at all: the owner's choice (contract core §8, §11).
#include "support/live.hpp"
#include "support/rucking.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;

class AudienceTest : public ApiTest {
 protected:
  static Walk walk() { return {.start_ms = now_ms() - 1'200'000, .count = 240, .step_s = 5}; }
  static void follow(ApiClient& who, const ApiClient& whom) {
    EXPECT_EQ(who.post("/api/users/" + whom.user_id + "/follow", "{}").status, 200);
  }
  static void choose(ApiClient& owner, const std::string& audience) {
    const Reply r = owner.put("/api/users/profile", R"({"live_audience":")" + audience + "\"}");
    EXPECT_EQ(r.status, 200) << r.body;
    EXPECT_EQ(r.json["live_audience"].text(), audience);
  }
  static void approve_new(ApiClient& owner) {
    const Reply r = owner.put("/api/users/profile", R"({"approve_followers":true})");
    EXPECT_TRUE(r.json["approve_followers"].boolean()) << r.body;
  }
  static void send(ApiClient& rucker, const std::string& ruck, const Walk& walk) {
    EXPECT_EQ(rucker.post("/api/rucks/" + ruck + "/location", walk.json()).status, 201);
  }
  // The walker as the viewer's list of those they follow has them.
  static json::Tree badge(ApiClient& viewer, const ApiClient& walker) {
    const Reply r = viewer.get("/api/users/" + viewer.user_id + "/following");
    for (const json::Tree& each : r.json["data"]["following"].items()) {
      if (each["id"].text() == walker.user_id) return each;
    }
    ADD_FAILURE() << "not in the list: " << r.body;
    return {};
  }
  static std::string profile_badge(ApiClient& viewer, const ApiClient& walker) {
    const json::Tree user =
        viewer.get("/api/users/" + walker.user_id + "/profile").json["data"]["user"];
    return user["activeRuckId"].is_null() ? "" : user["activeRuckId"].text();
  }
  static std::size_t out_now(ApiClient& viewer) {
    return viewer.get("/api/users/me/following/live").json["data"]["people"].size();
  }
  // All that tells a viewer that a ruck can be followed says the same.
  void expect_live(ApiClient& viewer, const ApiClient& walker, const std::string& ruck,
                   bool is_open) {
    const Reply live = viewer.get("/api/rucks/" + ruck + "/live");
    EXPECT_EQ(live.status, is_open ? 200 : 403) << live.body;
    const json::Tree row = badge(viewer, walker);
    EXPECT_EQ(row["activeRuckId"].is_null(), !is_open);
    EXPECT_EQ(row["allowLiveFollowing"].boolean(), is_open);
    EXPECT_EQ(profile_badge(viewer, walker), is_open ? ruck : "");
    EXPECT_EQ(out_now(viewer), is_open ? 1U : 0U);
    LiveClient socket(*server_, viewer);
    socket.subscribe("ruck:" + ruck);
    const json::Tree first = socket.next();
    EXPECT_EQ(first["type"].text(), is_open ? "snapshot" : "error");
    if (is_open) return;
    EXPECT_THAT(live.json["message"].text(), HasSubstr("403"));
    EXPECT_THAT(live.json["message"].text(), HasSubstr("disabled"));
    EXPECT_THAT(live.json["message"].text(), Not(HasSubstr("must follow")));
    EXPECT_THAT(live.body, Not(HasSubstr("47.")));
    EXPECT_EQ(first["error"].text(), "forbidden");
    const Reply cheer = viewer.post("/api/rucks/" + ruck + "/messages", R"({"message":"Go"})");
    EXPECT_EQ(cheer.status, 403) << "who is not shown where they are cannot cheer";
  }
};

TEST_P(AudienceTest, WhoSeesOneLiveIsTheOwnersChoice) {
  ApiClient anna = user("anna");
  ApiClient friend_of_hers = user("berta");
  ApiClient follower = user("carla");
  ApiClient stranger = user("dora");
  follow(friend_of_hers, anna);
  follow(anna, friend_of_hers);
  follow(follower, anna);
  EXPECT_EQ(anna.get("/api/users/profile").json["live_audience"].text(), "mutual");
  const std::string ruck = start_ruck(anna);
  send(anna, ruck, walk());
  struct Choice {
    const char* audience;
    bool mutual;
    bool follower;
    bool link;
  };
  const Choice choices[] = {{"mutual", true, false, true},
                            {"followers", true, true, true},
                            {"link", false, false, true},
                            {"nobody", false, false, false}};
  for (const Choice& choice : choices) {
    SCOPED_TRACE(choice.audience);
    choose(anna, choice.audience);
    expect_live(friend_of_hers, anna, ruck, choice.mutual);
    expect_live(follower, anna, ruck, choice.follower);
    const Reply unknown = stranger.get("/api/rucks/" + ruck + "/live");
    EXPECT_EQ(unknown.status, 403);
    EXPECT_THAT(unknown.json["message"].text(), HasSubstr("must follow"));
    EXPECT_EQ(profile_badge(stranger, anna), "");
    EXPECT_EQ(profile_badge(anna, anna), ruck) << "one's own always";
    EXPECT_EQ(anna.get("/api/rucks/" + ruck + "/live").status, 200);
    const Reply link = anna.post("/api/rucks/" + ruck + "/live/links", "{}");
    EXPECT_EQ(link.status, choice.link ? 201 : 400) << link.body;
    if (choice.link) {
      const std::string token = link.json["data"]["token"].text();
      EXPECT_EQ(client().get("/api/live/" + token).status, 200);
    } else {
      EXPECT_THAT(link.json["message"].text(), HasSubstr("settings")) << "says what to change";
    }
  }
  EXPECT_EQ(anna.put("/api/users/profile", R"({"live_audience":"everybody"})").status, 400);
}

TEST_P(AudienceTest, ALinkIsOverWhenNobodyMayFollow) {
  ApiClient anna = user("anna");
  const std::string ruck = start_ruck(anna);
  send(anna, ruck, walk());
  const Reply made = anna.post("/api/rucks/" + ruck + "/live/links", "{}");
  const std::string token = made.json["data"]["token"].text();
  ApiClient nobody = client();
  EXPECT_EQ(nobody.get("/api/live/" + token).status, 200);
  choose(anna, "nobody");
  const Reply over = nobody.get("/api/live/" + token);
  EXPECT_EQ(over.status, 400);
  EXPECT_EQ(over.json["error"].text(), "invalid_state");
  EXPECT_THAT(over.json["message"].text(), HasSubstr("ended"));
  LiveClient late(*server_);
  late.say(R"({"type":"auth","share":")" + token + "\"}");
  late.next("ready");
  late.subscribe("ruck:" + ruck);
  EXPECT_EQ(late.next()["error"].text(), "invalid_state");
  choose(anna, "link");
  EXPECT_EQ(nobody.get("/api/live/" + token).status, 200);
}

TEST_P(AudienceTest, ARucksOwnSwitchClosesAndNeverOpens) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient carla = user("carla");
  follow(berta, anna);
  follow(anna, berta);
  follow(carla, anna);
  const std::string closed =
      start_ruck(anna, R"({"ruck_weight_kg":15,"allow_live_following":false})");
  expect_live(berta, anna, closed, false);
  anna.patch("/api/rucks/" + closed, R"({"allow_live_following":true})");
  expect_live(berta, anna, closed, true);
  expect_live(carla, anna, closed, false);
  choose(anna, "nobody");
  anna.patch("/api/rucks/" + closed, R"({"allow_live_following":true})");
  expect_live(berta, anna, closed, false);
}

TEST_P(AudienceTest, AFollowerCanBeRemoved) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  follow(berta, anna);
  follow(anna, berta);
  const std::string hers =
      record_ruck(anna, walk(), R"({"ruck_weight_kg":15,"visibility":"followers"})");
  EXPECT_EQ(berta.get("/api/rucks/" + hers).status, 200);
  const std::string path = "/api/users/me/followers/" + berta.user_id;
  const Reply gone = anna.del(path);
  EXPECT_EQ(gone.status, 200) << gone.body;
  EXPECT_EQ(gone.json["followersCount"].integer(), 0);
  EXPECT_EQ(berta.get("/api/rucks/" + hers).status, 404);
  const json::Tree shown = berta.get("/api/users/" + anna.user_id + "/profile").json["data"];
  EXPECT_FALSE(shown["user"]["isFollowing"].boolean());
  EXPECT_TRUE(shown["user"]["isFollowedBy"].boolean()) << "the other way stays";
  EXPECT_EQ(shown["stats"]["followersCount"].integer(), 0);
  EXPECT_EQ(anna.del(path).json["followersCount"].integer(), 0) << "again, it is so already";
  EXPECT_EQ(berta.get("/api/users/" + anna.user_id + "/profile")
                .json["data"]["stats"]["followersCount"]
                .integer(),
            0);
  EXPECT_EQ(anna.del("/api/users/me/followers/01890000-0000-7000-8000-000000000000").status, 404);
  EXPECT_EQ(client().del(path).status, 401);
}

TEST_P(AudienceTest, ANewFollowerWaitsWhereTheOwnerWantsToApprove) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ApiClient stranger = user("dora");
  EXPECT_FALSE(anna.get("/api/users/profile").json["approve_followers"].boolean());
  approve_new(anna);
  follow(anna, berta);
  const std::string hers =
      record_ruck(anna, walk(), R"({"ruck_weight_kg":15,"visibility":"followers"})");
  const std::string ruck = start_ruck(anna);
  const std::string path = "/api/users/" + anna.user_id + "/follow";
  const Reply asked = berta.post(path, "{}");
  EXPECT_EQ(asked.status, 200) << asked.body;
  EXPECT_TRUE(asked.json["success"].boolean());
  EXPECT_FALSE(asked.json["isFollowing"].boolean());
  EXPECT_TRUE(asked.json["isFollowRequested"].boolean());
  EXPECT_EQ(asked.json["followersCount"].integer(), 0);
  EXPECT_EQ(berta.post(path, "{}").status, 200) << "asking twice is asking once";

  // What waits gets what a stranger gets, word for word.
  for (const std::string& target :
       {"/api/rucks/" + hers, "/api/rucks/" + hers + "/details", "/api/rucks/" + ruck + "/live",
        "/api/users/" + anna.user_id + "/rucks", "/api/users/" + anna.user_id + "/followers",
        std::string("/api/ruck-buddies?following_only=true"),
        std::string("/api/users/me/following/live")}) {
    const Reply waits = berta.get(target);
    const Reply foreign = stranger.get(target);
    EXPECT_EQ(waits.status, foreign.status) << target;
    EXPECT_EQ(waits.json["message"].text(), foreign.json["message"].text()) << target;
    if (foreign.status == 200) EXPECT_EQ(waits.body, foreign.body) << target;
  }
  EXPECT_EQ(
      berta.get("/api/users/" + berta.user_id + "/following").json["data"]["following"].size(), 0U);
  EXPECT_EQ(berta.post("/api/rucks/" + ruck + "/messages", R"({"message":"Go"})").status, 403);
  const json::Tree seen = berta.get("/api/users/" + anna.user_id + "/profile").json["data"];
  EXPECT_TRUE(seen["user"]["isFollowRequested"].boolean());
  EXPECT_EQ(seen["stats"]["followersCount"].integer(), 0);
  EXPECT_TRUE(berta.get("/api/users/search?q=anna")
                  .json["data"]["users"][0]["isFollowRequested"]
                  .boolean());

  const std::string requests = "/api/users/me/follow-requests";
  const json::Tree list = anna.get(requests).json["data"];
  ASSERT_EQ(list["requests"].size(), 1U);
  EXPECT_EQ(list["requests"][0]["username"].text(), "berta");
  EXPECT_FALSE(list["hasMore"].boolean());
  EXPECT_EQ(berta.get(requests).json["data"]["requests"].size(), 0U) << "the owner's alone";
  EXPECT_EQ(stranger.post(requests + "/" + berta.user_id + "/approve").status, 404);
  const Reply let_in = anna.post(requests + "/" + berta.user_id + "/approve");
  EXPECT_EQ(let_in.status, 200) << let_in.body;
  EXPECT_EQ(let_in.json["followersCount"].integer(), 1);
  EXPECT_EQ(berta.get("/api/rucks/" + hers).status, 200);
  EXPECT_EQ(berta.get("/api/rucks/" + ruck + "/live").status, 200);
  EXPECT_EQ(anna.get(requests).json["data"]["requests"].size(), 0U);
  EXPECT_EQ(anna.post(requests + "/" + berta.user_id + "/approve").status, 404) << "answered";
  EXPECT_EQ(berta.post(path, "{}").status, 400) << "already";
}

TEST_P(AudienceTest, ARequestIsDeclinedTakenBackOrGoesWithABlock) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  approve_new(anna);
  const std::string path = "/api/users/" + anna.user_id + "/follow";
  const std::string requests = "/api/users/me/follow-requests";
  const auto waiting = [&] { return anna.get(requests).json["data"]["requests"].size(); };
  const auto is_requested = [&] {
    return berta.get("/api/users/" + anna.user_id + "/profile")
        .json["data"]["user"]["isFollowRequested"]
        .boolean();
  };
  berta.post(path, "{}");
  EXPECT_EQ(anna.del(requests + "/" + berta.user_id).status, 200);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_FALSE(is_requested());
  berta.post(path, "{}");
  EXPECT_EQ(waiting(), 1U) << "may ask again";
  EXPECT_EQ(berta.del(path).status, 200);
  EXPECT_EQ(waiting(), 0U) << "taken back";
  berta.post(path, "{}");
  anna.post("/api/users/" + berta.user_id + "/block", "{}");
  EXPECT_EQ(waiting(), 0U);
  anna.del("/api/users/" + berta.user_id + "/block");
  EXPECT_EQ(waiting(), 0U) << "it does not come back";
  anna.put("/api/users/profile", R"({"approve_followers":false})");
  EXPECT_TRUE(berta.post(path, "{}").json["isFollowing"].boolean());
  ApiClient carla = user("carla");
  approve_new(anna);
  carla.post(path, "{}");
  EXPECT_EQ(waiting(), 1U);
  EXPECT_EQ(carla.del("/api/users/" + carla.user_id).status, 200);
  EXPECT_EQ(waiting(), 0U) << "an account that goes takes its requests along";
}

RUCK_ON_BOTH_DATABASES(AudienceTest);

}  // namespace
}  // namespace ruck::test
