// Our mail as a real mail server takes it and a mail program reads it: node's smtp-server and
// mailparser.
#include "http/json/tree.hpp"
#include "mail/letter.hpp"
#include "mail/smtp.hpp"
#include "support/node.hpp"
#include "support/until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace ruck::test {
namespace {
using mail::SmtpMailer;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kRightUser = "ruck%40example.org:pass%3Aw%C3%B6rd";

class SmtpSinkTest : public testing::Test {
 protected:
  void start(const std::string& mode) {
    sink_ = std::make_unique<NodeServer>(
        std::string(RUCK_MAIL_TEST_FOLDER) + "/sink.mjs",
        std::vector<std::string>{mode, certificate_.certificate_file, certificate_.key_file});
  }
  SmtpMailer::Options options(const std::string& scheme, const std::string& user = "") const {
    return {.url = fmt::format("{}://{}{}localhost:{}", scheme, user, user.empty() ? "" : "@",
                               sink_->port()),
            .from = "Rücken & Co <ruck@example.org>",
            .ca_file = certificate_.certificate_file,
            .connect_max = seconds(10),
            .reply_max = seconds(2),
            .total_max = seconds(20)};
  }
  // The one message that the server has got.
  json::Tree got() const {
    std::string line;
    EXPECT_TRUE(until([&] {
      const std::string text = sink_->output();
      const std::size_t begin = text.find("\n{");
      if (begin == std::string::npos || !text.ends_with("\n")) return false;
      line = text.substr(begin + 1);
      return true;
    }));
    json::Tree tree = json::Tree::parse(line);
    EXPECT_FALSE(tree.is_null()) << line;
    return tree;
  }
  static void expect_error(const Result<>& sent, ErrorCode code, const std::string& reason) {
    ASSERT_FALSE(sent.has_value());
    EXPECT_EQ(sent.error().code, code) << sent.error().message;
    EXPECT_THAT(sent.error().message, HasSubstr(reason));
    EXPECT_THAT(sent.error().message, Not(HasSubstr("@")));
  }
  static mail::Message letter(const std::string& to = "anna@example.org") {
    return mail::to_message(
        {.to = to,
         .subject = "Grüße: a week of 5 rücks, and a subject that needs more than one word",
         .paragraphs = {"Höhenmeter & <pace>. " + std::string(1200, 'x'), ".", "..",
                        mail::Link{.lead = "Open:",
                                   .label = "A \"link\"",
                                   .url = "https://ruck.example.org/x?a=1&b=2"}},
         .unsubscribe_url = "https://ruck.example.org/unsubscribe?token=abc"});
  }

  TemporaryFolder folder_;
  Certificate certificate_ = make_certificate(folder_.path(), "localhost");
  std::unique_ptr<NodeServer> sink_;
};

TEST_F(SmtpSinkTest, AMailProgramReadsWhatWasWritten) {
  start("plain");
  SmtpMailer mailer(options("smtp"));
  const Result<> sent = mailer.send(letter());
  ASSERT_TRUE(sent) << sent.error().message;
  const json::Tree mail = got();
  EXPECT_EQ(mail["from"].text(), "ruck@example.org");
  EXPECT_EQ(mail["to"].items().at(0).text(), "anna@example.org");
  EXPECT_EQ(mail["headerFrom"]["name"].text(), "Rücken & Co");
  EXPECT_EQ(mail["headerFrom"]["address"].text(), "ruck@example.org");
  EXPECT_EQ(mail["headerTo"].text(), "anna@example.org");
  EXPECT_EQ(mail["subject"].text(),
            "Grüße: a week of 5 rücks, and a subject that needs more than one word");
  const std::string& text = mail["text"].text();
  EXPECT_THAT(text, HasSubstr("Höhenmeter & <pace>."));
  EXPECT_THAT(text, HasSubstr(std::string(1200, 'x')));
  EXPECT_THAT(text, HasSubstr("\n.\n\n..\n"));
  EXPECT_THAT(text, HasSubstr("\nhttps://ruck.example.org/x?a=1&b=2\n"));
  const std::string& html = mail["html"].text();
  EXPECT_THAT(html, HasSubstr("Höhenmeter &amp; &lt;pace&gt;."));
  EXPECT_THAT(html, HasSubstr("<a href=\"https://ruck.example.org/x?a=1&amp;b=2\">A &quot;link"));
  EXPECT_EQ(mail["list"]["unsubscribe"]["url"].text(),
            "https://ruck.example.org/unsubscribe?token=abc");
  EXPECT_THAT(sink_->output(), HasSubstr("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
  EXPECT_THAT(mail["messageId"].text(), testing::EndsWith("@example.org>"));
  EXPECT_FALSE(mail["secure"].boolean());
}

TEST_F(SmtpSinkTest, WithCredentialsItSpeaksTlsFirst) {
  start("starttls");
  SmtpMailer mailer(options("smtp", kRightUser));
  const Result<> sent = mailer.send(letter());
  ASSERT_TRUE(sent) << sent.error().message;
  const json::Tree mail = got();
  EXPECT_TRUE(mail["secure"].boolean());
  EXPECT_EQ(mail["user"].text(), "ruck@example.org");
}

TEST_F(SmtpSinkTest, SmtpsIsTlsFromTheStart) {
  start("tls");
  SmtpMailer mailer(options("smtps", kRightUser));
  const Result<> sent = mailer.send(letter());
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_TRUE(got()["secure"].boolean());
}

TEST_F(SmtpSinkTest, AWrongPasswordIsTheOperatorsToMend) {
  start("starttls");
  SmtpMailer mailer(options("smtp", "ruck%40example.org:wrong"));
  expect_error(mailer.send(letter()), ErrorCode::kUnavailable, "refuses the user or the password");
}

TEST_F(SmtpSinkTest, ACertificateOfNobodyIsNotBelieved) {
  start("starttls");
  SmtpMailer::Options strange = options("smtp", kRightUser);
  strange.ca_file.clear();
  SmtpMailer mailer(strange);
  expect_error(mailer.send(letter()), ErrorCode::kUnavailable, "certificate");
}

TEST_F(SmtpSinkTest, WhoIsRefusedForGoodAndWhoForNow) {
  start("plain");
  SmtpMailer mailer(options("smtp"));
  expect_error(mailer.send(letter("gone@example.org")), ErrorCode::kInvalidInput,
               "the recipient: 550 5.1.1");
  expect_error(mailer.send(letter("full@example.org")), ErrorCode::kUnavailable,
               "the recipient: 452 4.2.2");
  expect_error(mailer.send(letter("spam@example.org")), ErrorCode::kInvalidInput,
               "the message: 554 5.7.1");
  expect_error(mailer.send(letter("silent@example.org")), ErrorCode::kUnavailable, "in time");
}

}  // namespace
}  // namespace ruck::test
