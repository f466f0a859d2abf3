#pragma once
// Which address a request came from. Behind a proxy that the operator trusts, it is the one that
// the proxy forwards; nobody else's X-Forwarded-For is believed.
#include "base/error.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::http {

// An IPv4 address (as ::ffff:a.b.c.d) or an IPv6 one.
using AddressBytes = std::array<std::uint8_t, 16>;
[[nodiscard]] std::optional<AddressBytes> parse_address(std::string_view text);

class TrustedProxies {
 public:
  // A comma-separated list of addresses and CIDR ranges, "127.0.0.1, 10.0.0.0/8".
  [[nodiscard]] static Result<TrustedProxies> parse(std::string_view list);

  [[nodiscard]] bool trusts(std::string_view address) const;
  // The nearest address of the forwarded chain that is not a trusted proxy; `peer` itself where it
  // is not trusted or forwards nothing.
  [[nodiscard]] std::string_view client_of(std::string_view peer,
                                           std::string_view forwarded_for) const;

 private:
  struct Range {
    AddressBytes address{};
    unsigned bits = 128;
  };
  std::vector<Range> ranges_;
};

}  // namespace ruck::http
