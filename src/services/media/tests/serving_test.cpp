// Ranges, conditions, formats, and who gets what.
#include "services/media/serving.hpp"

#include "services/media/tests/fixture.hpp"
#include "services/rucks/store.hpp"

namespace ruck::photos {
namespace {
using std::chrono::hours;

TEST(AskedRange, OneRangeInAllItsForms) {
  struct Case {
    std::string_view field;
    RangeKind kind;
    std::size_t first = 0;
    std::size_t count = 0;
  };
  // RFC 9110 §14.1.2, of 100 bytes.
  for (const Case& each :
       std::initializer_list<Case>{{"bytes=0-9", RangeKind::kPart, 0, 10},
                                   {"bytes=90-", RangeKind::kPart, 90, 10},
                                   {"bytes=-10", RangeKind::kPart, 90, 10},
                                   {"bytes=-1000", RangeKind::kPart, 0, 100},
                                   {"bytes=0-1000", RangeKind::kPart, 0, 100},
                                   {"BYTES=99-99", RangeKind::kPart, 99, 1},
                                   {"bytes=100-", RangeKind::kUnsatisfiable},
                                   {"bytes=-0", RangeKind::kUnsatisfiable},
                                   {"bytes=500-600", RangeKind::kUnsatisfiable},
                                   {"", RangeKind::kWhole},
                                   {"bytes=", RangeKind::kWhole},
                                   {"bytes=-", RangeKind::kWhole},
                                   {"bytes=9-5", RangeKind::kWhole},
                                   {"bytes=a-b", RangeKind::kWhole},
                                   {"bytes=0-9,20-29", RangeKind::kWhole},
                                   {"bytes=99999999999999999999-", RangeKind::kWhole},
                                   {"items=0-9", RangeKind::kWhole}}) {
    const AskedRange range = asked_range(each.field, 100);
    EXPECT_EQ(range.kind, each.kind) << each.field;
    EXPECT_EQ(range.part.first, each.first) << each.field;
    EXPECT_EQ(range.part.count, each.count) << each.field;
  }
  EXPECT_EQ(asked_range("bytes=0-", 0).kind, RangeKind::kUnsatisfiable);
  EXPECT_EQ(asked_range("bytes=-5", 0).kind, RangeKind::kUnsatisfiable);
}

class ServingTest : public MediaTest {};

TEST_P(ServingTest, APublicRucksPhotoIsEverybodysForADay) {
  const Photo photo = add_photo(ruck_, "picture lake");
  EXPECT_FALSE(photo.url.contains('?'));
  const http::Response sent = get(photo.url);
  EXPECT_EQ(sent.status, 200);
  EXPECT_EQ(sent.body, "lake large jpg");
  EXPECT_EQ(sent.content_type, "image/jpeg");
  EXPECT_EQ(field(sent, "Cache-Control"), "public, max-age=86400");
  EXPECT_EQ(field(sent, "Accept-Ranges"), "bytes");
  EXPECT_EQ(field(sent, "Cross-Origin-Resource-Policy"), "cross-origin");
  EXPECT_EQ(get(photo.thumbnail_url).body, "lake small jpg");
  EXPECT_EQ(get(photo.sizes.at(1).webp).body, "lake medium webp");
  EXPECT_EQ(get(photo.sizes.at(1).webp).content_type, "image/webp");
  EXPECT_EQ(photo.sizes.at(1).avif, std::nullopt) << "the worker here makes none";
}

TEST_P(ServingTest, WithoutAFormatTheClientIsGivenWhatItTakes) {
  const Photo photo = add_photo(ruck_, "picture lake");
  const std::string address = photo.url.substr(0, photo.url.rfind('.'));
  const auto type_for = [&](const std::string& accept) {
    const http::Response sent = get(address, {.accept = accept});
    EXPECT_EQ(field(sent, "Vary"), "Accept");
    return sent.content_type;
  };
  EXPECT_EQ(type_for("image/avif,image/webp,*/*"), "image/webp");
  EXPECT_EQ(type_for("image/png, */*;q=0.5"), "image/jpeg");
  EXPECT_EQ(type_for("image/webp;q=0"), "image/jpeg");
  EXPECT_EQ(type_for(""), "image/jpeg");
  EXPECT_EQ(field(get(photo.url), "Vary"), "");
}

TEST_P(ServingTest, ConditionsAndRangesAreHeeded) {
  const Photo photo = add_photo(ruck_, "picture lake");
  const std::string whole = "lake large jpg";
  const std::string etag = field(get(photo.url), "ETag");
  EXPECT_TRUE(etag.starts_with('"')) << "a strong one: " << etag;
  EXPECT_NE(etag, field(get(photo.sizes.at(0).webp), "ETag"));

  const http::Response same = get(photo.url, {.if_none_match = "\"x\", " + etag});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(field(same, "ETag"), etag);
  EXPECT_EQ(get(photo.url, {.if_none_match = "\"x\""}).status, 200);

  const http::Response part = get(photo.url, {.range = "bytes=5-9"});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, whole.substr(5, 5));
  EXPECT_EQ(field(part, "Content-Range"), "bytes 5-9/14");
  const http::Response beyond = get(photo.url, {.range = "bytes=14-"});
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(field(beyond, "Content-Range"), "bytes */14");
  EXPECT_EQ(get(photo.url, {.if_range = etag, .range = "bytes=0-3"}).body, "lake");
  EXPECT_EQ(get(photo.url, {.if_range = "\"old\"", .range = "bytes=0-3"}).body, whole);
}

TEST_P(ServingTest, WhatDoesNotExistIsNotFound) {
  const Photo photo = add_photo(ruck_, "picture lake");
  const std::string base = photo.url.substr(0, photo.url.rfind('/') + 1);
  for (const char* file :
       {"huge.jpg", "large.png", "large.avif", "original", "", "large.", ".jpg"}) {
    EXPECT_EQ(status_of(base + file), 404) << file;
  }
  EXPECT_EQ(status_of("/media/x/large.jpg"), 404);
  EXPECT_EQ(status_of("/media/00000000-0000-4000-8000-000000000000/large.jpg"), 404);
}

// The address is asked again each time it is used, whoever it was made for.
TEST_P(ServingTest, AnAddressEndsWithTheRightToSeeTheRuck) {
  const UserId ben = add_user("ben");
  follow(ben, anna_);
  const RuckId ruck = add_ruck(anna_, "followers");
  const std::string own = add_photo(ruck, "picture lake").url;
  EXPECT_TRUE(own.contains("?v="));
  const std::string bens = list(ben, ruck).at(0).url;
  EXPECT_NE(bens, own);
  const http::Response sent = get(bens);
  EXPECT_EQ(sent.status, 200);
  EXPECT_TRUE(field(sent, "Cache-Control").starts_with("private, max-age="));
  EXPECT_EQ(field(sent, "Cross-Origin-Resource-Policy"), "same-site");
  EXPECT_EQ(status_of(bens.substr(0, bens.find('?'))), 404) << "without its signature";
  EXPECT_EQ(status_of(bens.substr(0, bens.size() - 1)), 404) << "with a part of it";

  const UserId eve = add_user("eve");
  EXPECT_EQ(list_error(eve, ruck), ErrorCode::kRuckNotFound);
  unfollow(ben, anna_);
  EXPECT_EQ(status_of(bens), 404) << "unfollowed";
  follow(ben, anna_);
  EXPECT_EQ(status_of(bens), 200);
  block(anna_, ben);
  EXPECT_EQ(status_of(bens), 404) << "blocked";
  EXPECT_EQ(status_of(own), 200);
  clock_.advance(hours(8));
  EXPECT_EQ(status_of(own), 404) << "its end has come";
}

TEST_P(ServingTest, ARuckMadePrivateTakesItsPublicAddressesWithIt) {
  const std::string address = add_photo(ruck_, "picture lake").url;
  EXPECT_EQ(status_of(address), 200);
  change([&](db::Session& q) {
    rucks::RuckRow row = rucks::store::find(q, {anna_, ruck_}).value();
    row.visibility = "private";
    rucks::store::update(q, row);
  });
  const http::Response gone = get(address);
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(field(gone, "Cache-Control"), "") << "no-store is the default";
  EXPECT_EQ(status_of(list(anna_, ruck_).at(0).url), 200) << "its owner has an address of her own";
}

TEST_P(ServingTest, ARuckUnderWayShowsItsPhotosToItsOwnerAlone) {
  const UserId ben = add_user("ben");
  follow(ben, anna_);
  const RuckId ruck = add_ruck(anna_, "public", "in_progress");
  const std::string own = add_photo(ruck, "picture lake").url;
  EXPECT_TRUE(own.contains("?v="));
  EXPECT_EQ(status_of(own), 200);
  EXPECT_EQ(status_of(own.substr(0, own.find('?'))), 404);
  EXPECT_EQ(list_error(ben, ruck), ErrorCode::kRuckNotFound);
}

TEST_P(ServingTest, AnOriginalIsItsOwnersAlone) {
  const Uploaded reply =
      upload(anna_, {{"ruck_id", text(ruck_)}}, {{.name = "a.jpg", .bytes = "picture lake"}},
             {{"keep_original", "true"}});
  ASSERT_TRUE(reply) << reply.error().client_text();
  const auto original = reply->value.photos.at(0).original_url;
  ASSERT_TRUE(original);
  const http::Response sent = get(*original);
  EXPECT_EQ(sent.body, "picture lake");
  EXPECT_EQ(field(sent, "Content-Disposition"), "attachment");
  EXPECT_EQ(sent.content_type, "application/octet-stream");
  EXPECT_TRUE(field(sent, "Cache-Control").starts_with("private"));
  EXPECT_EQ(list(add_user("ben"), ruck_).at(0).original_url, std::nullopt);
  EXPECT_EQ(status_of(original->substr(0, original->find('?'))), 404);
  // An address for the photo is none for its original.
  const RuckId hidden = add_ruck(anna_, "private");
  const Uploaded second = upload(anna_, {{"ruck_id", text(hidden)}, {"keep_original", "true"}},
                                 {{.name = "a.jpg", .bytes = "picture lake"}});
  ASSERT_TRUE(second);
  std::string url = second->value.photos.at(0).url;
  EXPECT_EQ(status_of(url), 200);
  EXPECT_EQ(status_of(url.replace(url.find("large.jpg"), 9, "original")), 404);
}

TEST_P(ServingTest, AnAvatarIsEverybodysAndNeverChanges) {
  const auto reply = set_avatar(anna_, "picture anna");
  ASSERT_TRUE(reply) << reply.error().client_text();
  const http::Response sent = get(*reply->avatar_url);
  EXPECT_EQ(sent.body, "anna large jpg");
  EXPECT_EQ(field(sent, "Cache-Control"), "public, max-age=31536000, immutable");
}

RUCK_ON_BOTH_DATABASES(ServingTest);

}  // namespace
}  // namespace ruck::photos
