// A hundred calls at once for the same object, spread over three servers: it is there once, and
// what counts it is right.
#include "support/rucking.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace ruck::test {
namespace {

constexpr int kCalls = 100;

class ContentionTest : public testing::Test {
 protected:
  RuckServer& server(int call) { return *servers_[static_cast<std::size_t>(call) % 3]; }
  ApiClient user(const std::string& name) {
    ApiClient made(server(0).url());
    made.sign_up(name);
    return made;
  }
  // One account for each call, the servers in turn.
  std::vector<ApiClient> users(const std::string& name, int count) {
    std::vector<ApiClient> made;
    for (int i = 0; i < count; ++i) made.push_back(user(fmt::format("{}{}", name, i)));
    return made;
  }

  // Makes all calls at once, call i at server i mod 3 with the given token. A call that is refused
  // with 503 is made again, as the apps do. How many ended with which status.
  using Call = std::function<Reply(ApiClient& client, int call)>;
  using Token = std::function<std::string(int call)>;
  std::map<int, int> at_once(const Token& token, const Call& make) {
    std::map<int, int> ended;
    std::mutex mutex;
    int refused = 0;
    std::latch begin(kCalls);
    std::vector<std::jthread> callers;
    for (int call = 0; call < kCalls; ++call) {
      callers.emplace_back([&, call] {
        ApiClient client(server(call).url());
        client.set_token(token(call));
        begin.arrive_and_wait();
        Reply reply = make(client, call);
        int again = 0;
        for (; reply.status == 503 && again < kTries; ++again) {
          std::this_thread::sleep_for(std::chrono::seconds(reply.json["retry_after"].integer()));
          reply = make(client, call);
        }
        const std::scoped_lock lock(mutex);
        refused += again;
        if (++ended[reply.status] == 1) last_[reply.status] = reply.body;
      });
    }
    callers.clear();
    std::printf("[ measured ] %d calls, %d of them refused for a while\n", kCalls, refused);
    return ended;
  }
  std::map<int, int> at_once(const ApiClient& who, const Call& make) {
    return at_once([&](int) { return who.token; }, make);
  }
  // What one of those that ended so was answered.
  std::string answer(int status) { return last_[status]; }

  static std::int64_t followers(ApiClient& viewer, const ApiClient& of) {
    return viewer.get("/api/users/" + of.user_id + "/profile")
        .json["data"]["stats"]["followersCount"]
        .integer();
  }
  static std::int64_t likes(ApiClient& viewer, const std::string& ruck) {
    return viewer.get("/api/rucks/" + ruck + "/details").json["like_count"].integer();
  }
  static std::string finished_ruck(ApiClient& who) {
    const std::string id = record_ruck(who, {.start_ms = now_ms() - 3'600'000, .count = 500},
                                       R"({"ruck_weight_kg":15,"visibility":"public"})");
    return id;
  }

 private:
  static constexpr int kTries = 30;
  TemporaryDatabase database_{DatabaseKind::kPostgres};
  std::array<std::unique_ptr<RuckServer>, 3> servers_ = {started(), started(), started()};
  std::map<int, std::string> last_;

