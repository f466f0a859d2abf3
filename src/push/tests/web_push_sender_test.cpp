#include "push/web_push_sender.hpp"

#include "base/bytes.hpp"
#include "push/tests/receiver.hpp"
#include "push/tests/scripted_outbound.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

#include <cctype>

namespace ruck::push {
namespace {
using test::header_of;

constexpr UtcUs kNow = utc_us(1'764'400'000'000'000);
constexpr const char* kEndpoint = "https://push.example.net/send/abc?x=1";

class WebPushSenderTest : public testing::Test {
 protected:
  Report send(Message message) {
    return cores_.run(sender_.send(browser_.subscription(kEndpoint), std::move(message)));
  }
  Report answered(int status, std::string body = {},
                  std::optional<std::chrono::seconds> retry_after = {}) {
    outbound_.answer(status, std::move(body), retry_after);
    return send(message_);
  }

  ManualClock clock_{kNow};
  test::ScriptedOutbound outbound_;
  test::Browser browser_;
  WebPushSender sender_{
      {.key = P256Key::make(), .subject = "mailto:ops@example.org"}, outbound_, clock_};
  Message message_{.title = "Ann started a ruck",
                   .body = "12 kg, near the lake",
                   .data = {{"type", "ruck_started"}, {"ruck_id", "17"}},
                   .collapse_key = "ruck:17",
                   .ttl = std::chrono::hours(2),
                   .urgency = Urgency::kHigh};
  ruck::test::RunningCores cores_;
};

TEST_F(WebPushSenderTest, ARequestIsThatOfRfc8030) {
  EXPECT_EQ(answered(201).fate, Fate::kAccepted);
  ASSERT_EQ(outbound_.seen().size(), 1U);
  const http::OutboundRequest request = outbound_.last();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, kEndpoint);
  EXPECT_EQ(request.address_from, http::AddressFrom::kUser);
  EXPECT_FALSE(request.is_idempotent);
  EXPECT_EQ(header_of(request, "TTL"), "7200");
  EXPECT_EQ(header_of(request, "Urgency"), "high");
  EXPECT_EQ(header_of(request, "Content-Encoding"), "aes128gcm");
  EXPECT_EQ(header_of(request, "Content-Type"), "application/octet-stream");
  const std::string topic = header_of(request, "Topic");
  EXPECT_EQ(topic.size(), 32U);
  EXPECT_TRUE(std::ranges::all_of(topic, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  })) << topic;
}

TEST_F(WebPushSenderTest, TheBrowserReadsTheMessage) {
  static_cast<void>(answered(201));
  const auto text = browser_.decrypt(outbound_.last().body);
  ASSERT_TRUE(text);
  const auto payload = json::Tree::parse(*text);
  EXPECT_EQ(payload["title"].text(), "Ann started a ruck");
  EXPECT_EQ(payload["body"].text(), "12 kg, near the lake");
  EXPECT_EQ(payload["data"]["ruck_id"].text(), "17");
  EXPECT_EQ(payload["data"].size(), 2U);
}

TEST_F(WebPushSenderTest, TheTokenIsForTheOriginOfTheEndpoint) {
  static_cast<void>(answered(201));
  const std::string header = header_of(outbound_.last(), "Authorization");
  EXPECT_TRUE(header.ends_with(", k=" + sender_.public_key())) << header;
  const auto jws = test::take_apart(header.substr(8, header.find(',') - 8));
  EXPECT_EQ(jws.claims["aud"].text(), "https://push.example.net");
  EXPECT_TRUE(test::verify_es256(from_base64(sender_.public_key()).value(), jws.signed_part,
                                 jws.signature));
}

TEST_F(WebPushSenderTest, AnUnhurriedMessageThatReplacesNothing) {
  outbound_.answer(201);
  static_cast<void>(send({.title = "t", .body = "b", .data = {}}));
  EXPECT_EQ(header_of(outbound_.last(), "Urgency"), "normal");
  EXPECT_EQ(header_of(outbound_.last(), "TTL"), "86400");
  EXPECT_EQ(header_of(outbound_.last(), "Topic"), "(none)");
}

TEST_F(WebPushSenderTest, ALongTextIsCutAndStillRead) {
  message_.body = std::string(3000, '"') + std::string(3000, 'x');
  EXPECT_EQ(answered(201).fate, Fate::kAccepted);
  EXPECT_LE(outbound_.last().body.size(), 4096U);
  const auto payload = json::Tree::parse(browser_.decrypt(outbound_.last().body).value_or(""));
  EXPECT_TRUE(payload["body"].text().ends_with("\"…"));
  EXPECT_EQ(payload["data"]["type"].text(), "ruck_started");
}

TEST_F(WebPushSenderTest, WhatCannotBeSentIsRefusedWithoutARequest) {
  WebSubscription browser = browser_.subscription("https://192.0.2.1@push.example.net/secret");
  Report report = cores_.run(sender_.send(browser, message_));
  EXPECT_EQ(report.fate, Fate::kRefused);
  EXPECT_EQ(report.reason, "endpoint must name a host");
  browser = browser_.subscription(kEndpoint);
  browser.auth = "AAAA";
  report = cores_.run(sender_.send(browser, message_));
  EXPECT_EQ(report.fate, Fate::kRefused);
  EXPECT_EQ(report.reason, "keys.auth must be 16 bytes, not 3");
  message_.data[0].second = std::string(4000, 'x');
  EXPECT_EQ(send(message_).fate, Fate::kRefused);
  EXPECT_TRUE(outbound_.seen().empty());
}

TEST_F(WebPushSenderTest, AnswersThatEndTheMatter) {
  for (const int status : {200, 201, 202}) EXPECT_EQ(answered(status).fate, Fate::kAccepted);
  for (const int status : {404, 410}) EXPECT_EQ(answered(status).fate, Fate::kGone);
  for (const int status : {302, 400, 401, 403, 413, 418}) {
    const Report report = answered(status);
    EXPECT_EQ(report.fate, Fate::kRefused) << status;
    EXPECT_TRUE(report.reason.starts_with(std::to_string(status) + ": ")) << report.reason;
    EXPECT_FALSE(report.retry_after);
  }
}

TEST_F(WebPushSenderTest, AnswersThatAskForAnotherTry) {
  using std::chrono::seconds;
  EXPECT_EQ(answered(429, "", seconds(17)).fate, Fate::kRetry);
  EXPECT_EQ(answered(429, "", seconds(17)).retry_after, seconds(17));
  EXPECT_EQ(answered(503, "", seconds(100'000)).retry_after, seconds(3600));
  EXPECT_EQ(answered(500).fate, Fate::kRetry);
  EXPECT_EQ(answered(500).retry_after, std::nullopt);
}

// What others answer may repeat the address, which is as good as a password.
TEST_F(WebPushSenderTest, AReasonHoldsWordsOfApplesAndMozillasAndNothingElse) {
  EXPECT_EQ(answered(403, R"({"reason":"BadJwtToken"})").reason,
            "403 BadJwtToken: the VAPID token was not taken: another key or subject?");
  EXPECT_EQ(answered(401, R"({"code":401,"errno":109,"error":"Unauthorized"})").reason,
            "401 errno 109: the VAPID token was not taken: another key or subject?");
  for (const char* body :
       {"no such endpoint /send/abc", R"({"reason":"https://push.example.net/send/abc"})",
        R"({"reason":17})", R"([1])", R"("x")", "{"}) {
    EXPECT_EQ(answered(400, body).reason, "400: the push service refused it") << body;
  }
}

TEST_F(WebPushSenderTest, WithoutAnAnswerThereIsAnotherTryButNotForAForbiddenAddress) {
  outbound_.answer([](const auto&) { return fail(ErrorCode::kUnavailable, "connection reset"); });
  Report report = send(message_);
  EXPECT_EQ(report.fate, Fate::kRetry);
  EXPECT_EQ(report.reason, "connection reset");
  outbound_.answer([](const auto&) { return fail(ErrorCode::kOverloaded); });
  EXPECT_EQ(send(message_).fate, Fate::kRetry);
  outbound_.answer([](const auto&) {
    return fail(Error{.code = ErrorCode::kUnavailable, .message = "circuit", .retry_after_s = 9});
  });
  EXPECT_EQ(send(message_).retry_after, std::chrono::seconds(9));
  outbound_.answer([](const auto&) { return fail(ErrorCode::kForbidden, "a private address"); });
  report = send(message_);
  EXPECT_EQ(report.fate, Fate::kRefused);
  EXPECT_EQ(report.reason, "a private address");
}

}  // namespace
}  // namespace ruck::push
