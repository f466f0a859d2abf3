// Photos of rucks and avatars through the real server and the real decoder (contract core §2, §6).
#include "base/bytes.hpp"
#include "db/open.hpp"
#include "support/photos.hpp"
#include "support/raw_connection.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

namespace ruck::test {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const db::Sql kMakeJobsDue{"test.make_jobs_due_of_media",
                           "UPDATE jobs SET run_at = $1 WHERE run_at > $1"};
const db::Sql kEndDelay{"test.end_delay_of_media", "UPDATE account_deletions SET final_at = $1"};

class MediaApiTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    anna_ = std::make_unique<ApiClient>(user("anna"));
    ruck_ = record(*anna_, "public");
  }
  static std::string record(ApiClient& owner, const std::string& visibility) {
    return record_ruck(owner, {.start_ms = now_ms() - 4'400'000, .count = 860},
                       R"({"ruck_weight_kg":15,"visibility":")" + visibility + "\"}");
  }
  Reply get_with(const std::string& target, const std::string& name, const std::string& value) {
    ApiClient fresh = client();
    fresh.raw().set_header(name, value);
    return fresh.get(target);
  }
  // Paths of all files of a folder of the server's data, which may be changing them: a walk that
  // met a folder just removed is begun anew.
  [[nodiscard]] std::vector<std::string> files(const std::string& folder) const {
    const fs::path root = server_->folder() + "/data/" + folder;
    for (;;) {
      std::vector<std::string> found;
      std::error_code failure;
      std::error_code gone;
      fs::recursive_directory_iterator each(root, failure);
      for (; !failure && each != fs::end(each); each.increment(failure)) {
        if (each->is_regular_file(gone)) found.push_back(each->path().string());
      }
      if (!failure || !fs::exists(root)) return found;
    }
  }
  [[nodiscard]] std::size_t files_of(const ApiClient& owner) const {
    std::size_t count = 0;
    for (const std::string& path : files("media")) count += path.contains(owner.user_id) ? 1 : 0;
    return count;
  }

  std::unique_ptr<ApiClient> anna_;
  std::string ruck_;
};

TEST_P(MediaApiTest, APhotoIsThereWhenItsUploadIsAnswered) {
  const Reply sent = send_photos(
      *anna_, ruck_, {{.name = "IMG_1.jpg", .bytes = jpeg_of({.width = 640, .height = 480})}},
      {{"alt_text", "A lake"}});
  ASSERT_EQ(sent.status, 201) << sent.body;
  EXPECT_TRUE(sent.json["success"].boolean());
  EXPECT_EQ(sent.json["data"]["count"].integer(), 1);
  EXPECT_EQ(sent.json["refused"].size(), 0U);
  const json::Tree photo = sent.json["photos"][0];
  EXPECT_EQ(photo["id"].text(), sent.json["data"]["photos"][0]["id"].text());
  EXPECT_EQ(std::to_string(photo["ruck_id"].integer()), ruck_);
  EXPECT_EQ(photo["user_id"].text(), anna_->user_id);
  EXPECT_EQ(photo["filename"].text(), "IMG_1.jpg");
  EXPECT_EQ(photo["content_type"].text(), "image/jpeg");
  EXPECT_EQ(photo["alt_text"].text(), "A lake");
  EXPECT_EQ(photo["width"].integer(), 640);
  EXPECT_EQ(photo["height"].integer(), 480);
  EXPECT_FALSE(photo["thumb_hash"].text().empty());
  EXPECT_TRUE(photo["place"].is_null());
  EXPECT_TRUE(photo["original_url"].is_null());
  ASSERT_EQ(photo["sizes"].size(), 3U);
  EXPECT_EQ(photo["sizes"][0]["width"].integer(), 640) << "not enlarged";
  EXPECT_EQ(photo["sizes"][2]["width"].integer(), 320);
  EXPECT_EQ(photo["sizes"][2]["height"].integer(), 320) << "a square";

  ApiClient nobody = client();
  const Reply large = nobody.get(photo["url"].text());
  EXPECT_EQ(large.status, 200);
  EXPECT_EQ(large.raw.header("Content-Type"), "image/jpeg");
  EXPECT_EQ(static_cast<std::int64_t>(large.body.size()), photo["size"].integer());
  EXPECT_THAT(large.body, StartsWith("\xff\xd8\xff"));
  EXPECT_EQ(large.raw.header("Cache-Control"), "public, max-age=86400");
  EXPECT_EQ(large.raw.header("X-Content-Type-Options"), "nosniff");
  const Reply webp = nobody.get(photo["sizes"][1]["webp"].text());
  EXPECT_EQ(webp.raw.header("Content-Type"), "image/webp");
  EXPECT_THAT(webp.body.substr(0, 12), HasSubstr("WEBP"));
  EXPECT_THAT(nobody.get(photo["thumbnail_url"].text()).body, StartsWith("\xff\xd8\xff"));
  if (!photo["sizes"][0]["avif"].is_null()) {
    const Reply avif = nobody.get(photo["sizes"][0]["avif"].text());
    EXPECT_EQ(avif.raw.header("Content-Type"), "image/avif");
    EXPECT_THAT(avif.body.substr(0, 16), HasSubstr("ftypavif"));
  }

  const Reply listed = anna_->get("/api/ruck-photos?ruck_id=" + ruck_);
  ASSERT_EQ(listed.status, 200) << listed.body;
  EXPECT_EQ(listed.json["data"].size(), 1U);
  EXPECT_EQ(listed.json["data"][0]["id"].text(), photo["id"].text());
  EXPECT_THAT(files("uploads"), IsEmpty());
}

