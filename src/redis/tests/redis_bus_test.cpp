// Instances of the bus in one process, over a real redis-server that is killed, hung and restarted.
#include "redis/redis_bus.hpp"

#include "support/redis.hpp"
#include "support/run.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <optional>

namespace ruck::redis {
namespace {
using testing::HasSubstr;

// Remembers what a topic is told.
class Ear {
 public:
  Ear(bus::Bus& bus, const std::string& topic)
      : news_(bus.subscribe(topic, [this](const bus::Payload& payload) {
          const std::lock_guard lock(mutex_);
          heard_.push_back(*payload);
        })) {}
  std::size_t count(const std::string& payload) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(heard_, payload));
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return heard_.size();
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> heard_;
  std::unique_ptr<bus::Bus::Subscription> news_;
};

class RedisBusTest : public testing::Test {
 protected:
  struct Instance {
    explicit Instance(const std::string& url) : bus(*parse_address(url), metrics) { bus.start(); }
    ~Instance() { bus.stop(); }
    telemetry::Metrics metrics;
    RedisBus bus;
  };
  static bool is_proven(Instance& instance) {
    return test::until([&] { return instance.bus.is_proven(); });
  }
  // Publishes until the other has heard it: what is subscribed takes a moment to be.
  static bool reaches(bus::Bus& from, Ear& ear, const std::string& topic,
                      const std::string& payload) {
    return test::until([&] {
      from.publish(topic, payload);
      return ear.count(payload) > 0;
    });
  }
  std::size_t channels() {
    const std::string all = redis_.say("PUBSUB CHANNELS ruck.bus.*\r\n");
    return static_cast<std::size_t>(std::stoul(all.substr(all.find('*') + 1)));
  }

