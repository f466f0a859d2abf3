// Answers that one server has made and another gives, over a real redis-server.
#include "cache/shared_answers.hpp"

#include "cache/response_cache.hpp"
#include "db/open.hpp"
#include "support/databases.hpp"
#include "support/redis.hpp"
#include "support/run.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

namespace ruck::cache {
namespace {
using Body = std::shared_ptr<const http::SharedBody>;
constexpr std::chrono::seconds kLifetime(30);

http::ResponseKey key(std::uint64_t revision, std::string_view target = "/a") {
  return {.user = UserId(Uuid(Uuid::Bytes{7})), .revision = revision, .target = target};
}
http::SharedBody body(std::string text) {
  return {.bytes = std::move(text), .gzip = std::string("\x1f\x8b\0", 3), .etag = "\"e\""};
}

class SharedAnswersTest : public testing::Test {
 protected:
  struct Server {
    Server(SharedAnswersTest& test, const std::string& edition)
        : client(*redis::parse_address(test.redis_.url()),
                 {.ask_time = std::chrono::seconds(60), .hung_time = std::chrono::seconds(60)},
                 metrics),
          answers(client, edition, kLifetime, metrics),
          database(*db::open({.url = temporary.url()}, metrics)),
          revisions(*database, nullptr),
          cache({.lifetime = kLifetime}, revisions, metrics, &answers),
          cores(test.cores_) {
      client.start(cores.all());
      EXPECT_TRUE(becomes(true));
    }
    ~Server() { client.stop(); }
    bool becomes(bool wanted) {
      return test::until([&] { return cores.run(ready(client)) == wanted; });
    }
    void store(const http::ResponseKey& at, UtcUs now, std::string text) {
      cores.run(keep(cache, at, now, std::move(text)));
    }
    Body find(const http::ResponseKey& at, UtcUs now) {
      return cores.run(cache.find_shared(at, now));
    }
    std::uint64_t hits() {
      return metrics.counter("ruck_cache_shared_lookups_total", "", {{"outcome", "hit"}}).value();
    }
    static task<bool> ready(redis::Client& client) { co_return client.is_ready(); }
    static task<> keep(ResponseCache& cache, http::ResponseKey at, UtcUs now, std::string text) {
      cache.store(at, now, std::make_shared<http::SharedBody>(body(std::move(text))));
      co_return;
    }

    telemetry::Metrics metrics;
    redis::Client client;
    SharedAnswers answers;
    // Nothing is read from it.
    test::TemporaryDatabase temporary{test::DatabaseKind::kSqlite, test::Schema::kEmpty};
    std::unique_ptr<db::Database> database;
    Revisions revisions;
    ResponseCache cache;
    test::RunningCores& cores;
  };

  test::RedisServer redis_;
  test::RunningCores cores_;
  const UtcUs now_ = utc_us(1'763'800'000'000'000);
};

TEST_F(SharedAnswersTest, WhatOneHasMadeTheOtherGives) {
  Server a(*this, "1");
  Server b(*this, "1");
  a.store(key(1), now_, "one");
  Body found;
  ASSERT_TRUE(test::until([&] { return (found = b.find(key(1), now_)) != nullptr; }));
  EXPECT_EQ(found->bytes, "one");
  EXPECT_EQ(found->gzip, body("").gzip);
  EXPECT_EQ(found->etag, "\"e\"");
  EXPECT_EQ(b.hits(), 1U);
  EXPECT_EQ(b.cache.find(key(1), now_)->bytes, "one") << "in memory from then on";
  EXPECT_FALSE(b.find(key(2), now_));
  EXPECT_FALSE(b.find(key(1, "/b"), now_));
}

TEST_F(SharedAnswersTest, AnotherBuildUnderstandsNoneOfIt) {
  Server a(*this, "1");
  Server b(*this, "2");
  a.store(key(1), now_, "one");
  ASSERT_TRUE(test::until([&] { return a.find(key(1), now_) != nullptr; }));
  EXPECT_FALSE(b.find(key(1), now_));
}

// Not from when the second server found it.
TEST_F(SharedAnswersTest, TheLifetimeIsCountedFromTheMaking) {
  Server a(*this, "1");
  Server b(*this, "1");
  a.store(key(1), now_, "one");
  ASSERT_TRUE(
      test::until([&] { return b.find(key(1), now_ + std::chrono::seconds(20)) != nullptr; }));
  EXPECT_TRUE(b.cache.find(key(1), now_ + std::chrono::seconds(30)));
  EXPECT_FALSE(b.cache.find(key(1), now_ + std::chrono::seconds(31)));
  EXPECT_FALSE(b.find(key(1), now_ + std::chrono::seconds(31)));
  const std::string ttl =
      redis_.say("EVAL \"return redis.call('PTTL', redis.call('KEYS', 'ruck.*')[1])\" 0\r\n");
  EXPECT_LE(std::stol(ttl.substr(1)), 30'000);
  EXPECT_GT(std::stol(ttl.substr(1)), 0) << "Redis forgets it by itself";
}

TEST_F(SharedAnswersTest, WithoutRedisThereIsNothing) {
  Server a(*this, "1");
  a.store(key(1), now_, "one");
  redis_.kill();
  ASSERT_TRUE(a.becomes(false));
  EXPECT_FALSE(a.find(key(1), now_));
  a.store(key(2), now_, "two");
  EXPECT_EQ(a.cache.find(key(2), now_)->bytes, "two");
}

TEST(SharedAnswersBytes, OfOtherBytesNothingIsMade) {
  const std::string whole = to_bytes(utc_us(7), body("one"));
  ASSERT_TRUE(from_bytes(whole));
  EXPECT_EQ(from_bytes(whole)->made_at, utc_us(7));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(from_bytes(std::string_view(whole).substr(0, size))) << size;
  }
  EXPECT_FALSE(from_bytes(whole + "x"));
  EXPECT_FALSE(from_bytes(std::string(64, '\xff')));
  EXPECT_FALSE(from_bytes(to_bytes(utc_us(7), body(""))));
}

}  // namespace
}  // namespace ruck::cache
