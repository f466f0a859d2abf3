// Text that people write: what may not stand in it is taken out, and nobody loses the rest.
#include "base/text.hpp"

#include "support/rucking.hpp"

#include <gmock/gmock.h>

namespace ruck::test {
namespace {
using testing::HasSubstr;

// In JSON escapes: a bell, a bidi override, an isolate, C1, half an emoji, a noncharacter.
const std::string kHostile = R"(a\u0007b\u202Ec\u2066d\u0085e\ud83df\ufffeg)";
const std::string kLine =
    "abcd e\xef\xbf\xbd"
    "f\xef\xbf\xbdg";
const std::string kParagraph =
    "abcd\ne\xef\xbf\xbd"
    "f\xef\xbf\xbdg";
// A ZWSP, a ZWJ, a blank, a word joiner.
const std::string kInvisible = R"(\u200b\u200d \u2060)";
const std::string kFamily = "👩\xe2\x80\x8d👧 \xe2\x80\x8eאב\xe2\x80\x8f می\xe2\x80\x8cروم";

class TextTest : public ApiTest {};

TEST_P(TextTest, TitlesNotesAndTagsAreCleaned) {
  ApiClient anna = user("anna");
  const std::string id = record_ruck(anna, {.start_ms = now_ms() - 3'600'000});
  const auto change = [&](const std::string& body) {
    const Reply r = anna.patch("/api/rucks/" + id, body);
    EXPECT_EQ(r.status, 200) << r.body;
    EXPECT_TRUE(is_utf8(r.body));
    return anna.get("/api/rucks/" + id).json;
  };
  EXPECT_EQ(change(R"({"title":")" + kHostile + "\"}")["title"].text(), kLine);
  EXPECT_EQ(change(R"({"notes":")" + kHostile + R"(\r\n\tmore"})")["notes"].text(),
            kParagraph + "\n\tmore");
  EXPECT_EQ(change(R"({"tags":[")" + kHostile + "\"]}")["tags"][0].text(), kLine);
  EXPECT_EQ(change(R"({"title":")" + kFamily + "\"}")["title"].text(), kFamily);
  EXPECT_EQ(change(R"({"title":")" + kInvisible + "\"}")["title"].text(), "");
}

// Half of an emoji at the end of a title was a body that is no JSON: 400, and the phone dropped it.
TEST_P(TextTest, ARecordingRouteTakesHalfAnEmoji) {
  ApiClient anna = user("anna");
  const Reply made = anna.post("/api/rucks", R"({"ruck_weight_kg":10,"title":"up \ud83d"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["title"].text(), "up \xef\xbf\xbd");
  const std::string id = std::to_string(made.json["id"].integer());
  EXPECT_EQ(anna.post("/api/rucks/" + id + "/start", "{}").status, 200);
  const Reply done = anna.post(
      "/api/rucks/" + id + "/complete",
      R"({"notes":"\udc00 \\ud800 \ud83d\ude00 \ud83d\ud83d\ude00","hr_zone_snapshot":{"z":"\udc00"}})");
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.json["notes"].text(), "\xef\xbf\xbd \\ud800 😀 \xef\xbf\xbd😀");
  EXPECT_TRUE(is_utf8(anna.get("/api/rucks/" + id).body));
}

TEST_P(TextTest, ANameIsCleanedAndRefusedWhereNothingOfItCanBeSeen) {
  ApiClient anna = user("anna");
  const auto rename = [&](const std::string& name) {
    return anna.put("/api/users/profile", R"({"username":")" + name + "\"}");
  };
  EXPECT_EQ(rename(kHostile).json["username"].text(), kLine);
  EXPECT_EQ(rename(kFamily).json["username"].text(), kFamily);
  for (const std::string& nothing : {kInvisible, std::string(R"(\u202e)"), std::string(R"(\u3164)"),
                                     std::string(R"(\u2800)"), std::string(" ")}) {
    const Reply r = rename(nothing);
    EXPECT_EQ(r.status, 400) << nothing;
    EXPECT_THAT(r.json["message"].text(), HasSubstr("username")) << nothing;
    EXPECT_EQ(client()
                  .post("/api/auth/signup",
                        R"({"email":"b@example.org","password":"correct horse","username":")" +
                            nothing + "\"}")
                  .status,
              400)
        << nothing;
  }
  EXPECT_EQ(anna.get("/api/users/profile").json["username"].text(), kFamily);
  const auto zone = [&](const std::string& name) {
    return anna.post(
        "/api/users/me/privacy-zones",
        R"({"name":")" + name + R"(","latitude":47.5,"longitude":8.5,"radius_m":200})");
  };
  EXPECT_EQ(zone(kInvisible).status, 400);
  const Reply made = zone(kHostile);
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["data"]["name"].text(), kLine);
}

TEST_P(TextTest, WhatOnePersonSaysToAnotherIsCleanedToo) {
  ApiClient anna = user("anna");
  ApiClient berta = user("berta");
  const std::string id = record_ruck(anna, {.start_ms = now_ms() - 3'600'000});
  const Reply comment =
      berta.post("/api/rucks/" + id + "/comments", R"({"content":")" + kHostile + "\"}");
  ASSERT_EQ(comment.status, 201) << comment.body;
  EXPECT_EQ(comment.json["data"]["content"].text(), kParagraph);
  EXPECT_EQ(
      berta.post("/api/rucks/" + id + "/comments", R"({"content":")" + kInvisible + "\"}").status,
      400)
      << "an empty comment";
  ASSERT_EQ(berta.post("/api/users/" + anna.user_id + "/follow", "{}").status, 200);
  ASSERT_EQ(anna.post("/api/users/" + berta.user_id + "/follow", "{}").status, 200);
  const std::string live = start_ruck(anna);
  const Reply cheer =
      berta.post("/api/rucks/" + live + "/messages", R"({"message":")" + kHostile + "\"}");
  EXPECT_TRUE(cheer.status == 200 || cheer.status == 201) << cheer.body;
  EXPECT_EQ(cheer.json["response"]["message"].text(), kLine);
}

TEST_P(TextTest, APasswordIsTakenAsItIs) {
  ApiClient anna = client();
  const std::string account = R"({"email":"anna@example.org","username":"anna","password":")";
  const std::string password = R"(pass\u0007\u202eword )";
  ASSERT_EQ(anna.post("/api/auth/signup", account + password + "\"}").status, 201);
  const auto sign_in = [&](const std::string& text) {
    return anna
        .post("/api/auth/login", R"({"email":"anna@example.org","password":")" + text + "\"}")
        .status;
  };
  EXPECT_EQ(sign_in(password), 200);
  EXPECT_EQ(sign_in("password"), 401);
}

RUCK_ON_BOTH_DATABASES(TextTest);

}  // namespace
}  // namespace ruck::test
