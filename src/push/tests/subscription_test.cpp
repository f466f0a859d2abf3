#include "push/subscription.hpp"

#include "base/bytes.hpp"
#include "push/limits.hpp"
#include "push/tests/receiver.hpp"

#include <gtest/gtest.h>

namespace ruck::push {
namespace {

std::string problem_of(const WebSubscription& subscription) {
  const auto keys = read_keys(subscription);
  return keys ? "(none)" : keys.error().message;
}

class SubscriptionTest : public testing::Test {
 protected:
  WebSubscription good_ = test::Browser().subscription("https://push.example.net/x");
};

TEST_F(SubscriptionTest, KeysMayBePadded) {
  EXPECT_EQ(problem_of(good_), "(none)");
  const auto plain = read_keys(good_).value();
  good_.p256dh += "=";
  good_.auth += "==";
  const auto padded = read_keys(good_).value();
  EXPECT_EQ(padded.point, plain.point);
  EXPECT_EQ(padded.auth, plain.auth);
}

TEST_F(SubscriptionTest, SaysWhatIsWrongWithAKey) {
  const auto with = [this](std::string p256dh, std::string auth) {
    return WebSubscription{.endpoint = good_.endpoint, .p256dh = p256dh, .auth = auth};
  };
  EXPECT_EQ(problem_of(with("", good_.auth)), "keys.p256dh is missing");
  EXPECT_EQ(problem_of(with("?", good_.auth)), "keys.p256dh must be 65 bytes in base64url");
  EXPECT_EQ(problem_of(with("AAAA", good_.auth)), "keys.p256dh must be 65 bytes, not 3");
  EXPECT_EQ(problem_of(with(std::string(100'000, 'A'), good_.auth)),
            "keys.p256dh must be 65 bytes in base64url");
  EXPECT_EQ(problem_of(with(to_base64url(std::string(65, '\4')), good_.auth)),
            "keys.p256dh is no point of the curve P-256");
  EXPECT_EQ(problem_of(with(good_.p256dh, "")), "keys.auth is missing");
  EXPECT_EQ(problem_of(with(good_.p256dh, "AAAA")), "keys.auth must be 16 bytes, not 3");
}

TEST(Origin, IsSchemeHostAndPort) {
  EXPECT_EQ(origin_of("https://fcm.googleapis.com/fcm/send/abc:def?x#y").value(),
            "https://fcm.googleapis.com");
  EXPECT_EQ(origin_of("HTTPS://Push.Example.NET:443").value(), "https://push.example.net");
  EXPECT_EQ(origin_of("https://push.example.net:8443/a").value(), "https://push.example.net:8443");
  EXPECT_EQ(origin_of("https://[2001:DB8::1]:444/a").value(), "https://[2001:db8::1]:444");
  EXPECT_EQ(origin_of("https://[2001:db8::1]/a").value(), "https://[2001:db8::1]");
  EXPECT_EQ(origin_of("http://127.0.0.1:81/a", EndpointScheme::kHttpToo).value(),
            "http://127.0.0.1:81");
}

// What a person may send as the address of a push service.
TEST(Origin, WhatIsNoAddressOfAPushServiceIsRefused) {
  for (const char* text : {"",
                           "https://",
                           "https:///x",
                           "http://push.example.net/",
                           "ftp://x/",
                           "//x/",
                           "x",
                           "https://a b/",
                           "https://a\r\nX: y/",
                           "https://user@x/",
                           "https://user:pw@x/",
                           "https://x:0/",
                           "https://x:65536/",
                           "https://x:y/",
                           "https://x:1:2/",
                           "https://[]/",
                           "https://[::1/",
                           "https://[::1]x/",
                           "https://[g::]/",
                           "https://x%2f/",
                           "https://\xc3\xa9/"}) {
    EXPECT_FALSE(origin_of(text)) << text;
  }
  EXPECT_FALSE(origin_of("https://x/" + std::string(kEndpointBytesMax, 'a')));
}

}  // namespace
}  // namespace ruck::push
