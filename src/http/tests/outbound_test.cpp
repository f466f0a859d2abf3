// Requests to others against servers that behave, and servers that do not. HTTP/2 and TLS are in
// tests/outbound.
#include "support/outbound.hpp"

#include "support/process.hpp"
#include "support/scripted_server.hpp"
#include "support/until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>

namespace ruck::http {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::always;
using test::http_answer;
using test::ScriptedServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Peer = ScriptedServer::Peer;

class Outbound1Test : public test::OutboundTest {
 protected:
  static CurlOutbound::Options quick() {
    return {.allow_private = true,
            .connect_max = milliseconds(300),
            .idle_max = seconds(1),
            .circuit_open_for = milliseconds(300)};
  }
};

// ---- requests and replies -----------------------------------------------------------------------

TEST_F(Outbound1Test, GivesStatusHeadersAndBody) {
  const ScriptedServer server(always(
      http_answer(201, "made", "Location: /there\r\nX-Empty:\r\nSet-Cookie: a=b; Path=/\r\n")));
  const Reply reply = send(get(server.url("/x?y=z")));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 201);
  EXPECT_EQ(reply->body, "made");
  EXPECT_EQ(reply->header("location"), "/there");
  EXPECT_EQ(reply->header("x-empty"), "");
  EXPECT_EQ(reply->header("set-cookie"), "a=b; Path=/");
  EXPECT_EQ(reply->header("not-there"), "");
  EXPECT_FALSE(reply->retry_after);
}

TEST_F(Outbound1Test, SendsWhatItIsTold) {
  std::vector<std::string> seen;
  const ScriptedServer server([&seen](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      seen.push_back(request);
      peer.send(http_answer(200));
    }
  });
  OutboundRequest request = post(server.url("/push?a=b"), "{}");
  request.headers = {{"TTL", "60"}, {"Authorization", "vapid t=x"}, {"X-Empty", ""}};
  ASSERT_TRUE(send(request));
  request = post(server.url("/object"), "bytes");
  request.method = "PUT";
  request.headers = {{"Content-Type", "image/jpeg"}};
  ASSERT_TRUE(send(request));
  request = get(server.url("/object"));
  request.method = "DELETE";
  ASSERT_TRUE(send(request));
  request = post(server.url("/empty"), "");
  ASSERT_TRUE(send(request));
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_THAT(seen[0], AllOf(StartsWith("POST /push?a=b HTTP/1.1\r\n"), HasSubstr("TTL: 60\r\n"),
                             HasSubstr("X-Empty:\r\n"), HasSubstr("Content-Length: 2\r\n"),
                             Not(HasSubstr("Content-Type")), Not(HasSubstr("Expect"))));
  EXPECT_TRUE(seen[0].ends_with("\r\n\r\n{}"));
  EXPECT_THAT(seen[1], AllOf(StartsWith("PUT /object HTTP/1.1\r\n"),
                             HasSubstr("Content-Type: image/jpeg\r\n")));
  EXPECT_THAT(seen[2], StartsWith("DELETE /object HTTP/1.1\r\n"));
  EXPECT_THAT(seen[3], HasSubstr("Content-Length: 0\r\n"));
}

TEST_F(Outbound1Test, AHeadRequestHasNoBodyInItsReply) {
  const ScriptedServer server([](Peer& peer) {
    while (!peer.read_request().empty())
      peer.send("HTTP/1.1 200 Ok\r\nContent-Length: 999\r\n\r\n");
  });
  OutboundRequest request = get(server.url());
  request.method = "HEAD";
  const Reply reply = send(request);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->header("content-length"), "999");
  EXPECT_EQ(reply->body, "");
}

