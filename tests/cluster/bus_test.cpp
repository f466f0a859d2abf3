// Two servers that meet at Redis.
#include "cluster/cluster.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;

class BusTest : public ClusterTest {
 protected:
  void SetUp() override {
    start(redis_.url());
    ASSERT_TRUE(both_are(true)) << b_->log();
  }
  RedisServer redis_;
};

TEST_F(BusTest, AFollowerAtAnotherInstanceSeesThePositions) {
  Scene s = scene();
  const auto follower = watcher(s);
  const auto link = link_watcher(s);
  ASSERT_TRUE(sees_new_points(*follower, s, 200));
  EXPECT_TRUE(sees_new_points(*follower, s, 220)) << "and goes on";
}

TEST_F(BusTest, WhoLosesARightAtOneInstanceIsToldByTheOtherAtOnce) {
  expect_all_to_end(all_changes(), kAtOnce);
}

// The ruck goes on, and what is hidden from now on is not shown.
TEST_F(BusTest, AZoneThatIsMadeAtOneInstanceHidesAtTheOther) {
  Scene s = scene();
  const auto follower = watcher(s);
  ASSERT_TRUE(sees_new_points(*follower, s, 200));
  const Reply made = s.anna.post("/api/users/me/privacy-zones",
                                 R"({"name":"home","latitude":)" + std::to_string(north_at(230)) +
                                     R"(,"longitude":8.0,"radius_m":100})");
  ASSERT_LT(made.status, 300) << made.body;
  // The room is read again before anything else is shown.
  const std::size_t heard = follower->heard.size();
  send(s, 222, 18);
  follower->say(R"({"type":"ping"})");
  follower->next("pong");
  send(s, 240, 2);
  follower->next("update", std::chrono::seconds(2));
  for (std::size_t i = heard; i < follower->heard.size(); ++i) {
    const double north = north_of(json::Tree::parse(follower->heard[i]));
    EXPECT_LT(north, north_at(222)) << follower->heard[i];
  }
}

TEST_F(BusTest, WhatOneToldBeforeItEndedReachesTheOther) {
  Scene s = scene();
  const auto follower = watcher(s);
  ASSERT_LT(s.berta.del("/api/users/" + s.anna.user_id + "/follow").status, 300);
  ASSERT_EQ(a_->stop(), 0) << a_->log();
  EXPECT_TRUE(is_over(*follower, kAtOnce));
}

TEST_F(BusTest, ANotificationReachesASocketAtAnotherInstance) {
  Scene s = scene();
  LiveClient me(*b_, s.anna);
  me.subscribe("me");
  ASSERT_FALSE(me.next("snapshot").is_null());
  const Reply cheer = s.berta.post("/api/rucks/" + s.ruck + "/messages", R"({"message":"go on"})");
  ASSERT_LT(cheer.status, 300) << cheer.body;
  EXPECT_FALSE(me.next("cheer").is_null());
}

TEST(BusSettings, AWrongUrlIsRefusedAtTheStartAndNotRepeated) {
  const auto start = [](const std::string& url) {
    const TemporaryFolder folder;
    return run_to_end({.argv = {binary(), "serve"},
                       .extra_env = {"RUCK_REDIS_URL=" + url, "RUCK_LISTEN=127.0.0.1:0",
                                     "RUCK_DATA_DIR=" + folder.path() + "/data"}},
                      std::chrono::minutes(1));
  };
  const Finished port = start("redis://:topsecret@127.0.0.1:port");
  EXPECT_NE(port.exit_code, 0);
  EXPECT_THAT(port.output, HasSubstr("redis_url: the port must be a number from 1 to 65535"));
  EXPECT_THAT(port.output, Not(HasSubstr("topsecret")));
  const Finished tls = start("rediss://:topsecret@127.0.0.1");
  EXPECT_NE(tls.exit_code, 0);
  EXPECT_THAT(tls.output, HasSubstr("has no TLS"));
  EXPECT_THAT(tls.output, Not(HasSubstr("topsecret")));
  const Finished other = start("http://:topsecret@127.0.0.1");
  EXPECT_NE(other.exit_code, 0);
  EXPECT_THAT(other.output, HasSubstr("must be redis://"));
  EXPECT_THAT(other.output, Not(HasSubstr("topsecret")));
}

class PasswordTest : public ClusterTest {
 protected:
  RedisServer redis_{"topsecret"};
};

TEST_F(PasswordTest, IsUsedAndNeverLogged) {
  start(redis_.url());
  ASSERT_TRUE(both_are(true));
  redis_.kill();
  ASSERT_TRUE(both_are(false));
  redis_.start();
  ASSERT_TRUE(both_are(true));
  const std::string log = b_->log();
  EXPECT_THAT(log, HasSubstr(R"("event":"redis.connected")"));
  EXPECT_THAT(log, HasSubstr(R"("event":"redis.lost")"));
  EXPECT_THAT(log, HasSubstr(R"("event":"redis.back")"));
  EXPECT_THAT(log, Not(HasSubstr("topsecret")));
}

TEST_F(PasswordTest, AWrongOneIsSaidOnceAndTheServiceGoesOn) {
  start("redis://:topsecrets@127.0.0.1:" + std::to_string(redis_.port()));
  ASSERT_TRUE(until([&] { return b_->log().contains("the password is refused"); })) << b_->log();
  // It has tried again since.
  ASSERT_TRUE(until([&] {
    const std::string metrics = b_->metrics();
    return !metrics.contains("ruck_redis_reconnects_total 0") &&
           !metrics.contains("ruck_redis_reconnects_total 1\n");
  }));
  const std::string log = b_->log();
  const std::size_t said = log.find("redis.lost");
  ASSERT_NE(said, std::string::npos);
  EXPECT_EQ(log.find("redis.lost", said + 1), std::string::npos) << log;
  EXPECT_THAT(log, Not(HasSubstr("topsecret")));
  EXPECT_EQ(user("anna").get("/api/users/profile").status, 200);
}

}  // namespace
}  // namespace ruck::test
