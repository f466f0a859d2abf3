// Refresh tokens over days, with a clock that is moved by hand.
#include "db/migrations.hpp"
#include "http/json/element.hpp"
#include "services/auth/service.hpp"
#include "services/auth/token_upkeep.hpp"
#include "support/databases.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

namespace ruck::auth {
namespace {
using std::chrono::days;
using std::chrono::minutes;

class NoMail final : public mail::Mailer {
 public:
  [[nodiscard]] Result<> send(const mail::Message& /*message*/) override { return {}; }
};

class RefreshTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    migrate();
    ASSERT_TRUE(load_keys(database(), tokens_, "", clock_.now()));
    revisions_ = std::make_unique<cache::Revisions>(database());
    service_ =
        std::make_unique<AuthService>(AuthService::Dependencies{.database = database(),
                                                                .revisions = *revisions_,
                                                                .clock = clock_,
                                                                .tokens = tokens_,
                                                                .password_pool = passwords_,
                                                                .mail_pool = passwords_,
                                                                .mailer = mailer_,
                                                                .limiter = nullptr,
                                                                .public_url = "http://127.0.0.1"});
  }
  http::RequestInfo info() { return {.address = "127.0.0.1", .now = clock_.now()}; }

  std::string sign_up() {
    Register request;
    request.email = "anna@example.org";
    request.password = "long enough";
    request.username = "anna";
    const auto made = cores_.run(service_->sign_up(request, info()));
    return made ? made->value.value.refresh_token.value.value_or("") : "";
  }
  // The successor; nothing where the token is refused.
  std::optional<std::string> refresh(const std::string& token) {
    std::string body = R"({"refresh_token":")" + token + "\"}";
    body.reserve(body.size() + json::kPadding);
    const auto done = cores_.run(
        service_->refresh({.bytes = body, .content_type = "application/json"}, {}, info()));
    if (!done) return std::nullopt;
    return done->value.refresh_token.value;
  }

  Tokens tokens_;
  NoMail mailer_;
  std::unique_ptr<cache::Revisions> revisions_;
  test::RunningCores cores_;
  // After the cores: its thread is still waking one when the coroutine goes on there.
  runtime::BlockingPool passwords_{{.name = "passwords", .threads = 1, .queue_max = 4}};
  std::unique_ptr<AuthService> service_;
};

TEST_P(RefreshTest, AReplyLostAtTheTrailheadIsAskedForAgainAfterTheWalk) {
  const std::string first = sign_up();
  const auto lost = refresh(first);
  ASSERT_TRUE(lost);
  clock_.advance(minutes(40));
  EXPECT_EQ(refresh(first), lost);
  clock_.advance(days(6));
  EXPECT_EQ(refresh(first), lost) << "after a week in the mountains, too";
  EXPECT_TRUE(refresh(*lost));
}

TEST_P(RefreshTest, OnceTheSuccessorWasUsedTheOldTokenEndsTheSession) {
  const std::string first = sign_up();
  const auto second = refresh(first);
  ASSERT_TRUE(second);
  const auto third = refresh(*second);
  ASSERT_TRUE(third);
  EXPECT_FALSE(refresh(first));
  EXPECT_FALSE(refresh(*third)) << "the family is revoked";
}

TEST_P(RefreshTest, AfterTheGraceTheOldTokenEndsTheSessionAlsoWhereNobodyUsedTheNext) {
  const std::string first = sign_up();
  const auto second = refresh(first);
  ASSERT_TRUE(second);
  clock_.advance(days(8));
  EXPECT_FALSE(refresh(first));
  EXPECT_FALSE(refresh(*second));
}

RUCK_ON_BOTH_DATABASES(RefreshTest);

}  // namespace
}  // namespace ruck::auth
