// Requests to others: hosts that fail, addresses that people name, what is measured.
#include "support/outbound.hpp"
#include "support/process.hpp"
#include "support/until.hpp"
#include "telemetry/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ruck::http {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::always;
using test::http_answer;
using test::OutboundTest;
using test::ScriptedServer;
using testing::HasSubstr;
using testing::Not;
using Peer = ScriptedServer::Peer;

// ---- circuits -----------------------------------------------------------------------------------

class OutboundCircuitTest : public OutboundTest {
 protected:
  void SetUp() override {
    OutboundTest::SetUp();
    CurlOutbound::Options options{.allow_private = true};
    options.circuit_open_for = seconds(1);
    make(options);
  }
  void fail_until_open(const std::string& url) {
    for (int i = 0; i < kCircuitFailuresMax; ++i) static_cast<void>(send(get(url)));
  }
  double open_circuits(int port) const {
    return metric(fmt::format(R"(ruck_outbound_circuits_open{{host="127.0.0.1:{}"}})", port));
  }
};

TEST_F(OutboundCircuitTest, AHostThatFailsIsSparedForAWhile) {
  std::atomic<bool> works = false;
  const ScriptedServer server([&](Peer& peer) {
    while (!peer.read_request().empty()) peer.send(http_answer(works ? 200 : 500));
  });
  fail_until_open(server.url());
  EXPECT_EQ(open_circuits(server.port()), 1);
  const Reply spared = send(get(server.url()));
  expect_error(spared, ErrorCode::kUnavailable, "spared");
  EXPECT_EQ(spared.error().retry_after_s, 1);
  EXPECT_EQ(server.requests(), kCircuitFailuresMax);

  std::this_thread::sleep_for(milliseconds(1100));
  EXPECT_EQ(send(get(server.url()))->status, 500) << "the probe";
  EXPECT_FALSE(send(get(server.url()))) << "it failed";

  works = true;
  std::this_thread::sleep_for(milliseconds(1100));
  EXPECT_EQ(send(get(server.url()))->status, 200);
  EXPECT_EQ(send(get(server.url()))->status, 200);
  EXPECT_EQ(open_circuits(server.port()), 0);
}

TEST_F(OutboundCircuitTest, OneRequestProbes) {
  std::atomic<bool> fails = true;
  const ScriptedServer server([&](Peer& peer) {
    while (!peer.read_request().empty()) {
      if (fails) {
        peer.send(http_answer(500));
      } else {
        peer.hold();
      }
    }
  });
  fail_until_open(server.url());
  fails = false;
  std::this_thread::sleep_for(milliseconds(1100));
  std::future<Reply> probe = begin(get(server.url()));
  EXPECT_TRUE(test::until([&] { return server.requests() == kCircuitFailuresMax + 1; }));
  for (int i = 0; i < 5; ++i)
    expect_error(send(get(server.url())), ErrorCode::kUnavailable, "spared");
  outbound_->stop();
  EXPECT_FALSE(probe.get());
  EXPECT_EQ(server.requests(), kCircuitFailuresMax + 1);
}

TEST_F(OutboundCircuitTest, AHostThatCannotBeReachedIsSparedToo) {
  const int port = test::free_port();
  fail_until_open(fmt::format("http://127.0.0.1:{}/", port));
  EXPECT_EQ(open_circuits(port), 1);
}

TEST_F(OutboundCircuitTest, AHostThatSaysWhenToComeBackIsAlive) {
  const ScriptedServer busy(always(http_answer(503, "", "Retry-After: 1\r\n")));
  const ScriptedServer picky(always(http_answer(400)));
  for (int i = 0; i < 2 * kCircuitFailuresMax; ++i) {
    EXPECT_EQ(send(get(busy.url()))->status, 503);
    EXPECT_EQ(send(get(picky.url()))->status, 400);
  }
}