TEST_F(Outbound1Test, WhatWouldBeAnotherRequestIsNotSent) {
  const ScriptedServer server(always(http_answer(200)));
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"X", "a\r\nY: b"},
                                                        {"X", "a\nb"},
                                                        {"X\r\nY", "a"},
                                                        {"X Y", "a"},
                                                        {"", "a"},
                                                        {"Host", "other"},
                                                        {"content-length", "0"},
                                                        {"Transfer-Encoding", "chunked"}}) {
    OutboundRequest request = get(server.url());
    request.headers = {{name, value}};
    expect_error(send(request), ErrorCode::kInvalidInput, "header");
  }
  OutboundRequest request = get(server.url());
  request.method = "GET / HTTP/1.1\r\n\r\nGET";
  expect_error(send(request), ErrorCode::kInvalidInput, "method");
  for (const char* url : {"", "nothing", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://",
                          "gopher://127.0.0.1/", "http://a b/", "//127.0.0.1/"}) {
    expect_error(send(get(url)), ErrorCode::kInvalidInput, "no URL");
  }
  expect_error(send(get(server.url("/" + std::string(kOutboundUrlBytesMax, 'a')))),
               ErrorCode::kInvalidInput, "no URL");
  expect_error(send(get(fmt::format("http://user:pass@127.0.0.1:{}/", server.port()))),
               ErrorCode::kForbidden, "password");
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(Outbound1Test, RedirectsAreRepliesLikeAnyOther) {
  const ScriptedServer other(always(http_answer(200)));
  const ScriptedServer server(
      always(http_answer(302, "", fmt::format("Location: {}\r\n", other.url("/secret")))));
  const Reply reply = send(get(server.url()));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 302);
  EXPECT_EQ(reply->header("location"), other.url("/secret"));
  EXPECT_EQ(other.connections(), 0);
}

TEST_F(Outbound1Test, ReadsRetryAfter) {
  const ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.send(http_answer(429, "", "Retry-After: 17\r\n"));
    peer.read_request();
    peer.send(http_answer(503, "", "Retry-After: Fri, 31 Dec 2199 23:59:59 GMT\r\n"));
    peer.read_request();
    peer.send(http_answer(503, "", "Retry-After: soon\r\n"));
    peer.hold();
  });
  EXPECT_EQ(send(get(server.url()))->retry_after, seconds(17));
  EXPECT_EQ(send(get(server.url()))->retry_after, kRetryAfterMax);
  EXPECT_FALSE(send(get(server.url()))->retry_after);
}

TEST_F(Outbound1Test, TheEnvironmentsProxyIsNotAsked) {
  ::setenv("http_proxy", fmt::format("http://127.0.0.1:{}", test::free_port()).c_str(), 1);
  ::setenv("ALL_PROXY", fmt::format("http://127.0.0.1:{}", test::free_port()).c_str(), 1);
  const ScriptedServer server(always(http_answer(200)));
  const Reply reply = send(get(server.url()));
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  EXPECT_TRUE(reply);
}

// ---- limits -------------------------------------------------------------------------------------

TEST_F(Outbound1Test, ABodyIsAsLargeAsIsAskedForAndNoLarger) {
  const ScriptedServer server([](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      const std::string body(request.contains("/one-more") ? 1001 : 1000, 'x');
      if (request.contains("/chunks")) {
        peer.send("HTTP/1.1 200 Ok\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 1000 && peer.send("a\r\n0123456789\r\n"); ++i) continue;
        peer.send("0\r\n\r\n");
      } else {
        peer.send(http_answer(200, body));
      }
    }
  });
  OutboundRequest request = get(server.url("/fits"));
  request.reply_bytes_max = 1000;
  EXPECT_EQ(send(request)->body.size(), 1000U);
  request.url = server.url("/one-more");
  expect_error(send(request), ErrorCode::kUnavailable, "too large");
  request.url = server.url("/chunks");
  request.is_idempotent = true;
  expect_error(send(request), ErrorCode::kUnavailable, "too large");
  EXPECT_EQ(server.requests(), 3) << "what was too large once is not asked for again";
}

TEST_F(Outbound1Test, AHeadHasALimitToo) {
  const ScriptedServer server([](Peer& peer) {
    const std::string request = peer.read_request();
    peer.send("HTTP/1.1 200 Ok\r\n");
    if (request.contains("/lines")) {
      for (int i = 0; i < 100'000 && peer.send("X: 0123456789\r\n"); ++i) continue;
    } else if (request.contains("/early")) {
      for (int i = 0; i < 100'000 && peer.send("HTTP/1.1 103 Early\r\nX: 01234\r\n\r\n"); ++i)
        continue;
    } else {
      peer.send("X: " + std::string(1'000'000, 'x') + "\r\n\r\n");
    }
    peer.hold();
  });
  for (const char* path : {"/lines", "/early", "/one-line"}) {
    const Reply reply = send(get(server.url(path)));
    ASSERT_FALSE(reply) << path;
    EXPECT_NE(reply.error().code, ErrorCode::kInternal) << path;
  }
  EXPECT_EQ(server.requests(), 3);
}

TEST_F(Outbound1Test, SilenceBeforeTheHeadEndsIt) {
  make(quick());
  const ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.hold();
  });
  const auto start = std::chrono::steady_clock::now();
  expect_error(send(get(server.url())), ErrorCode::kUnavailable, "silent");
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
  EXPECT_EQ(server.requests(), 1) << "it may have been taken in, so it is not sent again";
}