TEST_P(MediaApiTest, AnAddressHeedsHeadConditionsRangesAndFormats) {
  const json::Tree photo = add_photo(*anna_, ruck_, {});
  const std::string url = photo["url"].text();
  ApiClient nobody = client();
  const Reply whole = nobody.get(url);
  const std::string etag = whole.raw.header("ETag");
  const Reply head = nobody.send(http::Method::kHead, url);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.raw.header("Content-Length"), std::to_string(whole.body.size()));
  EXPECT_EQ(head.raw.header("ETag"), etag);
  const Reply same = get_with(url, "If-None-Match", etag);
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.raw.header("ETag"), etag);
  const Reply part = get_with(url, "Range", "bytes=2-5");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, whole.body.substr(2, 4));
  EXPECT_EQ(part.raw.header("Content-Range"), fmt::format("bytes 2-5/{}", whole.body.size()));
  EXPECT_EQ(get_with(url, "Range", "bytes=99999999-").status, 416);
  ApiClient resuming = client();
  resuming.raw().set_header("Range", "bytes=2-5");
  resuming.raw().set_header("If-Range", "\"another\"");
  EXPECT_EQ(resuming.get(url).body, whole.body);

  const std::string any = url.substr(0, url.rfind('.'));
  const Reply negotiated = get_with(any, "Accept", "image/webp,*/*;q=0.8");
  EXPECT_EQ(negotiated.raw.header("Content-Type"), "image/webp");
  EXPECT_THAT(negotiated.raw.header("Vary"), HasSubstr("Accept"));
  EXPECT_EQ(get_with(any, "Accept", "*/*").raw.header("Content-Type"), "image/jpeg");
}

// Nothing of these is a picture of a kind that is taken; none of them is the server's fault.
TEST_P(MediaApiTest, WhatIsNoPictureIsRefusedAndNeverAServersError) {
  const std::string good = jpeg_of({.width = 320, .height = 240});
  const std::string svg =
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>)";
  const std::string gif("GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\0;", 27);
  for (const auto& [name, bytes] : std::vector<std::pair<std::string, std::string>>{
           {"text.jpg", "This is a text."},
           {"empty.jpg", ""},
           {"cut.jpg", good.substr(0, good.size() / 2)},
           {"head.jpg", good.substr(0, 10)},
           {"drawing.svg", svg},
           {"page.jpg", "<html><script>alert(1)</script></html>"},
           {"zeros.jpg", std::string(5000, '\0')}}) {
    const Reply r = send_photos(*anna_, ruck_, {{.name = name, .bytes = bytes}});
    EXPECT_EQ(r.status, 400) << name << r.body;
    EXPECT_THAT(r.json["message"].text(), HasSubstr(name));
  }
  EXPECT_LT(send_photos(*anna_, ruck_, {{.name = "a.gif", .bytes = gif}}).status, 500);
  const Reply mixed = send_photos(
      *anna_, ruck_, {{.name = "text.jpg", .bytes = "x"}, {.name = "good.jpg", .bytes = good}});
  ASSERT_EQ(mixed.status, 201) << mixed.body;
  EXPECT_EQ(mixed.json["photos"].size(), 1U);
  EXPECT_EQ(mixed.json["refused"][0]["filename"].text(), "text.jpg");
  EXPECT_FALSE(mixed.json["refused"][0]["reason"].text().empty());
  EXPECT_EQ(client().get("/readyz").status, 200);
}

