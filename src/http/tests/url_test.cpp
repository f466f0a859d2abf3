#include "http/client/url.hpp"

#include <gtest/gtest.h>

namespace ruck::http {
namespace {

TEST(Url, IsTakenApart) {
  const auto plain = parse_url("http://127.0.0.1:8080");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, "8080");
  EXPECT_EQ(plain->path, "");
  EXPECT_EQ(plain->authority(), "127.0.0.1:8080");
  const auto folder = parse_url("http://ruck.example.org/app%20one/");
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->port, "80");
  EXPECT_EQ(folder->path, "/app%20one");
  EXPECT_EQ(folder->authority(), "ruck.example.org");
}

// The brackets belong to the Host header, not to the name that is looked up.
TEST(Url, AnAddressOfIpv6IsLookedUpWithoutItsBrackets) {
  const auto url = parse_url("http://[::1]:8080/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority(), "[::1]:8080");
}

TEST(Url, WhatIsNoAddressOfAServerIsRefused) {
  for (const char* text : {"", "127.0.0.1:8080", "https://127.0.0.1", "http://", "http://:80",
                           "http://host:0", "http://host:65536", "http://host:x", "http://u:p@host",
                           "http://host/?a=1", "http://host/#a", "http://[::1", "http://ho st"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidInput);
    EXPECT_NE(url.error().message, "") << text;
  }
}

}  // namespace
}  // namespace ruck::http
