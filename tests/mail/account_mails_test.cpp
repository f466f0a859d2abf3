// Mails of the real binary through a real mail server: what must arrive although the one was killed
// or the other away, the weekly digest, and the click that ends it.
#include "db/database.hpp"
#include "db/open.hpp"
#include "http/json/tree.hpp"
#include "support/node.hpp"
#include "support/scripted_server.hpp"
#include "support/server.hpp"
#include "support/until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kFormType = "application/x-www-form-urlencoded";

// A mail server; where it is away, connections to its address break off at once.
class Sink {
 public:
  Sink() = default;
  [[nodiscard]] std::string url() const { return fmt::format("smtp://127.0.0.1:{}", node_.port()); }
  struct Mail {
    std::string to;
    std::string subject;
    std::string text;
    std::string headers;
  };
  [[nodiscard]] std::vector<Mail> mails() const {
    std::vector<Mail> all;
    const std::string output = node_.output();
    for (std::size_t at = 0; at < output.size();) {
      const std::size_t end = output.find('\n', at);
      if (end == std::string::npos) break;
      const std::string line = output.substr(at, end - at);
      at = end + 1;
      if (!line.starts_with("{")) continue;
      const json::Tree tree = json::Tree::parse(line);
      Mail mail{.to = tree["to"].items().at(0).text(),
                .subject = tree["subject"].text(),
                .text = tree["text"].text(),
                .headers = {}};
      for (const json::Tree& header : tree["headers"].items()) mail.headers += header.text() + "\n";
      all.push_back(std::move(mail));
    }
    return all;
  }
  [[nodiscard]] std::vector<Mail> mails_to(const std::string& address) const {
    std::vector<Mail> found = mails();
    std::erase_if(found, [&](const Mail& mail) { return mail.to != address; });
    return found;
  }
  // How many there are of each subject.
  [[nodiscard]] std::map<std::string, int> subjects() const {
    std::map<std::string, int> counts;
    for (const Mail& mail : mails()) ++counts[mail.subject];
    return counts;
  }

 private:
  TemporaryFolder folder_;
  Certificate certificate_ = make_certificate(folder_.path(), "localhost");
  NodeServer node_{std::string(RUCK_MAIL_TEST_FOLDER) + "/sink.mjs",
                   {"plain", certificate_.certificate_file, certificate_.key_file}};
};

std::vector<std::string> environment(const std::string& smtp_url) {
  return {"RUCK_SMTP_URL=" + smtp_url, "RUCK_MAIL_FROM=RuckingApp <ruck@example.org>",
          "RUCK_PUBLIC_URL=https://ruck.example.org"};
}
std::string token_in(const std::string& text, const std::string& page) {
  const std::string mark = "https://ruck.example.org/" + page + "?token=";
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + mark.size();
  return text.substr(begin, text.find_first_of("\r\n> ", begin) - begin);
}
// Nothing waits any more: what was to be sent is with the mail server.
bool is_idle(const RuckServer& server) {
  const std::string metrics = server.metrics();
  for (const char* kind :
       {"auth.confirm_address_mail", "auth.address_changing_mail", "auth.address_changed_mail",
        "auth.password_changed_mail", "auth.deletion_mail"}) {
    if (!metrics.contains(fmt::format("ruck_jobs_depth{{kind=\"{}\"}} 0", kind))) return false;
  }
  return true;
}

TEST(AccountMails, ArriveOnceAfterTheServerWasKilledWhileTheMailServerWasAway) {
  const ScriptedServer away([](ScriptedServer::Peer&) {});
  RuckServer server({.extra_env = environment(fmt::format("smtp://127.0.0.1:{}", away.port()))});
  ApiClient anna(server.url());
  anna.sign_up("anna");
  EXPECT_EQ(anna.post("/api/account/password", R"({"new_password":"another horse"})").status, 200);
  EXPECT_EQ(anna.post("/api/account/email", R"({"email":"new@example.org"})").status, 200);
  ApiClient bert(server.url());
  bert.sign_up("bert");
  EXPECT_EQ(bert.post("/api/account/delete", "{}").status, 200);
  server.kill();

  const Sink sink;
  server.settings().extra_env = environment(sink.url());
  server.start();
  EXPECT_TRUE(until([&] { return sink.mails().size() >= 4 && is_idle(server); })) << server.log();
  const std::map<std::string, int> expected = {
      {"Your RuckingApp password has changed", 1},
      {"Confirm your new e-mail address", 1},
      {"Your RuckingApp e-mail address is about to change", 1},
      {"Your RuckingApp account is being deleted", 1}};
  EXPECT_EQ(sink.subjects(), expected);
  // The links are good.
  ASSERT_THAT(sink.mails_to("new@example.org"), SizeIs(1));
  const std::string confirm = token_in(sink.mails_to("new@example.org")[0].text, "confirm-email");
  EXPECT_EQ(ApiClient(server.url())
                .post("/api/account/confirm-email", R"({"token":")" + confirm + "\"}")
                .status,
            200);
  ASSERT_THAT(sink.mails_to("bert@example.org"), SizeIs(1));
  const std::string undo = token_in(sink.mails_to("bert@example.org")[0].text, "undo-deletion");
  EXPECT_EQ(ApiClient(server.url())
                .post("/api/account/undo-deletion", R"({"token":")" + undo + "\"}")
                .status,
            200);
  EXPECT_TRUE(until([&] {
    return sink.subjects().contains("Your RuckingApp e-mail address has changed");
  })) << "to the old address";
  EXPECT_EQ(sink.mails_to("anna@example.org").size(), 3U);
  EXPECT_EQ(server.stop(), 0);
}

