// Requests to others over HTTP/2 and TLS, against node's server.
#include "support/node.hpp"
#include "support/outbound.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using std::chrono::milliseconds;
using testing::HasSubstr;

class Http2Test : public OutboundTest {
 protected:
  void SetUp() override {
    OutboundTest::SetUp();
    make(options());
  }
  http::CurlOutbound::Options options() const {
    return {.allow_private = true, .ca_file = certificate_.certificate_file};
  }
  std::string url(const std::string& path) const {
    return fmt::format("https://localhost:{}{}", server_.port(), path);
  }
  std::string stats() {
    const Reply reply = send(get(url("/stats")));
    return reply ? reply->body : reply.error().message;
  }
  static void expect_unavailable(const Reply& reply, const std::string& reason) {
    expect_error(reply, ErrorCode::kUnavailable, reason);
  }

  TemporaryFolder folder_;
  Certificate certificate_ = make_certificate(folder_.path(), "localhost");
  NodeServer server_{std::string(RUCK_SOURCE_FOLDER) + "/tests/outbound/server.mjs",
                     {certificate_.certificate_file, certificate_.key_file}};
};

TEST_F(Http2Test, ARequestAndItsReply) {
  const Reply reply = send(post(url("/push")));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "ok");
  EXPECT_EQ(reply->header("x-mixed-case"), "yes");
}

TEST_F(Http2Test, ManyRequestsShareAConnection) {
  ASSERT_TRUE(send(get(url("/first"))));
  for (int round = 0; round < 5; ++round) {
    std::vector<std::future<Reply>> replies;
    for (int i = 0; i < 200; ++i) replies.push_back(begin(post(url("/slow"))));
    for (auto& each : replies) {
      const Reply reply = each.get();
      ASSERT_TRUE(reply) << reply.error().message;
    }
  }
  const std::string seen = stats();
  EXPECT_THAT(seen, HasSubstr(R"("/slow":1000)"));
  int sessions = 0;
  ASSERT_EQ(std::sscanf(seen.c_str(), R"({"sessions":%d)", &sessions), 1) << seen;
  EXPECT_LE(sessions, http::kOutboundConnectionsPerHostMax) << seen;
}

TEST_F(Http2Test, ARefusedStreamIsSentAgainWhateverItHolds) {
  const Reply reply = send(post(url("/refuse-once")));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_THAT(stats(), HasSubstr(R"("/refuse-once":2)"));
}

TEST_F(Http2Test, ButOnlyOnce) {
  expect_unavailable(send(post(url("/refuse-always"))), "broke off");
  EXPECT_THAT(stats(), HasSubstr(R"("/refuse-always":2)"));
  EXPECT_FALSE(send(idempotent(post(url("/refuse-always")))));
  EXPECT_THAT(stats(), HasSubstr(R"("/refuse-always":4)"));
}

TEST_F(Http2Test, WhatAGoawayLeavesOutIsSentAgain) {
  ASSERT_TRUE(send(get(url("/first"))));
  const Reply reply = send(post(url("/goaway-once")));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_THAT(stats(), HasSubstr(R"("/goaway-once":2)"));
}

TEST_F(Http2Test, WhatAGoawayCoversIsNot) {
  EXPECT_FALSE(send(post(url("/goaway-processed"))));
  EXPECT_THAT(stats(), HasSubstr(R"("/goaway-processed":1)"));
}

TEST_F(Http2Test, AServerThatRestartsFinishesWhatItHasBegun) {
  for (int i = 0; i < 3; ++i) {
    const Reply reply = send(post(url("/goaway-finished")));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "ok");
  }
  EXPECT_THAT(stats(), HasSubstr(R"("/goaway-finished":3)"));
}

TEST_F(Http2Test, AStreamThatBreaksOffIsSentAgainOnlyWhereTwiceDoesNoHarm) {
  expect_unavailable(send(post(url("/reset"))), "broke off");
  EXPECT_THAT(stats(), HasSubstr(R"("/reset":1)"));
  expect_unavailable(send(idempotent(post(url("/reset")))), "broke off");
  EXPECT_THAT(stats(), HasSubstr(R"("/reset":3)"));
}

TEST_F(Http2Test, AConnectionThatBreaksOffIsNoReasonToSendTwice) {
  ASSERT_TRUE(send(get(url("/first"))));
  expect_unavailable(send(post(url("/cut"))), "broke off");
  EXPECT_THAT(stats(), HasSubstr(R"("/cut":1)"));
  EXPECT_FALSE(send(idempotent(post(url("/cut")))));
  EXPECT_THAT(stats(), HasSubstr(R"("/cut":3)"));
}

TEST_F(Http2Test, ABodyHasItsLimit) {
  expect_unavailable(send(get(url("/long"))), "too large");
  http::OutboundRequest request = get(url("/long"));
  request.reply_bytes_max = 200'000;
  const Reply reply = send(request);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body.size(), 200'000U);
}

TEST_F(Http2Test, OneSilentStreamDoesNotHoldTheOthers) {
  http::OutboundRequest request = get(url("/silent"));
  request.total_max = milliseconds(700);
  std::future<Reply> silent = begin(request);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(send(get(url("/other"))));
  expect_unavailable(silent.get(), "no answer in time");
}

TEST_F(Http2Test, ACertificateOfNobodyIsNotBelieved) {
  make({.allow_private = true});
  expect_unavailable(send(get(url("/"))), "certificate");
}

TEST_F(Http2Test, NorOneForAnotherName) {
  expect_unavailable(send(get(fmt::format("https://127.0.0.1:{}/", server_.port()))),
                     "certificate");
}

// The connection is there, and would do: it was made for the operator, to a private address.
TEST_F(Http2Test, APersonsRequestIsNotPutOnAnOperatorsConnection) {
  auto strict = options();
  strict.allow_private = false;
  make(strict);
  ASSERT_TRUE(send(get(url("/operator"))));
  http::OutboundRequest request = get(url("/person"));
  request.address_from = http::AddressFrom::kUser;
  const Reply reply = send(request);
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, ErrorCode::kForbidden);
  const std::string seen = stats();
  EXPECT_THAT(seen, HasSubstr(R"("sessions":1)"));
  EXPECT_THAT(seen, testing::Not(HasSubstr("/person")));
}

TEST_F(Http2Test, HttpsIsHttp1WhereTheOtherSideSpeaksNothingElse) {
  const NodeServer old(std::string(RUCK_SOURCE_FOLDER) + "/tests/outbound/http1.mjs",
                       {certificate_.certificate_file, certificate_.key_file});
  const Reply reply = send(post(fmt::format("https://localhost:{}/", old.port())));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "HTTP/1.1");
}

}  // namespace
}  // namespace ruck::test
