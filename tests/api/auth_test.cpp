// Accounts (contract core §1.2).
#include "base/bytes.hpp"
#include "db/open.hpp"
#include "services/auth/tokens.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace ruck::test {
namespace {
using testing::HasSubstr;
using testing::Not;

const db::Sql kSet{"test.set_bcrypt", "UPDATE credentials SET password_hash = $1"};
const db::Sql kGet{"test.get_hash", "SELECT password_hash FROM credentials"};

class AuthTest : public ApiTest {
 protected:
  // The only message in the outbox.
  std::string outbox() {
    std::string text;
    EXPECT_TRUE(until([&] {
      for (const auto& file :
           std::filesystem::directory_iterator(server_->folder() + "/data/outbox", ignored_)) {
        text = read_file(file.path());
      }
      return text.ends_with("\r\n");
    }));
    return text;
  }
  static std::string reset_token_in(const std::string& mail) {
    const std::string mark = "/reset-password?token=";
    const std::size_t at = mail.find(mark);
    return mail.substr(at + mark.size(), 43);
  }
  static std::string refresh_body(const std::string& token) {
    return R"({"refresh_token":")" + token + "\"}";
  }
  // A token that this server signed two hours ago.
  static std::string expired_token(const std::string& secret, const std::string& key_id,
                                   const std::string& user) {
    auth::Tokens tokens;
    tokens.add_key({.id = key_id, .secret = secret});
    tokens.sign_with(key_id);
    return tokens
        .issue({.user = UserId(*Uuid::parse(user))}, SystemClock().now() - std::chrono::hours(2))
        .token;
  }
  std::error_code ignored_;
};

TEST_P(AuthTest, RegisteringSignsIn) {
  ApiClient anna = client();
  const Reply r = anna.sign_up("anna");
  EXPECT_EQ(r.json["user"]["username"].text(), "anna");
  EXPECT_EQ(r.json["token"].text(), r.json["access_token"].text());
  EXPECT_THAT(r.raw.header("Set-Cookie"), HasSubstr("ruck_refresh="));
  EXPECT_THAT(r.raw.header("Set-Cookie"), HasSubstr("HttpOnly; SameSite=Strict"));
  EXPECT_EQ(anna.get("/api/users/profile").status, 200);
}

TEST_P(AuthTest, TheTokenHasTheClaimsTheAppDecodes) {
  ApiClient anna = user("anna");
  const std::string payload = anna.token.substr(anna.token.find('.') + 1);
  const json::Tree claims = json::Tree::parse(*from_base64(payload.substr(0, payload.find('.'))));
  EXPECT_EQ(claims["sub"].text(), anna.user_id);
  EXPECT_GT(claims["exp"].integer(), now_ms() / 1000 + 60);
  EXPECT_EQ(claims["aud"].text(), "authenticated");
}

TEST_P(AuthTest, EveryAddressOfSignUpAndSignInWorks) {
  ApiClient anybody = client();
  for (const char* path : {"/api/auth/signup", "/api/users/register", "/api/auth/register"}) {
    const std::string mail =
        "u" + std::to_string(std::hash<std::string_view>{}(path)) + "@example.org";
    EXPECT_EQ(anybody
                  .post(path, R"({"email":")" + mail +
                                  R"(","password":"12345678","username":"u","preferMetric":true})")
                  .status,
              201);
  }
  user("anna");
  for (const char* path : {"/api/auth/login", "/api/auth/signin"}) {
    const Reply r =
        anybody.post(path, R"({"email":" ANNA@example.org ","password":"correct horse"})");
    EXPECT_EQ(r.status, 200) << path;
    EXPECT_NE(r.json["refresh_token"].text(), "");
  }
}

TEST_P(AuthTest, OneAddressIsOneAccountWhateverItsCapitals) {
  user("anna");
  ApiClient other = client();
  const Reply r = other.post(
      "/api/auth/signup", R"({"email":"Anna@Example.org","password":"12345678","username":"x"})");
  EXPECT_EQ(r.status, 409);
  EXPECT_EQ(r.json["error"].text(), "duplicate_email");
}

