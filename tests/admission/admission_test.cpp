// Nothing is taken in before it is allowed: what an attacker sends without a token, without an end
// or without a word, against the real binary.
#include "base/bytes.hpp"
#include "http/compress.hpp"
#include "services/auth/tokens.hpp"
#include "support/raw_connection.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <functional>
#include <thread>

namespace ruck::test {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::size_t kMiB = 1 << 20;
// What a server may grow by while it refuses: buffers of its sockets and the allocator's own. The
// sanitizer keeps freed memory, so it is told to keep little.
constexpr std::size_t kGrowthMax = 48 * kMiB;
const std::string kFreeAtOnce =
    "ASAN_OPTIONS=quarantine_size_mb=1:thread_local_quarantine_size_kb=64";

std::string head_of(const std::string& request_line, const std::string& fields) {
  return request_line + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + fields +
         "\r\n";
}
std::string bearer(const ApiClient& user) { return "Authorization: Bearer " + user.token + "\r\n"; }
std::string length_of(std::size_t bytes) {
  return "Content-Length: " + std::to_string(bytes) + "\r\n";
}

class AdmissionTest : public testing::Test {
 protected:
  void SetUp() override { start({.extra_env = {kFreeAtOnce}}); }
  void start(ServerSettings settings) {
    server_.reset();
    server_ = std::make_unique<RuckServer>(std::move(settings));
  }
  ApiClient user(const std::string& name) {
    ApiClient made(server_->url());
    made.sign_up(name);
    return made;
  }
  RawConnection connect(const std::string& from = "127.0.0.1") {
    return RawConnection(server_->port(), from);
  }
  [[nodiscard]] std::size_t memory() const { return resident_bytes(server_->pid()); }
  // The value of a metric; -1 where there is none.
  double metric(const std::string& name) {
    const std::string text = "\n" + server_->metrics();
    const std::size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::atof(text.c_str() + at + name.size() + 2);
  }

  std::unique_ptr<RuckServer> server_;
};

// ---- framing without an end ---------------------------------------------------------------------

// Sends `piece` again and again, as long as the server takes it.
std::string flood(RawConnection& connection, const std::string& piece, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    if (connection.send(piece, milliseconds(500)) < piece.size()) break;
    if (connection.has_answer_within(milliseconds(0))) break;
  }
  return connection.read_answer();
}

const std::string kChunked = head_of("POST /api/auth/login", "Transfer-Encoding: chunked\r\n");

TEST_F(AdmissionTest, AChunkLineWithoutAnEndTakesNoMemory) {
  const std::size_t before = memory();
  RawConnection attacker = connect();
  attacker.send(kChunked + "2;");
  EXPECT_THAT(flood(attacker, std::string(kMiB, 'a'), 128), StartsWith("HTTP/1.1 400"));
  EXPECT_LT(memory(), before + kGrowthMax);
}

TEST_F(AdmissionTest, TrailersWithoutAnEndTakeNoMemory) {
  const std::size_t before = memory();
  RawConnection attacker = connect();
  attacker.send(kChunked + "2\r\n{}\r\n0\r\n");
  std::string trailers;
  while (trailers.size() < kMiB) trailers += "X-Trailer: " + std::string(100, 'a') + "\r\n";
  EXPECT_THAT(flood(attacker, trailers, 128), StartsWith("HTTP/1.1 400"));
  EXPECT_LT(memory(), before + kGrowthMax);
}

TEST_F(AdmissionTest, FieldsThatComeOneByOneHaveTheSameLimit) {
  const std::string line = "X-Forwarded-For: " + std::string(81, '1') + "\r\n";
  RawConnection attacker = connect();
  attacker.send("GET /livez HTTP/1.1\r\nHost: x\r\n");
  std::size_t sent = 0;
  while (sent < 64 * 1024 && !attacker.has_answer_within(milliseconds(1))) {
    sent += attacker.send(line);
  }
  EXPECT_THAT(attacker.read_answer(), StartsWith("HTTP/1.1 431"));
}

// ---- before the body ----------------------------------------------------------------------------

