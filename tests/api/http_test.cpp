// What every route has in common: errors, limits, encodings (contract core §0).
#include "http/compress.hpp"
#include "support/raw_connection.hpp"
#include "support/rucking.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpTest : public ApiTest {};

TEST_P(HttpTest, EveryErrorHasAMessageACodeAndARequestId) {
  ApiClient anybody = client();
  const Reply r = anybody.get("/api/nothing-here");
  EXPECT_EQ(r.status, 404);
  EXPECT_EQ(r.json["message"].kind(), json::Kind::kString);
  EXPECT_EQ(r.json["error"].text(), "not_found");
  EXPECT_EQ(r.json["request_id"].text(), r.raw.header("X-Request-Id"));
  EXPECT_EQ(r.raw.header("Cache-Control"), "no-store");
  EXPECT_EQ(r.raw.header("X-Content-Type-Options"), "nosniff");
}

TEST_P(HttpTest, AWrongMethodNamesTheRightOnes) {
  ApiClient anybody = client();
  const Reply r = anybody.send(http::Method::kDelete, "/api/auth/login");
  EXPECT_EQ(r.status, 405);
  EXPECT_EQ(r.raw.header("Allow"), "POST");
}

TEST_P(HttpTest, WithoutATokenOrWithABadOneItIs401WithAChallenge) {
  ApiClient anybody = client();
  const Reply r = anybody.get("/api/users/profile");
  EXPECT_EQ(r.status, 401);
  EXPECT_THAT(r.raw.header("WWW-Authenticate"), StartsWith("Bearer realm="));
  EXPECT_THAT(r.raw.header("WWW-Authenticate"), HasSubstr("invalid_token"));
  anybody.set_token("not.a.token");
  EXPECT_EQ(anybody.get("/api/users/profile").status, 401);
}

TEST_P(HttpTest, TheDoubledPrefixIsServed) {
  ApiClient anna = user("anna");
  EXPECT_EQ(anna.get("/api/api/users/profile").status, 200);
}

TEST_P(HttpTest, MalformedJsonIsAnsweredWithItsPlace) {
  ApiClient anybody = client();
  const Reply r = anybody.post("/api/auth/login", "{\"email\": \"a@b.co\",\n \"password\": }");
  EXPECT_EQ(r.status, 400);
  EXPECT_EQ(r.json["error"].text(), "malformed_json");
  EXPECT_THAT(r.json["message"].text(), HasSubstr("line 2, column 14"));
}

TEST_P(HttpTest, AWrongTypeIsAnsweredWithItsPathAndWhatWasExpected) {
  ApiClient anna = user("anna");
  const Reply type = anna.put("/api/users/profile", R"({"weight_kg":"heavy"})");
  EXPECT_EQ(type.status, 400);
  EXPECT_THAT(type.json["message"].text(),
              HasSubstr("$.weight_kg: expected a number between 20 and 400, got \"heavy\""));
  const Reply range = anna.put("/api/users/profile", R"({"resting_hr":500})");
  EXPECT_THAT(range.json["message"].text(), HasSubstr("$.resting_hr"));
}

TEST_P(HttpTest, ABodyOfAnotherKindIs415) {
  ApiClient anna = user("anna");
  EXPECT_EQ(anna.send(http::Method::kPut, "/api/users/profile", "username=x", "text/plain").status,
            415);
}

