#pragma once
// Two servers over one PostgreSQL: Anna walks by way of the first, Berta watches by way of the
// second.
#include "support/live.hpp"
#include "support/redis.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace ruck::test {

// How rights are taken away, by way of the first server.
struct Scene {
  ApiClient anna;   // walks
  ApiClient berta;  // watches: the two follow each other
  ApiClient phone;  // Berta's other sign-in, whose socket is at the second server
  std::string ruck;
  std::string link;        // the id of a share link
  std::string link_token;  // and its secret
};
struct Change {
  const char* name;
  Reply (*make)(Scene& scene);
};

class ClusterTest : public testing::Test {
 protected:
  // How long a test waits for what is to come at once where it comes only later without the bus.
  // The next look may by chance be near, so a test shows it for several changes.
  static constexpr auto kAtOnce = std::chrono::seconds(8);

  // Where they meet; empty: nowhere.
  void start(const std::string& redis_url) {
    std::vector<std::string> env;
    if (!redis_url.empty()) env.push_back("RUCK_REDIS_URL=" + redis_url);
    a_ = std::make_unique<RuckServer>(
        ServerSettings{.database_url = database_.url(), .extra_env = env});
    b_ = std::make_unique<RuckServer>(
        ServerSettings{.database_url = database_.url(), .extra_env = env});
  }
  static bool is_connected(const RuckServer& server) {
    return server.metrics().contains("\nruck_redis_connected 1\n");
  }
  // Both prove that the bus works, or neither does.
  bool both_are(bool connected) {
    return until([&] { return is_connected(*a_) == connected && is_connected(*b_) == connected; });
  }
  ApiClient user(const std::string& name) {
    ApiClient made(a_->url());
    made.sign_up(name);
    return made;
  }
  // A walk that began 20 minutes ago; the first 200 points of it are recorded.
  static Walk walk() { return {.start_ms = now_ms() - 1'200'000, .count = 240, .step_s = 5}; }
  Scene scene() {
    const std::string number = std::to_string(++scenes_);
    Scene made{.anna = user("anna" + number),
               .berta = user("berta" + number),
               .phone = ApiClient(a_->url()),
               .ruck = {},
               .link = {},
               .link_token = {}};
    EXPECT_LT(made.berta.post("/api/users/" + made.anna.user_id + "/follow", "{}").status, 300);
    EXPECT_LT(made.anna.post("/api/users/" + made.berta.user_id + "/follow", "{}").status, 300);
    const Reply in =
        made.phone.post("/api/auth/login", R"({"email":"berta)" + number +
                                               R"(@example.org","password":"correct horse"})");
    EXPECT_EQ(in.status, 200) << in.body;
    made.phone.set_token(in.json["access_token"].text());
    made.phone.user_id = made.berta.user_id;
    made.ruck = start_ruck(made.anna);
    send(made, 0, 200);
    const Reply link = made.anna.post("/api/rucks/" + made.ruck + "/live/links", "{}");
    EXPECT_EQ(link.status, 201) << link.body;
    made.link = link.json["data"]["id"].text();
    made.link_token = link.json["data"]["token"].text();
    return made;
  }
  // Records points by way of the first server; they may be refused when the ruck is gone.
  static void send(Scene& scene, int from, int count) {
    const Reply r =
        scene.anna.post("/api/rucks/" + scene.ruck + "/location", walk().part(from, count).json());
    EXPECT_TRUE(r.status == 201 || r.status == 404 || r.status == 503) << r.body;
  }
  // Berta's socket at the second server, which has got its snapshot.
  std::unique_ptr<LiveClient> watcher(Scene& scene) {
    auto made = std::make_unique<LiveClient>(*b_, scene.phone);
    made->subscribe("ruck:" + scene.ruck);
    EXPECT_FALSE(made->next("snapshot").is_null());
    return made;
  }
  std::unique_ptr<LiveClient> link_watcher(Scene& scene) {
    auto made = std::make_unique<LiveClient>(*b_);
    made->say(R"({"type":"auth","share":")" + scene.link_token + "\"}");
    EXPECT_FALSE(made->next("ready").is_null());
    made->subscribe("ruck:" + scene.ruck);
    EXPECT_FALSE(made->next("snapshot").is_null());
    return made;
  }
  static double north_of(const json::Tree& frame) {
    const json::Tree at = frame["data"]["current_location"];
    return at.is_null() ? 0 : at["latitude"].number();
  }
  // How far north a point of the walk is.
  static double north_at(int index) { return 47 + walk().metres_to(index) / 111'170.851; }
  // Points from a number on reach the socket as they are recorded. What is published while the
  // other instance has not been heard of yet is not sent to it, and a frame of before may still
  // wait to be read, so more than one batch may be needed.
  static bool sees_new_points(LiveClient& watcher, Scene& scene, int from) {
    const double beyond = north_at(from) - 1e-6;
    for (int batch = 0; batch < 20; ++batch) {
      send(scene, from + batch, 1);
      const json::Tree frame = watcher.next("update", std::chrono::milliseconds(1000));
      if (north_of(frame) > beyond) return true;
    }
    return false;
  }
  // It is over for the socket: it is told so, or closed.
  static bool is_over(LiveClient& watcher, std::chrono::milliseconds at_most) {
    return !watcher.next("ended", at_most).is_null() || watcher.close_code != 0;
  }
  // What comes until the pong, after the news that it is over: nothing of where she is, by
  // whichever server it is recorded.
  void expect_silence(LiveClient& watcher, Scene& scene) {
    const std::size_t heard = watcher.heard.size();
    send(scene, 225, 5);
    ApiClient at_b(b_->url());
    at_b.set_token(scene.anna.token);
    at_b.post("/api/rucks/" + scene.ruck + "/location", walk().part(230, 10).json());
    if (watcher.close_code != 0) return;
    watcher.say(R"({"type":"ping"})");
    watcher.next("pong");
    for (std::size_t i = heard; i < watcher.heard.size(); ++i) {
      EXPECT_FALSE(watcher.heard[i].contains("current_location")) << watcher.heard[i];
    }
  }
  // Each change, made at the first server, ends what the socket at the second sees. Another socket
  // is read meanwhile, so that it answers the server's pings.
  void expect_all_to_end(std::span<const Change> changes, std::chrono::milliseconds at_most,
                         LiveClient* lasting = nullptr) {
    for (const Change& change : changes) {
      SCOPED_TRACE(change.name);
      Scene s = scene();
      const bool is_of_link = std::string_view(change.name).contains("link");
      const auto watching = is_of_link ? link_watcher(s) : watcher(s);
      const Reply reply = change.make(s);
      ASSERT_LT(reply.status, 300) << reply.body;
      EXPECT_TRUE(is_over(*watching, at_most)) << "still watching";
      expect_silence(*watching, s);
      if (lasting != nullptr) lasting->next("nothing has this type", std::chrono::milliseconds(10));
    }
  }

  static std::span<const Change> all_changes();

  TemporaryDatabase database_{DatabaseKind::kPostgres};
  std::unique_ptr<RuckServer> a_;
  std::unique_ptr<RuckServer> b_;

 private:
  int scenes_ = 0;
};

