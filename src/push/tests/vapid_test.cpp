#include "push/vapid.hpp"

#include "base/bytes.hpp"
#include "push/limits.hpp"
#include "push/tests/receiver.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace ruck::push {
namespace {
using test::take_apart;
using test::verify_es256;

constexpr UtcUs kNow = utc_us(1'764'400'000'000'000);

// "vapid t=TOKEN, k=KEY" (RFC 8292 section 3).
struct Credentials {
  std::string token;
  std::string key;
};
Credentials read(const std::string& header) {
  const std::size_t comma = header.find(", k=");
  EXPECT_TRUE(header.starts_with("vapid t=")) << header;
  return {.token = header.substr(8, comma - 8), .key = header.substr(comma + 4)};
}

TEST(Vapid, TheExampleOfRfc8292Verifies) {
  const auto jws = take_apart(
      "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE"
      "0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMu"
      "CGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA");
  const auto key = from_base64(
      "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs");
  EXPECT_TRUE(verify_es256(key.value(), jws.signed_part, jws.signature));
  EXPECT_EQ(jws.claims["aud"].text(), "https://push.example.net");
}

// Our header and claims are the example's, letter for letter; only the signature has randomness.
TEST(Vapid, ATokenOfOursReadsAsTheExample) {
  Vapid vapid(P256Key::make(), "mailto:push@example.com");
  const UtcUs at = utc_us((1'453'523'768 - 12 * 3600) * 1'000'000LL);
  const Credentials given = read(vapid.authorization("https://push.example.net", at));
  EXPECT_EQ(given.token.substr(0, given.token.rfind('.')),
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJle"
            "HAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0");
}

TEST(Vapid, TheHeaderIsSignedWithTheKeyItNames) {
  Vapid vapid(P256Key::make(), "https://ruck.example.org");
  const Credentials given = read(vapid.authorization("https://push.example.net", kNow));
  EXPECT_EQ(given.key, vapid.public_key());
  const auto jws = take_apart(given.token);
  EXPECT_TRUE(verify_es256(from_base64(given.key).value(), jws.signed_part, jws.signature));
  EXPECT_EQ(jws.claims["exp"].integer(), kNow.time_since_epoch().count() / 1'000'000 + 12 * 3600);
  EXPECT_EQ(jws.claims["sub"].text(), "https://ruck.example.org");
}

TEST(Vapid, ATokenIsUsedUntilShortlyBeforeItsEnd) {
  Vapid vapid(P256Key::make(), "mailto:a@b");
  const std::string first = vapid.authorization("https://a", kNow);
  const UtcUs end = kNow + kVapidLifetime - kVapidMargin;
  EXPECT_EQ(vapid.authorization("https://a", end - std::chrono::seconds(1)), first);
  EXPECT_NE(vapid.authorization("https://b", kNow), first);
  const std::string second = vapid.authorization("https://a", end);
  EXPECT_NE(second, first);
  EXPECT_EQ(vapid.authorization("https://a", end + std::chrono::hours(1)), second);
}

// People name the push services: with made-up ones the memory stays what it is.
TEST(Vapid, TokensOfManyOriginsTakeNoMoreRoom) {
  Vapid vapid(P256Key::make(), "mailto:a@b");
  const std::string first = vapid.authorization("https://first", kNow);
  for (std::size_t i = 0; i < kVapidOriginsMax; ++i) {
    static_cast<void>(
        vapid.authorization("https://" + std::to_string(i), kNow + std::chrono::seconds(1)));
  }
  EXPECT_NE(vapid.authorization("https://first", kNow), first);  // it had to go
}

TEST(Vapid, SeveralThreadsMayAskAtOnce) {
  Vapid vapid(P256Key::make(), "mailto:a@b");
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&vapid] {
      for (std::size_t i = 0; i < 2 * kVapidOriginsMax; ++i) {
        const std::string origin = "https://" + std::to_string(i);
        EXPECT_TRUE(vapid.authorization(origin, kNow).ends_with(", k=" + vapid.public_key()));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Vapid, AKeyIsStoredAs32Bytes) {
  const std::string bytes = make_vapid_key();
  EXPECT_EQ(bytes.size(), 32U);
  const auto key = read_vapid_key(bytes);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->private_scalar(), bytes);
  const auto none = read_vapid_key("short");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "the VAPID key: a key of P-256 has 32 bytes");
}

}  // namespace
}  // namespace ruck::push
