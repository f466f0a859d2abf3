// Losing sight of a ruck: what was recorded after the reply to a change reaches nobody who lost
// access by it, on any open socket (docs/api/live.md).
#include "db/open.hpp"
#include "support/live.hpp"
#include "support/rucking.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace ruck::test {
namespace {
const db::Sql kExpireLinks{"test.expire_links", "UPDATE live_links SET expires_at = $1"};

class LiveAccessTest : public ApiTest {
 protected:
  struct Scene {
    ApiClient anna;   // walks
    ApiClient berta;  // watches: the two follow each other
    ApiClient phone;  // berta's other sign-in
    std::string ruck;
    std::string link;  // its id
  };
  struct Change {
    const char* name;
    Reply (*make)(Scene& scene);
  };

  // A walk that began 20 minutes ago and is 1.5 km to the north by now.
  static Walk walk() { return {.start_ms = now_ms() - 1'200'000, .count = 240, .step_s = 5}; }
  static void send(ApiClient& rucker, const std::string& ruck, const Walk& walk) {
    const Reply r = rucker.post("/api/rucks/" + ruck + "/location", walk.json());
    // 503: the account is gone, and with it the token, for which the contract has the phone try
    // again.
    EXPECT_TRUE(r.status == 201 || r.status == 404 || r.status == 503) << r.body;
  }
  Scene scene() {
    const std::string number = std::to_string(++scenes_);
    Scene made{.anna = user("anna" + number),
               .berta = user("berta" + number),
               .phone = client(),
               .ruck = {},
               .link = {}};
    made.berta.post("/api/users/" + made.anna.user_id + "/follow", "{}");
    made.anna.post("/api/users/" + made.berta.user_id + "/follow", "{}");
    const Reply in =
        made.phone.post("/api/auth/login", R"({"email":"berta)" + number +
                                               R"(@example.org","password":"correct horse"})");
    EXPECT_EQ(in.status, 200) << in.body;
    made.phone.set_token(in.json["access_token"].text());
    made.phone.user_id = made.berta.user_id;
    made.ruck = start_ruck(made.anna);
    send(made.anna, made.ruck, walk().part(0, 200));
    return made;
  }
  static double north_of(const json::Tree& frame) {
    const json::Tree at = frame["data"]["current_location"];
    return at.is_null() ? 0 : at["latitude"].number();
  }
  // Sends points and tells how far north the watcher is led by what comes before its pong.
  static double seen_of(LiveClient& watcher, Scene& scene, const Walk& points) {
    send(scene.anna, scene.ruck, points);
    static_cast<void>(watcher.socket().send(R"({"type":"ping"})"));
    double most = 0;
    for (json::Tree frame = watcher.next(); !frame.is_null(); frame = watcher.next()) {
      most = std::max(most, north_of(frame));
      if (frame["type"].text() == "pong" || watcher.close_code != 0) break;
    }
    return most;
  }
  void expect_over(LiveClient& watcher, Scene& scene, const Change& change, bool is_closed) {
    SCOPED_TRACE(change.name);
    const Walk all = walk();
    ASSERT_FALSE(watcher.next("snapshot").is_null());
    double before = seen_of(watcher, scene, all.part(200, 5));
    if (before == 0) before = north_of(watcher.next("update"));  // it came after the pong
    EXPECT_GT(before, 47) << "so far the watcher sees where she is";
    const Reply reply = change.make(scene);
    ASSERT_LT(reply.status, 300) << reply.body;
    // Nothing waits for the word that it is over: these are recorded at once.
    for (int batch = 0; batch < 4; ++batch) {
      const double seen = seen_of(watcher, scene, all.part(205 + 5 * batch, 5));
      EXPECT_LE(seen, 47 + all.metres_to(205) / 111'000) << "recorded after the reply";
    }
    if (is_closed) {
      EXPECT_EQ(watcher.closed(), 4401);
    } else {
      const bool was_told = std::ranges::any_of(
          watcher.heard, [](const std::string& f) { return f.contains(R"("type":"ended")"); });
      EXPECT_TRUE(was_told || !watcher.next("ended").is_null());
    }
    LiveClient again(*server_);
    again.say(R"({"type":"auth","token":")" + scene.phone.token + "\"}");
    again.subscribe("ruck:" + scene.ruck);
    EXPECT_TRUE(again.next("snapshot", std::chrono::milliseconds(300)).is_null());
  }

 private:
  int scenes_ = 0;
};

