#pragma once
// The web app's files over HTTP.
#include "base/embedded.hpp"
#include "http/router.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ruck::web {

// What the browser may load from elsewhere. Nothing, unless the operator has set a tile server.
struct Origins {
  std::string tiles;  // "https://tile.example.org", or empty
};

// The scheme and host of a URL template; empty for one that is not http(s).
[[nodiscard]] std::string origin_of(std::string_view url_template);

class Pages {
 public:
  // `files` outlive this.
  Pages(std::span<const embedded::WebFile> files, const Origins& origins);

  [[nodiscard]] bool empty() const { return files_.empty(); }
  [[nodiscard]] http::Response answer(const http::Request& request) const;

 private:
  struct Entry {
    std::string_view content_type;
    std::string digest;
    bool is_immutable = false;
    std::shared_ptr<const http::SharedBody> plain;
    std::shared_ptr<const http::SharedBody> gzip;    // null where there is none
    std::shared_ptr<const http::SharedBody> brotli;  // likewise
  };
  [[nodiscard]] const Entry* find(std::string_view path) const;
  [[nodiscard]] static std::string etag_of(const Entry& entry, std::string_view encoding);
  [[nodiscard]] http::Response send(const Entry& entry, const http::Request& request) const;

  std::map<std::string, Entry, std::less<>> files_;  // by address
  std::string policy_;
};

void add_routes(http::Router& router, const Pages& pages);

}  // namespace ruck::web
