#include "redis/address.hpp"

#include <gmock/gmock.h>

namespace ruck::redis {
namespace {
using testing::HasSubstr;
using testing::Not;

TEST(RedisAddress, WhatIsLeftOutIsTheUsual) {
  const auto address = parse_address("redis://cache.internal");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->hosts.at(0).name, "cache.internal");
  EXPECT_EQ(address->hosts.at(0).port, 6379);
  EXPECT_EQ(address->database, 0);
  EXPECT_EQ(address->password, "");
}

TEST(RedisAddress, HasUserPasswordPortAndDatabase) {
  const auto address = parse_address("redis://ruck:p%40ss%3aw%2Ford@10.0.0.5:7000/3");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->user, "ruck");
  EXPECT_EQ(address->password, "p@ss:w/ord");
  EXPECT_EQ(address->hosts.at(0).name, "10.0.0.5");
  EXPECT_EQ(address->hosts.at(0).port, 7000);
  EXPECT_EQ(address->database, 3);
  const auto without_user = parse_address("redis://:secret@[::1]:6380/");
  ASSERT_TRUE(without_user);
  EXPECT_EQ(without_user->user, "");
  EXPECT_EQ(without_user->password, "secret");
  EXPECT_EQ(without_user->hosts.at(0).name, "::1");
  EXPECT_EQ(without_user->hosts.at(0).port, 6380);
}

TEST(RedisAddress, MayNameSeveralHosts) {
  const auto address = parse_address("redis://:secret@one,two:7000,[::1]:7001/2");
  ASSERT_TRUE(address);
  ASSERT_EQ(address->hosts.size(), 3U);
  EXPECT_EQ(address->hosts[0].name, "one");
  EXPECT_EQ(address->hosts[0].port, 6379);
  EXPECT_EQ(address->hosts[1].name, "two");
  EXPECT_EQ(address->hosts[1].port, 7000);
  EXPECT_EQ(address->hosts[2].name, "::1");
  EXPECT_EQ(address->hosts[2].port, 7001);
  EXPECT_EQ(address->database, 2);
}

TEST(RedisAddress, TlsIsRefusedWithTheReason) {
  const auto address = parse_address("rediss://:secret@cache.internal");
  ASSERT_FALSE(address);
  EXPECT_THAT(std::string(address.error().client_text()), HasSubstr("no TLS"));
}

TEST(RedisAddress, WhatIsWrongIsSaidAndNoneOfItIsQuoted) {
  for (const char* url : {"",
                          "http://host",
                          "redis://",
                          "redis://:secret@",
                          "redis://secret@host",
                          "redis://:@host",
                          "redis://host:0",
                          "redis://host:70000",
                          "redis://host:",
                          "redis://host:secret",
                          "redis://host/secret",
                          "redis://host/-1",
                          "redis://:secret%4@host",
                          "redis://:secret%zz@host",
                          "redis://[::1",
                          "redis://[::1]secret",
                          "redis://ho st",
                          "redis://host/1/2",
                          "redis://host,",
                          "redis://,host",
                          "redis://host,secret:0"}) {
    const auto address = parse_address(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().code, ErrorCode::kInvalidInput) << url;
    const std::string said(address.error().client_text());
    EXPECT_THAT(said, HasSubstr("redis_url: ")) << url;
    EXPECT_THAT(said, Not(HasSubstr("secret"))) << url;
  }
}

}  // namespace
}  // namespace ruck::redis