TEST_F(Outbound1Test, SilenceInTheBodyEndsIt) {
  make(quick());
  const ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 Ok\r\nContent-Length: 100\r\n\r\nhalf");
    peer.hold();
  });
  expect_error(send(get(server.url())), ErrorCode::kUnavailable, "silent");
}

TEST_F(Outbound1Test, TheWholeHasALimitHoweverBusyTheOtherSideIs) {
  const ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 Ok\r\nContent-Length: 1000000\r\n\r\n");
    while (!peer.is_over() && peer.send("drop")) {
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  OutboundRequest request = idempotent(get(server.url()));
  request.total_max = milliseconds(400);
  expect_error(send(request), ErrorCode::kUnavailable, "no answer in time");
  EXPECT_EQ(server.requests(), 1) << "there is no time left for a second send";
}

TEST_F(Outbound1Test, AConnectionHasALimit) {
  make(quick());
  const ScriptedServer server([](Peer& peer) { peer.hold(); });  // no TLS from this one
  expect_error(send(get(fmt::format("https://127.0.0.1:{}/", server.port()))),
               ErrorCode::kUnavailable, "no connection in time");
  EXPECT_EQ(server.connections(), 2) << "nothing was sent, so it is tried once more";
}

TEST_F(Outbound1Test, WhatIsNotHttpIsNoReply) {
  for (const char* answer : {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/9.9 200 Ok\r\n\r\n", "\r\n\r\n",
                             "HTTP/1.1 2000 Ok\r\n\r\n", "<html></html>\r\n\r\n"}) {
    const ScriptedServer server([&](Peer& peer) {
      peer.read_request();
      peer.send(answer);
    });
    const Reply reply = send(get(server.url()));
    ASSERT_FALSE(reply) << answer << reply->status;
    EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable) << answer;
  }
}

TEST_F(Outbound1Test, SoManyAreUnderWayAndNoMore) {
  CurlOutbound::Options options{.allow_private = true};
  options.under_way_max = 3;
  options.under_way_per_host_max = 2;
  make(options);
  const ScriptedServer server([](Peer& peer) { peer.hold(); });
  const ScriptedServer other([](Peer& peer) { peer.hold(); });
  std::vector<std::future<Reply>> held;
  held.push_back(begin(get(server.url())));
  held.push_back(begin(get(server.url())));
  EXPECT_TRUE(test::until([&] { return server.connections() == 2; }));
  expect_error(send(get(server.url())), ErrorCode::kOverloaded, "too many requests to it");
  held.push_back(begin(get(other.url())));
  EXPECT_TRUE(test::until([&] { return other.connections() == 1; }));
  expect_error(send(get(other.url())), ErrorCode::kOverloaded, "too many requests to others");
  EXPECT_EQ(metric(R"(ruck_outbound_requests_total{host="other",outcome="overloaded"})"), 1);
  EXPECT_EQ(metric(fmt::format(
                R"(ruck_outbound_requests_total{{host="127.0.0.1:{}",outcome="overloaded"}})",
                server.port())),
            1);
  outbound_->stop();
  for (auto& each : held) expect_error(each.get(), ErrorCode::kUnavailable, "stopping");
}

TEST_F(Outbound1Test, AThousandRequestsShareAFewConnections) {
  const ScriptedServer server(always(http_answer(200, "yes")));
  constexpr int kAtATime = 200;
  for (int round = 0; round < 5; ++round) {
    std::vector<std::future<Reply>> replies;
    for (int i = 0; i < kAtATime; ++i) replies.push_back(begin(post(server.url("/push"))));
    for (auto& each : replies) {
      const Reply reply = each.get();
      ASSERT_TRUE(reply) << reply.error().message;
      EXPECT_EQ(reply->body, "yes");
    }
  }
  EXPECT_EQ(server.requests(), 1000);
  EXPECT_LE(server.connections(), kOutboundConnectionsPerHostMax);
  const std::string host = fmt::format("127.0.0.1:{}", server.port());
  EXPECT_EQ(metric(fmt::format(R"(ruck_outbound_requests_total{{host="{}",outcome="2xx"}})", host)),
            1000);
  EXPECT_EQ(metric(fmt::format(R"(ruck_outbound_under_way{{host="{}"}})", host)), 0);
  EXPECT_EQ(metric(fmt::format(R"(ruck_outbound_connections_total{{host="{}"}})", host)),
            server.connections());
}

