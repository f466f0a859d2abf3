// The example of RFC 8291, every step of it, byte for byte; and what a browser reads.
#include "push/web_push_crypto.hpp"

#include "base/bytes.hpp"
#include "push/limits.hpp"
#include "push/tests/receiver.hpp"

#include <gtest/gtest.h>

namespace ruck::push {
namespace {

std::string bytes(std::string_view base64url) { return from_base64(base64url).value(); }

constexpr std::string_view kPlaintext = "When I grow up, I want to be a watermelon";
constexpr std::string_view kBrowserPoint =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr std::string_view kServerPoint =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";

BrowserKeys example_browser() {
  const auto keys = read_keys({.endpoint = "https://push.example.net/",
                               .p256dh = std::string(kBrowserPoint),
                               .auth = "BTBZMqHH6r4Tts7J_aSIgg"});
  return keys.value();
}

MessageSecrets example_secrets() {
  return {.salt = bytes("DGv6ra1nlYgDCS1FRnbzlw"),
          .key = std::move(
              P256Key::from_private(bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).value())};
}

TEST(WebPushCrypto, EveryStepIsThatOfRfc8291) {
  const MessageSecrets secrets = example_secrets();
  EXPECT_EQ(to_base64url(secrets.key.public_point()), kServerPoint);
  const Derivation steps = derive(example_browser(), secrets);
  EXPECT_EQ(to_base64url(steps.ecdh_secret), "kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
  EXPECT_EQ(to_base64url(steps.prk_key), "Snr3JMxaHVDXHWJn5wdC52WjpCtd2EIEGBykDcZW32k");
  EXPECT_EQ(to_base64url(steps.key_info),
            "V2ViUHVzaDogaW5mbwAEJXGyvs3942BVGq8e0PTNNmwRzr5VX4m8t7GGpTM5FzFo7OLr4BhZe9MEebhuPI-Ozt"
            "V3ylkYfpJGmQ22ggCLDgT-M_SrDepxkU21WCP3O1SUj0EwbZIHMtu5pZpTKGSCIA5Zent7wmC6HCJ5mFgJkuk5"
            "cwAvMBKiiujwa7t45ewP");
  EXPECT_EQ(to_base64url(steps.ikm), "S4lYMb_L0FxCeq0WhDx813KgSYqU26kOyzWUdsXYyrg");
  EXPECT_EQ(to_base64url(steps.prk), "09_eUZGrsvxChDCGRCdkLiDXrReGOEVeSCdCcPBSJSc");
  EXPECT_EQ(to_base64url(steps.content.key), "oIhVW04MRdy2XN9CiKLxTg");
  EXPECT_EQ(to_base64url(steps.content.nonce), "4h_95klXJ5E_qnoN");
}

TEST(WebPushCrypto, TheBodyIsThatOfRfc8291) {
  const std::string body = encrypt(kPlaintext, example_browser(), example_secrets());
  EXPECT_EQ(body.size(), 144U);
  EXPECT_EQ(to_base64url(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocIn"
            "mYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNW"
            "QexSgSxsj_Qulcy4a-fN");
}

// Both sides of the agreement have the same secret: the browser's half of the example.
TEST(WebPushCrypto, TheBrowserOfTheExampleAgrees) {
  const auto browser = P256Key::from_private(bytes("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"));
  ASSERT_TRUE(browser);
  EXPECT_EQ(to_base64url(browser->public_point()), kBrowserPoint);
  EXPECT_EQ(to_base64url(browser->agree(bytes(kServerPoint)).value()),
            "kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
}

TEST(WebPushCrypto, ABrowserReadsWhatWasWrittenForItAndNobodyElse) {
  const test::Browser browser;
  const test::Browser other;
  const BrowserKeys keys = read_keys(browser.subscription("https://push.example.net/")).value();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kPlaintextBytesMax}) {
    const std::string text(size, 'x');
    const std::string body = encrypt(text, keys, make_secrets());
    EXPECT_EQ(body.size(), kHeaderBytes + size + 1 + kAesTagBytes);
    EXPECT_LE(body.size(), kRecordBytes);
    EXPECT_EQ(browser.decrypt(body), text);
    EXPECT_EQ(other.decrypt(body), std::nullopt);
  }
}

TEST(WebPushCrypto, NothingIsUsedTwice) {
  const BrowserKeys keys = read_keys(test::Browser().subscription("https://x/")).value();
  const std::string one = encrypt("text", keys, make_secrets());
  const std::string two = encrypt("text", keys, make_secrets());
  EXPECT_NE(one.substr(0, kSaltBytes), two.substr(0, kSaltBytes));
  EXPECT_NE(one.substr(21, kPointBytes), two.substr(21, kPointBytes));
}

}  // namespace
}  // namespace ruck::push