// The follower and the link lose the ruck, the sign-in or the account.
inline std::span<const Change> ClusterTest::all_changes() {
  static constexpr Change kChanges[] = {
      {"the follower unfollows",
       [](Scene& s) { return s.berta.del("/api/users/" + s.anna.user_id + "/follow"); }},
      {"the owner blocks",
       [](Scene& s) { return s.anna.post("/api/users/" + s.berta.user_id + "/block", "{}"); }},
      {"nobody may follow live",
       [](Scene& s) { return s.anna.put("/api/users/profile", R"({"live_audience":"nobody"})"); }},
      {"the ruck is private",
       [](Scene& s) {
         return s.anna.patch("/api/rucks/" + s.ruck, R"({"visibility":"private"})");
       }},
      {"the link is revoked",
       [](Scene& s) { return s.anna.del("/api/rucks/" + s.ruck + "/live/links/" + s.link); }},
      {"signed out", [](Scene& s) { return s.phone.post("/api/auth/logout", "{}"); }},
      {"ended from another device",
       [](Scene& s) { return s.berta.post("/api/auth/sessions/end-others"); }},
      {"the follower's account is gone",
       [](Scene& s) { return s.berta.del("/api/users/" + s.berta.user_id); }},
      {"the owner's account is gone",
       [](Scene& s) { return s.anna.del("/api/users/" + s.anna.user_id); }}};
  return kChanges;
}

}  // namespace ruck::test
