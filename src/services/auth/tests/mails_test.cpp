#include "services/auth/mails.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ruck::auth {
namespace {
using testing::HasSubstr;
using testing::Not;

const MailedLink kLink{.to = "anna@example.org", .url = "https://r/reset-password?token=abc"};

TEST(AuthMails, HoldTheirLinkInBothForms) {
  for (const mail::Message& message :
       {reset_mail(kLink), confirm_address_mail(kLink), deletion_mail(kLink, UtcUs())}) {
    EXPECT_EQ(message.to, kLink.to);
    EXPECT_THAT(message.text, HasSubstr("\r\n" + kLink.url + "\r\n")) << message.subject;
    EXPECT_THAT(message.html, HasSubstr("href=\"" + kLink.url + "\"")) << message.subject;
    EXPECT_EQ(message.unsubscribe_url, "") << "people wait for these";
  }
}

TEST(AuthMails, SayHowLongThereIs) {
  EXPECT_THAT(reset_mail(kLink).text, HasSubstr("within an hour"));
  EXPECT_THAT(confirm_address_mail(kLink).text, HasSubstr("within 24 hours"));
  const UtcUs day = to_us(parse_iso8601("2026-12-06T10:00:00Z")->time);
  EXPECT_THAT(deletion_mail(kLink, day).html, HasSubstr("on 2026-12-06 (UTC)"));
}

TEST(AuthMails, AreWordsWithoutALinkWhereThereIsNothingToOpen) {
  for (const mail::Message& message :
       {password_changed_mail("a@b.c"), address_changing_mail("a@b.c"),
        address_changed_mail("a@b.c")}) {
    EXPECT_EQ(message.to, "a@b.c");
    EXPECT_FALSE(message.subject.empty());
    EXPECT_THAT(message.html, Not(HasSubstr("<a ")));
    EXPECT_THAT(message.text, Not(HasSubstr("http")));
  }
}

}  // namespace
}  // namespace ruck::auth