TEST_P(MediaApiTest, AFormIsTakenInAnyOrderAndWithinItsBounds) {
  const std::string after = form_of({}, "photos", {{.name = "a.jpg", .bytes = jpeg_of({})}},
                                    {{"ruck_id", ruck_}, {"keep_original", "true"}});
  const Reply sent = send_form(*anna_, "/api/ruck-photos", after);
  ASSERT_EQ(sent.status, 201) << sent.body;
  const std::string original = sent.json["photos"][0]["original_url"].text();
  EXPECT_EQ(client().get(original).body, jpeg_of({}));
  EXPECT_EQ(client().get(original.substr(0, original.find('?'))).status, 404);

  std::vector<FormFile> six;
  for (std::uint32_t i = 0; i < 6; ++i) {
    six.push_back({.name = fmt::format("{}.jpg", i), .bytes = jpeg_of({.seed = 10 + i})});
  }
  const Reply many = send_photos(*anna_, ruck_, six);
  EXPECT_EQ(many.status, 400);
  EXPECT_THAT(many.json["message"].text(), HasSubstr("5.jpg"));
  EXPECT_EQ(anna_->get("/api/ruck-photos?ruck_id=" + ruck_).json["data"].size(), 1U);
  six.pop_back();
  EXPECT_EQ(send_photos(*anna_, ruck_, six).json["data"]["count"].integer(), 5);

  const Reply huge =
      send_photos(*anna_, ruck_, {{.name = "huge.jpg", .bytes = std::string((10 << 20) + 1, 'x')}});
  EXPECT_EQ(huge.status, 413);
  EXPECT_THAT(huge.json["message"].text(), HasSubstr("huge.jpg"));
  EXPECT_EQ(anna_->send(http::Method::kPost, "/api/ruck-photos", "x", "image/jpeg").status, 400);
  EXPECT_EQ(anna_->post("/api/ruck-photos", "{}").status, 415);
  EXPECT_EQ(send_photos(*anna_, "123456", {{.name = "a.jpg", .bytes = jpeg_of({})}}).status, 404);
  ApiClient nobody = client();
  EXPECT_EQ(send_photos(nobody, ruck_, {{.name = "a.jpg", .bytes = jpeg_of({})}}).status, 401);
  EXPECT_THAT(files("uploads"), IsEmpty());
}

TEST_P(MediaApiTest, TheSameFileSentAgainIsTheSamePhoto) {
  const json::Tree first = add_photo(*anna_, ruck_, {});
  const json::Tree again = add_photo(*anna_, ruck_, {});
  EXPECT_EQ(first["id"].text(), again["id"].text());
  EXPECT_NE(add_photo(*anna_, ruck_, {.remark = "another file"})["id"].text(), first["id"].text());
  EXPECT_EQ(anna_->get("/api/ruck-photos?ruck_id=" + ruck_).json["data"].size(), 2U);
}

TEST_P(MediaApiTest, AnUploadThatIsCutLeavesNothing) {
  const std::string body = form_of({{"ruck_id", ruck_}}, "photos",
                                   {{.name = "a.jpg", .bytes = std::string(3 << 20, 'x')}});
  const std::string head = fmt::format(
      "POST /api/ruck-photos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n"
      "Content-Type: {}\r\nContent-Length: {}\r\n\r\n",
      anna_->token, kFormType, body.size());
  {
    RawConnection connection(server_->port());
    connection.send(head + body.substr(0, 2 << 20));
    EXPECT_TRUE(until([&] { return !files("uploads").empty(); })) << "it is being written";
  }
  EXPECT_TRUE(until([&] { return files("uploads").empty(); }));
  EXPECT_THAT(files("media"), IsEmpty());
  // What a crash left is removed by the next start.
  {
    RawConnection connection(server_->port());
    connection.send(head + body.substr(0, 2 << 20));
    EXPECT_TRUE(until([&] { return !files("uploads").empty(); }));
    server_->kill();
  }
  EXPECT_THAT(files("uploads"), Not(IsEmpty()));
  server_->start();
  EXPECT_THAT(files("uploads"), IsEmpty());
}

