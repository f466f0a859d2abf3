// One's own account: what an open browser or a stolen access token cannot do, and what the owner
// can take back.
#include "db/open.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <thread>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;

const db::Sql kAgeSessions{"test.age_sessions", "UPDATE login_sessions SET created_at = $1"};
const db::Sql kEndDelay{"test.end_delay", "UPDATE account_deletions SET final_at = $1"};
const db::Sql kMakeJobsDue{"test.make_jobs_due", "UPDATE jobs SET run_at = $1 WHERE run_at > $1"};
const db::Sql kCountUsers{"test.count_users", "SELECT COUNT(*) FROM users"};
const db::Sql kCountRucks{"test.count_rucks", "SELECT COUNT(*) FROM rucks"};
const db::Sql kAgeChanges{"test.age_changes", "UPDATE email_changes SET expires_at = $1"};

class AccountTest : public ApiTest {
 protected:
  // The latest mail to an address that holds `text`; waits for it.
  std::string mail_to(const std::string& address, const std::string& text = "") {
    for (int i = 0; i < 12'000; ++i) {  // two minutes
      std::string found;
      std::filesystem::path newest;
      for (const auto& file :
           std::filesystem::directory_iterator(server_->folder() + "/data/outbox", ignored_)) {
        if (file.path().extension() != ".eml") continue;
        const std::string mail = read_file(file.path());
        const bool is_it = mail.contains("To: " + address + "\r\n") && mail.contains(text);
        if (!is_it || file.path() < newest) continue;
        newest = file.path();
        found = mail;
      }
      if (!found.empty()) return found;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "no mail to " << address << " with " << text;
    return {};
  }
  static std::string token_in(const std::string& mail, const std::string& page) {
    const std::string mark = "/" + page + "?token=";
    const std::size_t at = mail.find(mark);
    return at == std::string::npos ? "" : mail.substr(at + mark.size(), 43);
  }
  Reply use(const std::string& route, const std::string& token) {
    return client().post(route, R"({"token":")" + token + "\"}");
  }
  int sign_in(const std::string& email, const std::string& password = "correct horse") {
    return client()
        .post("/api/auth/login", R"({"email":")" + email + R"(","password":")" + password + "\"}")
        .status;
  }
  void change_stored(const db::Sql& sql, std::int64_t value) {
    with_stored([&](db::Database& database) {
      const auto done = database.write_now([&](db::Session& q) { return q.execute(sql, value); });
      EXPECT_TRUE(done.has_value());
    });
  }
  std::int64_t stored(const db::Sql& sql) {
    std::int64_t count = -1;
    with_stored([&](db::Database& database) {
      count =
          database.read_now([&](db::Session& q) { return q.one<std::int64_t>(sql); }).value_or(-1);
    });
    return count;
  }
  // Her sign-in was some time ago.
  ApiClient signed_in_long_ago(const std::string& name) {
    ApiClient anna = user(name);
    change_stored(kAgeSessions, (now_ms() - 660'000) * 1000);
    return anna;
  }
  std::string with(const std::string& password, const std::string& more = "") {
    return R"({"password":")" + password + "\"" + more + "}";
  }

  std::error_code ignored_;
};

