// Limits of several servers over a real redis-server.
#include "cache/shared_limiter.hpp"

#include "support/redis.hpp"
#include "support/run.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace ruck::cache {
namespace {
using http::Limit;
using http::per_hour;

class SharedLimiterTest : public testing::Test {
 protected:
  struct Server {
    Server(test::RunningCores& cores, const std::string& url)
        : client(*redis::parse_address(url),
                 {.ask_time = std::chrono::seconds(60), .hung_time = std::chrono::seconds(60)},
                 metrics),
          limiter(client, cores.all().size()),
          cores(cores) {
      client.start(cores.all());
    }
    ~Server() { client.stop(); }
    bool becomes(bool wanted) {
      return test::until([&] { return cores.run(ready(client)) == wanted; });
    }
    // Whether it may go ahead.
    bool take(const std::string& key, Limit limit) {
      return !cores.run(limiter.take(key, limit, utc_us(0)));
    }
    int take(const std::string& key, Limit limit, int times) {
      int allowed = 0;
      for (int i = 0; i < times; ++i) allowed += take(key, limit) ? 1 : 0;
      return allowed;
    }
    static task<bool> ready(redis::Client& client) { co_return client.is_ready(); }

    telemetry::Metrics metrics;
    redis::Client client;
    SharedLimiter limiter;
    test::RunningCores& cores;
  };
  // How many scripts Redis has run.
  long scripts() {
    const std::string text = redis_.say("INFO commandstats\r\n");
    constexpr std::string_view kEval = "cmdstat_eval:calls=";
    const std::size_t at = text.find(kEval);
    return at == std::string::npos ? 0 : std::stol(text.substr(at + kEval.size()));
  }