TEST_P(AuthTest, BadSignUpsSayWhatIsWrong) {
  ApiClient anybody = client();
  const auto message = [&](const std::string& body) {
    const Reply r = anybody.post("/api/auth/signup", body);
    EXPECT_EQ(r.status, 400) << body;
    return r.json["message"].text();
  };
  EXPECT_THAT(message(R"({"email":"nobody","password":"12345678","username":"x"})"),
              HasSubstr("$.email"));
  EXPECT_THAT(message(R"({"email":"a@b.co","password":"short","username":"x"})"),
              HasSubstr("$.password"));
  EXPECT_THAT(message(R"({"email":"a@b.co","password":"12345678","username":"  "})"),
              HasSubstr("$.username"));
  EXPECT_THAT(message(R"({"email":"a@b.co","password":"12345678"})"), HasSubstr("$.username"));
}

TEST_P(AuthTest, AWrongPasswordAndAnUnknownAddressLookTheSame) {
  user("anna");
  ApiClient anybody = client();
  const Reply wrong =
      anybody.post("/api/auth/login", R"({"email":"anna@example.org","password":"wrong"})");
  const Reply unknown =
      anybody.post("/api/auth/login", R"({"email":"berta@example.org","password":"wrong"})");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(wrong.json["message"].text(), unknown.json["message"].text());
  EXPECT_EQ(anybody.post("/api/auth/login", R"({"email":"anna@example.org","password":""})").status,
            401)
      << "too short is simply wrong";
}

TEST_P(AuthTest, ARefreshReplacesTheToken) {
  ApiClient anna = user("anna");
  const Reply r = anna.post("/api/auth/refresh", refresh_body(anna.refresh_token));
  ASSERT_EQ(r.status, 200) << r.body;
  EXPECT_NE(r.json["refresh_token"].text(), anna.refresh_token);
  EXPECT_EQ(r.json["user"]["id"].text(), anna.user_id);
  anna.set_token(r.json["token"].text());
  EXPECT_EQ(anna.get("/api/users/profile").status, 200);
  EXPECT_EQ(anna.post("/api/auth/refresh", refresh_body(r.json["refresh_token"].text())).status,
            200);
}

TEST_P(AuthTest, ARefreshWhoseReplyWasLostGivesTheSameSuccessor) {
  ApiClient anna = user("anna");
  const std::string first =
      anna.post("/api/auth/refresh", refresh_body(anna.refresh_token)).json["refresh_token"].text();
  const std::string again =
      anna.post("/api/auth/refresh", refresh_body(anna.refresh_token)).json["refresh_token"].text();
  EXPECT_EQ(first, again);
  EXPECT_EQ(anna.post("/api/auth/refresh", refresh_body(first)).status, 200);
}

TEST_P(AuthTest, ReUseOfAnOlderTokenEndsTheWholeSession) {
  ApiClient anna = user("anna");
  const std::string second =
      anna.post("/api/auth/refresh", refresh_body(anna.refresh_token)).json["refresh_token"].text();
  const std::string third =
      anna.post("/api/auth/refresh", refresh_body(second)).json["refresh_token"].text();
  const Reply thief = anna.post("/api/auth/refresh", refresh_body(anna.refresh_token));
  EXPECT_EQ(thief.status, 401);
  EXPECT_EQ(anna.post("/api/auth/refresh", refresh_body(third)).status, 401)
      << "the family is revoked";
}