TEST_P(AccountTest, AStolenTokenChangesNothingWithoutThePassword) {
  ApiClient anna = signed_in_long_ago("anna");
  ApiClient phone = client();
  ASSERT_EQ(
      phone.post("/api/auth/login", R"({"email":"anna@example.org","password":"correct horse"})")
          .status,
      200);
  change_stored(kAgeSessions, (now_ms() - 660'000) * 1000);
  std::string other;
  for (const json::Tree& each : anna.get("/api/auth/sessions").json["data"].items()) {
    if (!each["is_current"].boolean()) other = each["id"].text();
  }
  const std::vector<std::pair<std::string, std::string>> calls = {
      {"/api/account/password", R"("new_password":"stolen password")"},
      {"/api/account/email", R"("email":"thief@example.org")"},
      {"/api/account/delete", ""},
      {"/api/auth/sessions/end-others", ""},
      {"/api/auth/sessions/" + other + "/end", ""}};
  for (const auto& [target, fields] : calls) {
    const Reply bare = anna.post(target, "{" + fields + "}");
    EXPECT_EQ(bare.status, 403) << target << bare.body;
    EXPECT_THAT(bare.json["message"].text(), HasSubstr("Enter your password"));
    const Reply wrong = anna.post(target, with("wrong horse", fields.empty() ? "" : "," + fields));
    EXPECT_EQ(wrong.status, 403) << target << wrong.body << "401 would sign the web app out";
    EXPECT_THAT(wrong.json["message"].text(), HasSubstr("not your password"));
  }
  EXPECT_EQ(anna.del("/api/auth/sessions/" + other).status, 403);
  EXPECT_EQ(anna.get("/api/auth/sessions").json["data"].size(), 2U);
  EXPECT_EQ(sign_in("anna@example.org"), 200);
  EXPECT_TRUE(anna.get("/api/account").json["pending_email"].is_null());
  // With the password all of it works.
  EXPECT_EQ(anna.post("/api/auth/sessions/" + other + "/end", with("correct horse")).status, 200);
  EXPECT_EQ(anna.post("/api/auth/sessions/end-others", with("correct horse")).status, 200);
  EXPECT_EQ(anna.get("/api/auth/sessions").json["data"].size(), 1U);
}

TEST_P(AccountTest, RightAfterSigningInNobodyIsAskedAgain) {
  ApiClient anna = user("anna");
  EXPECT_EQ(anna.post("/api/account/password", R"({"new_password":"another horse"})").status, 200);
  EXPECT_EQ(sign_in("anna@example.org", "another horse"), 200);
  EXPECT_EQ(sign_in("anna@example.org"), 401);
}

TEST_P(AccountTest, ANewPasswordEndsOtherSignInsAndEveryLinkThatIsOut) {
  ApiClient anna = user("anna");
  ApiClient tablet = client();
  const Reply in =
      tablet.post("/api/auth/login", R"({"email":"anna@example.org","password":"correct horse"})");
  tablet.set_token(in.json["token"].text());
  client().post("/api/auth/forgot-password", R"({"email":"anna@example.org"})");
  const std::string reset =
      token_in(mail_to("anna@example.org", "reset-password"), "reset-password");
  ASSERT_EQ(anna.post("/api/account/email", R"({"email":"thief@example.org"})").status, 200);
  const std::string change =
      token_in(mail_to("thief@example.org", "confirm-email"), "confirm-email");
  const Reply changed = anna.post("/api/account/password",
                                  with("correct horse", R"(,"new_password":"new password")"));
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(tablet.get("/api/users/profile").status, 401);
  EXPECT_EQ(anna.get("/api/users/profile").status, 200) << "the one that asked stays";
  mail_to("anna@example.org", "password has been changed");
  EXPECT_EQ(client()
                .post("/api/auth/password-reset-confirm",
                      R"({"token":")" + reset + R"(","new_password":"stolen password"})")
                .status,
            400);
  EXPECT_EQ(use("/api/account/confirm-email", change).status, 400);
  EXPECT_EQ(sign_in("anna@example.org", "new password"), 200);
}

// So does a reset: whoever held the account must not keep a way back.
TEST_P(AccountTest, AResetPasswordEndsAChangeOfAddressThatIsUnderWay) {
  ApiClient anna = user("anna");
  ASSERT_EQ(anna.patch("/api/users/" + anna.user_id, R"({"email":"thief@example.org"})").status,
            200);
  const std::string change =
      token_in(mail_to("thief@example.org", "confirm-email"), "confirm-email");
  client().post("/api/auth/forgot-password", R"({"email":"anna@example.org"})");
  const std::string reset =
      token_in(mail_to("anna@example.org", "reset-password"), "reset-password");
  ASSERT_EQ(client()
                .post("/api/auth/password-reset-confirm",
                      R"({"token":")" + reset + R"(","new_password":"new password"})")
                .status,
            200);
  EXPECT_EQ(use("/api/account/confirm-email", change).status, 400);
  EXPECT_EQ(sign_in("thief@example.org", "new password"), 401);
}

// The mobile app's PATCH took the new address at once: a stolen token was a stolen account.
TEST_P(AccountTest, ANewAddressCountsOnceItsLinkWasOpened) {
  ApiClient anna = user("anna");
  for (const bool is_patch : {true, false}) {
    const std::string address = is_patch ? "first@example.org" : " Anna.New@example.org ";
    const std::string body = R"({"email":")" + address + R"(","height_cm":171})";
    const Reply asked = is_patch ? anna.patch("/api/users/" + anna.user_id, body)
                                 : anna.put("/api/users/profile", body);
    ASSERT_EQ(asked.status, 200) << asked.body;
    const json::Tree& profile = is_patch ? asked.json["user"] : asked.json;
    EXPECT_EQ(profile["email"].text(), "anna@example.org") << "not yet";
    EXPECT_EQ(profile["height_cm"].number(), 171) << "the rest of it counts";
  }
  EXPECT_EQ(anna.get("/api/account").json["pending_email"].text(), "Anna.New@example.org");
  EXPECT_EQ(sign_in("anna.new@example.org"), 401);
  const std::string told = mail_to("anna@example.org", "asked to change");
  EXPECT_THAT(told, Not(HasSubstr("token="))) << "only the new mailbox can confirm it";
  client().post("/api/auth/forgot-password", R"({"email":"anna@example.org"})");
  const std::string reset =
      token_in(mail_to("anna@example.org", "reset-password"), "reset-password");
  const std::string token =
      token_in(mail_to("Anna.New@example.org", "confirm-email"), "confirm-email");
  EXPECT_THAT(server_->log(), Not(HasSubstr(token)));
  EXPECT_THAT(server_->log(), Not(HasSubstr("example.org")));
  const Reply done = use("/api/account/confirm-email", token);
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.json["email"].text(), "Anna.New@example.org");
  EXPECT_EQ(use("/api/account/confirm-email", token).status, 400) << "only once";
  EXPECT_EQ(sign_in("anna.new@example.org"), 200);
  EXPECT_EQ(sign_in("anna@example.org"), 401);
  EXPECT_EQ(anna.get("/api/users/profile").json["email"].text(), "Anna.New@example.org");
  EXPECT_TRUE(anna.get("/api/account").json["pending_email"].is_null());
  mail_to("anna@example.org", "another e-mail address");
  EXPECT_EQ(client()
                .post("/api/auth/password-reset-confirm",
                      R"({"token":")" + reset + R"(","new_password":"stolen password"})")
                .status,
            400)
      << "a reset link that was out dies with the old address";
}

TEST_P(AccountTest, AnAddressIsNotTakenByAskingAndNotTwice) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  EXPECT_EQ(anna.post("/api/account/email", R"({"email":"berta@example.org"})").status, 409);
  EXPECT_EQ(anna.post("/api/account/email", R"({"email":"nonsense"})").status, 400);
  EXPECT_EQ(anna.put("/api/users/profile", R"({"email":"nonsense"})").status, 400);
  ASSERT_EQ(anna.post("/api/account/email", R"({"email":"both@example.org"})").status, 200);
  const std::string hers = token_in(mail_to("both@example.org", "confirm-email"), "confirm-email");
  client().sign_up("both");
  EXPECT_EQ(use("/api/account/confirm-email", hers).status, 409) << "somebody was quicker";
  EXPECT_EQ(sign_in("anna@example.org"), 200);
  ASSERT_EQ(anna.post("/api/account/email", R"({"email":"late@example.org"})").status, 200);
  const std::string late = token_in(mail_to("late@example.org", "confirm-email"), "confirm-email");
  change_stored(kAgeChanges, 1);
  EXPECT_EQ(use("/api/account/confirm-email", late).status, 400) << "too late";
}

