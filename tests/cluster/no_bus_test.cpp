// Two servers that cannot tell each other anything: Redis is dead, hangs, or was never there. Each
// looks into the database, so nobody watches for long who may not, and it heals.
#include "cluster/cluster.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {

class NoBusTest : public ClusterTest {
 protected:
  // As long as a machine that does much else may need: the bounds are live::kLookOften and
  // auth::kTokenReload, and before them the time until it is noticed, redis::kProofMax.
  static constexpr auto kInTime = std::chrono::seconds(60);

  // The first server goes on; the follower, who may, sees it again.
  void expect_it_to_heal(LiveClient& follower, Scene& scene) {
    ASSERT_TRUE(both_are(true)) << b_->log();
    EXPECT_TRUE(sees_new_points(follower, scene, 200))
        << follower.close_code << " " << follower.heard.back();
  }
};

TEST_F(NoBusTest, WithoutRedisTheOtherInstanceLooksForItself) {
  start("");
  expect_all_to_end(all_changes(), kInTime);
}

TEST_F(NoBusTest, ADeadRedisIsNoLeakAndHeals) {
  RedisServer redis;
  start(redis.url());
  ASSERT_TRUE(both_are(true));
  Scene lasting = scene();
  const auto follower = watcher(lasting);
  redis.kill();
  // At once: neither may have noticed.
  expect_all_to_end(all_changes(), kInTime, follower.get());
  redis.start();
  expect_it_to_heal(*follower, lasting);
}

TEST_F(NoBusTest, ARedisThatHangsIsNoLeakAndHeals) {
  RedisServer redis;
  start(redis.url());
  ASSERT_TRUE(both_are(true));
  Scene lasting = scene();
  const auto follower = watcher(lasting);
  redis.hang();
  expect_all_to_end(all_changes(), kInTime, follower.get());
  ASSERT_TRUE(both_are(false));
  redis.go_on();
  expect_it_to_heal(*follower, lasting);
}

// What happens while it hangs and is told when it goes on, in its order.
TEST_F(NoBusTest, WhatARedisHeldBackForAMomentIsHeardThen) {
  RedisServer redis;
  start(redis.url());
  ASSERT_TRUE(both_are(true));
  Scene s = scene();
  const auto follower = watcher(s);
  redis.hang();
  ASSERT_LT(s.berta.del("/api/users/" + s.anna.user_id + "/follow").status, 300);
  redis.go_on();
  EXPECT_TRUE(is_over(*follower, kInTime));
  expect_silence(*follower, s);
}

// A zone that nobody told of hides all the same.
TEST_F(NoBusTest, AZoneHidesAtTheOtherInstanceWithoutRedis) {
  start("");
  Scene s = scene();
  const auto follower = watcher(s);
  ApiClient at_b(b_->url());
  at_b.set_token(s.phone.token);
  const std::string live = "/api/rucks/" + s.ruck + "/live";
  ASSERT_GT(north_of(json::Tree::parse(R"({"data":)" + at_b.get(live).body + "}")), 47);
  const Reply made = s.anna.post("/api/users/me/privacy-zones",
                                 R"({"name":"home","latitude":)" + std::to_string(north_at(190)) +
                                     R"(,"longitude":8.0,"radius_m":200})");
  ASSERT_LT(made.status, 300) << made.body;
  // Its last place lies inside.
  EXPECT_TRUE(until(
      [&] {
        const double north = north_of(json::Tree::parse(R"({"data":)" + at_b.get(live).body + "}"));
        return north < north_at(190) - 0.001;
      },
      kInTime));
}

}  // namespace
}  // namespace ruck::test
