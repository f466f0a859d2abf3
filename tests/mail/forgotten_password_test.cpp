// The real binary and a mail server.
#include "support/node.hpp"
#include "support/scripted_server.hpp"
#include "support/server.hpp"
#include "support/until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;

TEST(ForgottenPassword, IsMailedByTheServerThatTheOperatorSet) {
  const TemporaryFolder folder;
  const Certificate certificate = make_certificate(folder.path(), "localhost");
  const NodeServer sink(std::string(RUCK_MAIL_TEST_FOLDER) + "/sink.mjs",
                        {"plain", certificate.certificate_file, certificate.key_file});
  RuckServer server({.extra_env = {fmt::format("RUCK_SMTP_URL=smtp://localhost:{}", sink.port()),
                                   "RUCK_MAIL_FROM=RuckingApp <ruck@example.org>",
                                   "RUCK_PUBLIC_URL=https://ruck.example.org"}});
  ApiClient anna(server.url());
  anna.sign_up("anna");
  EXPECT_EQ(anna.post("/api/auth/forgot-password", R"({"email":"anna@example.org"})").status, 200);
  EXPECT_TRUE(until([&] { return server.log().contains("mail.sent"); })) << server.log();
  EXPECT_THAT(sink.output(), HasSubstr(R"("to":["anna@example.org"])"));
  EXPECT_THAT(sink.output(), HasSubstr("https://ruck.example.org/reset-password?token="));
  EXPECT_THAT(server.log(), Not(HasSubstr("anna@")));
  EXPECT_EQ(server.stop(), 0);
}

TEST(ForgottenPassword, DoesNotHoldUpAStopWhereTheMailServerHangs) {
  const ScriptedServer silent([](ScriptedServer::Peer& peer) { peer.hold(); });
  RuckServer server({.extra_env = {fmt::format("RUCK_SMTP_URL=smtp://127.0.0.1:{}", silent.port()),
                                   "RUCK_MAIL_FROM=ruck@example.org"}});
  ApiClient anna(server.url());
  anna.sign_up("anna");
  EXPECT_EQ(anna.post("/api/auth/forgot-password", R"({"email":"anna@example.org"})").status, 200);
  EXPECT_TRUE(until([&] { return silent.connections() == 1; }));
  EXPECT_EQ(
      anna.post("/api/auth/login", R"({"email":"anna@example.org","password":"correct horse"})")
          .status,
      200)
      << "nor does it hold up a sign-in";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(server.stop(), 0) << server.log();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(12)) << "of its 30";
}

}  // namespace
}  // namespace ruck::test
