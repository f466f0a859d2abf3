#include "push/fcm_sender.hpp"

#include "http/json/tree.hpp"
#include "push/limits.hpp"
#include "push/tests/account_json.hpp"
#include "push/tests/scripted_outbound.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

namespace ruck::push {
namespace {
using std::chrono::minutes;
using std::chrono::seconds;

constexpr UtcUs kNow = utc_us(1'764'400'000'500'000);

class FcmSenderTest : public testing::Test {
 protected:
  // Google's side: tokens "t1", "t2", …, of which FCM takes those that are good.
  FcmSenderTest() { script(200, R"({"name":"projects/ruck-test/messages/1"})"); }
  void script(int status, std::string body = {}, std::optional<seconds> retry_after = {}) {
    outbound_.answer([=, this](const http::OutboundRequest& request) -> http::OutboundReply {
      if (request.url.ends_with("/token")) {
        return {.status = 200,
                .body = R"({"access_token":"t)" + std::to_string(++tokens_granted_) +
                        R"(","expires_in":3599})"};
      }
      const std::string token = test::header_of(request, "Authorization").substr(7);
      if (rejected_.contains(token)) return {.status = 401};
      return {.status = status, .body = body, .retry_after = retry_after};
    });
  }
  Report send() { return cores_.run(sender_.send({.token = "device-1"}, message_)); }
  std::vector<http::OutboundRequest> messages() {
    auto all = outbound_.seen();
    std::erase_if(all, [](const auto& each) { return each.url.ends_with("/token"); });
    return all;
  }
  json::Tree sent() { return json::Tree::parse(messages().back().body)["message"]; }

  ManualClock clock_{kNow};
  telemetry::Metrics metrics_;
  test::ScriptedOutbound outbound_;
  std::atomic<int> tokens_granted_ = 0;
  std::set<std::string> rejected_;
  FcmSender sender_{{.account = test::account(),
                     .endpoint = "https://fcm.example.org/",
                     .rate = {.per_minute = 60, .burst = 30}},
                    {.outbound = outbound_, .clock = clock_, .metrics = metrics_}};
  Message message_{.title = "Ann sent you a message",
                   .body = "Keep going!",
                   .data = {{"type", "ruck_message"},
                            {"ruck_id", "17"},
                            {"audio_url", "https://ruck.example.org/a.mp3"}},
                   .collapse_key = "ruck:17",
                   .ttl = std::chrono::hours(1),
                   .urgency = Urgency::kHigh};
  ruck::test::RunningCores cores_;
};

TEST_F(FcmSenderTest, AsksTheProjectsAddressWithAToken) {
  EXPECT_EQ(send().fate, Fate::kAccepted);
  ASSERT_EQ(messages().size(), 1U);
  const http::OutboundRequest request = messages().front();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://fcm.example.org/v1/projects/ruck-test/messages:send");
  EXPECT_EQ(request.address_from, http::AddressFrom::kOperator);
  EXPECT_FALSE(request.is_idempotent);
  EXPECT_EQ(test::header_of(request, "Authorization"), "Bearer t1");
  EXPECT_EQ(send().fate, Fate::kAccepted);
  EXPECT_EQ(tokens_granted_, 1);
}

TEST_F(FcmSenderTest, AnUrgentMessageIsWhatTheAppReads) {
  send();
  const json::Tree message = sent();
  EXPECT_EQ(message["token"].text(), "device-1");
  EXPECT_EQ(message["notification"]["title"].text(), "Ann sent you a message");
  EXPECT_EQ(message["notification"]["body"].text(), "Keep going!");
  EXPECT_EQ(message["data"].size(), 3U);
  for (const auto& [name, value] : message["data"].members()) {
    EXPECT_EQ(value.kind(), json::Kind::kString) << name;
  }
  const json::Tree& android = message["android"];
  EXPECT_EQ(android["priority"].text(), "HIGH");
  EXPECT_EQ(android["ttl"].text(), "3600s");
  EXPECT_EQ(android["collapse_key"].text(), "ruck:17");
  EXPECT_EQ(android["notification"]["channel_id"].text(), "rucking_app_notifications");
  const json::Tree& headers = message["apns"]["headers"];
  EXPECT_EQ(headers["apns-push-type"].text(), "alert");
  EXPECT_EQ(headers["apns-priority"].text(), "10");
  EXPECT_EQ(headers["apns-expiration"].text(), "1764403600");
  EXPECT_EQ(headers["apns-collapse-id"].text(), "ruck:17");
  const json::Tree& aps = message["apns"]["payload"]["aps"];
  EXPECT_EQ(aps["sound"].text(), "default");
  EXPECT_EQ(aps["thread-id"].text(), "ruck:17");
  EXPECT_EQ(aps["mutable-content"].integer(), 1);
}

TEST_F(FcmSenderTest, AnUnhurriedMessageThatReplacesNothing) {
  message_ = {.title = "t", .body = "b", .data = {{"type", "follow"}}};
  message_.ttl = seconds(0);
  send();
  EXPECT_EQ(sent()["android"]["priority"].text(), "NORMAL");
  EXPECT_EQ(sent()["android"]["ttl"].text(), "0s");
  EXPECT_FALSE(sent()["android"].has("collapse_key"));
  EXPECT_EQ(sent()["apns"]["headers"]["apns-priority"].text(), "5");
  EXPECT_EQ(sent()["apns"]["headers"]["apns-expiration"].text(), "0");
  EXPECT_FALSE(sent()["apns"]["headers"].has("apns-collapse-id"));
  EXPECT_EQ(sent()["apns"]["payload"]["aps"]["thread-id"].text(), "follow");
  EXPECT_FALSE(sent()["apns"]["payload"]["aps"].has("mutable-content"));
}

TEST_F(FcmSenderTest, ALongCollapseKeyIsHashedForApple) {
  message_.collapse_key = std::string(65, 'k');
  send();
  EXPECT_EQ(sent()["android"]["collapse_key"].text(), message_.collapse_key);
  EXPECT_EQ(sent()["apns"]["headers"]["apns-collapse-id"].text().size(), 32U);
}

TEST_F(FcmSenderTest, ALongTextIsCut) {
  message_.body = std::string(10'000, 'x');
  EXPECT_EQ(send().fate, Fate::kAccepted);
  EXPECT_LE(messages().back().body.size(), kFcmPayloadBytesMax + std::string("device-1").size());
  EXPECT_TRUE(sent()["notification"]["body"].text().ends_with("x…"));
  EXPECT_EQ(sent()["data"]["ruck_id"].text(), "17");
}

TEST_F(FcmSenderTest, WhatCannotBeSentIsRefusedWithoutARequest) {
  Report report = cores_.run(sender_.send({.token = ""}, message_));
  EXPECT_EQ(report.fate, Fate::kRefused);
  message_.data.emplace_back("google.x", "1");
  report = send();
  EXPECT_EQ(report.fate, Fate::kRefused);
  EXPECT_EQ(report.reason, "Firebase keeps the name \"google.x\" of data");
  message_.data = {{"type", std::string(5000, 'x')}};
  EXPECT_EQ(send().fate, Fate::kRefused);
  EXPECT_TRUE(outbound_.seen().empty());
}

TEST_F(FcmSenderTest, ATokenThatIsNotTakenIsReplacedOnce) {
  EXPECT_EQ(send().fate, Fate::kAccepted);
  clock_.advance(minutes(2));
  rejected_ = {"t1"};
  EXPECT_EQ(send().fate, Fate::kAccepted);
  EXPECT_EQ(tokens_granted_, 2);
  EXPECT_EQ(messages().size(), 3U);
  EXPECT_EQ(test::header_of(messages().back(), "Authorization"), "Bearer t2");
}

TEST_F(FcmSenderTest, CredentialsThatAreNeverTakenAreTriedLater) {
  EXPECT_EQ(send().fate, Fate::kAccepted);
  clock_.advance(minutes(2));
  rejected_ = {"t1", "t2", "t3"};
  EXPECT_EQ(send().fate, Fate::kRetry);
  EXPECT_EQ(messages().size(), 3U);
  EXPECT_EQ(send().fate, Fate::kRetry);  // t2 is young: no other is asked for
  EXPECT_EQ(tokens_granted_, 2);
  EXPECT_EQ(messages().size(), 4U);
}

TEST_F(FcmSenderTest, WithoutATokenThereIsAnotherTry) {
  outbound_.answer(503, "", seconds(40));
  const Report report = send();
  EXPECT_EQ(report.fate, Fate::kRetry);
  EXPECT_EQ(report.reason, "Google's token service answered 503");
  EXPECT_EQ(report.retry_after, seconds(40));
  EXPECT_TRUE(messages().empty());
}

TEST_F(FcmSenderTest, FirebasesAnswerIsReported) {
  script(404,
         R"({"error":{"status":"NOT_FOUND","details":[{"@type":)"
         R"("type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}]}})");
  EXPECT_EQ(send().fate, Fate::kGone);
  script(429, "", seconds(5));
  EXPECT_EQ(send().retry_after, seconds(5));
}

