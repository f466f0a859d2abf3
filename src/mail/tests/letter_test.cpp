#include "mail/letter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ruck::mail {
namespace {
using testing::HasSubstr;
using testing::Not;

TEST(Letter, IsTextAndHtmlOfTheSameWords) {
  const Message message = to_message(
      {.to = "anna@example.org",
       .subject = "Reset",
       .paragraphs = {"Somebody asked.",
                      Link{.lead = "Open this:", .label = "New password", .url = "https://r/x?t=1"},
                      "Bye."}});
  EXPECT_EQ(message.text, "Somebody asked.\r\n\r\nOpen this:\r\nhttps://r/x?t=1\r\n\r\nBye.\r\n");
  EXPECT_THAT(message.html, HasSubstr("<p>Somebody asked.</p>\r\n<p>Open this:<br>\r\n"
                                      "<a href=\"https://r/x?t=1\">New password</a></p>\r\n"
                                      "<p>Bye.</p>\r\n"));
  EXPECT_EQ(message.to, "anna@example.org");
  EXPECT_EQ(message.unsubscribe_url, "");
}

TEST(Letter, NothingInItIsMarkup) {
  const std::string evil = "<script>\"&</script>";
  const Message message = to_message(
      {.subject = evil, .paragraphs = {evil, Link{.lead = evil, .label = evil, .url = evil}}});
  EXPECT_THAT(message.html, Not(HasSubstr("<script>")));
  EXPECT_THAT(message.html, HasSubstr("<a href=\"&lt;script&gt;&quot;&amp;&lt;/script&gt;\">"));
  EXPECT_THAT(message.text, HasSubstr(evil)) << "plain text needs no escapes";
}

TEST(Letter, LongParagraphsAreBrokenAtBlanksAndLinksAreNot) {
  std::string words;
  for (int i = 0; i < 40; ++i) words += "Höhenmeter ";
  const std::string url = "https://ruck.example.org/" + std::string(100, 'x');
  const Message message =
      to_message({.paragraphs = {words, Link{.lead = "Open:", .label = "x", .url = url}}});
  EXPECT_THAT(message.text, HasSubstr("\r\n" + url + "\r\n"));
  EXPECT_THAT(message.text, HasSubstr("Höhenmeter Höhenmeter Höhenmeter Höhenmeter Höhenmeter "
                                      "Höhenmeter\r\nHöhenmeter"));
}

TEST(Letter, TellsHowToGetNoMore) {
  const Message message =
      to_message({.paragraphs = {"Your week."}, .unsubscribe_url = "https://r/unsubscribe?t=1"});
  EXPECT_EQ(message.unsubscribe_url, "https://r/unsubscribe?t=1");
  EXPECT_THAT(message.text, HasSubstr("\r\nhttps://r/unsubscribe?t=1\r\n"));
  EXPECT_THAT(message.html, HasSubstr("<a href=\"https://r/unsubscribe?t=1\">Unsubscribe</a>"));
}

}  // namespace
}  // namespace ruck::mail