TEST_P(AuthTest, ARefreshTokenMayComeFourWays) {
  const auto token = [](ApiClient& c, const Reply& r) {
    c.refresh_token = r.json["refresh_token"].text();
    return r.status;
  };
  ApiClient anna = user("anna");
  EXPECT_EQ(token(anna, anna.post("/api/auth/refresh",
                                  R"({"refreshToken":")" + anna.refresh_token + "\"}")),
            200);
  EXPECT_EQ(token(anna, anna.send(http::Method::kPost, "/api/auth/refresh",
                                  "refresh_token=" + anna.refresh_token,
                                  "application/x-www-form-urlencoded")),
            200);
  EXPECT_EQ(token(anna, anna.post("/api/auth/refresh?refresh_token=" + anna.refresh_token)), 200);
  anna.raw().set_header("Cookie", "a=b; ruck_refresh=" + anna.refresh_token);
  anna.raw().set_header("Origin", server_->url());
  EXPECT_EQ(anna.post("/api/auth/refresh").status, 200);
}

// The value of the cookie that a reply sets.
std::string cookie_in(const Reply& r) {
  const std::string header(r.raw.header("Set-Cookie"));
  const std::size_t begin = header.find('=') + 1;
  return header.substr(begin, header.find(';') - begin);
}

TEST_P(AuthTest, APageGetsItsRefreshTokenInTheCookieAlone) {
  ApiClient page = client();
  const Reply made =
      page.post("/api/auth/signup", R"({"email":"page@example.org","password":"long enough",)"
                                    R"("username":"page","refresh_in":"cookie"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_FALSE(made.body.contains("refresh_token")) << made.body;
  EXPECT_NE(made.json["access_token"].text(), "");
  const Reply in =
      page.post("/api/auth/login",
                R"({"email":"page@example.org","password":"long enough","refresh_in":"cookie"})");
  EXPECT_EQ(in.status, 200);
  EXPECT_FALSE(in.body.contains("refresh_token"));
  const std::string token = cookie_in(in);
  EXPECT_GT(token.size(), 32U);

  page.raw().set_header("Cookie", "ruck_refresh=" + token);
  page.raw().set_header("Origin", server_->url());
  const Reply refreshed = page.post("/api/auth/refresh");
  EXPECT_EQ(refreshed.status, 200);
  EXPECT_FALSE(refreshed.body.contains("refresh_token"));
  EXPECT_NE(cookie_in(refreshed), token);

  page.raw().set_header("Cookie", "ruck_refresh=" + cookie_in(refreshed));
  EXPECT_EQ(page.post("/api/auth/logout").status, 200) << "without an access token";
  EXPECT_EQ(page.post("/api/auth/refresh").status, 401);
}

TEST_P(AuthTest, TheCookieOfAnotherSitesRequestIsNotRead) {
  ApiClient anna = user("anna");
  const std::string cookie = "ruck_refresh=" + anna.refresh_token;
  for (const char* origin : {"", "null", "https://evil.example", "http://evil.example:80"}) {
    ApiClient page = client();
    page.raw().set_header("Cookie", cookie);
    if (*origin != '\0') page.raw().set_header("Origin", origin);
    EXPECT_EQ(page.post("/api/auth/refresh").status, 400) << origin;
    EXPECT_EQ(page.post("/api/auth/logout").status, 200) << origin;
  }
  EXPECT_EQ(anna.post("/api/auth/refresh", refresh_body(anna.refresh_token)).status, 200)
      << "nobody else has ended the session";
}

TEST_P(AuthTest, BadRefreshes) {
  ApiClient anybody = client();
  EXPECT_EQ(anybody.post("/api/auth/refresh").status, 400);
  EXPECT_EQ(anybody.post("/api/auth/refresh", refresh_body("nonsense")).status, 401);
}

TEST_P(AuthTest, SigningOutEndsTheSession) {
  ApiClient anna = user("anna");
  const Reply r = anna.post("/api/auth/signout");
  EXPECT_EQ(r.status, 200);
  EXPECT_THAT(r.raw.header("Set-Cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(anna.post("/api/auth/refresh", refresh_body(anna.refresh_token)).status, 401);
  EXPECT_EQ(client().post("/api/auth/logout").status, 200) << "nobody signs out";
}

TEST_P(AuthTest, SigningOutEndsTheAccessTokenAtOnce) {
  ApiClient anna = user("anna");
  EXPECT_EQ(anna.get("/api/users/profile").status, 200);
  anna.post("/api/auth/signout");
  EXPECT_EQ(anna.get("/api/users/profile").status, 401);
  const Reply batch = anna.post("/api/rucks/1/location", "{}");
  EXPECT_EQ(batch.status, 503) << "a phone keeps its data and signs in again";
  server_->stop();
  server_->start();
  EXPECT_EQ(anna.get("/api/users/profile").status, 401) << "also after a new start";
}

TEST_P(AuthTest, DevicesAreListedAndEndedOneByOne) {
  ApiClient phone = user("anna");
  ApiClient laptop = client();
  laptop.raw().set_header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Firefox/127.0");
  const Reply in =
      laptop.post("/api/auth/login", R"({"email":"anna@example.org","password":"correct horse"})");
  ASSERT_EQ(in.status, 200) << in.body;
  laptop.set_token(in.json["access_token"].text());
  const json::Tree list = phone.get("/api/auth/sessions").json["data"];
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["name"].text(), "Firefox on Linux") << "the one used last comes first";
  EXPECT_EQ(list[0]["platform"].text(), "linux");
  EXPECT_FALSE(list[0]["is_current"].boolean());
  EXPECT_TRUE(list[1]["is_current"].boolean());
  EXPECT_FALSE(list[0].has("family_key"));
  const std::string id = list[0]["id"].text();
  EXPECT_EQ(user("berta").del("/api/auth/sessions/" + id).status, 404) << "not hers";
  EXPECT_EQ(laptop.get("/api/users/profile").status, 200);
  EXPECT_EQ(phone.del("/api/auth/sessions/" + id).status, 200);
  EXPECT_EQ(laptop.get("/api/users/profile").status, 401) << "at once";
  EXPECT_EQ(laptop.post("/api/auth/refresh", refresh_body(in.json["refresh_token"].text())).status,
            401);
  EXPECT_EQ(phone.get("/api/auth/sessions").json["data"].size(), 1U);
  EXPECT_EQ(phone.del("/api/auth/sessions/" + id).status, 404) << "ended already";
  EXPECT_EQ(phone.del("/api/auth/sessions/nonsense").status, 404);
}

TEST_P(AuthTest, AllOtherDevicesAreEndedTogether) {
  ApiClient phone = user("anna");
  std::vector<ApiClient> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(client());
    others.back().set_token(
        others.back()
            .post("/api/auth/login", R"({"email":"anna@example.org","password":"correct horse"})")
            .json["access_token"]
            .text());
  }
  ApiClient berta = user("berta");
  EXPECT_EQ(phone.post("/api/auth/sessions/end-others").json["ended"].integer(), 3);
  for (ApiClient& other : others) EXPECT_EQ(other.get("/api/users/profile").status, 401);
  EXPECT_EQ(phone.get("/api/auth/sessions").json["data"].size(), 1U);
  EXPECT_EQ(phone.post("/api/auth/refresh", refresh_body(phone.refresh_token)).status, 200);
  EXPECT_EQ(berta.get("/api/users/profile").status, 200);
}

TEST_P(AuthTest, AForgottenPasswordIsResetByMail) {
  ApiClient anna = user("anna");
  ApiClient anybody = client();
  const Reply unknown =
      anybody.post("/api/auth/forgot-password", R"({"email":"nobody@example.org"})");
  const Reply asked = anybody.post("/api/auth/password-reset", R"({"email":"Anna@example.org"})");
  EXPECT_EQ(asked.status, 200);
  EXPECT_EQ(asked.body, unknown.body) << "the answer must not tell who has an account";
  EXPECT_TRUE(asked.json["email_sent"].boolean());
  const std::string mail = outbox();
  EXPECT_THAT(mail, HasSubstr("To: anna@example.org\r\n"));
  const std::string token = reset_token_in(mail);
  EXPECT_TRUE(until([this] { return server_->log().contains("mail.written"); }));
  EXPECT_THAT(server_->log(), Not(HasSubstr(token))) << "the log must not hold the token";
  EXPECT_THAT(server_->log(), Not(HasSubstr("anna@"))) << "nor an address";

  const std::string body = R"({"token":")" + token + R"(","new_password":"new password"})";
  const Reply reset = anybody.post("/api/auth/password-reset-confirm", body);
  EXPECT_EQ(reset.status, 200) << reset.body;
  EXPECT_EQ(anybody.post("/api/auth/password-reset-confirm", body).status, 400) << "only once";
  EXPECT_EQ(
      anybody.post("/api/auth/login", R"({"email":"anna@example.org","password":"correct horse"})")
          .status,
      401);
  EXPECT_EQ(
      anybody.post("/api/auth/login", R"({"email":"anna@example.org","password":"new password"})")
          .status,
      200);
  EXPECT_EQ(anna.post("/api/auth/refresh", refresh_body(anna.refresh_token)).status, 401)
      << "whoever was signed in before is out";
}

TEST_P(AuthTest, TokensSurviveACrash) {
  ApiClient anna = user("anna");
  server_->kill();
  server_->start();
  EXPECT_EQ(anna.get("/api/users/profile").status, 200);
}

TEST_P(AuthTest, GivenKeysSignAndRotate) {
  const std::string a = "a:" + to_base64(std::string(32, 'a'));
  const std::string b = "b:" + to_base64(std::string(32, 'b'));
  start({.extra_env = {"RUCK_TOKEN_KEYS=" + a}});
  ApiClient anna = user("anna");
  server_->kill();
  server_->settings().extra_env = {"RUCK_TOKEN_KEYS=" + b + "," + a};
  server_->start();
  EXPECT_EQ(anna.get("/api/users/profile").status, 200) << "the old key still verifies";
  server_->kill();
  server_->settings().extra_env = {"RUCK_TOKEN_KEYS=" + b};
  server_->start();
  EXPECT_EQ(anna.get("/api/users/profile").status, 401);
}

TEST_P(AuthTest, TheOldSystemsHashesAreTakenAndReplaced) {
  ApiClient anna = user("anna");
  with_stored([](db::Database& database) {
    // jBCrypt's published vector for the password "abc".
    ASSERT_TRUE(database.write_now([](db::Session& q) {
      q.execute(kSet, "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i");
    }));
  });
  ApiClient anybody = client();
  const std::string body = R"({"email":"anna@example.org","password":"abc"})";
  EXPECT_EQ(anybody.post("/api/auth/login", body).status, 200);
  // Stopping waits for the upgrade behind the reply.
  with_stored([](db::Database& database) {
    const auto hash = database.read_now([](db::Session& q) { return q.one<std::string>(kGet); });
    EXPECT_TRUE(hash->starts_with("$argon2id$")) << *hash;
  });
  EXPECT_EQ(anybody.post("/api/auth/login", body).status, 200);
}

TEST_P(AuthTest, AnExpiredTokenAnswers503WhereDataWouldBeLost) {
  const std::string secret(32, 'k');
  start({.extra_env = {"RUCK_TOKEN_KEYS=k:" + to_base64(secret)}});
  ApiClient anna = user("anna");
  const std::string id = start_ruck(anna);
  anna.set_token(expired_token(secret, "k", anna.user_id));
  EXPECT_EQ(anna.get("/api/users/profile").status, 401);
  for (const std::string& route :
       {"/api/rucks/" + id + "/location", "/api/rucks/" + id + "/heart-rate-chunk",
        "/api/rucks/" + id + "/complete", std::string("/api/rucks")}) {
    const Reply r = anna.post(route, "{\"points\":[]}");
    EXPECT_EQ(r.status, 503) << route;
    EXPECT_NE(r.raw.header("Retry-After"), "");
  }
  anna.set_token(anna.token + "x");
  EXPECT_EQ(anna.post("/api/rucks/" + id + "/location", "{\"points\":[]}").status, 401)
      << "forged is not expired";
}

RUCK_ON_BOTH_DATABASES(AuthTest);

}  // namespace
}  // namespace ruck::test
