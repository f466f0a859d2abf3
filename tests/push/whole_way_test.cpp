// From a start on one phone to a push on another, with the operator's own tools: the real program,
// and a Firebase that checks what it gets.
#include "push/fake_push.hpp"
#include "support/server.hpp"
#include "support/until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

namespace ruck::test {
namespace {
using testing::HasSubstr;

class PushWholeWayTest : public testing::Test {
 protected:
  static ServerSettings settings(const FakePush& fake) {
    return {.database_url = {},
            .extra_env = {"RUCK_PUSH_FCM_CREDENTIALS=" + fake.credentials(),
                          "RUCK_PUSH_FCM_ENDPOINT=" + fake.origin()}};
  }
  static Finished ruck(const RuckServer& server, std::vector<std::string> words) {
    words.insert(words.begin(), binary());
    return run_to_end(
        {.argv = std::move(words),
         .extra_env = {"RUCK_DATA_DIR=" + server.folder() + "/data", "RUCK_URL=" + server.url()},
         .working_folder = server.folder()},
        std::chrono::minutes(3));
  }
  static ApiClient user(const RuckServer& server, const std::string& name) {
    ApiClient made(server.url());
    made.sign_up(name);
    return made;
  }
  static void put_phone(ApiClient& who, const std::string& token) {
    const Reply put = who.post(
        "/api/device-token",
        fmt::format(R"({{"fcm_token":"{}","device_id":"d1","device_type":"android"}})", token));
    ASSERT_EQ(put.status, 200) << put.body;
  }
};

TEST_F(PushWholeWayTest, AReplayOfSomebodyWhomOneFollowsRings) {
  const FakePush fake(FakePush::Wire::kClear, {}, FakePush::kLocal);
  const RuckServer server(settings(fake));
  ApiClient anna = user(server, "anna");
  ApiClient berta = user(server, "berta");
  ASSERT_LT(anna.put("/api/users/profile", R"({"live_audience":"followers"})").status, 300);
  ASSERT_LT(berta.post("/api/users/" + anna.user_id + "/follow", "{}").status, 300);
  put_phone(berta, "phone-1");
  const Finished made = ruck(server, {"simulate", "--km", "1", "--seed", "1"});
  ASSERT_EQ(made.exit_code, 0) << made.output;
  std::ofstream(server.folder() + "/walk.gpx") << made.output;
  const Finished done = ruck(server, {"replay", "walk.gpx", "--now", "--email", "anna@example.org",
                                      "--password", "correct horse"});
  ASSERT_EQ(done.exit_code, 0) << done.output;
  EXPECT_TRUE(until([&] { return fake.accepted() >= 1; })) << server.log();
  const json::Tree report = fake.report();
  EXPECT_EQ(report["fcm"]["problems"].size(), 0U);
  EXPECT_EQ(report["fcm"]["devices"]["phone-1"].size(), 1U);
}

TEST_F(PushWholeWayTest, TheOperatorsTestRingsOrSaysWhatIsMissing) {
  const FakePush fake(FakePush::Wire::kClear, {}, FakePush::kLocal);
  const RuckServer server(settings(fake));
  ApiClient anna = user(server, "anna");
  const Finished none = ruck(server, {"push", "test", "--user", "anna@example.org"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.output, HasSubstr("no device"));
  put_phone(anna, "phone-1");
  const Finished rings = ruck(server, {"push", "test", "--user", "anna@example.org"});
  EXPECT_EQ(rings.exit_code, 0);
  EXPECT_THAT(rings.output, HasSubstr("the push service has it"));
  EXPECT_EQ(fake.accepted(), 1);
  put_phone(anna, "dead-1");
  const Finished dead = ruck(server, {"push", "test", "--user", "anna@example.org"});
  EXPECT_EQ(dead.exit_code, 1);
  EXPECT_THAT(dead.output, HasSubstr("the device is not there any more"));
  const Finished nobody = ruck(server, {"push", "test", "--user", "nobody@example.org"});
  EXPECT_NE(nobody.exit_code, 0);
}

TEST_F(PushWholeWayTest, WithoutCredentialsTheTestNamesTheSetting) {
  const RuckServer server({});
  ApiClient anna = user(server, "anna");
  put_phone(anna, "phone-1");
  const Finished told = ruck(server, {"push", "test", "--user", "anna@example.org"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_THAT(told.output, HasSubstr("RUCK_PUSH_FCM_CREDENTIALS"));
}

}  // namespace
}  // namespace ruck::test
