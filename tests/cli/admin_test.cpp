// ruck admin, beside a running server and without one.
#include "support/server.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;

class AdminCommandTest : public testing::Test {
 protected:
  AdminCommandTest() : server_({}), anna_(server_.url()) { anna_.sign_up("anna"); }
  Finished ruck(std::vector<std::string> words) {
    words.insert(words.begin(), {binary(), "admin"});
    return run_to_end({.argv = std::move(words),
                       .extra_env = {"RUCK_DATA_DIR=" + server_.folder() + "/data"},
                       .working_folder = server_.folder()},
                      std::chrono::minutes(2));
  }
  // Whether the link that was printed sets a password.
  bool sets_password(const std::string& printed) {
    constexpr std::string_view kBefore = "/reset-password?token=";
    const std::size_t at = printed.find(kBefore);
    if (at == std::string::npos) return false;
    std::string token = printed.substr(at + kBefore.size());
    token.resize(token.find_last_not_of(" \n") + 1);
    ApiClient stranger(server_.url());
    return stranger
               .post("/api/auth/password-reset-confirm",
                     R"({"token":")" + token + R"(","new_password":"a new secret"})")
               .status == 200;
  }
  RuckServer server_;
  ApiClient anna_;
};

TEST_F(AdminCommandTest, AResetLinkSetsANewPasswordOnce) {
  const Finished made = ruck({"reset-link", "Anna@Example.org"});
  ASSERT_EQ(made.exit_code, 0) << made.output;
  EXPECT_TRUE(sets_password(made.output));
  EXPECT_FALSE(sets_password(made.output));
  ASSERT_EQ(server_.stop(), 0);
  const Finished beside = ruck({"reset-link", "anna@example.org"});
  EXPECT_EQ(beside.exit_code, 0) << beside.output;
  server_.start();
  EXPECT_TRUE(sets_password(beside.output));
}

TEST_F(AdminCommandTest, SaysWhoHasNoAccountAndHowItIsUsed) {
  const Finished nobody = ruck({"reset-link", "nobody@example.org"});
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_THAT(nobody.output, HasSubstr("no account"));
  const Finished wrong = ruck({"lost"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.output, HasSubstr("usage: ruck admin"));
}

}  // namespace
}  // namespace ruck::test
