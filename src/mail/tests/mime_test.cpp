#include "mail/mime.hpp"

#include "base/bytes.hpp"
#include "mail/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace ruck::mail {
namespace {
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Stamp kStamp{.from = {.name = "RuckingApp", .address = "ruck@example.org"},
                   .sent_at = parse_iso8601("2026-11-29T13:05:09Z")->time,
                   .id = "0199-abc"};

std::string written(const Message& message, const Stamp& stamp = kStamp) {
  const Result<std::string> text = write_mime(message, stamp);
  EXPECT_TRUE(text) << text.error().message;
  return text.value_or("");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    EXPECT_NE(end, std::string::npos) << "the last line has no end";
    if (end == std::string::npos) break;
    lines.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

std::string head_of(const std::string& text) { return text.substr(0, text.find("\r\n\r\n") + 2); }

TEST(Mime, ATextAloneIsOnePart) {
  EXPECT_EQ(written({.to = "anna@example.org", .subject = "Hello", .text = "One\nTwo"}),
            "Date: Sun, 29 Nov 2026 13:05:09 +0000\r\n"
            "From: \"RuckingApp\"\r\n <ruck@example.org>\r\n"
            "To: anna@example.org\r\n"
            "Message-ID: <0199-abc@example.org>\r\n"
            "Subject: Hello\r\n"
            "MIME-Version: 1.0\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 7bit\r\n\r\n"
            "One\r\nTwo\r\n");
}

TEST(Mime, TextAndHtmlAreTwoFormsOfTheSame) {
  const std::string text = written({.to = "a@b.c", .subject = "S", .text = "T", .html = "<p>H"});
  EXPECT_THAT(text, HasSubstr("Content-Type: multipart/alternative;\r\n boundary=\"=_0199-abc\"\r\n"
                              "\r\n--=_0199-abc\r\n"
                              "Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(text,
              HasSubstr("T\r\n\r\n--=_0199-abc\r\nContent-Type: text/html; charset=utf-8\r\n"));
  EXPECT_THAT(text, EndsWith("<p>H\r\n\r\n--=_0199-abc--\r\n"));
}

TEST(Mime, UnsubscribingTakesOneClickOverHttps) {
  EXPECT_THAT(written({.to = "a@b.c", .unsubscribe_url = "https://ruck.example.org/u?t=1"}),
              HasSubstr("List-Unsubscribe: <https://ruck.example.org/u?t=1>\r\n"
                        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
  EXPECT_THAT(written({.to = "a@b.c", .unsubscribe_url = "http://127.0.0.1/u"}),
              Not(HasSubstr("One-Click")));
  EXPECT_THAT(written({.to = "a@b.c"}), Not(HasSubstr("List-Unsubscribe")));
  for (const char* url : {"https://x/\r\nBcc: e@f.g", "https://x/>,<mailto:e@f.g", "mailto:a@b.c",
                          "https://x/a b", "https://x/\xc3\xa9"}) {
    EXPECT_THAT(written({.to = "a@b.c", .unsubscribe_url = url}),
                Not(HasSubstr("List-Unsubscribe")));
  }
}

TEST(Mime, ASubjectIsOneFieldWhateverIsInIt) {
  const std::string text = written({.to = "anna@example.org",
                                    .subject = "Hi\r\nBcc: eve@example.org\r\n\r\nbody\x7f\x01",
                                    .text = "T"});
  for (const std::string& line : lines_of(head_of(text))) EXPECT_THAT(line, Not(StartsWith("Bcc")));
  EXPECT_THAT(head_of(text), HasSubstr("Subject: Hi  Bcc: eve@example.org    body\r\n"));
}

TEST(Mime, ASubjectBeyondAsciiIsEncodedInWordsThatFitALine) {
  EXPECT_EQ(encode_header_text("plain words"), "plain words");
  EXPECT_EQ(encode_header_text("Grüße"), "=?utf-8?B?R3LDvMOfZQ==?=");
  EXPECT_THAT(encode_header_text("=?utf-8?B?trick?="), StartsWith("=?utf-8?B?PT91"));
  std::string subject;
  for (int i = 0; i < 40; ++i) subject += "Höhenmeter ";
  const std::string text = written({.to = "a@b.c", .subject = subject});
  std::string decoded;
  for (std::string line : lines_of(head_of(text))) {
    EXPECT_LE(line.size(), kEncodedLineBytesMax) << line;
    const std::size_t begin = line.find("=?utf-8?B?");
    if (begin == std::string::npos) continue;
    const std::string word = line.substr(begin + 10, line.size() - begin - 12);
    decoded += from_base64(word).value_or("not base64");
  }
  EXPECT_EQ(decoded, subject.substr(0, subject.size() - 1)) << "without the blank at its end";
}

TEST(Mime, ASubjectThatIsCutIsStillText) {
  const std::string text =
      written({.to = "a@b.c", .subject = std::string(499, 'x') + "ü and more"});
  EXPECT_THAT(head_of(text), Not(HasSubstr("\xc3")));
  std::string decoded;
  for (const std::string& line : lines_of(head_of(text))) {
    const std::size_t begin = line.find("=?utf-8?B?");
    if (begin == std::string::npos) continue;
    decoded += from_base64(line.substr(begin + 10, line.size() - begin - 12)).value_or("?");
  }
  EXPECT_EQ(decoded, std::string(499, 'x'));
}

TEST(Mime, ARecipientIsOneAddress) {
  for (const char* to :
       {"anna@example.org", "o'hara+ruck@example.org", "büro@example.org", "a@localhost"}) {
    EXPECT_TRUE(write_mime({.to = to}, kStamp)) << to;
  }
  for (const char* to :
       {"", "anna", "@b.c", "a@", "a@b@c", "a@b.c, e@f.g", "a@b.c\r\nBcc: e@f.g", "a@b.c\n",
        "a b@c.d", "<a@b.c>", "Anna <a@b.c>", "a@b.c;e@f.g", "\"a\"@b.c", "a(x)@b.c",
        "a@[127.0.0.1]", "a\xff@b.c", "-oQ@b.c", "a@b.c> SIZE=1"}) {
    const auto refused = write_mime({.to = to}, kStamp);
    ASSERT_FALSE(refused) << to;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidInput);
  }
  EXPECT_FALSE(write_mime({.to = std::string(251, 'a') + "@b.c"}, kStamp));
}

TEST(Mime, ASenderMayHaveAName) {
  EXPECT_EQ(parse_mailbox(" ruck@example.org ")->address, "ruck@example.org");
  EXPECT_EQ(parse_mailbox("Rucking App <r@example.org>")->name, "Rucking App");
  EXPECT_EQ(parse_mailbox("\"Rucking, Inc.\" <r@example.org>")->name, "Rucking, Inc.");
  EXPECT_FALSE(parse_mailbox("Rucking App"));
  EXPECT_FALSE(parse_mailbox("a@b.c <d@e@f>"));
  Stamp stamp = kStamp;
  stamp.from.name = "A \"quoted\" \\ name, and more";
  EXPECT_THAT(written({.to = "a@b.c"}, stamp), HasSubstr(R"(From: "A \"quoted\" \\ name, and more")"
                                                         "\r\n <ruck@example.org>\r\n"));
  stamp.from.name = "Rücksäcke";
  EXPECT_THAT(written({.to = "a@b.c"}, stamp),
              HasSubstr("From: =?utf-8?B?UsO8Y2tzw6Rja2U=?=\r\n <ruck@example.org>\r\n"));
}

// The examples of RFC 2045 section 6.7 and its rules.
TEST(Mime, QuotedPrintableIsAsTheRfcHasIt) {
  EXPECT_EQ(quoted_printable("a=b\r\n"), "a=3Db\r\n");
  EXPECT_EQ(quoted_printable("é\r\n"), "=C3=A9\r\n");
  EXPECT_EQ(quoted_printable("blank \r\ntab\t\r\nend "), "blank=20\r\ntab=09\r\nend=20");
  EXPECT_EQ(quoted_printable("a\tb\x01\x7f"), "a\tb=01=7F");
  EXPECT_EQ(quoted_printable(std::string(76, 'x')), std::string(75, 'x') + "=\r\nx");
  EXPECT_EQ(quoted_printable(std::string(74, 'x') + "é"), std::string(74, 'x') + "=\r\n=C3=A9");
}

TEST(Mime, TheEncodingFitsTheText) {
  const std::string mostly_ascii = "Grüße aus dem Wald, a few words\nof text";
  EXPECT_THAT(written({.to = "a@b.c", .text = mostly_ascii}),
              EndsWith("Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                       "Gr=C3=BC=C3=9Fe aus dem Wald, a few words\r\nof text\r\n"));
  std::string japanese;
  for (int i = 0; i < 60; ++i) japanese += "歩く";
  const std::string text = written({.to = "a@b.c", .text = japanese});
  EXPECT_THAT(text, HasSubstr("Content-Transfer-Encoding: base64\r\n\r\n"));
  std::string decoded;
  bool in_body = false;
  for (const std::string& line : lines_of(text)) {
    EXPECT_LE(line.size(), kEncodedLineBytesMax);
    if (in_body) decoded += from_base64(line).value_or("not base64");
    in_body = in_body || line.empty();
  }
  EXPECT_EQ(decoded, japanese + "\r\n");
}

TEST(Mime, NoLineIsLongerThanMailAllows) {
  for (const std::size_t size : {kLineBytesMax, kLineBytesMax + 1, std::size_t{100'000}}) {
    const std::string text = written(
        {.to = "a@b.c", .text = std::string(size, 'x'), .html = "<p>" + std::string(size, 'y')});
    for (const std::string& line : lines_of(text)) EXPECT_LE(line.size(), kLineBytesMax);
  }
}

TEST(Mime, LineEndsAreThoseOfMail) {
  EXPECT_THAT(written({.to = "a@b.c", .text = "1\n2\r\n3\r4\r\r\n5\n"}),
              EndsWith("\r\n\r\n1\r\n2\r\n3\r\n4\r\n\r\n5\r\n"));
  EXPECT_THAT(written({.to = "a@b.c", .text = ""}), EndsWith("7bit\r\n\r\n\r\n"));
}

}  // namespace
}  // namespace ruck::mail