TEST_F(AdmissionTest, SixtyConnectionsWithoutATokenTakeNoMemory) {
  const std::string body(kMiB, ' ');
  const std::size_t before = memory();
  std::vector<RawConnection> attackers;
  for (int i = 0; i < 60; ++i) attackers.push_back(connect());
  for (RawConnection& attacker : attackers) {
    attacker.send(head_of("POST /api/rucks/1/location", length_of(8 * kMiB)));
  }
  std::size_t largest = 0;
  for (RawConnection& attacker : attackers) {
    for (int i = 0; i < 7 && !attacker.has_answer_within(milliseconds(0)); ++i) {
      attacker.send(body, milliseconds(200));
    }
    largest = std::max(largest, memory());
  }
  for (RawConnection& attacker : attackers) {
    EXPECT_THAT(attacker.read_answer(), StartsWith("HTTP/1.1 401"));
  }
  EXPECT_LT(largest, before + kGrowthMax);
}

TEST_F(AdmissionTest, ABombWithoutATokenIsNotUnpacked) {
  const std::string bomb = http::gzip(std::string(31 * kMiB, ' '));
  const std::string head =
      head_of("POST /api/rucks/1/location", "Content-Encoding: gzip\r\n" + length_of(bomb.size()));
  std::vector<RawConnection> attackers;
  for (int i = 0; i < 8; ++i) attackers.push_back(connect());
  for (RawConnection& attacker : attackers) attacker.send(head + bomb);
  EXPECT_EQ(ApiClient(server_->url()).get("/livez").status, 200);
  for (RawConnection& attacker : attackers) {
    EXPECT_THAT(attacker.read_answer(), StartsWith("HTTP/1.1 401"));
  }
  EXPECT_EQ(metric("ruck_http_unpacked_bytes_total"), 0);
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  anna.raw().set_header("Content-Encoding", "gzip");
  const std::string batch = Walk{.start_ms = now_ms() - 60'000}.json();
  EXPECT_EQ(anna.post("/api/rucks/" + id + "/location", http::gzip(batch)).status, 201);
  EXPECT_EQ(metric("ruck_http_unpacked_bytes_total"), static_cast<double>(batch.size()));
}

TEST_F(AdmissionTest, ABombWithATokenIsUnpackedNoFurtherThanItsRatioAllows) {
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  anna.raw().set_header("Content-Encoding", "gzip");
  const std::string bomb = http::gzip(std::string(7 * kMiB, ' '));
  EXPECT_EQ(anna.post("/api/rucks/" + id + "/location", bomb).status, 413)
      << "it would fit, but no recorder's batch packs so well";
  const double unpacked = metric("ruck_http_unpacked_bytes_total");
  EXPECT_GT(unpacked, 0);
  EXPECT_LT(unpacked, 2 * kMiB);
}

TEST_F(AdmissionTest, WhatIsRefusedIsAnsweredAtTheEndOfTheHead) {
  const std::string secret(32, 'k');
  start({.rate_limits = true, .extra_env = {"RUCK_TOKEN_KEYS=k:" + to_base64(secret)}});
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  auth::Tokens tokens;
  tokens.add_key({.id = "k", .secret = secret});
  tokens.sign_with("k");
  const std::string old = tokens
                              .issue({.user = UserId(*Uuid::parse(anna.user_id))},
                                     SystemClock().now() - std::chrono::hours(2))
                              .token;
  const auto answer_to = [&](const std::string& line, const std::string& fields) {
    RawConnection client = connect();
    client.send(head_of(line, fields));
    return client.read_answer();
  };
  const std::string locate = "POST /api/rucks/" + id + "/location";
  const std::string body = length_of(5000);
  EXPECT_THAT(answer_to(locate, body), StartsWith("HTTP/1.1 401"));
  const std::string expired = answer_to(locate, body + "Authorization: Bearer " + old + "\r\n");
  EXPECT_THAT(expired, StartsWith("HTTP/1.1 503")) << "a 4xx would lose the points";
  EXPECT_THAT(expired, HasSubstr("\r\nRetry-After: "));
  EXPECT_THAT(answer_to(locate, length_of(9 * kMiB) + bearer(anna)), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer_to(locate, body + bearer(anna) + "Content-Encoding: br\r\n"),
              StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(answer_to("POST /api/nothing", body), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(answer_to("DELETE /api/auth/login", body), StartsWith("HTTP/1.1 405"));
  RawConnection text = connect();
  text.send("PUT /api/users/profile HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n" + body +
            bearer(anna) + "\r\n");
  EXPECT_THAT(text.read_answer(), StartsWith("HTTP/1.1 415"));
  const std::string reset = "POST /api/auth/password-reset-confirm";
  for (int i = 0; i < 5; ++i) {
    RawConnection client = connect();
    client.send(head_of(reset, length_of(2)) + "{}");
    EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 400"));
  }
  EXPECT_THAT(answer_to(reset, body), StartsWith("HTTP/1.1 429"));
}

TEST_F(AdmissionTest, WhoHasNoTokenMaySendLittle) {
  RawConnection client = connect();
  client.send(head_of("POST /api/auth/login", length_of(200'000)));
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 413"));
}

TEST_F(AdmissionTest, ContinueIsSaidToWhoIsAdmittedOnly) {
  ApiClient anna = user("anna");
  const std::string waits = length_of(2) + "Expect: 100-continue\r\n";
  RawConnection stranger = connect();
  stranger.send(head_of("PUT /api/users/profile", waits));
  const std::string refused = stranger.read_answer();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(refused, HasSubstr("Connection: close"))
      << "nobody knows whether the body comes after all";
  RawConnection known = connect();
  known.send(head_of("PUT /api/users/profile", waits + bearer(anna)));
  EXPECT_EQ(known.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  known.send("{}");
  EXPECT_THAT(known.read_answer(), StartsWith("HTTP/1.1 200"));
  RawConnection old = connect();
  old.send("PUT /api/users/profile HTTP/1.0\r\n" + waits + bearer(anna) + "\r\n");
  EXPECT_FALSE(old.has_answer_within(milliseconds(300))) << "HTTP/1.0 knows no 100";
  old.send("{}");
  EXPECT_THAT(old.read_answer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdmissionTest, ASmallRefusedBodyLeavesTheConnectionOpen) {
  RawConnection client = connect();
  client.send(head_of("PUT /api/users/profile", length_of(4)) + "{");
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 401"));
  client.send("  }GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdmissionTest, AnAnswerDoesNotWaitForTheRestOfTheNextRequest) {
  RawConnection client = connect();
  client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHo");
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 200"));
  client.send("st: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdmissionTest, TheAnswerArrivesThoughTheClientIsStillSending) {
  const std::string body(40 * kMiB, ' ');
  RawConnection stranger = connect();
  stranger.send(head_of("POST /api/gpx/import", length_of(body.size())));
  stranger.send(body);
  EXPECT_THAT(stranger.read_answer(), StartsWith("HTTP/1.1 401"));
  ApiClient anna = user("anna");
  RawConnection client = connect();
  client.send(head_of("PUT /api/users/profile", length_of(body.size()) + bearer(anna)));
  client.send(body);
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 413"));
  RawConnection chunked = connect();
  chunked.send(head_of("PUT /api/users/profile", "Transfer-Encoding: chunked\r\n" + bearer(anna)));
  for (int i = 0; i < 40; ++i) chunked.send("100000\r\n" + body.substr(0, kMiB) + "\r\n");
  EXPECT_THAT(chunked.read_answer(), StartsWith("HTTP/1.1 413"));
}

// ---- all bodies together ------------------------------------------------------------------------

TEST_F(AdmissionTest, BodiesUnderWayHaveABudget) {
  start({.extra_env = {kFreeAtOnce, "RUCK_BODY_MEMORY_MB=16"}});
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  std::string batch = Walk{.start_ms = now_ms() - 60'000}.json();
  batch.insert(1, std::string(6 * kMiB - batch.size(), ' '));
  const std::string head =
      head_of("POST /api/rucks/" + id + "/location", length_of(batch.size()) + bearer(anna));
  RawConnection first = connect();
  RawConnection second = connect();
  for (RawConnection* slow : {&first, &second}) {
    slow->send(head);
    slow->send(std::string_view(batch).substr(0, batch.size() - 1));
  }
  EXPECT_TRUE(until([&] { return metric("ruck_http_body_bytes") >= 12 * kMiB - 2; }));
  RawConnection third = connect();
  third.send(head + batch);
  const std::string refused = third.read_answer();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503")) << "a 4xx would lose the points";
  EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: "));
  EXPECT_EQ(metric("ruck_http_bodies_refused_total"), 1);
  for (RawConnection* slow : {&first, &second}) {
    slow->send("}");
    EXPECT_THAT(slow->read_answer(), StartsWith("HTTP/1.1 201"));
  }
  RawConnection again = connect();
  again.send(head + batch);
  EXPECT_THAT(again.read_answer(), StartsWith("HTTP/1.1 201"));
  EXPECT_EQ(metric("ruck_http_body_bytes"), 0) << "all of it was given back";
}

// ---- connections --------------------------------------------------------------------------------

const std::string kLivez = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

// As many connections as the server has places for, from one address; each has asked `request`.
std::vector<RawConnection> occupy(int port, const std::string& request) {
  std::vector<RawConnection> held;
  for (int i = 0; i < 200; ++i) {
    held.emplace_back(port);
    if (request.empty()) continue;
    held.back().send(request);
    static_cast<void>(held.back().has_answer_within(milliseconds(200)));
  }
  return held;
}

TEST_F(AdmissionTest, OneAddressCannotHoldEveryPlace) {
  for (const std::string& request : {std::string(), kLivez, std::string("GET /livez HT")}) {
    start({.rate_limits = true, .extra_env = {"RUCK_CONNECTIONS_MAX=200"}});
    const std::vector<RawConnection> held = occupy(server_->port(), request);
    RawConnection other = connect("127.0.0.2");
    other.send(kLivez);
    EXPECT_THAT(other.read_answer(), StartsWith("HTTP/1.1 200")) << request;
  }
}

TEST_F(AdmissionTest, ATrustedProxyAndALoadTestMayHoldThemAll) {
  start({.rate_limits = true,
         .extra_env = {"RUCK_CONNECTIONS_MAX=200", "RUCK_TRUSTED_PROXIES=127.0.0.1"}});
  const auto answered_of = [&](const std::string& from) {
    std::vector<RawConnection> held;
    int answered = 0;
    for (int i = 0; i < 100; ++i) {
      held.push_back(connect(from));
      held.back().send(kLivez);
      if (held.back().read_answer().starts_with("HTTP/1.1 200")) ++answered;
    }
    return answered;
  };
  EXPECT_EQ(answered_of("127.0.0.1"), 100);
  EXPECT_LT(answered_of("127.0.0.2"), 100);
  start({.rate_limits = false, .extra_env = {"RUCK_CONNECTIONS_MAX=200"}});
  EXPECT_EQ(answered_of("127.0.0.1"), 100);
}

TEST_F(AdmissionTest, APlaceIsGivenBackWithItsConnection) {
  start({.rate_limits = true, .extra_env = {"RUCK_CONNECTIONS_MAX=200"}});
  for (int round = 0; round < 3; ++round) occupy(server_->port(), kLivez);
  const auto deadline = std::chrono::steady_clock::now() + seconds(30);
  std::string answer;
  while (!answer.starts_with("HTTP/1.1 200") && std::chrono::steady_clock::now() < deadline) {
    RawConnection client = connect();
    client.send(kLivez);
    answer = client.read_answer();
  }
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
}

TEST_F(AdmissionTest, ASilentConnectionIsCutOffSoonerThanAnIdleOne) {
  RawConnection silent = connect();
  EXPECT_TRUE(silent.is_closed_within(seconds(40)));
}

// ---- strictness ---------------------------------------------------------------------------------

TEST_F(AdmissionTest, ARequestHasOneHost) {
  const auto answer_to = [&](const std::string& head) {
    RawConnection client = connect();
    client.send(head + "\r\n");
    return client.read_answer();
  };
  EXPECT_THAT(answer_to("GET /livez HTTP/1.1\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_to("GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_to("GET /livez HTTP/1.1\r\nHost: x\r\nhost: x\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_to("GET /livez HTTP/1.1\r\nHost: x y\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_to("GET /livez HTTP/1.1\r\nHost: x/../y\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_to("GET /livez HTTP/1.0\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer_to("GET /livez HTTP/1.1\r\nHost: [::1]:8080\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdmissionTest, AFoldedFieldIsRefused) {
  for (const std::string& field :
       {std::string("X-A: one\r\n two"), std::string("X-A:\r\n\ttwo"),
        std::string("Authorization: Bearer a\r\n b"), std::string("X-A: one\r\n \r\n ")}) {
    RawConnection client = connect();
    client.send("GET /livez HTTP/1.1\r\nHost: x\r\n" + field + "\r\n\r\n");
    EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 400")) << field;
  }
  RawConnection trailer = connect();
  trailer.send(kChunked + "2\r\n{}\r\n0\r\nX-A: one\r\n two\r\n\r\n");
  EXPECT_THAT(trailer.read_answer(), HasSubstr("malformed_request"));
}

TEST_F(AdmissionTest, ChunksDoNotBelongToHttp10) {
  RawConnection client = connect();
  client.send("POST /api/auth/login HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_THAT(client.read_answer(), HasSubstr("malformed_request"));
}

// ---- who forwards -------------------------------------------------------------------------------

// Each call is a client behind the proxy; how many of them are told that they ask too often.
class ForwardedTest : public AdmissionTest {
 protected:
  void SetUp() override { start_behind("127.0.0.1"); }
  void start_behind(const std::string& proxies, const std::string& header = "auto") {
    start({.rate_limits = true,
           .extra_env = {"RUCK_TRUSTED_PROXIES=" + proxies, "RUCK_PROXY_HEADER=" + header}});
  }
  int limited_of(int count, const std::function<std::string(int)>& fields) {
    RawConnection proxy = connect();
    int limited = 0;
    for (int i = 0; i < count; ++i) {
      proxy.send(head_of("POST /api/auth/password-reset-confirm", fields(i) + length_of(2)) + "{}");
      if (proxy.read_answer().starts_with("HTTP/1.1 429")) ++limited;
    }
    return limited;
  }
};

TEST_F(ForwardedTest, APortIsNoPartOfTheAddress) {
  EXPECT_EQ(limited_of(8,
                       [](int i) {
                         return "X-Forwarded-For: 198.51.100.30:" + std::to_string(1000 + i) +
                                "\r\n";
                       }),
            3);
  EXPECT_EQ(limited_of(4, [](int) { return "X-Forwarded-For: 203.0.113.99:4711\r\n"; }), 0);
  EXPECT_EQ(limited_of(8,
                       [](int i) {
                         return "X-Forwarded-For: [2001:db8:5::1]:" + std::to_string(1000 + i) +
                                "\r\n";
                       }),
            3);
}

TEST_F(ForwardedTest, AnIpv6CustomerIsAPrefix) {
  EXPECT_EQ(limited_of(200,
                       [](int i) {
                         return "X-Forwarded-For: 2001:db8:1:2::" + std::to_string(i) + "\r\n";
                       }),
            195);
  EXPECT_EQ(limited_of(4, [](int) { return "X-Forwarded-For: 2001:db8:1:3::1\r\n"; }), 0);
}

TEST_F(ForwardedTest, SeveralLinesAreOneList) {
  EXPECT_EQ(limited_of(8,
                       [](int i) {
                         return "X-Forwarded-For: 203.0.113." + std::to_string(i) +
                                "\r\nX-Forwarded-For: 198.51.100.7\r\n";
                       }),
            3)
      << "what stands left of the proxy's own word is the client's claim";
  start_behind("127.0.0.1, 10.0.0.0/8");
  EXPECT_EQ(limited_of(8,
                       [](int i) {
                         return "X-Forwarded-For: 203.0.113." + std::to_string(i) +
                                "\r\nX-Forwarded-For: 10.1.2.3\r\n";
                       }),
            0)
      << "a second proxy of ours";
}

TEST_F(ForwardedTest, TheStandardFieldIsUnderstood) {
  EXPECT_EQ(limited_of(8,
                       [](int i) {
                         return "Forwarded: for=203.0.113." + std::to_string(i) +
                                ";proto=https\r\n" +
                                "forwarded: For=\"[2001:db8:7::1]:" + std::to_string(4000 + i) +
                                "\"; by=203.0.113.43\r\n";
                       }),
            3);
  EXPECT_EQ(
      limited_of(8, [](int i) { return "Forwarded: for=203.0.114." + std::to_string(i) + "\r\n"; }),
      0);
}

// A proxy that writes one of the two passes on the client's own text in the other.
TEST_F(ForwardedTest, TheOperatorSaysWhichFieldTheProxyWrites) {
  const auto forged = [](int i) {
    return "X-Forwarded-For: 203.0.115." + std::to_string(i) +
           "\r\nForwarded: for=198.51.100.9\r\n";
  };
  start_behind("127.0.0.1", "forwarded");
  EXPECT_EQ(limited_of(8, forged), 3);
  start_behind("127.0.0.1", "x-forwarded-for");
  EXPECT_EQ(
      limited_of(8, [](int i) { return "Forwarded: for=203.0.115." + std::to_string(i) + "\r\n"; }),
      3);
}

}  // namespace
}  // namespace ruck::test