  test::RedisServer redis_;
  test::RunningCores cores_{2};
};

TEST_F(SharedLimiterTest, TwoServersLetNoMoreThroughThanOne) {
  Server a(cores_, redis_.url());
  Server b(cores_, redis_.url());
  ASSERT_TRUE(a.becomes(true) && b.becomes(true));
  int allowed = 0;
  for (int i = 0; i < 20; ++i) {
    allowed += a.take("key", per_hour(10)) ? 1 : 0;
    allowed += b.take("key", per_hour(10)) ? 1 : 0;
  }
  EXPECT_EQ(allowed, 10);
  EXPECT_EQ(a.take("another", per_hour(10), 20), 10);
}

TEST_F(SharedLimiterTest, HowLongToWaitIsWhatRemainsOfOneUse) {
  Server a(cores_, redis_.url());
  Server b(cores_, redis_.url());
  ASSERT_TRUE(a.becomes(true) && b.becomes(true));
  ASSERT_EQ(a.take("key", per_hour(10), 10), 10);
  const auto wait = cores_.run(b.limiter.take("key", per_hour(10), utc_us(0)));
  ASSERT_TRUE(wait);
  EXPECT_GT(*wait, std::chrono::seconds(0));
  EXPECT_LE(*wait, std::chrono::seconds(360));
}

// Who is refused is refused without asking, until it is over.
TEST_F(SharedLimiterTest, ARefusalIsRemembered) {
  Server a(cores_, redis_.url());
  Server b(cores_, redis_.url());
  ASSERT_TRUE(a.becomes(true) && b.becomes(true));
  ASSERT_EQ(a.take("key", per_hour(10), 10), 10);
  ASSERT_FALSE(b.take("key", per_hour(10)));
  const long before = scripts();
  EXPECT_EQ(b.take("key", per_hour(10), 50), 0);
  EXPECT_EQ(scripts(), before);
  const auto here = b.limiter.take_here("key", per_hour(10), utc_us(0));
  EXPECT_TRUE(here.wait);
  EXPECT_FALSE(here.must_ask);
}

TEST_F(SharedLimiterTest, AnAllowanceComesBackWithTime) {
  Server a(cores_, redis_.url());
  Server b(cores_, redis_.url());
  ASSERT_TRUE(a.becomes(true) && b.becomes(true));
  const Limit limit{.count = 4, .window = std::chrono::seconds(2)};
  ASSERT_EQ(a.take("key", limit, 4), 4);
  // The clock of Redis goes on; that of the server stands still, so ask as another key here.
  EXPECT_TRUE(test::until([&] { return !cores_.run(b.limiter.ask("key", limit)); }));
}

TEST_F(SharedLimiterTest, OfALargeLimitSeveralUsesAreTakenAtOnce) {
  Server a(cores_, redis_.url());
  Server b(cores_, redis_.url());
  ASSERT_TRUE(a.becomes(true) && b.becomes(true));
  const Limit limit = per_hour(5000);  // 20 at once
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(a.take("key", limit, 40), 40);
  EXPECT_EQ(scripts(), 2);
  // Together not more than the limit, and of it less than one taking of each is lost. The machine
  // may take its time, and an allowance of 1.4 a second comes back meanwhile.
  const int allowed = 40 + b.take("key", limit, 4000) + a.take("key", limit, 4000);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(allowed, 5000 - 2 * 20);
  EXPECT_LE(allowed, 5000 + static_cast<int>(took.count() * 1.4) + 1);
}

// What was taken and not used within the window is gone: it does not add up for a burst.
TEST_F(SharedLimiterTest, WhatWasNotUsedInTimeIsLost) {
  Server a(cores_, redis_.url());
  ASSERT_TRUE(a.becomes(true));
  const Limit limit{.count = 1000, .window = std::chrono::seconds(1)};  // 4 at once
  ASSERT_TRUE(a.take("key", limit));
  const auto over = std::chrono::steady_clock::now() + limit.window;
  ASSERT_TRUE(test::until([over] { return std::chrono::steady_clock::now() > over; }));
  EXPECT_EQ(a.take("key", limit, 5), 5);
  EXPECT_GE(scripts(), 3) << "for the first, and for 4 and 1 of the second window";
}

// 50 requests that have come at one moment: each is let through once, by one script.
TEST_F(SharedLimiterTest, WhatACoreAsksAtOneMomentIsOneScript) {
  Server a(cores_, redis_.url());
  ASSERT_TRUE(a.becomes(true));
  std::atomic<int> allowed{0};
  const auto ask = [](Server& server, std::string key, std::atomic<int>& count) -> task<> {
    const auto wait = co_await server.limiter.take(key, per_hour(3), utc_us(0));
    count += wait ? 0 : 1;
  };
  std::vector<task<>> asks;
  for (int i = 0; i < 50; ++i) asks.push_back(ask(a, "key" + std::to_string(i), allowed));
  cores_.run_all(std::move(asks));
  EXPECT_EQ(allowed, 50);
  EXPECT_EQ(scripts(), 1);
  asks.clear();
  for (int i = 0; i < 250; ++i) asks.push_back(ask(a, "one", allowed));
  cores_.run_all(std::move(asks));
  EXPECT_EQ(allowed, 53) << "of one key no more than its limit";
}

TEST_F(SharedLimiterTest, WhileRedisIsAwayEachServerCountsForItself) {
  Server a(cores_, redis_.url());
  Server b(cores_, redis_.url());
  ASSERT_TRUE(a.becomes(true) && b.becomes(true));
  EXPECT_EQ(a.take("key", per_hour(10), 4), 4);
  redis_.kill();
  ASSERT_TRUE(a.becomes(false) && b.becomes(false));
  EXPECT_EQ(a.take("key", per_hour(10), 20), 6) << "what it has let through itself still counts";
  EXPECT_EQ(b.take("key", per_hour(10), 20), 10);
  redis_.start();
  ASSERT_TRUE(a.becomes(true) && b.becomes(true));
  EXPECT_EQ(a.take("fresh", per_hour(10), 6) + b.take("fresh", per_hour(10), 6), 10);
}

}  // namespace
}  // namespace ruck::cache