TEST_P(LiveAccessTest, NothingRecordedAfterAChangeReachesWhoLostAccessByIt) {
  const Change changes[] = {
      {"the follower unfollows",
       [](Scene& s) { return s.berta.del("/api/users/" + s.anna.user_id + "/follow"); }},
      {"the owner follows back no longer",
       [](Scene& s) { return s.anna.del("/api/users/" + s.berta.user_id + "/follow"); }},
      {"the follower is removed",
       [](Scene& s) { return s.anna.del("/api/users/me/followers/" + s.berta.user_id); }},
      {"the owner blocks",
       [](Scene& s) { return s.anna.post("/api/users/" + s.berta.user_id + "/block", "{}"); }},
      {"the follower blocks",
       [](Scene& s) { return s.berta.post("/api/users/" + s.anna.user_id + "/block", "{}"); }},
      {"nobody may follow live",
       [](Scene& s) { return s.anna.put("/api/users/profile", R"({"live_audience":"nobody"})"); }},
      {"links alone may",
       [](Scene& s) {
         return s.anna.patch("/api/users/" + s.anna.user_id, R"({"live_audience":"link"})");
       }},
      {"the ruck is private",
       [](Scene& s) {
         return s.anna.patch("/api/rucks/" + s.ruck, R"({"visibility":"private"})");
       }},
      {"live is off",
       [](Scene& s) {
         return s.anna.patch("/api/rucks/" + s.ruck, R"({"allow_live_following":false})");
       }},
      {"completed",
       [](Scene& s) { return s.anna.post("/api/rucks/" + s.ruck + "/complete", "{}"); }},
      {"deleted", [](Scene& s) { return s.anna.del("/api/rucks/" + s.ruck); }},
      {"the owner's account is gone",
       [](Scene& s) { return s.anna.del("/api/users/" + s.anna.user_id); }}};
  for (const Change& change : changes) {
    Scene s = scene();
    LiveClient watcher(*server_, s.berta);
    watcher.subscribe("ruck:" + s.ruck);
    expect_over(watcher, s, change, false);
  }
}

TEST_P(LiveAccessTest, NothingRecordedAfterASignInEndedReachesItsSockets) {
  const Change changes[] = {
      {"signed out", [](Scene& s) { return s.phone.post("/api/auth/logout", "{}"); }},
      {"ended from another device",
       [](Scene& s) { return s.berta.post("/api/auth/sessions/end-others"); }},
      {"the password is changed",
       [](Scene& s) {
         return s.berta.post("/api/account/password",
                             R"({"password":"correct horse","new_password":"another horse"})");
       }},
      {"the account is gone",
       [](Scene& s) { return s.berta.del("/api/users/" + s.berta.user_id); }}};
  for (const Change& change : changes) {
    Scene s = scene();
    LiveClient watcher(*server_, s.phone);
    watcher.subscribe("ruck:" + s.ruck);
    expect_over(watcher, s, change, true);
  }
}

TEST_P(LiveAccessTest, NothingRecordedAfterAChangeReachesALink) {
  const Change changes[] = {
      {"revoked",
       [](Scene& s) { return s.anna.del("/api/rucks/" + s.ruck + "/live/links/" + s.link); }},
      {"nobody may follow live",
       [](Scene& s) { return s.anna.put("/api/users/profile", R"({"live_audience":"nobody"})"); }},
      {"completed",
       [](Scene& s) { return s.anna.post("/api/rucks/" + s.ruck + "/complete", "{}"); }}};
  for (const Change& change : changes) {
    SCOPED_TRACE(change.name);
    Scene s = scene();
    const Reply made = s.anna.post("/api/rucks/" + s.ruck + "/live/links", "{}");
    s.link = made.json["data"]["id"].text();
    const std::string token = made.json["data"]["token"].text();
    LiveClient watcher(*server_);
    watcher.say(R"({"type":"auth","share":")" + token + "\"}");
    watcher.next("ready");
    watcher.subscribe("ruck:" + s.ruck);
    ASSERT_FALSE(watcher.next("snapshot").is_null());
    ASSERT_LT(change.make(s).status, 300);
    const std::size_t heard = watcher.heard.size();
    for (int batch = 0; batch < 4; ++batch) {
      EXPECT_EQ(seen_of(watcher, s, walk().part(200 + 10 * batch, 10)), 0) << watcher.heard.back();
    }
    const auto told = std::ranges::count_if(watcher.heard, [](const std::string& frame) {
      return frame.contains(R"("type":"ended")");
    });
    EXPECT_TRUE(told == 1 || !watcher.next("ended").is_null());
    EXPECT_GE(watcher.heard.size(), heard);
    EXPECT_GE(client().get("/api/live/" + token).status, 400);
  }
}