TEST_F(FcmSenderTest, NoMoreIsSentThanTheQuotaAllows) {
  for (int i = 0; i < 30; ++i) EXPECT_EQ(send().fate, Fate::kAccepted);
  const Report report = send();
  EXPECT_EQ(report.fate, Fate::kRetry);
  EXPECT_EQ(report.retry_after, seconds(1));
  EXPECT_EQ(messages().size(), 30U);
  clock_.advance(seconds(1));
  EXPECT_EQ(send().fate, Fate::kAccepted);
}

// As where other servers have used what the project may send.
class UsedUp final : public http::RateLimiter {
 public:
  [[nodiscard]] Taken take_here(std::string_view, http::Limit, UtcUs) override {
    return {.must_ask = true};
  }
  [[nodiscard]] task<Wait> ask(std::string key, http::Limit) override {
    asked_of = std::move(key);
    co_return wait;
  }
  Wait wait;
  std::string asked_of;
};

TEST_F(FcmSenderTest, WhatOtherServersHaveSentCountsAsWell) {
  UsedUp limiter;
  FcmSender sender(
      {.account = test::account(), .endpoint = "https://fcm.example.org/"},
      {.outbound = outbound_, .clock = clock_, .metrics = metrics_, .limiter = &limiter});
  EXPECT_EQ(cores_.run(sender.send({.token = "device-1"}, message_)).fate, Fate::kAccepted);
  EXPECT_EQ(limiter.asked_of, "push.fcm|ruck-test");
  limiter.wait = seconds(3);
  const Report report = cores_.run(sender.send({.token = "device-1"}, message_));
  EXPECT_EQ(report.fate, Fate::kRetry);
  EXPECT_EQ(report.retry_after, seconds(3));
  EXPECT_EQ(messages().size(), 1U);
}

}  // namespace
}  // namespace ruck::push