  test::RedisServer redis_;
  test::RunningCores cores_;
};

TEST_F(RedisBusTest, WhatOnePublishesTheOtherHearsOnceAndItselfAtOnce) {
  Instance a(redis_.url());
  Instance b(redis_.url());
  Ear here(a.bus, "ruck:1");
  Ear there(b.bus, "ruck:1");
  ASSERT_TRUE(is_proven(a) && is_proven(b));
  ASSERT_TRUE(reaches(a.bus, there, "ruck:1", "first"));
  const std::string bytes("a\0\r\n$5", 6);
  a.bus.publish("ruck:1", bytes);
  EXPECT_EQ(here.count(bytes), 1U) << "before publish() returns";
  a.bus.publish("ruck:1", "last");
  ASSERT_TRUE(test::until([&] { return there.count("last") == 1; }));
  EXPECT_EQ(there.count(bytes), 1U);
  // What comes back is one's own.
  b.bus.publish("ruck:1", "back");
  ASSERT_TRUE(test::until([&] { return here.count("back") == 1; }));
  EXPECT_EQ(here.count(bytes), 1U);
  EXPECT_EQ(here.count("last"), 1U);
}

TEST_F(RedisBusTest, WhatIsPublishedHereStaysHere) {
  Instance a(redis_.url());
  Instance b(redis_.url());
  Ear here(a.bus, "sessions");
  Ear there(b.bus, "sessions");
  ASSERT_TRUE(reaches(a.bus, there, "sessions", "for all"));
  a.bus.publish_here("sessions", "for one");
  EXPECT_EQ(here.count("for one"), 1U);
  a.bus.publish("sessions", "later");
  ASSERT_TRUE(test::until([&] { return there.count("later") == 1; }));
  EXPECT_EQ(there.count("for one"), 0U);
}

TEST_F(RedisBusTest, TopicsAreSubscribedWhileSomebodyListens) {
  Instance a(redis_.url());
  ASSERT_TRUE(is_proven(a));
  EXPECT_EQ(channels(), 0U);
  auto one = std::make_unique<Ear>(a.bus, "ruck:1");
  auto other = std::make_unique<Ear>(a.bus, "ruck:1");
  Ear gaps(a.bus, std::string(bus::kGap));
  ASSERT_TRUE(test::until([&] { return channels() == 1; }));
  one.reset();
  Ear second(a.bus, "ruck:2");
  ASSERT_TRUE(test::until([&] { return channels() == 2; }));
  other.reset();
  EXPECT_TRUE(test::until([&] { return channels() == 1; }));
}

TEST_F(RedisBusTest, NobodyIsThoughtToListenWhereThereIsOneInstanceAlone) {
  std::optional<Instance> a(redis_.url());
  ASSERT_TRUE(test::until([&] { return a->bus.is_proven() && !a->bus.is_wanted("ruck:1"); }));
  {
    Instance b(redis_.url());
    ASSERT_TRUE(is_proven(b));
    EXPECT_TRUE(test::until([&] { return a->bus.is_wanted("ruck:1"); }));
    EXPECT_TRUE(b.bus.is_wanted("ruck:1"));
    Ear there(b.bus, "ruck:1");
    EXPECT_FALSE(a->bus.is_heard("ruck:1")) << "who listens elsewhere is not known";
  }
  EXPECT_TRUE(test::until([&] { return !a->bus.is_wanted("ruck:1"); }));
}

TEST_F(RedisBusTest, WhenAllHaveHeardTheirListenersHaveBeenCalled) {
  Instance a(redis_.url());
  Instance b(redis_.url());
  Instance c(redis_.url());
  Ear at_b(b.bus, "ruck:1");
  Ear at_c(c.bus, "ruck:1");
  ASSERT_TRUE(reaches(a.bus, at_b, "ruck:1", "first") && reaches(a.bus, at_c, "ruck:1", "first"));
  ASSERT_TRUE(test::until([&] { return cores_.run(a.bus.all_have_heard()); }));
  for (int i = 0; i < 300; ++i) {
    const std::string news = std::to_string(i);
    a.bus.publish("ruck:1", news);
    // On a machine that does much else an answer may come too late; then nothing is promised.
    if (!cores_.run(a.bus.all_have_heard())) continue;
    ASSERT_EQ(at_b.count(news), 1U);
    ASSERT_EQ(at_c.count(news), 1U);
  }
}

TEST_F(RedisBusTest, OneThatIsBusyHasNotHeardYet) {
  Instance a(redis_.url());
  Instance b(redis_.url());
  std::promise<void> go_on;
  const auto held = go_on.get_future().share();
  const auto listener = b.bus.subscribe("ruck:1", [&](const bus::Payload& payload) {
    if (*payload == "wait") held.wait();
  });
  Ear heard(b.bus, "ruck:1");
  ASSERT_TRUE(reaches(a.bus, heard, "ruck:1", "first"));
  ASSERT_TRUE(test::until([&] { return cores_.run(a.bus.all_have_heard()); }));
  a.bus.publish("ruck:1", "wait");
  EXPECT_FALSE(cores_.run(a.bus.all_have_heard()));
  go_on.set_value();
  EXPECT_TRUE(test::until([&] { return cores_.run(a.bus.all_have_heard()); }));
}

TEST_F(RedisBusTest, OneThatLeftIsNotWaitedFor) {
  Instance a(redis_.url());
  {
    Instance b(redis_.url());
    ASSERT_TRUE(is_proven(a) && is_proven(b));
    ASSERT_TRUE(test::until([&] { return cores_.run(a.bus.all_have_heard()); }));
  }
  EXPECT_TRUE(test::until([&] { return cores_.run(a.bus.all_have_heard()); }));
}

// It may have changed something and told nobody.
TEST_F(RedisBusTest, OneThatDiedIsWaitedForAndThenAGap) {
  Instance a(redis_.url());
  Ear gaps(a.bus, std::string(bus::kGap));
  ASSERT_TRUE(is_proven(a));
  ASSERT_TRUE(test::until([&] { return cores_.run(a.bus.all_have_heard()); }));
  const std::size_t before = gaps.size();
  const auto died_at = std::chrono::steady_clock::now();
  static_cast<void>(redis_.say("PUBLISH ruck.beat.1.0 0123456789abcdefBsomewhen\r\n"));
  ASSERT_TRUE(test::until([&] { return a.bus.is_wanted("ruck:1"); })) << "another one is known";
  const bool has_heard = cores_.run(a.bus.all_have_heard());
  const auto asked_for = std::chrono::steady_clock::now() - died_at;
  EXPECT_TRUE(!has_heard || asked_for > kPeerMax);
  EXPECT_TRUE(test::until([&] { return gaps.size() > before; }));
  EXPECT_TRUE(test::until([&] { return cores_.run(a.bus.all_have_heard()); }));
}

TEST_F(RedisBusTest, NobodyIsKnownToHaveHeardWithoutRedis) {
  Instance a(redis_.url());
  ASSERT_TRUE(is_proven(a));
  redis_.hang();
  EXPECT_FALSE(cores_.run(a.bus.all_have_heard()));
  redis_.go_on();
  ASSERT_TRUE(test::until([&] { return cores_.run(a.bus.all_have_heard()); }));
  redis_.kill();
  ASSERT_TRUE(test::until([&] { return !a.bus.is_proven(); }));
  EXPECT_FALSE(cores_.run(a.bus.all_have_heard()));
}

TEST_F(RedisBusTest, WhatIsSubscribedLateIsToldWhenItIsHeard) {
  Instance a(redis_.url());
  Instance b(redis_.url());
  ASSERT_TRUE(is_proven(a) && is_proven(b));
  ASSERT_TRUE(test::until([&] { return a.bus.is_wanted("ruck:1"); }));
  Ear heard(a.bus, std::string(bus::kHeard));
  Ear late(a.bus, "ruck:1");
  EXPECT_TRUE(test::until([&] { return heard.count("ruck:1") == 1; }));
}

TEST_F(RedisBusTest, ARedisThatIsKilledIsAGapAtBothEndsAndHeals) {
  Instance a(redis_.url());
  Instance b(redis_.url());
  Ear there(b.bus, "ruck:1");
  Ear gaps(b.bus, std::string(bus::kGap));
  ASSERT_TRUE(is_proven(a) && is_proven(b));
  ASSERT_TRUE(reaches(a.bus, there, "ruck:1", "before"));
  const std::size_t before = gaps.size();
  redis_.kill();
  ASSERT_TRUE(test::until([&] { return gaps.size() > before; }));
  EXPECT_FALSE(b.bus.is_proven());
  EXPECT_THAT(b.metrics.render(), HasSubstr("ruck_redis_connected 0"));
  ASSERT_TRUE(test::until([&] { return !a.bus.is_proven(); }));
  a.bus.publish("ruck:1", "meanwhile");
  const std::size_t down = gaps.size();
  redis_.start();
  ASSERT_TRUE(is_proven(a) && is_proven(b));
  EXPECT_TRUE(test::until([&] { return gaps.size() > down; }));
  EXPECT_TRUE(reaches(a.bus, there, "ruck:1", "after"));
  EXPECT_EQ(there.count("meanwhile"), 0U) << "lost, which is what the gap says";
  EXPECT_THAT(a.metrics.render(), HasSubstr("ruck_bus_dropped_total"));
}

TEST_F(RedisBusTest, ARedisThatHangsIsNoticedAndHeals) {
  Instance a(redis_.url());
  Instance b(redis_.url());
  Ear there(b.bus, "ruck:1");
  Ear gaps(b.bus, std::string(bus::kGap));
  ASSERT_TRUE(is_proven(a) && is_proven(b));
  ASSERT_TRUE(reaches(a.bus, there, "ruck:1", "before"));
  const std::size_t before = gaps.size();
  redis_.hang();
  ASSERT_TRUE(test::until([&] { return gaps.size() > before; }));
  EXPECT_FALSE(b.bus.is_proven());
  redis_.go_on();
  ASSERT_TRUE(is_proven(a) && is_proven(b));
  EXPECT_TRUE(reaches(a.bus, there, "ruck:1", "after"));
}

// The other was never cut off, and cannot have noticed.
TEST_F(RedisBusTest, WhoWasCutOffSaysSoWhenItIsBack) {
  Instance b(redis_.url());
  ASSERT_TRUE(is_proven(b));
  Ear gaps(b.bus, std::string(bus::kGap));
  {
    Instance a(redis_.url());
    ASSERT_TRUE(is_proven(a));
    const std::string all = redis_.say("CLIENT LIST\r\n");
    // Those that came after the two of b: the newest two, by id.
    std::vector<std::string> ids;
    for (std::size_t at = all.find("id="); at != std::string::npos;
         at = all.find("\nid=", at + 1)) {
      const std::size_t from = all.find('=', at) + 1;
      ids.push_back(all.substr(from, all.find(' ', from) - from));
    }
    ASSERT_GE(ids.size(), 5U) << all;
    const std::size_t before = gaps.size();
    static_cast<void>(
        redis_.say("CLIENT KILL ID " + ids[2] + "\r\nCLIENT KILL ID " + ids[3] + "\r\n"));
    EXPECT_TRUE(test::until([&] { return gaps.size() > before; }));
  }
  EXPECT_TRUE(b.bus.is_proven());
}

TEST_F(RedisBusTest, AnInstanceThatEndsHasToldAllItPublished) {
  Instance b(redis_.url());
  Ear there(b.bus, "ruck:1");
  {
    Instance a(redis_.url());
    ASSERT_TRUE(reaches(a.bus, there, "ruck:1", "first"));
    for (int i = 0; i < 1000; ++i) a.bus.publish("ruck:1", "one of many");
    a.bus.publish("ruck:1", "last words");
  }
  EXPECT_TRUE(test::until([&] { return there.count("last words") == 1; }));
  EXPECT_EQ(there.count("one of many"), 1000U);
}

TEST_F(RedisBusTest, OtherProtocolsDatabasesAndStrangersAreNotHeard) {
  Instance a(redis_.url());
  Instance b(redis_.url() + "/1");
  Ear there(b.bus, "ruck:1");
  Ear gaps(b.bus, std::string(bus::kGap));
  ASSERT_TRUE(is_proven(a) && is_proven(b));
  ASSERT_TRUE(test::until([&] { return channels() == 1; }));
  const std::size_t before = gaps.size();
  a.bus.publish("ruck:1", "of another database");
  static_cast<void>(
      redis_.say("PUBLISH ruck.bus.0.1:ruck:1 0123456789abcdefold\r\n"
                 "PUBLISH ruck.bus.1.1:ruck:1 short\r\n"
                 "PUBLISH ruck.bus.1.1:bus.gap 0123456789abcdef\r\n"
                 "PUBLISH ruck.beat.1.1 x\r\n"
                 "PUBLISH ruck.beat.1.1 0123456789abcdef\r\n"
                 "PUBLISH ruck.bus.1.1:ruck:1 0123456789abcdefend\r\n"));
  ASSERT_TRUE(test::until([&] { return there.count("end") == 1; }));
  EXPECT_EQ(there.size(), 1U);
  EXPECT_EQ(gaps.size(), before);
}

TEST(RedisBusPassword, IsNeededAndUsed) {
  test::RedisServer redis("a-good-password");
  telemetry::Metrics metrics;
  RedisBus without(*parse_address("redis://127.0.0.1:" + std::to_string(redis.port())), metrics);
  RedisBus with(*parse_address(redis.url()), metrics);
  without.start();
  with.start();
  EXPECT_TRUE(test::until([&] { return with.is_proven(); }));
  EXPECT_FALSE(without.is_proven());
  Ear ear(without, "ruck:1");
  without.publish("ruck:1", "here");
  EXPECT_EQ(ear.count("here"), 1U) << "in this process it goes on as ever";
  without.stop();
  with.stop();
}

}  // namespace
}  // namespace ruck::redis
