#include "web/pages.hpp"

#include "http/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ruck::web {
namespace {
constexpr std::string_view kIndex = "/index.html";
constexpr std::string_view kAssets = "/assets/";
constexpr std::string_view kForever = "public, max-age=31536000, immutable";
constexpr std::string_view kAskAgain = "no-cache";

constexpr auto kTypes = std::to_array<std::pair<std::string_view, std::string_view>>({
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".wasm", "application/wasm"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
});
std::string_view type_of(std::string_view name) {
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

std::shared_ptr<const http::SharedBody> body_of(std::string_view bytes) {
  if (bytes.empty()) return nullptr;
  auto body = std::make_shared<http::SharedBody>();
  body->bytes = bytes;
  return body;
}

// A page's address has no dot in its last part; what has one is a file that is not there.
bool is_page(std::string_view path) {
  if (path.starts_with("/.well-known/") || path == "/apple-app-site-association") return false;
  // Operators' own listener has it; a scraper that asks here by mistake must not get a page.
  if (path == "/metrics" || path == "/metrics/") return false;
  return path.substr(path.rfind('/') + 1).find('.') == std::string_view::npos;
}

// Weak or strong, one or several, or any: If-None-Match of RFC 9110 §13.1.2.
bool names(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}
}  // namespace

std::string origin_of(std::string_view url_template) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!url_template.starts_with(scheme)) continue;
    const std::string_view rest = url_template.substr(scheme.size());
    std::string host(rest.substr(0, rest.find('/')));
    // Leaflet's {s} stands for one of several hosts of the same domain.
    if (const std::size_t at = host.find("{s}"); at != std::string::npos) host.replace(at, 3, "*");
    const bool is_plain = !host.empty() && std::ranges::all_of(host, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '.' || c == '-' || c == ':' || c == '*';
    });
    return is_plain ? std::string(scheme) + host : std::string();
  }
  return {};
}

Pages::Pages(std::span<const embedded::WebFile> files, const Origins& origins) {
  const std::string tiles = origins.tiles.empty() ? "" : " " + origins.tiles;
  // No inline script and no inline style; the engine is WebAssembly. Tiles come as images, and
  // through the service worker as fetches.
  policy_ =
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
      "img-src 'self' data: blob:" +
      tiles + "; connect-src 'self'" + tiles +
      "; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
      "frame-ancestors 'none'";
  for (const embedded::WebFile& file : files) {
    std::string address = "/" + std::string(file.name);
    Entry entry{.content_type = type_of(file.name),
                .digest = std::string(file.digest),
                .is_immutable = address.starts_with(kAssets),
                .plain = body_of(file.bytes),
                .gzip = body_of(file.gzip),
                .brotli = body_of(file.brotli)};
    if (!entry.plain) entry.plain = std::make_shared<http::SharedBody>();
    files_.emplace(std::move(address), std::move(entry));
  }
}

const Pages::Entry* Pages::find(std::string_view path) const {
  const auto file = files_.find(path);
  if (file != files_.end()) return &file->second;
  if (!is_page(path)) return nullptr;
  const auto index = files_.find(kIndex);
  return index == files_.end() ? nullptr : &index->second;
}

http::Response Pages::answer(const http::Request& request) const {
  const Entry* entry = find(request.path);
  if (entry == nullptr) return http::problem({.code = ErrorCode::kNotFound}, request.request_id);
  return send(*entry, request);
}

// Each encoding is another sequence of bytes, and a strong ETag names one (RFC 9110 §8.8.3.3): a
// cache that answers for parts of a file must not put parts of two together.
std::string Pages::etag_of(const Entry& entry, std::string_view encoding) {
  return encoding.empty() ? fmt::format("\"{}\"", entry.digest)
                          : fmt::format("\"{}-{}\"", entry.digest, encoding);
}

http::Response Pages::send(const Entry& entry, const http::Request& request) const {
  const std::string_view accepts = request.header(http::Header::kAcceptEncoding);
  http::Response response{.content_type = entry.content_type, .shared = entry.plain};
  std::string_view encoding;
  if (entry.brotli && http::list_accepts(accepts, "br")) {
    response.shared = entry.brotli;
    encoding = "br";
  } else if (entry.gzip && http::list_accepts(accepts, "gzip")) {
    response.shared = entry.gzip;
    encoding = "gzip";
  }
  response.headers.emplace_back("Cache-Control", entry.is_immutable ? kForever : kAskAgain);
  response.headers.emplace_back("Content-Security-Policy", policy_);
  response.headers.emplace_back("Permissions-Policy",
                                "geolocation=(self), screen-wake-lock=(self), camera=(), "
                                "microphone=(), payment=(), usb=()");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  std::string etag = etag_of(entry, encoding);
  const bool is_known = names(request.header(http::Header::kIfNoneMatch), etag);
  response.headers.emplace_back("ETag", std::move(etag));
  if (entry.gzip || entry.brotli) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (is_known) {
    response.status = 304;
    response.shared = nullptr;
    return response;
  }
  if (!encoding.empty()) response.headers.emplace_back("Content-Encoding", encoding);
  return response;
}

namespace {
task<http::Response> answered(http::Response response) { co_return response; }
}  // namespace

void add_routes(http::Router& router, const Pages& pages) {
  if (pages.empty()) return;
  router.set_fallback([&pages](http::Call& call) { return answered(pages.answer(call.request)); });
}

}  // namespace ruck::web