TEST_P(MediaApiTest, RucksAndCardsHaveTheirPhotos) {
  EXPECT_FALSE(anna_->get("/api/rucks/" + ruck_).json["has_photos"].boolean());
  for (std::uint32_t i = 1; i <= 4; ++i) add_photo(*anna_, ruck_, {.seed = i});
  ApiClient ben = user("ben");
  for (ApiClient* viewer : {anna_.get(), &ben}) {
    for (const char* view : {"", "/details"}) {
      const Reply ruck = viewer->get("/api/rucks/" + ruck_ + view);
      EXPECT_TRUE(ruck.json["has_photos"].boolean()) << ruck.body;
      EXPECT_EQ(ruck.json["photos"].size(), 4U) << view;
      EXPECT_EQ(client().get(ruck.json["photos"][0]["thumbnail_url"].text()).status, 200);
    }
  }
  EXPECT_TRUE(anna_->get("/api/rucks").json[0]["has_photos"].boolean())
      << "also where the list was kept ready";
  const Reply feed = ben.get("/api/ruck-buddies");
  ASSERT_EQ(feed.json["ruck_sessions"].size(), 1U) << feed.body;
  EXPECT_EQ(feed.json["ruck_sessions"][0]["photos"].size(), 3U);
  // What a phone says of them counts for nothing.
  anna_->patch("/api/rucks/" + ruck_, R"({"has_photos":false})");
  EXPECT_TRUE(anna_->get("/api/rucks/" + ruck_).json["has_photos"].boolean());
}

TEST_P(MediaApiTest, ADeletedPhotoRuckOrAccountTakesItsFilesWithIt) {
  const json::Tree first = add_photo(*anna_, ruck_, {.seed = 1});
  const json::Tree second = add_photo(*anna_, ruck_, {.seed = 2});
  const std::size_t each = files_of(*anna_) / 2;
  EXPECT_GE(each, 6U);
  EXPECT_EQ(anna_->del("/api/ruck-photos?photo_id=" + first["id"].text()).status, 200);
  EXPECT_EQ(anna_->del("/api/ruck-photos?photo_id=" + first["id"].text()).status, 404);
  EXPECT_EQ(client().get(first["url"].text()).status, 404);
  EXPECT_TRUE(until([&] { return files_of(*anna_) == each; }));
  EXPECT_EQ(anna_->del("/api/rucks/" + ruck_).status, 200);
  EXPECT_EQ(client().get(second["url"].text()).status, 404);
  EXPECT_TRUE(until([&] { return files_of(*anna_) == 0; }));

  const json::Tree third = add_photo(*anna_, record(*anna_, "public"), {.seed = 3});
  EXPECT_EQ(anna_->del("/api/users/" + anna_->user_id).status, 200);
  EXPECT_EQ(client().get(third["url"].text()).status, 404) << "hidden at once";
  EXPECT_GT(files_of(*anna_), 0U) << "it may be undone";
  with_stored([&](db::Database& database) {
    EXPECT_TRUE(database.write_now([&](db::Session& q) {
      q.execute(kMakeJobsDue, 1);  // it would be within auth's kFinaliseEvery
      return q.execute(kEndDelay, (now_ms() - 1000) * 1000);
    }));
  });
  EXPECT_TRUE(until([&] { return files_of(*anna_) == 0; }));
}

