#include "http/client/address_rules.hpp"

#include <algorithm>
#include <span>

namespace ruck::http {
namespace {
struct Range4 {
  std::array<std::uint8_t, 4> address;
  unsigned bits;
};
constexpr Range4 kNotPublic4[] = {
    {{0, 0, 0, 0}, 8},         // this network, and the unspecified address
    {{10, 0, 0, 0}, 8},        // private (RFC 1918)
    {{100, 64, 0, 0}, 10},     // carriers' own (RFC 6598); a cloud has its metadata here
    {{127, 0, 0, 0}, 8},       // loopback
    {{168, 63, 129, 16}, 32},  // Azure's platform, seen from its virtual machines only
    {{169, 254, 0, 0}, 16},    // link-local; metadata at 169.254.169.254
    {{172, 16, 0, 0}, 12},     // private
    {{192, 0, 0, 0}, 24},      // protocol assignments; a cloud has its metadata here
    {{192, 0, 2, 0}, 24},      // documentation (RFC 5737)
    {{192, 88, 99, 0}, 24},    // relays of 6to4, withdrawn (RFC 7526)
    {{192, 168, 0, 0}, 16},    // private
    {{198, 18, 0, 0}, 15},     // benchmarks (RFC 2544)
    {{198, 51, 100, 0}, 24},   // documentation
    {{203, 0, 113, 0}, 24},    // documentation
    {{224, 0, 0, 0}, 4},       // multicast
    {{240, 0, 0, 0}, 4},       // reserved, and broadcast
};

struct Range6 {
  std::array<std::uint8_t, 6> prefix;
  unsigned bits;
};
// Of 2000::/3, outside of which nothing is public: loopback, unique-local (metadata at
// fd00:ec2::254), link-local, multicast, ::/96.
constexpr Range6 kGlobal6{{0x20}, 3};
constexpr Range6 kNotPublic6[] = {
    {{0x20, 0x01, 0x00}, 23},        // protocol assignments: Teredo, benchmarks, ORCHID
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation (RFC 3849)
    {{0x20, 0x02}, 16},              // 6to4
    {{0x3f, 0xff}, 20},              // documentation (RFC 9637)
};

constexpr AddressBytes kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr AddressBytes kNat64{0x00, 0x64, 0xff, 0x9b};  // RFC 6052
constexpr std::size_t kEmbeddedAt = 12;                 // bytes before the IPv4 address

bool shares_prefix(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                   unsigned bits) {
  for (std::size_t i = 0; i * 8 < bits; ++i) {
    const auto left = bits - static_cast<unsigned>(i) * 8;
    const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xffU : 0xffU << (8 - left));
    if ((a[i] & mask) != (b[i] & mask)) return false;
  }
  return true;
}

bool is_public4(std::span<const std::uint8_t> address) {
  return std::ranges::none_of(kNotPublic4, [&](const Range4& range) {
    return shares_prefix(address, range.address, range.bits);
  });
}
}  // namespace

bool is_public_address(const AddressBytes& address) {
  const std::span<const std::uint8_t> bytes = address;
  const bool embeds_v4 =
      std::ranges::equal(bytes.first(kEmbeddedAt), std::span(kMapped).first(kEmbeddedAt)) ||
      std::ranges::equal(bytes.first(kEmbeddedAt), std::span(kNat64).first(kEmbeddedAt));
  if (embeds_v4) return is_public4(bytes.subspan(kEmbeddedAt));
  if (!shares_prefix(bytes, kGlobal6.prefix, kGlobal6.bits)) return false;
  return std::ranges::none_of(kNotPublic6, [&](const Range6& range) {
    return shares_prefix(bytes, range.prefix, range.bits);
  });
}

}  // namespace ruck::http
