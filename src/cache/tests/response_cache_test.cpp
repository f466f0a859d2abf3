#include "cache/response_cache.hpp"

#include "support/databases.hpp"

#include <gtest/gtest.h>

namespace ruck::cache {
namespace {

class ResponseCacheTest : public test::OnBothDatabases {
 protected:
  static std::shared_ptr<const http::SharedBody> body(std::string text) {
    return std::make_shared<http::SharedBody>(http::SharedBody{.bytes = std::move(text)});
  }
  static http::ResponseKey key(std::uint64_t revision, std::string_view target = "/a") {
    return {.user = UserId(Uuid(Uuid::Bytes{7})), .revision = revision, .target = target};
  }
};

TEST_P(ResponseCacheTest, AnotherRevisionOrTargetIsAnotherEntry) {
  Revisions revisions(database());
  ResponseCache cache({}, revisions, metrics_);
  cache.store(key(1), clock_.now(), body("one"));
  EXPECT_EQ(cache.find(key(1), clock_.now())->bytes, "one");
  EXPECT_FALSE(cache.find(key(2), clock_.now()));
  EXPECT_FALSE(cache.find(key(1, "/b"), clock_.now()));
}

TEST_P(ResponseCacheTest, AnEntryEndsWithItsLifetime) {
  Revisions revisions(database());
  ResponseCache cache({.lifetime = std::chrono::seconds(30)}, revisions, metrics_);
  cache.store(key(1), clock_.now(), body("one"));
  clock_.advance(std::chrono::seconds(31));
  EXPECT_FALSE(cache.find(key(1), clock_.now()));
}

TEST_P(ResponseCacheTest, WhatWasUsedLongestAgoGoesFirst) {
  Revisions revisions(database());
  ResponseCache cache({.bytes_max = 8 * 3000}, revisions, metrics_);  // 3000 a shard
  cache.store(key(1), clock_.now(), body(std::string(1000, 'a')));
  cache.store(key(2), clock_.now(), body(std::string(1000, 'b')));
  EXPECT_TRUE(cache.find(key(1), clock_.now()));
  cache.store(key(3), clock_.now(), body(std::string(1000, 'c')));
  EXPECT_TRUE(cache.find(key(1), clock_.now()));
  EXPECT_FALSE(cache.find(key(2), clock_.now()));
  EXPECT_TRUE(cache.find(key(3), clock_.now()));
  cache.store(key(4), clock_.now(), body(std::string(5000, 'd')));
  EXPECT_FALSE(cache.find(key(4), clock_.now())) << "larger than the shard";
}

RUCK_ON_BOTH_DATABASES(ResponseCacheTest);

}  // namespace
}  // namespace ruck::cache