TEST_P(HttpTest, ABodyThatIsTooLargeIs413BeforeItIsRead) {
  const std::string answer =
      exchange_raw(server_->port(),
                   "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_P(HttpTest, UploadsMayBeEightMebibytes) {
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  std::string padded = Walk{.start_ms = now_ms() - 60'000}.json();
  padded.insert(1, std::string((8 << 20) - padded.size(), ' '));
  EXPECT_EQ(anna.post("/api/rucks/" + id + "/location", padded).status, 201);
  padded.insert(1, "  ");
  EXPECT_EQ(anna.post("/api/rucks/" + id + "/location", padded).status, 413);
}

TEST_P(HttpTest, HeadersAndAddressesHaveLimits) {
  const std::string long_header = exchange_raw(
      server_->port(),
      "GET /livez HTTP/1.1\r\nHost: x\r\nX-Big: " + std::string(20'000, 'a') + "\r\n\r\n");
  EXPECT_THAT(long_header, StartsWith("HTTP/1.1 431"));
  const std::string long_target = exchange_raw(
      server_->port(), "GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(long_target, StartsWith("HTTP/1.1 414"));
}

TEST_P(HttpTest, WhatIsNotHttpIs400) {
  EXPECT_THAT(exchange_raw(server_->port(), "hello there\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(
      exchange_raw(server_->port(),
                   "GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked, x\r\n\r\n"),
      StartsWith("HTTP/1.1 400"))
      << "an encoding that is not understood must not be guessed at";
  EXPECT_THAT(exchange_raw(server_->port(),
                           "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n{}"),
              StartsWith("HTTP/1.1 400"));
}

TEST_P(HttpTest, PipelinedRequestsAreAnsweredInOrderOnOneConnection) {
  const std::string one = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string other = "GET /api/nothing HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string last = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const std::string answer = exchange_raw(server_->port(), one + other + one + last);
  std::vector<std::string> statuses;
  for (std::size_t at = answer.find("HTTP/1.1 "); at != std::string::npos;
       at = answer.find("HTTP/1.1 ", at + 1)) {
    statuses.push_back(answer.substr(at + 9, 3));
  }
  EXPECT_THAT(statuses, testing::ElementsAre("200", "404", "200", "200"));
}

TEST_P(HttpTest, ChunkedBodiesAreRead) {
  const std::string answer =
      exchange_raw(server_->port(),
                   "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                   "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                   "a\r\n{\"email\":\"\r\n1b\r\na@b.co\",\"password\":\"wrong\"}\r\n0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 401"));
}

// An assertion of the parser's library ended a server that was not built for release.
TEST_P(HttpTest, AnEmptyChunkedBodyMayComeByteByByte) {
  ApiClient anybody = client();
  const std::string request =
      "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n";
  EXPECT_THAT(exchange_raw(server_->port(), request, std::chrono::seconds(60), 1),
              StartsWith("HTTP/1.1 400"));
  EXPECT_EQ(anybody.get("/livez").status, 200);
}

TEST_P(HttpTest, AClientThatWaitsForContinueGetsIt) {
  RawConnection connection(server_->port());
  connection.send(
      "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(connection.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_P(HttpTest, JsonOverOneKibibyteIsCompressedForThoseWhoTakeIt) {
  ApiClient anna = user("anna");
  const Reply plain = anna.get("/api/users/profile");
  EXPECT_EQ(plain.raw.header("Content-Encoding"), "");
  EXPECT_EQ(plain.raw.header("Vary"), plain.body.size() >= 1024 ? "Accept-Encoding" : "");
  anna.raw().set_header("Accept-Encoding", "br, gzip;q=0.8");
  const Reply document = anna.get("/api/openapi.json");
  EXPECT_EQ(document.raw.header("Content-Encoding"), "gzip");
  const auto unpacked = http::gunzip(document.body, 10 << 20);
  ASSERT_TRUE(unpacked);
  EXPECT_THAT(*unpacked, StartsWith("{\"openapi\":\"3.1.0\""));
  anna.raw().set_header("Accept-Encoding", "gzip;q=0");
  EXPECT_EQ(anna.get("/api/openapi.json").raw.header("Content-Encoding"), "");
}

TEST_P(HttpTest, CompressedBodiesAreUnpackedWithinTheLimit) {
  ApiClient anybody = client();
  anybody.raw().set_header("Content-Encoding", "gzip");
  EXPECT_EQ(
      anybody.post("/api/auth/login", http::gzip(R"({"email":"a@b.co","password":"x"})")).status,
      401);
  const Reply bomb = anybody.post("/api/auth/login", http::gzip(std::string(50 << 20, ' ')));
  EXPECT_EQ(bomb.status, 413);
  EXPECT_EQ(anybody.post("/api/auth/login", "not gzip").status, 400);
  anybody.raw().set_header("Content-Encoding", "br");
  EXPECT_EQ(anybody.post("/api/auth/login", "{}").status, 415);
}

TEST_P(HttpTest, HeadIsGetWithoutTheBody) {
  ApiClient anybody = client();
  const Reply r = anybody.send(http::Method::kHead, "/health");
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.body, "");
  EXPECT_NE(r.raw.header("Content-Length"), "0");
}

TEST_P(HttpTest, OtherOriginsAreAllowedOnlyIfTheyAreListed) {
  start({.extra_env = {"RUCK_CORS_ORIGINS=https://app.example.org"}});
  const auto ask = [&](const std::string& origin) {
    return exchange_raw(server_->port(),
                        "OPTIONS /api/rucks HTTP/1.1\r\nHost: x\r\nOrigin: " + origin +
                            "\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n");
  };
  const std::string allowed = ask("https://app.example.org");
  EXPECT_THAT(allowed, StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(allowed, HasSubstr("Access-Control-Allow-Origin: https://app.example.org\r\n"));
  EXPECT_THAT(ask("https://evil.example.org"), Not(HasSubstr("Access-Control-Allow-Origin")));
}

TEST_P(HttpTest, LimitsAnswer429WithRetryAfterByAddressOrUser) {
  start({.rate_limits = true});
  ApiClient anybody = client();
  Reply last;
  for (int i = 0; i < 6; ++i)
    last = anybody.post("/api/auth/password-reset-confirm",
                        R"({"token":"x","new_password":"12345678"})");
  EXPECT_EQ(last.status, 429);
  EXPECT_THAT(last.json["message"].text(), HasSubstr("429"));
  EXPECT_GT(last.json["retry_after"].integer(), 0);
  EXPECT_EQ(std::to_string(last.json["retry_after"].integer()), last.raw.header("Retry-After"));
}

TEST_P(HttpTest, AForwardedAddressIsBelievedOnlyFromATrustedProxy) {
  start({.rate_limits = true, .extra_env = {"RUCK_TRUSTED_PROXIES=127.0.0.1"}});
  ApiClient proxy = client();
  const std::string body = R"({"token":"x","new_password":"12345678"})";
  for (int i = 0; i < 12; ++i) {  // each from another client: nobody reaches the limit of five
    proxy.raw().set_header("X-Forwarded-For", "203.0.113." + std::to_string(i));
    EXPECT_EQ(proxy.post("/api/auth/password-reset-confirm", body).status, 400);
  }
  start({.rate_limits = true});
  ApiClient liar = client();
  int limited = 0;
  for (int i = 0; i < 12; ++i) {
    liar.raw().set_header("X-Forwarded-For", "203.0.113." + std::to_string(i));
    if (liar.post("/api/auth/password-reset-confirm", body).status == 429) ++limited;
  }
  EXPECT_GE(limited, 6);
}

TEST_P(HttpTest, WhereA4xxLosesDataALimitAnswers503) {
  start({.rate_limits = true});
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  // The contract's 3,600 uploads an hour, at once.
  Reply last;
  for (int i = 0; i < 3'650 && last.status != 503; ++i) {
    last = anna.post("/api/rucks/" + id + "/location", "{\"points\":[]}");
  }
  EXPECT_EQ(last.status, 503);
  EXPECT_NE(last.raw.header("Retry-After"), "");
}

TEST_P(HttpTest, ASlowRequestIsCutOffWith408) {
  const std::string answer =
      exchange_raw(server_->port(), "GET /livez HTTP/1.1\r\nHost:", std::chrono::seconds(20));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408"));
}

TEST_P(HttpTest, OperatorsSeeLivenessReadinessAndHealth) {
  ApiClient anybody = client();
  EXPECT_EQ(anybody.get("/livez").status, 200);
  EXPECT_EQ(anybody.get("/readyz").status, 200);
  EXPECT_EQ(anybody.get("/health").json["status"].text(), "ok");
  EXPECT_TRUE(anybody.get("/health").json.has("version"));
  EXPECT_EQ(anybody.get("/api/system/health").json["status"].text(), "healthy");
  const Reply app = anybody.get("/api/app/version-info?platform=ios");
  EXPECT_TRUE(app.json.has("latest_version"));
  EXPECT_EQ(app.json["force_update"].kind(), json::Kind::kBoolean);
  EXPECT_EQ(anybody.get("/api/app/version-info?platform=toaster").status, 400);
}

// Names of routes and statements, users and load: none of a stranger's business.
TEST_P(HttpTest, MetricsAreServedOnAListenerOfTheirOwnAndNowhereElse) {
  ApiClient anybody = client();
  EXPECT_EQ(anybody.get("/health").status, 200);
  for (const char* target : {"/metrics", "/metrics/", "/api/metrics", "/metrics?x=1"}) {
    EXPECT_EQ(anybody.get(target).status, 404) << target;
  }
  EXPECT_THAT(anybody.get("/api/openapi.json").body, Not(HasSubstr("/metrics")));
  ApiClient operators(server_->metrics_url());
  const Reply metrics = operators.get("/metrics");
  ASSERT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.raw.header("Content-Type"), StartsWith("text/plain"));
  EXPECT_THAT(metrics.body, HasSubstr("# TYPE ruck_http_requests_total counter"));
  EXPECT_THAT(metrics.body,
              HasSubstr("ruck_http_request_seconds_count{route=\"system.health\"} 1"));
  for (const char* target : {"/", "/health", "/readyz", "/api/rucks", "/api/auth/login"}) {
    EXPECT_EQ(operators.get(target).status, 404) << target;
  }
}

TEST_P(HttpTest, WithoutASettingNobodyServesMetrics) {
  start({.extra_env = {"RUCK_METRICS_LISTEN="}});
  EXPECT_THAT(server_->log(), Not(HasSubstr("metrics_port")));
  EXPECT_EQ(client().get("/metrics").status, 404);
}

TEST_P(HttpTest, AMetricsListenerThatCannotBeHadIsAnErrorAtStart) {
  const std::string taken = "RUCK_METRICS_LISTEN=127.0.0.1:" + std::to_string(server_->port());
  const Finished refused =
      run_to_end({.argv = {binary(), "serve"},
                  .extra_env = {"RUCK_LISTEN=127.0.0.1:0", taken,
                                "RUCK_DATA_DIR=" + server_->folder() + "/other"},
                  .working_folder = server_->folder()},
                 std::chrono::seconds(60));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("cannot listen on 127.0.0.1:"));
}

RUCK_ON_BOTH_DATABASES(HttpTest);

}  // namespace
}  // namespace ruck::test
