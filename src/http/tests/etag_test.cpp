#include "http/etag.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ruck::http {
namespace {

Request asking(Method method, std::string_view if_none_match) {
  Request request{.method = method};
  request.headers[static_cast<std::size_t>(Header::kIfNoneMatch)] = if_none_match;
  return request;
}
std::string header_of(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST(Etag, OneByteMakesAnotherTag) {
  std::set<std::string> tags;
  for (const std::string text : {"", "a", "b", "abcdefgh", "abcdefgi", "abcdefgha", "bbcdefgh"}) {
    EXPECT_TRUE(tags.insert(etag_of(text)).second) << text;
    EXPECT_EQ(etag_of(text), etag_of(text));
  }
  EXPECT_TRUE(tags.insert(etag_of(std::string(1, '\0'))).second) << "a nought is not nothing";
}

TEST(Etag, WhatTheClientHasIsNotSentAgain) {
  Response first{.body = "{}"};
  revalidate(asking(Method::kGet, ""), first);
  EXPECT_EQ(first.status, 200);
  const std::string tag = header_of(first, "ETag");
  EXPECT_EQ(tag, etag_of("{}"));
  EXPECT_EQ(header_of(first, "Cache-Control"), "private, no-cache");
  for (const std::string& known : {tag, "\"other\", " + tag, tag.substr(2), std::string("*")}) {
    Response again{.body = "{}"};
    revalidate(asking(Method::kGet, known), again);
    EXPECT_EQ(again.status, 304) << known;
    EXPECT_EQ(again.bytes(), "");
    EXPECT_EQ(header_of(again, "ETag"), tag);
  }
  Response changed{.body = "{\"a\":1}"};
  revalidate(asking(Method::kGet, tag), changed);
  EXPECT_EQ(changed.status, 200);
}

TEST(Etag, OnlyReadsThatSucceededHaveOne) {
  Response failed{.status = 404, .body = "{}"};
  revalidate(asking(Method::kGet, "*"), failed);
  EXPECT_EQ(failed.status, 404);
  Response written{.body = "{}"};
  revalidate(asking(Method::kDelete, "*"), written);
  EXPECT_EQ(written.status, 200);
  EXPECT_TRUE(written.headers.empty());
}

}  // namespace
}  // namespace ruck::http