TEST_F(OutboundCircuitTest, NothingOfARequestIsInWhatIsLoggedOrSaid) {
  const test::TemporaryFolder folder;
  const int log = ::open((folder.path() + "/log").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  telemetry::set_log_descriptor(log);
  const ScriptedServer server([](Peer& peer) { peer.read_request(); });
  OutboundRequest request = post(server.url("/secret-path?secret=query"), "secret body");
  request.headers = {{"Authorization", "secret header"}};
  std::string said;
  for (int i = 0; i <= kCircuitFailuresMax; ++i) said += send(request).error().message;
  telemetry::set_log_descriptor(STDOUT_FILENO);
  ::close(log);
  const std::string logged = test::read_file(folder.path() + "/log");
  EXPECT_THAT(logged, HasSubstr("outbound.circuit_opened"));
  EXPECT_THAT(logged + said + metrics_.render(), Not(HasSubstr("secret")));
}

// ---- addresses that people name -----------------------------------------------------------------

class OutboundAddressTest : public OutboundTest {
 protected:
  void expect_forbidden(const std::string& url) {
    SCOPED_TRACE(url);
    expect_error(send(of_user(post(url))), ErrorCode::kForbidden, "");
  }
  ScriptedServer server_{[](Peer& peer) { peer.hold(); }};
};

TEST_F(OutboundAddressTest, ArePublicWhateverTheyLookLike) {
  make(CurlOutbound::Options{});
  const int port = server_.port();
  for (const char* host : {"127.0.0.1",
                           "127.1",
                           "0x7f.0.0.1",
                           "2130706433",
                           "017700000001",
                           "localhost",
                           "LOCALHOST",

                           "0.0.0.0",
                           "0",
                           "[::1]",
                           "[::]",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:7f00:1]",
                           "[::127.0.0.1]",
                           "[64:ff9b::7f00:1]",
                           "[2002:7f00:1::1]",
                           "10.0.0.1",
                           "192.168.1.1",
                           "172.16.0.1",
                           "100.64.0.1",
                           "169.254.169.254",
                           "[fd00:ec2::254]",
                           "[fe80::1]",
                           "[fe80::1%25lo]",
                           "224.0.0.1",
                           "255.255.255.255"}) {
    expect_forbidden(fmt::format("https://{}:{}/", host, port));
  }
  EXPECT_EQ(server_.connections(), 0);
}

TEST_F(OutboundAddressTest, AreCheckedWhenTheyAreConnectedToNotWhenTheyAreRead) {
  CurlOutbound::Options options;
  for (const char* address : {"127.0.0.1", "10.0.0.1,127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"}) {
    options.resolve.push_back(
        fmt::format("name-{}.test:{}:{}", options.resolve.size(), server_.port(), address));
  }
  const std::size_t names = options.resolve.size();
  make(options);
  for (std::size_t i = 0; i < names; ++i) {
    expect_forbidden(fmt::format("https://name-{}.test:{}/", i, server_.port()));
  }
  EXPECT_EQ(server_.connections(), 0);
}

TEST_F(OutboundAddressTest, AreHttpsWithoutAPassword) {
  make(CurlOutbound::Options{});
  expect_forbidden("http://push.example.org/");
  expect_forbidden("https://user:pass@push.example.org/");
  expect_forbidden("https://user@push.example.org/");
}

TEST_F(OutboundAddressTest, MayBeAnyWhereTheOperatorSaysSo) {
  const ScriptedServer server(always(http_answer(200)));
  make({.allow_private = true});
  EXPECT_TRUE(send(of_user(get(server.url()))));
}

TEST_F(OutboundAddressTest, OfTheOperatorMayBeAny) {
  const ScriptedServer server(always(http_answer(200)));
  make(CurlOutbound::Options{});
  EXPECT_TRUE(send(get(server.url())));
}

// What a person names often and nobody answers would otherwise be all that is measured by name.
TEST_F(OutboundAddressTest, HaveNoLabelBeforeTheyHaveAnswered) {
  make(CurlOutbound::Options{});
  expect_forbidden(fmt::format("https://127.0.0.1:{}/", server_.port()));
  EXPECT_THAT(metrics_.render(), Not(HasSubstr("127.0.0.1")));
  EXPECT_EQ(metric(R"(ruck_outbound_requests_total{host="other",outcome="forbidden"})"), 1);
}

TEST_F(OutboundTest, TheFirstHostsAreMeasuredByNameAndTheRestTogether) {
  const ScriptedServer server(always(http_answer(200)));
  CurlOutbound::Options options{.allow_private = true};
  constexpr std::size_t kHosts = 2 * kOutboundHostLabelsMax;
  for (std::size_t i = 0; i < kHosts; ++i) {
    options.resolve.push_back(fmt::format("host-{}.test:{}:127.0.0.1", i, server.port()));
  }
  make(options);
  for (std::size_t i = 0; i < kHosts; ++i) {
    EXPECT_TRUE(send(get(fmt::format("http://host-{}.test:{}/", i, server.port()))));
  }
  EXPECT_EQ(
      metric(fmt::format(R"(ruck_outbound_requests_total{{host="host-0.test:{}",outcome="2xx"}})",
                         server.port())),
      1);
  EXPECT_EQ(metric(R"(ruck_outbound_requests_total{host="other",outcome="2xx"})"),
            kHosts - kOutboundHostLabelsMax);
}

}  // namespace
}  // namespace ruck::http