// Whoever has got at a mailbox resets first: its owner reads of it.
TEST(AccountMails, APasswordThatWasResetIsToldAsOneThatWasChanged) {
  const Sink sink;
  RuckServer server({.extra_env = environment(sink.url())});
  ApiClient anna(server.url());
  anna.sign_up("anna");
  EXPECT_EQ(anna.post("/api/auth/forgot-password", R"({"email":"anna@example.org"})").status, 200);
  ASSERT_TRUE(until([&] { return sink.mails().size() == 1; })) << server.log();
  const std::string token = token_in(sink.mails()[0].text, "reset-password");
  EXPECT_EQ(anna.post("/api/auth/password-reset-confirm",
                      R"({"token":")" + token + R"(","new_password":"another horse"})")
                .status,
            200);
  EXPECT_TRUE(until([&] {
    return sink.subjects().contains("Your RuckingApp password has changed");
  })) << server.log();
  EXPECT_EQ(server.stop(), 0);
}

TEST(AccountMails, AMailServerThatHangsKeepsNobodyWaiting) {
  const ScriptedServer silent([](ScriptedServer::Peer& peer) { peer.hold(); });
  RuckServer server({.extra_env = environment(fmt::format("smtp://127.0.0.1:{}", silent.port()))});
  std::vector<ApiClient> people;
  for (int i = 0; i < 6; ++i) {
    people.emplace_back(server.url());
    people.back().sign_up("user" + std::to_string(i));
  }
  for (ApiClient& each : people) {
    EXPECT_EQ(each.post("/api/account/password", R"({"new_password":"another horse"})").status,
              200);
  }
  EXPECT_TRUE(until([&] { return silent.connections() == 2; })) << "as many as there are threads";
  for (ApiClient& each : people) {
    EXPECT_EQ(
        each.post("/api/account/email", R"({"email":")" + each.user_id + R"(@x.org"})").status,
        200);
    EXPECT_EQ(each.post("/api/account/delete", "{}").status, 200);
  }
  EXPECT_EQ(silent.connections(), 2) << "all of that while no mail has got through";
  EXPECT_EQ(server.stop(), 0) << server.log();
}

// ---- the weekly digest
// ---------------------------------------------------------------------------

const db::Sql kIsDue{"test.digests_are_due",
                     "UPDATE notification_settings SET digest_week = digest_week - 7, digest_at = 0"
                     " WHERE digest_at IS NOT NULL"};
// Whoever looks for them does so every five minutes.
const db::Sql kLookNow{"test.look_for_digests",
                       "UPDATE jobs SET run_at = 0 WHERE kind = 'notify.digests'"};
// Digests that are due now, in the server's own database; of the week before this.
void make_due(RuckServer& server) {
  EXPECT_EQ(server.stop(), 0);
  telemetry::Metrics metrics;
  auto database = db::open({.url = "sqlite:" + server.folder() + "/data/ruck.db"}, metrics).value();
  const auto done = database->write_now([](db::Session& q) {
    EXPECT_EQ(q.execute(kLookNow), 1);
    q.execute(kIsDue);
  });
  EXPECT_TRUE(done) << done.error().detail;
  database->close();
  server.start();
}

// A zone where it is not Monday before eight at this moment.
std::string zone_of_the_test() {
  const UtcMs now = to_ms(SystemClock().now());
  const auto is_monday_morning = [now](std::chrono::hours offset) {
    const UtcMs wall = now + offset;
    const Day day = std::chrono::floor<std::chrono::days>(wall);
    return std::chrono::weekday(day) == std::chrono::Monday &&
           wall - UtcMs(day) < std::chrono::hours(9);
  };
  return is_monday_morning(std::chrono::hours(0)) ? "Etc/GMT+12" : "UTC";
}

