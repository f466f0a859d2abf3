#include "push/payload.hpp"

#include "base/text.hpp"
#include "http/json/tree.hpp"
#include "push/limits.hpp"

#include <gtest/gtest.h>

namespace ruck::push {
namespace {

TEST(FitText, WhatFitsStaysAsItIs) {
  EXPECT_EQ(fit_text("", 0), "");
  EXPECT_EQ(fit_text("hello", 5), "hello");
  EXPECT_EQ(fit_text("Grüße", 7), "Grüße");
}

TEST(FitText, WhatDoesNotIsCutInWholeCharacters) {
  EXPECT_EQ(fit_text("hello world", 8), "hello…");
  EXPECT_EQ(fit_text("ü😀ü😀ü😀", 11), "ü😀ü…");
  EXPECT_EQ(fit_text("😀😀", 6), "…");
  EXPECT_EQ(fit_text("abc", 2), "ab");
  EXPECT_EQ(fit_text("😀", 2), "");
}

// What counts is the room in JSON.
TEST(FitText, CountsEscapes) {
  EXPECT_EQ(fit_text("\"\"\"\"", 7), "\"\"…");
  EXPECT_EQ(fit_text("\x01\x01", 9), "\x01…");
  EXPECT_EQ(fit_text("a\nb", 4), "a\nb");
}

TEST(FitText, BytesThatAreNoUtf8AreMended) { EXPECT_EQ(fit_text("a\xff", 10), "a\xef\xbf\xbd"); }

// Any text, any room: valid, a beginning of the text, and within the room.
TEST(FitText, NeverTakesMoreThanItsRoom) {
  const std::string text = "Ruck \"17\" — Grüße \n aus\tdem Wald 😀🎒\x01 done";
  for (std::size_t room = 0; room < 100; ++room) {
    const std::string fitted = fit_text(text, room);
    EXPECT_TRUE(is_utf8(fitted));
    const std::size_t size = browser_payload({.title = fitted, .body = "", .data = {}}).size() -
                             browser_payload({.title = "", .body = "", .data = {}}).size();
    EXPECT_LE(size, room);
  }
}

TEST(BrowserPayload, IsTitleBodyAndData) {
  const auto payload = json::Tree::parse(browser_payload(
      {.title = "T", .body = "B \"x\"", .data = {{"type", "follow"}, {"a \"key\"", "1"}}}));
  EXPECT_EQ(payload["title"].text(), "T");
  EXPECT_EQ(payload["body"].text(), "B \"x\"");
  EXPECT_EQ(payload["data"]["type"].text(), "follow");
  EXPECT_EQ(payload["data"]["a \"key\""].text(), "1");
  EXPECT_TRUE(payload["tag"].is_null());
}

TEST(BrowserPayload, NamesWhatItReplaces) {
  const auto payload = json::Tree::parse(
      browser_payload({.title = "T", .body = "B", .data = {}, .collapse_key = "ruck_like:7"}));
  EXPECT_EQ(payload["tag"].text(), "ruck_like:7");
}

TEST(RenderWithin, FillsTheRoomWithTheBodysText) {
  const Message message{
      .title = std::string(1000, 't'), .body = std::string(9000, 'b'), .data = {{"type", "x"}}};
  const auto text = render_within(kPlaintextBytesMax, message, browser_payload);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->size(), kPlaintextBytesMax);
  const auto payload = json::Tree::parse(*text);
  EXPECT_LE(payload["title"].text().size(), kTitleBytesMax);
  EXPECT_TRUE(payload["body"].text().ends_with("b…"));
}

TEST(RenderWithin, DataThatIsTooLargeIsRefused) {
  const Message message{.title = "t", .body = "b", .data = {{"type", std::string(5000, 'x')}}};
  const auto text = render_within(kPlaintextBytesMax, message, browser_payload);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kInvalidInput);
  EXPECT_FALSE(text.error().message.contains("xxx"));
}

TEST(Hashed, IsATopicOfRfc8030) {
  EXPECT_EQ(hashed("ruck:1").size(), kTopicCharactersMax);
  EXPECT_EQ(hashed("ruck:1"), hashed("ruck:1"));
  EXPECT_NE(hashed("ruck:1"), hashed("ruck:2"));
}

TEST(TtlOf, StaysWithinWhatServicesTake) {
  EXPECT_EQ(ttl_of({.ttl = std::chrono::seconds(-1)}).count(), 0);
  EXPECT_EQ(ttl_of({.ttl = std::chrono::hours(1)}).count(), 3600);
  EXPECT_EQ(ttl_of({.ttl = std::chrono::hours(24 * 365)}).count(), 2'419'200);
}

}  // namespace
}  // namespace ruck::push
