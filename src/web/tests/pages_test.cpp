#include "web/pages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace ruck::web {
namespace {
using http::Header;

constexpr auto kFiles = std::to_array<embedded::WebFile>({
    {.name = "assets/app-1a2b.js",
     .bytes = "let walked = 0;",
     .gzip = "<gzip>",
     .brotli = "<brotli>",
     .digest = "1a2b"},
    {.name = "assets/engine-3c.wasm", .bytes = "\0asm", .gzip = "<gzip>", .digest = "3c"},
    {.name = "assets/icon-4d.png", .bytes = "<png>", .digest = "4d"},
    {.name = "index.html", .bytes = "<!doctype html>", .digest = "77"},
});

struct Ask {
  std::string path;
  std::string encodings;
  std::string if_none_match;
};
http::Response ask(const Ask& ask, const Origins& origins = {}) {
  const Pages pages(kFiles, origins);
  http::Request request{.method = http::Method::kGet, .path = ask.path};
  request.headers[static_cast<std::size_t>(Header::kAcceptEncoding)] = ask.encodings;
  request.headers[static_cast<std::size_t>(Header::kIfNoneMatch)] = ask.if_none_match;
  return pages.answer(request);
}
std::string header(const http::Response& response, std::string_view name) {
  const auto found =
      std::ranges::find(response.headers, name, [](const auto& pair) { return pair.first; });
  return found == response.headers.end() ? "" : found->second;
}

TEST(Pages, AFileWithAHashInItsNameIsKeptForever) {
  const auto response = ask({.path = "/assets/app-1a2b.js", .encodings = {}, .if_none_match = {}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(response.bytes(), "let walked = 0;");
  EXPECT_EQ(header(response, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(response, "Content-Encoding"), "");
}

TEST(Pages, TheSmallestEncodingThatTheBrowserTakesIsSent) {
  const auto brotli =
      ask({.path = "/assets/app-1a2b.js", .encodings = "gzip, deflate, br", .if_none_match = {}});
  EXPECT_EQ(brotli.bytes(), "<brotli>");
  EXPECT_EQ(header(brotli, "Content-Encoding"), "br");
  const auto gzip =
      ask({.path = "/assets/app-1a2b.js", .encodings = "gzip, br;q=0", .if_none_match = {}});
  EXPECT_EQ(gzip.bytes(), "<gzip>");
  EXPECT_EQ(header(gzip, "Content-Encoding"), "gzip");
  const auto engine =
      ask({.path = "/assets/engine-3c.wasm", .encodings = "br, gzip", .if_none_match = {}});
  EXPECT_EQ(engine.bytes(), "<gzip>");
  EXPECT_EQ(header(engine, "Vary"), "Accept-Encoding");
  EXPECT_EQ(engine.content_type, "application/wasm");
}

// A strong ETag names one sequence of bytes, and a cache must know that there are several.
TEST(Pages, EachEncodingHasAnETagOfItsOwnAndSaysThatThereAreOthers) {
  std::set<std::string> etags;
  for (const char* encodings : {"", "gzip", "br"}) {
    const auto response =
        ask({.path = "/assets/app-1a2b.js", .encodings = encodings, .if_none_match = {}});
    const std::string etag = header(response, "ETag");
    etags.insert(etag);
    EXPECT_EQ(header(response, "Vary"), "Accept-Encoding") << encodings;
    const auto again =
        ask({.path = "/assets/app-1a2b.js", .encodings = encodings, .if_none_match = etag});
    EXPECT_EQ(again.status, 304) << encodings;
    EXPECT_EQ(header(again, "Vary"), "Accept-Encoding") << encodings;
    EXPECT_EQ(header(again, "Content-Encoding"), "") << encodings;
  }
  EXPECT_EQ(etags.size(), 3U);
}

TEST(Pages, EveryPageOfTheAppIsTheIndexWhichIsAskedForAgain) {
  for (const char* path : {"/", "/rucks/7881299347898369", "/reset-password", "/clubs/1"}) {
    const auto response = ask({.path = path, .encodings = {}, .if_none_match = {}});
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.bytes(), "<!doctype html>") << path;
    EXPECT_EQ(header(response, "Cache-Control"), "no-cache") << path;
    EXPECT_EQ(header(response, "ETag"), "\"77\"") << path;
  }
}

TEST(Pages, WhatTheBrowserHasIsNotSentAgain) {
  const auto response = ask({.path = "/", .encodings = {}, .if_none_match = "W/\"77\""});
  EXPECT_EQ(response.status, 304);
  EXPECT_EQ(response.bytes(), "");
  EXPECT_EQ(header(response, "ETag"), "\"77\"");
  EXPECT_EQ(ask({.path = "/", .encodings = {}, .if_none_match = "\"78\""}).status, 200);
}

TEST(Pages, AFileThatIsNotThereIsNotAPage) {
  for (const char* path : {"/assets/app-old.js", "/favicon.ico", "/.well-known/security.txt",
                           "/apple-app-site-association"}) {
    EXPECT_EQ(ask({.path = path, .encodings = {}, .if_none_match = {}}).status, 404) << path;
  }
}

TEST(Pages, NothingMayBeLoadedFromElsewhereButTilesThatWereConfigured) {
  const std::string policy =
      header(ask({.path = "/", .encodings = {}, .if_none_match = {}}), "Content-Security-Policy");
  EXPECT_EQ(policy.find("http"), std::string::npos) << policy;
  EXPECT_EQ(policy.find("unsafe-inline"), std::string::npos) << policy;
  EXPECT_NE(policy.find("script-src 'self' 'wasm-unsafe-eval';"), std::string::npos) << policy;
  const Origins tiles{.tiles = origin_of("https://{s}.tile.example.org/{z}/{x}/{y}.png")};
  const std::string with_tiles = header(
      ask({.path = "/", .encodings = {}, .if_none_match = {}}, tiles), "Content-Security-Policy");
  EXPECT_NE(with_tiles.find("img-src 'self' data: blob: https://*.tile.example.org;"),
            std::string::npos)
      << with_tiles;
}

TEST(Pages, AnOriginIsOnlySchemeAndHost) {
  EXPECT_EQ(origin_of("https://tiles.example.org:8443/{z}/{x}/{y}.png"),
            "https://tiles.example.org:8443");
  EXPECT_EQ(origin_of("/tiles/{z}/{x}/{y}.png"), "");
  EXPECT_EQ(origin_of("https://evil.example; script-src *"), "");
  EXPECT_EQ(origin_of("javascript:alert(1)"), "");
}
}  // namespace
}  // namespace ruck::web
