#pragma once
// Which address a request came from. Behind a proxy that the operator trusts, it is the one that
// the proxy forwards; nobody else's X-Forwarded-For or Forwarded (RFC 7239) is believed.
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

// An address as it is written, in one form only: an IPv4 address mapped into IPv6 is the IPv4 one.
// Text that is no address stays as it is.
[[nodiscard]] std::string canonical_address(std::string_view text);

// Who is limited by an address: an IPv4 address, or the /64 prefix of an IPv6 one, since a customer
// has at least that many of them.
[[nodiscard]] std::string address_key(std::string_view address);

// Which field the trusted proxies write. A proxy that writes one of them passes on the client's own
// text in the other, so an operator should set it.
enum class ProxyHeader : std::uint8_t {
  kAuto,  // X-Forwarded-For where there is one, else Forwarded
  kForwardedFor,
  kForwarded,
};

// What proxies say in a request; several lines of one field joined by commas.
struct ForwardedFields {
  std::string_view forwarded_for;    // X-Forwarded-For
  std::string_view forwarded;        // Forwarded
  std::string_view forwarded_proto;  // X-Forwarded-Proto
};

struct ClientAddress {
  std::string address;
  bool is_secure = false;  // a trusted proxy says that the client speaks https with it
};

class TrustedProxies {
 public:
  // A comma-separated list of addresses and CIDR ranges, "127.0.0.1, 10.0.0.0/8".
  [[nodiscard]] static Result<TrustedProxies> parse(std::string_view list);

  void set_header(ProxyHeader header) { header_ = header; }
  [[nodiscard]] bool trusts(std::string_view address) const;
  // The nearest address of the forwarded chain that is not a trusted proxy; `peer` itself where it
  // is not trusted or forwards nothing.
  [[nodiscard]] ClientAddress client_of(std::string_view peer, const ForwardedFields& fields) const;

 private:
  struct Range {
    AddressBytes address{};
    unsigned bits = 128;
  };
  std::vector<Range> ranges_;
  ProxyHeader header_ = ProxyHeader::kAuto;
};

}  // namespace ruck::http