TEST_P(AccountTest, ADeletedAccountIsHiddenFromEverybodyAtOnce) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ASSERT_EQ(berta.post("/api/users/" + anna.user_id + "/follow", "{}").status, 200);
  ASSERT_EQ(anna.post("/api/users/" + berta.user_id + "/follow", "{}").status, 200);
  const std::string hers = record_ruck(berta, {.start_ms = now_ms() - 9'000'000, .count = 300});
  const std::string ruck = record_ruck(anna, {.start_ms = now_ms() - 9'000'000, .count = 300});
  ASSERT_EQ(anna.post("/api/ruck-likes", R"({"ruck_id":)" + hers + "}").status, 201);
  ASSERT_EQ(anna.post("/api/rucks/" + hers + "/comments", R"({"content":"well done"})").status,
            201);
  const std::string live = start_ruck(anna);
  const Reply link = anna.post("/api/rucks/" + live + "/live/links", R"({"hours":2})");
  const std::string token = link.json["data"]["token"].text();
  ASSERT_FALSE(token.empty()) << link.body;
  ASSERT_EQ(client().get("/api/live/" + token).status, 200);

  const auto seen = [&] {
    std::map<std::string, std::string> replies;
    for (const std::string& target :
         {"/api/users/" + anna.user_id, "/api/users/" + anna.user_id + "/profile",
          "/api/users/" + anna.user_id + "/rucks", "/api/users/" + anna.user_id + "/followers",
          std::string("/api/users/search?q=anna"), std::string("/api/users/search?q=anan"),
          "/api/users/" + berta.user_id + "/followers",
          "/api/users/" + berta.user_id + "/following", "/api/users/" + berta.user_id + "/profile",
          std::string("/api/users/me/following/live"), std::string("/api/ruck-buddies"),
          std::string("/api/ruck-buddies?following_only=true"), "/api/rucks/" + ruck,
          "/api/rucks/" + ruck + "/details", "/api/rucks/" + live + "/live",
          "/api/rucks/" + hers + "/comments", "/api/rucks/" + hers + "/details",
          "/api/ruck-likes?ruck_id=" + hers, "/api/ruck-likes/batch?ruck_ids=" + hers}) {
      const Reply r = berta.get(target);
      replies[target] = std::to_string(r.status) + " " + r.body;
    }
    return replies;
  };
  auto before = seen();
  EXPECT_THAT(before.at("/api/users/search?q=anna"), HasSubstr(anna.user_id));
  EXPECT_THAT(before.at("/api/ruck-likes/batch?ruck_ids=" + hers), HasSubstr(R"("likes":1)"));

  const Reply deleted = anna.del("/api/users/" + anna.user_id);
  ASSERT_EQ(deleted.status, 200) << deleted.body;
  for (const auto& [target, reply] : seen()) {
    EXPECT_THAT(reply, Not(HasSubstr(anna.user_id))) << target;
    EXPECT_THAT(reply, Not(HasSubstr(R"("anna")"))) << target;
    if (target.contains(anna.user_id) || target.contains(ruck) || target.contains(live)) {
      EXPECT_THAT(reply, HasSubstr("404 ")) << target;
    }
  }
  const auto after = seen();
  EXPECT_THAT(after.at("/api/users/" + berta.user_id + "/profile"),
              HasSubstr(R"("followersCount":0,"followingCount":0)"));
  EXPECT_THAT(after.at("/api/ruck-likes/batch?ruck_ids=" + hers), HasSubstr(R"("likes":0)"));
  EXPECT_THAT(after.at("/api/ruck-likes/batch?ruck_ids=" + hers),
              HasSubstr(R"("comments_count":0)"));
  EXPECT_EQ(client().get("/api/live/" + token).status, 404) << "nor by a link";
  EXPECT_EQ(berta.post("/api/users/" + anna.user_id + "/follow", "{}").status, 404);
  EXPECT_EQ(berta.post("/api/users/" + anna.user_id + "/block", "{}").status, 404);
  EXPECT_EQ(berta.post("/api/ruck-likes", R"({"ruck_id":)" + ruck + "}").status, 404);

  EXPECT_EQ(anna.get("/api/users/profile").status, 401) << "every sign-in has ended";
  const Reply refused = client().post("/api/auth/login",
                                      R"({"email":"anna@example.org","password":"correct horse"})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.json["message"].text(), HasSubstr("being deleted"));
  EXPECT_EQ(sign_in("anna@example.org", "wrong horse"), 401)
      << "who has no password learns nothing";
  EXPECT_EQ(client()
                .post("/api/auth/refresh", R"({"refresh_token":")" + anna.refresh_token + "\"}")
                .status,
            401);

  const std::string undo = token_in(mail_to("anna@example.org", "undo-deletion"), "undo-deletion");
  EXPECT_EQ(use("/api/account/undo-deletion", "nonsense").status, 400);
  const Reply undone = use("/api/account/undo-deletion", undo);
  ASSERT_EQ(undone.status, 200) << undone.body;
  EXPECT_EQ(use("/api/account/undo-deletion", undo).status, 400) << "only once";
  EXPECT_EQ(sign_in("anna@example.org"), 200);
  auto again = seen();
  for (auto* replies : {&again, &before}) replies->erase("/api/rucks/" + live + "/live");
  EXPECT_EQ(again, before) << "as if nothing had been";
}