  std::unique_ptr<RuckServer> started() {
    return std::make_unique<RuckServer>(ServerSettings{.database_url = database_.url()});
  }
};

using Ended = std::map<int, int>;

TEST_F(ContentionTest, AnAddressGetsOneAccount) {
  const Ended ended = at_once([](int) { return ""; },
                              [](ApiClient& client, int) {
                                return client.post("/api/auth/signup",
                                                   R"({"email":"anna@example.org",)"
                                                   R"("password":"correct horse","username":"a"})");
                              });
  EXPECT_EQ(ended, (Ended{{201, 1}, {409, kCalls - 1}})) << answer(400) << answer(503);
}

TEST_F(ContentionTest, CreatesWhoseRepliesWereLostMakeOneRuck) {
  ApiClient anna = user("anna");
  std::set<std::int64_t> ids;
  std::mutex mutex;
  const Ended created = at_once(anna, [&](ApiClient& client, int) {
    Reply reply = client.post("/api/rucks", R"({"ruck_weight_kg":15})");
    const std::scoped_lock lock(mutex);
    if (reply.status == 201) ids.insert(reply.json["id"].integer());
    return reply;
  });
  EXPECT_EQ(created, (Ended{{201, kCalls}})) << answer(409) << answer(503);
  ASSERT_EQ(ids.size(), 1U) << "one that was not started is taken again";
  const std::string ruck = "/api/rucks/" + std::to_string(*ids.begin());
  const Ended began =
      at_once(anna, [&](ApiClient& client, int) { return client.post(ruck + "/start", "{}"); });
  EXPECT_EQ(began, (Ended{{200, kCalls}})) << answer(409) << answer(503);
  EXPECT_EQ(anna.post(ruck + "/complete", "{}").status, 200);
  EXPECT_EQ(anna.get("/api/rucks").json.size(), 1U);
}

TEST_F(ContentionTest, ARuckThatBeganOfflineIsOneRuckWithAllOfItsPoints) {
  ApiClient anna = user("anna");
  const Walk walk{.start_ms = now_ms() - 3'600'000, .count = 5 * kCalls};
  const std::string ruck = "/api/rucks/offline_" + std::to_string(walk.start_ms);
  const Ended ended = at_once(anna, [&](ApiClient& client, int call) {
    return client.post(ruck + "/location", walk.part(5 * call, 5).json());
  });
  EXPECT_EQ(ended, (Ended{{201, kCalls}})) << answer(409) << answer(404) << answer(503);
  ASSERT_EQ(anna.post(ruck + "/complete", "{}").status, 200);
  ASSERT_EQ(anna.get("/api/rucks").json.size(), 1U);
  EXPECT_EQ(anna.get(ruck).json["route"].size(), static_cast<std::size_t>(walk.count));
}

TEST_F(ContentionTest, ARuckIsCompletedOnceAndCountsOnce) {
  ApiClient anna = user("anna");
  const std::string ruck = start_ruck(anna);
  const Walk walk{.start_ms = now_ms() - 3'600'000, .count = 500};
  ASSERT_EQ(anna.post("/api/rucks/" + ruck + "/location", walk.json()).status, 201);
  const Ended ended = at_once(anna, [&](ApiClient& client, int) {
    return client.post("/api/rucks/" + ruck + "/complete", "{}");
  });
  EXPECT_EQ(ended, (Ended{{200, kCalls}})) << answer(409) << answer(400) << answer(503);
  const json::Tree stats = anna.get("/api/users/profile").json["stats"];
  EXPECT_EQ(stats["total_rucks"].integer(), 1);
  const double km = anna.get("/api/rucks/" + ruck).json["distance_km"].number();
  EXPECT_NEAR(stats["total_distance_km"].number(), km, 0.01);
}

TEST_F(ContentionTest, AFollowCountsOnceAndNoCountIsEverBelowNone) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string follow = "/api/users/" + anna.user_id + "/follow";
  const Ended followed =
      at_once(berta, [&](ApiClient& client, int) { return client.post(follow, "{}"); });
  EXPECT_EQ(followed, (Ended{{200, 1}, {400, kCalls - 1}})) << answer(409) << answer(503);
  EXPECT_EQ(followers(berta, anna), 1);
  const Ended left = at_once(berta, [&](ApiClient& client, int) { return client.del(follow); });
  EXPECT_EQ(left, (Ended{{200, kCalls}})) << answer(409) << answer(503);
  EXPECT_EQ(followers(berta, anna), 0);
  at_once(berta, [&](ApiClient& client, int call) {
    return call % 2 == 0 ? client.post(follow, "{}") : client.del(follow);
  });
  const json::Tree shown = berta.get("/api/users/" + anna.user_id + "/profile").json["data"];
  EXPECT_EQ(shown["stats"]["followersCount"].integer(),
            shown["user"]["isFollowing"].boolean() ? 1 : 0);
}

TEST_F(ContentionTest, LikesOfManyCountEachOnce) {
  ApiClient anna = user("anna");
  const std::string ruck = finished_ruck(anna);
  constexpr int kFans = 20;
  std::vector<ApiClient> fans = users("fan", kFans);
  const auto token = [&](int call) { return fans[static_cast<std::size_t>(call) % kFans].token; };
  const Ended liked = at_once(token, [&](ApiClient& client, int) {
    return client.post("/api/ruck-likes", R"({"ruck_id":)" + ruck + "}");
  });
  EXPECT_EQ(liked, (Ended{{200, kCalls - kFans}, {201, kFans}})) << answer(409) << answer(503);
  EXPECT_EQ(likes(anna, ruck), kFans);
  EXPECT_EQ(anna.get("/api/ruck-likes?ruck_id=" + ruck).json["data"].size(), kFans);
  const Ended unliked = at_once(
      token, [&](ApiClient& client, int) { return client.del("/api/ruck-likes?ruck_id=" + ruck); });
  EXPECT_EQ(unliked, (Ended{{200, kCalls}})) << answer(409) << answer(503);
  EXPECT_EQ(likes(anna, ruck), 0);
}

TEST_F(ContentionTest, ManyFollowOneAtOnceAndAllAreCounted) {
  ApiClient anna = user("anna");
  constexpr int kFans = 20;
  std::vector<ApiClient> fans = users("fan", kFans);
  const auto token = [&](int call) { return fans[static_cast<std::size_t>(call) % kFans].token; };
  const std::string follow = "/api/users/" + anna.user_id + "/follow";
  const Ended followed =
      at_once(token, [&](ApiClient& client, int) { return client.post(follow, "{}"); });
  EXPECT_EQ(followed, (Ended{{200, kFans}, {400, kCalls - kFans}})) << answer(409) << answer(503);
  EXPECT_EQ(followers(anna, anna), kFans);
}

}  // namespace
}  // namespace ruck::test