// A link that runs out while its socket is open. Links run for an hour at least, so what is stored
// is made shorter; a slow machine gets more time until it watches.
TEST_P(LiveAccessTest, NothingRecordedAfterALinkHasExpiredReachesIt) {
  Scene s = scene();
  const Reply made = s.anna.post("/api/rucks/" + s.ruck + "/live/links", "{}");
  const std::string token = made.json["data"]["token"].text();
  for (std::int64_t seconds = 3; seconds < 30; seconds *= 2) {
    std::int64_t expires_ms = 0;
    with_stored([&](db::Database& database) {
      expires_ms = now_ms() + seconds * 1000;
      ASSERT_TRUE(
          database.write_now([&](db::Session& q) { q.execute(kExpireLinks, expires_ms * 1000); }));
    });
    LiveClient watcher(*server_);
    watcher.say(R"({"type":"auth","share":")" + token + "\"}");
    watcher.next("ready");
    watcher.subscribe("ruck:" + s.ruck);
    const bool is_watching = !watcher.next("snapshot").is_null();
    if (!is_watching && now_ms() > expires_ms - 1000) continue;
    ASSERT_TRUE(is_watching);
    while (now_ms() <= expires_ms) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    for (int batch = 0; batch < 4; ++batch) {
      EXPECT_EQ(seen_of(watcher, s, walk().part(200 + 10 * batch, 10)), 0) << watcher.heard.back();
    }
    EXPECT_GE(client().get("/api/live/" + token).status, 400);
    return;
  }
  FAIL() << "the machine is too slow to watch at all";
}

// A private profile is for its followers: they stay, and strangers are not told that there is
// something to follow.
TEST_P(LiveAccessTest, APrivateProfileKeepsItsFollowersAndTellsOthersNothing) {
  Scene s = scene();
  ApiClient carla = user("carla");
  LiveClient watcher(*server_, s.berta);
  watcher.subscribe("ruck:" + s.ruck);
  ASSERT_FALSE(watcher.next("snapshot").is_null());
  EXPECT_EQ(carla.get("/api/rucks/" + s.ruck + "/live").status, 403);
  ASSERT_EQ(s.anna.patch("/api/users/me/privacy", R"({"isPrivateProfile":true})").status, 200);
  EXPECT_EQ(carla.get("/api/rucks/" + s.ruck + "/live").status, 404);
  send(s.anna, s.ruck, walk().part(200, 20));
  double most = 0;
  for (int i = 0; i < 5 && most < 47.0136; ++i)
    most = std::max(most, north_of(watcher.next("update")));
  EXPECT_GT(most, 47.0136);
}

// Live views, polls, links and lists after the end: nothing of the last stretch is served again.
TEST_P(LiveAccessTest, AfterTheEndNothingServesTheLastStretch) {
  Scene s = scene();
  const std::string live = "/api/rucks/" + s.ruck + "/live";
  const Reply made = s.anna.post(live + "/links", "{}");
  const std::string token = made.json["data"]["token"].text();
  const std::string shown = s.berta.get(live).body;
  EXPECT_THAT(shown, testing::HasSubstr("last_location_update"));
  EXPECT_EQ(client().get("/api/live/" + token).status, 200);
  ASSERT_EQ(s.anna.post("/api/rucks/" + s.ruck + "/complete", "{}").status, 200);
  for (const Reply& after :
       {s.berta.get(live), client().get("/api/live/" + token), s.anna.get(live)}) {
    EXPECT_GE(after.status, 400);
    EXPECT_THAT(after.body, testing::Not(testing::HasSubstr("47.0")));
    EXPECT_THAT(after.body, testing::Not(testing::HasSubstr("last_location_update")));
  }
  EXPECT_EQ(s.berta.get("/api/users/me/following/live").json["data"]["people"].size(), 0U);
  EXPECT_TRUE(s.berta.get("/api/users/" + s.anna.user_id + "/profile")
                  .json["data"]["user"]["activeRuckId"]
                  .is_null());
}

RUCK_ON_BOTH_DATABASES(LiveAccessTest);

}  // namespace
}  // namespace ruck::test