TEST_P(MediaApiTest, OneSaysWhatAPhotoShows) {
  const std::string id = add_photo(*anna_, ruck_, {})["id"].text();
  const Reply changed = anna_->patch("/api/ruck-photos/" + id, R"({"alt_text":"A lake at dawn"})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.json["data"]["alt_text"].text(), "A lake at dawn");
  EXPECT_EQ(anna_->get("/api/rucks/" + ruck_ + "/details").json["photos"][0]["alt_text"].text(),
            "A lake at dawn");
  ApiClient ben = user("ben");
  EXPECT_EQ(ben.patch("/api/ruck-photos/" + id, R"({"alt_text":"x"})").status, 404);
  EXPECT_EQ(ben.del("/api/ruck-photos?photo_id=" + id).status, 404);
}

// ---- avatars -----------------------------------------------------------------------------------

TEST_P(MediaApiTest, AnAvatarIsShownWhereverItsOwnerIs) {
  ApiClient ben = user("ben");
  ASSERT_EQ(ben.post("/api/users/" + anna_->user_id + "/follow", "{}").status, 200);
  const auto send = [&](std::uint32_t seed) {
    return send_form(*anna_, "/api/users/me/avatar",
                     form_of({}, "image", {{.name = "me.jpg", .bytes = jpeg_of({.seed = seed})}}));
  };
  EXPECT_TRUE(anna_->get("/api/users/profile").json["avatar_url"].is_null());
  const Reply set = send(1);
  ASSERT_EQ(set.status, 200) << set.body;
  const std::string first = set.json["avatar_url"].text();
  EXPECT_FALSE(set.json["message"].text().empty());
  const Reply picture = client().get(first);
  EXPECT_EQ(picture.status, 200);
  EXPECT_EQ(picture.raw.header("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(client().get(first.substr(0, first.rfind('/')) + "/small.jpg").status, 200);

  const auto seen_by_ben = [&](const std::string& target) { return ben.get(target).body; };
  const std::vector<std::string> places = {"/api/users/" + anna_->user_id,
                                           "/api/users/" + anna_->user_id + "/profile",
                                           "/api/users/" + ben.user_id + "/following",
                                           "/api/ruck-buddies", "/api/rucks/" + ruck_ + "/details"};
  for (const std::string& place : places) {
    EXPECT_THAT(seen_by_ben(place), HasSubstr(first)) << place;
  }
  EXPECT_EQ(anna_->get("/api/users/profile").json["avatar_url"].text(), first);
  const std::string second = send(2).json["avatar_url"].text();
  EXPECT_NE(second, first);
  for (const std::string& place : places) {
    EXPECT_THAT(seen_by_ben(place), HasSubstr(second)) << place;
    EXPECT_THAT(seen_by_ben(place), Not(HasSubstr(first))) << place;
  }
  EXPECT_EQ(client().get(first).status, 404);
  // What an app reads it writes back, with everything else.
  anna_->put("/api/users/profile", R"({"gender":"x","avatar_url":")" + second + "\"}");
  EXPECT_EQ(anna_->get("/api/users/profile").json["avatar_url"].text(), second);
  // Nobody takes the picture of somebody else.
  ben.put("/api/users/profile", R"({"avatar_url":")" + second + "\"}");
  EXPECT_TRUE(ben.get("/api/users/profile").json["avatar_url"].is_null());

  const Reply removed = anna_->del("/api/users/me/avatar");
  EXPECT_EQ(removed.status, 200);
  EXPECT_TRUE(removed.json["avatar_url"].is_null());
  EXPECT_TRUE(anna_->get("/api/users/profile").json["avatar_url"].is_null());
  EXPECT_EQ(client().get(second).status, 404);
  EXPECT_TRUE(until([&] { return files_of(*anna_) == 0; }));

  send(3);
  anna_->put("/api/users/profile", R"({"avatar_url":null})");
  EXPECT_TRUE(until([&] { return files_of(*anna_) == 0; })) << "taken out of the profile";
}

TEST_P(MediaApiTest, AnAvatarMayComeAsBase64) {
  const auto send = [&](const std::string& text) {
    Reply reply;
    EXPECT_TRUE(until([&] {
      reply = anna_->post("/api/auth/avatar", R"({"image":")" + text + "\"}");
      return reply.status != 503;
    }));
    return reply;
  };
  const Reply set = send(to_base64(jpeg_of({})));
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(client().get(set.json["avatar_url"].text()).status, 200);
  EXPECT_EQ(send("data:image/jpeg;base64," + to_base64(jpeg_of({.seed = 2}))).status, 200);
  EXPECT_EQ(send("***").status, 400);
  EXPECT_EQ(send(to_base64("a text")).status, 400);
  EXPECT_EQ(anna_->post("/api/auth/avatar", "{}").status, 400);
  const Reply large = send(to_base64(std::string(9 << 20, 'x')));
  EXPECT_EQ(large.status, 400) << "read, and no picture";
  EXPECT_EQ(send(to_base64(std::string((10 << 20) + 3, 'x'))).status, 413);
}

TEST_P(MediaApiTest, WhatIsMeasuredAndLoggedHasNoNamesAndNoPlaces) {
  add_photo(*anna_, ruck_, {.taken = rucking::Position{.lat_deg = 47.1234, .lng_deg = 8.4321}});
  send_photos(*anna_, ruck_, {{.name = "secret-name.jpg", .bytes = "x"}});
  const std::string metrics = server_->metrics();
  EXPECT_THAT(metrics, HasSubstr(R"(ruck_media_processed_total{outcome="ready"} 1)"));
  EXPECT_THAT(metrics, HasSubstr(R"(ruck_media_processed_total{outcome="refused"} 1)"));
  EXPECT_THAT(metrics, HasSubstr("ruck_media_files_total 2"));
  for (const char* text : {"IMG_1", "secret-name", "47.12", "8.43"}) {
    EXPECT_THAT(server_->log(), Not(HasSubstr(text)));
  }
}

RUCK_ON_BOTH_DATABASES(MediaApiTest);

}  // namespace
}  // namespace ruck::test