// ---- sending again ------------------------------------------------------------------------------

TEST_F(Outbound1Test, WhatNeverReachedTheServerIsSentOnceMore) {
  const int port = test::free_port();
  const std::string host = fmt::format("127.0.0.1:{}", port);
  expect_error(send(post("http://" + host + "/")), ErrorCode::kUnavailable, "cannot connect");
  EXPECT_EQ(metric(fmt::format(R"(ruck_outbound_sent_again_total{{host="{}"}})", host)), 1);
}

TEST_F(Outbound1Test, WhatMayHaveBeenTakenInIsNotSentAgain) {
  const ScriptedServer server([](Peer& peer) { peer.read_request(); });
  expect_error(send(post(server.url())), ErrorCode::kUnavailable, "broke off");
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(Outbound1Test, UnlessTwiceDoesNoHarm) {
  const ScriptedServer server([](Peer& peer) {
    peer.read_request();
    if (peer.number() > 1) peer.send(http_answer(200, "second"));
  });
  const Reply reply = send(idempotent(post(server.url())));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "second");
  EXPECT_EQ(server.requests(), 2);
}

TEST_F(Outbound1Test, AndThenOnlyOnce) {
  const ScriptedServer server([](Peer& peer) { peer.read_request(); });
  expect_error(send(idempotent(post(server.url()))), ErrorCode::kUnavailable, "broke off");
  EXPECT_EQ(server.requests(), 2);
}

// libcurl itself sends again, as often as five times, when a kept connection turns out to be
// closed.
TEST_F(Outbound1Test, AKeptConnectionThatBreaksOffIsNoReasonToSendTwice) {
  const ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.send(http_answer(200));
    peer.read_request();
  });
  ASSERT_TRUE(send(post(server.url("/first"))));
  expect_error(send(post(server.url("/second"))), ErrorCode::kUnavailable, "broke off");
  EXPECT_EQ(server.requests(), 2);
}

TEST_F(Outbound1Test, AKeptConnectionThatBreaksOffIsMadeAnewWhereTwiceDoesNoHarm) {
  const ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.send(http_answer(200));
    if (peer.number() == 1) peer.read_request();
  });
  ASSERT_TRUE(send(post(server.url("/first"))));
  EXPECT_TRUE(send(idempotent(post(server.url("/second")))));
  EXPECT_EQ(server.requests(), 3);
}

TEST_F(Outbound1Test, ACutBodyIsNoReply) {
  const ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 Ok\r\nContent-Length: 100\r\n\r\nhalf");
  });
  expect_error(send(get(server.url())), ErrorCode::kUnavailable, "broke off");
  EXPECT_EQ(server.requests(), 1);
}

// ---- stopping -----------------------------------------------------------------------------------

TEST_F(Outbound1Test, AStopEndsWhatIsUnderWayAndTakesNothingNew) {
  const ScriptedServer server([](Peer& peer) { peer.hold(); });
  std::vector<std::future<Reply>> held;
  for (int i = 0; i < 20; ++i) held.push_back(begin(get(server.url())));
  EXPECT_TRUE(test::until([&] { return server.connections() == kOutboundConnectionsPerHostMax; }));
  outbound_->stop();
  for (auto& each : held) expect_error(each.get(), ErrorCode::kUnavailable, "stopping");
  expect_error(send(get(server.url())), ErrorCode::kUnavailable, "stopping");
  outbound_->stop();
}

TEST_F(Outbound1Test, TheEndOfItEndsWhatIsUnderWay) {
  const ScriptedServer server([](Peer& peer) { peer.hold(); });
  std::vector<std::future<Reply>> held;
  for (int i = 0; i < 20; ++i) held.push_back(begin(get(server.url())));
  const std::string under_way =
      fmt::format(R"(ruck_outbound_under_way{{host="127.0.0.1:{}"}})", server.port());
  EXPECT_TRUE(test::until([&] { return metric(under_way) == 20; }));
  outbound_.reset();
  for (auto& each : held) expect_error(each.get(), ErrorCode::kUnavailable, "stopping");
}

}  // namespace
}  // namespace ruck::http
