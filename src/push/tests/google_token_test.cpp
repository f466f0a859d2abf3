#include "push/google_token.hpp"

#include "push/limits.hpp"
#include "push/tests/account_json.hpp"
#include "push/tests/receiver.hpp"
#include "push/tests/scripted_outbound.hpp"
#include "runtime/core.hpp"
#include "runtime/task_group.hpp"
#include "support/run.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ruck::push {
namespace {
using std::chrono::minutes;
using std::chrono::seconds;

constexpr UtcUs kNow = utc_us(1'764'400'000'000'000);

std::string granted(const std::string& token, int expires_in = 3599) {
  return R"({"access_token":")" + token + R"(","expires_in":)" + std::to_string(expires_in) +
         R"(,"token_type":"Bearer"})";
}

class GoogleTokenTest : public testing::Test {
 protected:
  Result<std::string> get(std::string rejected = {}) {
    return cores_.run(tokens_.get(std::move(rejected)));
  }
  std::string token(std::string rejected = {}) { return get(std::move(rejected)).value(); }
  Error error() { return get().error(); }
  [[nodiscard]] std::size_t requests() const { return outbound_.seen().size(); }

  ManualClock clock_{kNow};
  telemetry::Metrics metrics_;
  test::ScriptedOutbound outbound_;
  GoogleToken tokens_{test::account(),
                      {.outbound = outbound_, .clock = clock_, .metrics = metrics_}};
  ruck::test::RunningCores cores_{2};
};

TEST_F(GoogleTokenTest, AsksWithASignedAssertion) {
  outbound_.answer(200, granted("one"));
  EXPECT_EQ(token(), "one");
  const http::OutboundRequest request = outbound_.last();
  EXPECT_EQ(request.url, "https://oauth2.example.org/token");
  EXPECT_EQ(request.address_from, http::AddressFrom::kOperator);
  EXPECT_EQ(test::header_of(request, "Content-Type"), "application/x-www-form-urlencoded");
  const std::string form =
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  ASSERT_TRUE(request.body.starts_with(form));
  const auto jws = test::take_apart(std::string_view(request.body).substr(form.size()));
  EXPECT_TRUE(test::verify_rs256(jws.signed_part, jws.signature));
  EXPECT_EQ(jws.header["alg"].text(), "RS256");
  EXPECT_EQ(jws.header["kid"].text(), "key-1");
  EXPECT_EQ(jws.claims["iss"].text(), "push@ruck-test.iam.gserviceaccount.com");
  EXPECT_EQ(jws.claims["scope"].text(), "https://www.googleapis.com/auth/firebase.messaging");
  EXPECT_EQ(jws.claims["aud"].text(), "https://oauth2.example.org/token");
  EXPECT_EQ(jws.claims["iat"].integer(), 1'764'400'000);
  EXPECT_EQ(jws.claims["exp"].integer(), 1'764'403'600);
}

TEST_F(GoogleTokenTest, KeepsAToken) {
  outbound_.answer(200, granted("one"));
  EXPECT_EQ(token(), "one");
  outbound_.answer(200, granted("two"));
  clock_.advance(minutes(54));
  EXPECT_EQ(token(), "one");
  clock_.advance(minutes(1));
  EXPECT_EQ(token(), "two");
  EXPECT_EQ(requests(), 2U);
}

TEST_F(GoogleTokenTest, AShortLivedTokenIsReplacedBeforeItsEnd) {
  outbound_.answer(200, granted("one", 60));
  EXPECT_EQ(token(), "one");
  clock_.advance(seconds(29));
  EXPECT_EQ(token(), "one");
  outbound_.answer(200, granted("two", 1200));
  clock_.advance(seconds(1));
  EXPECT_EQ(token(), "two");
  clock_.advance(minutes(15));
  outbound_.answer(200, granted("three"));
  EXPECT_EQ(token(), "three");
}

TEST_F(GoogleTokenTest, ARejectedTokenIsReplacedOnce) {
  outbound_.answer(200, granted("one"));
  EXPECT_EQ(token(), "one");
  clock_.advance(minutes(2));
  outbound_.answer(200, granted("two"));
  EXPECT_EQ(token("one"), "two");
  EXPECT_EQ(token("one"), "two");  // another message had it too
  EXPECT_EQ(requests(), 2U);
}

// Else each of a thousand messages that are answered 401 would fetch one.
TEST_F(GoogleTokenTest, ANewTokenIsNotReplacedAtOnce) {
  outbound_.answer(200, granted("one"));
  EXPECT_EQ(token(), "one");
  EXPECT_EQ(token("one"), "one");
  EXPECT_EQ(requests(), 1U);
}

TEST_F(GoogleTokenTest, AfterAFailureNobodyAsksForAWhile) {
  outbound_.answer(500);
  EXPECT_EQ(error().message, "Google's token service answered 500");
  EXPECT_EQ(error().retry_after_s, 1);
  EXPECT_EQ(requests(), 1U);
  clock_.advance(seconds(1));
  EXPECT_EQ(error().retry_after_s, 2);
  clock_.advance(seconds(1));
  EXPECT_EQ(error().retry_after_s, 1);
  EXPECT_EQ(requests(), 2U);
  for (int i = 0; i < 20; ++i) {
    clock_.advance(minutes(6));
    EXPECT_LE(error().retry_after_s, 300);
  }
  EXPECT_EQ(error().retry_after_s, 300);
  clock_.advance(minutes(6));
  outbound_.answer(200, granted("one"));
  EXPECT_EQ(token(), "one");
}

TEST_F(GoogleTokenTest, WaitsAsLongAsGoogleSays) {
  outbound_.answer(429, "", seconds(90));
  EXPECT_EQ(error().retry_after_s, 90);
  clock_.advance(seconds(89));
  EXPECT_EQ(error().retry_after_s, 1);
  EXPECT_EQ(requests(), 1U);
}

TEST_F(GoogleTokenTest, WhatIsLeftOfTheOldTokenIsUsedMeanwhile) {
  outbound_.answer(200, granted("one", 3600));
  EXPECT_EQ(token(), "one");
  clock_.advance(minutes(55));
  outbound_.answer(503);
  EXPECT_EQ(token(), "one");
  EXPECT_EQ(token(), "one");
  EXPECT_EQ(requests(), 2U);
  EXPECT_FALSE(get("one"));
  clock_.advance(minutes(5));
  EXPECT_FALSE(get());
}

TEST_F(GoogleTokenTest, SaysWhatGoogleSaysInAWord) {
  outbound_.answer(400, R"({"error":"invalid_grant","error_description":"eyJhbGciOi is wrong"})");
  EXPECT_EQ(error().message, "Google's token service answered 400 invalid_grant");
}

TEST_F(GoogleTokenTest, AnAnswerWithoutATokenIsAFailure) {
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("{}"),
        std::string(R"({"access_token":17})"), granted(""), granted("a\\r\\nX-Evil: 1"),
        granted("a b"), granted(std::string(10'000, 'x'))}) {
    outbound_.answer(200, body);
    EXPECT_EQ(error().message, "Google's token service answered without a token") << body;
    clock_.advance(minutes(6));
  }
  outbound_.answer([](const auto&) { return fail(ErrorCode::kUnavailable, "no route"); });
  EXPECT_EQ(error().message, "Google's token service: no route");
}

// Many at once, on several cores.
class ManyAtOnceTest : public testing::Test {
 protected:
  ManyAtOnceTest() { cores_.start(); }
  ~ManyAtOnceTest() override {
    group_.join();
    cores_.stop_and_join();
  }
  static constexpr int kMany = 40;
  // In members: a coroutine outlives the expression that makes it.
  task<> ask() {
    const Result<std::string> outcome = co_await tokens_.get();
    (outcome && *outcome == "one" ? got_ : failed_) += 1;
  }
  static task<> reach(std::atomic<int>& reached) {
    reached += 1;
    co_return;
  }
  // Comes back when every one of them has asked: what is posted later runs later.
  void start_all() {
    for (std::size_t i = 0; i < kMany; ++i) group_.spawn(cores_.at(i % 3), ask());
    std::atomic<int> reached = 0;
    for (std::size_t i = 0; i < 3; ++i) group_.spawn(cores_.at(i), reach(reached));
    ASSERT_TRUE(ruck::test::until([&] { return reached == 3; }));
  }

  ManualClock clock_{kNow};
  telemetry::Metrics metrics_;
  test::ScriptedOutbound outbound_;
  GoogleToken tokens_{test::account(),
                      {.outbound = outbound_, .clock = clock_, .metrics = metrics_}};
  std::atomic<int> got_ = 0;
  std::atomic<int> failed_ = 0;
  std::atomic<int> thrown_ = 0;
  runtime::Cores cores_{3};
  runtime::TaskGroup group_{"test",
                            [this](std::string_view, const std::exception_ptr&) { thrown_ += 1; }};
};

TEST_F(ManyAtOnceTest, AllWaitForOneRequest) {
  outbound_.answer(200, granted("one"));
  outbound_.hold(true);
  start_all();
  EXPECT_EQ(outbound_.seen().size(), 1U);
  EXPECT_EQ(got_, 0);
  outbound_.hold(false);
  group_.join();
  EXPECT_EQ(got_, kMany);
  EXPECT_EQ(outbound_.seen().size(), 1U);
}

TEST_F(ManyAtOnceTest, AllAreToldOfAFailure) {
  outbound_.answer(500);
  outbound_.hold(true);
  start_all();
  outbound_.hold(false);
  group_.join();
  EXPECT_EQ(failed_, kMany);
  EXPECT_EQ(outbound_.seen().size(), 1U);
}

// A bug of the one who asks must not leave the others waiting.
TEST_F(ManyAtOnceTest, NobodyWaitsForOneThatBrokeOff) {
  outbound_.answer([](const auto&) -> Result<http::OutboundReply> { throw std::logic_error("x"); });
  outbound_.hold(true);
  start_all();
  outbound_.hold(false);
  group_.join();
  EXPECT_EQ(failed_, kMany - 1);
  EXPECT_EQ(thrown_, 1);
}

}  // namespace
}  // namespace ruck::push
