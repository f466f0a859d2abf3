#include "push/push_sender.hpp"

#include "base/bytes.hpp"
#include "push/tests/account_json.hpp"
#include "push/tests/receiver.hpp"
#include "push/tests/scripted_outbound.hpp"
#include "push/vapid.hpp"
#include "support/process.hpp"
#include "support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace ruck::push {
namespace {
using testing::HasSubstr;

class PushSenderTest : public testing::Test {
 protected:
  PushSenderTest() {
    std::ofstream(path_) << test::account_json(test::account_members());
    outbound_.answer(200, R"({"access_token":"t","expires_in":3599})");
  }
  Result<std::unique_ptr<PushSender>> make() {
    return PushSender::make(options_,
                            {.outbound = outbound_, .clock = clock_, .metrics = metrics_});
  }
  Report to_phone(PushSender& sender) { return cores_.run(sender.send(FcmToken{"d"}, message_)); }
  Report to_browser(PushSender& sender) {
    return cores_.run(
        sender.send(test::Browser().subscription("https://push.example.net/x"), message_));
  }

  ruck::test::TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/firebase.json";
  PushSender::Options options_{.fcm_credentials_file = path_,
                               .subject = "mailto:ops@example.org",
                               .vapid_key = make_vapid_key()};
  Message message_{.title = "t", .body = "b", .data = {{"type", "system"}}};
  ManualClock clock_{utc_us(1'764'400'000'000'000)};
  telemetry::Metrics metrics_;
  test::ScriptedOutbound outbound_;
  ruck::test::RunningCores cores_;
};

TEST_F(PushSenderTest, SendsToBothKindsOfDevices) {
  const auto sender = make();
  ASSERT_TRUE(sender) << sender.error().message;
  EXPECT_EQ(to_phone(**sender).fate, Fate::kAccepted);
  EXPECT_EQ(to_browser(**sender).fate, Fate::kAccepted);
  EXPECT_EQ(from_base64((*sender)->vapid_public_key())->size(), 65U);
}

TEST_F(PushSenderTest, WithoutCredentialsItSaysWhatIsMissing) {
  options_ = {};
  const auto sender = make();
  ASSERT_TRUE(sender);
  const Report phone = to_phone(**sender);
  EXPECT_EQ(phone.fate, Fate::kNotConfigured);
  EXPECT_THAT(phone.reason, HasSubstr("RUCK_PUSH_FCM_CREDENTIALS"));
  const Report browser = to_browser(**sender);
  EXPECT_EQ(browser.fate, Fate::kNotConfigured);
  EXPECT_THAT(browser.reason, HasSubstr("RUCK_PUSH_SUBJECT"));
  EXPECT_EQ((*sender)->vapid_public_key(), "");
  EXPECT_TRUE(outbound_.seen().empty());
}

TEST_F(PushSenderTest, WithASubjectAloneTheKeyIsMissing) {
  options_.vapid_key.clear();
  const auto sender = make();
  ASSERT_TRUE(sender);
  EXPECT_THAT(to_browser(**sender).reason, HasSubstr("VAPID key"));
  EXPECT_EQ(to_phone(**sender).fate, Fate::kAccepted);
}

TEST_F(PushSenderTest, CredentialsThatCannotBeUsedAreToldOfAtTheStart) {
  std::ofstream(path_) << "{}";
  EXPECT_EQ(make().error().message,
            "push_fcm_credentials: " + path_ + ": it has no \"project_id\"");
  options_.fcm_credentials_file.clear();
  options_.subject = "ops@example.org";
  EXPECT_THAT(make().error().message, HasSubstr("push_subject"));
  options_.subject = "https://ruck.example.org";
  options_.vapid_key = "short";
  EXPECT_THAT(make().error().message, HasSubstr("VAPID key"));
}

TEST_F(PushSenderTest, CountsByServiceAndFate) {
  const auto sender = make();
  ASSERT_TRUE(sender);
  static_cast<void>(to_phone(**sender));
  outbound_.answer(410);
  static_cast<void>(to_browser(**sender));
  static_cast<void>(to_browser(**sender));
  const std::string text = metrics_.render();
  EXPECT_THAT(text, HasSubstr(R"(ruck_push_messages_total{service="fcm",fate="accepted"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(ruck_push_messages_total{service="web",fate="gone"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(ruck_push_access_tokens_total{outcome="fetched"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(ruck_push_seconds_count{service="web"} 2)"));
}

}  // namespace
}  // namespace ruck::push
