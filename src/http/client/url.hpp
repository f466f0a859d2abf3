#pragma once
#include "base/error.hpp"

#include <string>
#include <string_view>

namespace ruck::http {

// http://host:port/path, taken apart.
struct Url {
  std::string host;  // a name or an address, one of IPv6 without its brackets
  std::string port = "80";
  std::string path;  // as it is sent, without a slash at its end

  // What the Host header says (RFC 9110 section 7.2).
  [[nodiscard]] std::string authority() const;
};
// kInvalidInput for anything else, also with a user, a query or a fragment.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace ruck::http