TEST_P(AccountTest, AWeekLaterItIsGoneForGood) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  ASSERT_EQ(anna.post("/api/users/" + berta.user_id + "/follow", "{}").status, 200);
  record_ruck(anna, {.start_ms = now_ms() - 600'000, .count = 100});
  record_ruck(berta, {.start_ms = now_ms() - 600'000, .count = 100});
  const Reply deleted = anna.post("/api/account/delete", with("correct horse"));
  ASSERT_EQ(deleted.status, 200) << deleted.body;
  EXPECT_FALSE(deleted.json["final_at"].text().empty());
  const std::string undo = token_in(mail_to("anna@example.org", "undo-deletion"), "undo-deletion");
  EXPECT_EQ(stored(kCountUsers), 2) << "not before its time, nor by a restart";
  change_stored(kEndDelay, (now_ms() - 1000) * 1000);
  EXPECT_EQ(use("/api/account/undo-deletion", undo).status, 400) << "too late";
  change_stored(kMakeJobsDue, 1);  // it would be within kFinaliseEvery
  EXPECT_TRUE(until([&] { return server_->log().contains("account.deleted"); }));
  EXPECT_EQ(stored(kCountUsers), 1);
  EXPECT_EQ(stored(kCountRucks), 1) << "and nothing of anybody else";
  EXPECT_THAT(berta.get("/api/users/" + berta.user_id + "/profile").body,
              HasSubstr(R"("followersCount":0)"));
  client().sign_up("anna");  // the address is free again
}

TEST_P(AccountTest, AResetLinkDoesNotBringADeletedAccountBack) {
  ApiClient anna = user("anna");
  client().post("/api/auth/forgot-password", R"({"email":"anna@example.org"})");
  const std::string reset =
      token_in(mail_to("anna@example.org", "reset-password"), "reset-password");
  ASSERT_EQ(anna.del("/api/users/" + anna.user_id).status, 200);
  EXPECT_EQ(client()
                .post("/api/auth/password-reset-confirm",
                      R"({"token":")" + reset + R"(","new_password":"new password"})")
                .status,
            400);
  EXPECT_EQ(sign_in("anna@example.org"), 403);
}

RUCK_ON_BOTH_DATABASES(AccountTest);

}  // namespace
}  // namespace ruck::test