// A ruck in the week before the one that it is now, there.
void ruck_of_last_week(ApiClient& who, const std::string& zone) {
  const auto offset = std::chrono::hours(zone == "UTC" ? 0 : -12);
  const UtcMs wall = to_ms(SystemClock().now()) + offset;
  const Day today = std::chrono::floor<std::chrono::days>(wall);
  const Day monday = today - (std::chrono::weekday(today) - std::chrono::Monday);
  const UtcMs noon = UtcMs(monday - std::chrono::days(2)) + std::chrono::hours(12);
  const Reply made = who.post(
      "/api/rucks", fmt::format(R"({{"is_manual":true,"status":"completed","distance_km":12.5,)"
                                R"("duration_seconds":9000,"ruck_weight_kg":15,"started_at":"{}",)"
                                R"("completed_at":"{}"}})",
                                to_iso8601(noon), to_iso8601(noon + std::chrono::seconds(9000))));
  EXPECT_EQ(made.status, 201) << made.body;
}

TEST(WeeklyDigest, ArrivesWithALinkThatEndsItByOneClick) {
  const Sink sink;
  RuckServer server({.extra_env = environment(sink.url())});
  const std::string zone = zone_of_the_test();
  ApiClient anna(server.url());
  anna.sign_up("anna");
  ApiClient bert(server.url());
  bert.sign_up("bert");
  for (ApiClient* each : {&anna, &bert}) {
    EXPECT_EQ(each->put("/api/users/profile",
                        fmt::format(R"({{"time_zone":"{}","prefer_metric":true}})", zone))
                  .status,
              200);
    ruck_of_last_week(*each, zone);
    const Reply chosen = each->put("/api/notifications/preferences", R"({"weekly_digest":true})");
    EXPECT_EQ(chosen.status, 200);
    EXPECT_TRUE(chosen.json["weekly_digest"].boolean());
  }
  make_due(server);
  ASSERT_TRUE(until([&] { return sink.mails().size() >= 2; })) << server.log();
  ASSERT_THAT(sink.mails_to("anna@example.org"), SizeIs(1));
  const Sink::Mail mail = sink.mails_to("anna@example.org")[0];
  EXPECT_EQ(mail.subject, "Your week: 1 ruck, 12.5 km");
  EXPECT_THAT(mail.text, HasSubstr("Time: 2 h 30 min"));
  EXPECT_THAT(mail.text, HasSubstr("https://ruck.example.org/statistics"));
  EXPECT_THAT(mail.headers, HasSubstr("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
  EXPECT_THAT(mail.headers, HasSubstr("List-Unsubscribe: <https://ruck.example.org/api/"));

  const std::string token = token_in(mail.headers, "api/notifications/unsubscribe");
  const std::string target = "/api/notifications/unsubscribe?token=" + token;
  ApiClient program(server.url());
  const Reply looked = program.get(target);
  EXPECT_EQ(looked.status, 303);
  EXPECT_TRUE(anna.get("/api/notifications/preferences").json["weekly_digest"].boolean())
      << "a program that opens links";
  const Reply ended =
      program.send(http::Method::kPost, target, "List-Unsubscribe=One-Click", kFormType);
  EXPECT_EQ(ended.status, 200) << ended.body;
  EXPECT_FALSE(anna.get("/api/notifications/preferences").json["weekly_digest"].boolean());
  EXPECT_EQ(program.send(http::Method::kPost, target + "x", "List-Unsubscribe=One-Click", kFormType)
                .status,
            400);

  // The next one: bert's comes, so anna's would have been sent as well.
  make_due(server);
  EXPECT_TRUE(until([&] { return sink.mails_to("bert@example.org").size() == 2; })) << server.log();
  EXPECT_THAT(sink.mails_to("anna@example.org"), SizeIs(1));
  EXPECT_EQ(server.stop(), 0);
}

TEST(WeeklyDigest, MailsOfNotificationsHaveTheirLinkToo) {
  const Sink sink;
  RuckServer server({.extra_env = environment(sink.url())});
  ApiClient anna(server.url());
  anna.sign_up("anna");
  ApiClient bert(server.url());
  bert.sign_up("bert");
  EXPECT_EQ(
      anna.put("/api/notifications/preferences", R"({"types":{"follow":{"email":true}}})").status,
      200);
  EXPECT_EQ(bert.post("/api/users/" + anna.user_id + "/follow", "{}").status, 200);
  ASSERT_TRUE(until([&] { return sink.mails().size() == 1; })) << server.log();
  const Sink::Mail mail = sink.mails()[0];
  EXPECT_THAT(mail.text, HasSubstr("bert follows you"));
  const std::string token = token_in(mail.text, "api/notifications/unsubscribe");
  EXPECT_THAT(mail.headers, HasSubstr("?token=" + token + ">"));
  ApiClient program(server.url());
  EXPECT_EQ(program
                .send(http::Method::kPost, "/api/notifications/unsubscribe?token=" + token,
                      "List-Unsubscribe=One-Click", kFormType)
                .status,
            200);
  const json::Tree now = anna.get("/api/notifications/preferences").json;
  EXPECT_FALSE(now["types"]["follow"]["email"].boolean());
  EXPECT_TRUE(now["types"]["system"]["email"].boolean());
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace ruck::test
