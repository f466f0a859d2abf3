#include "http/address.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace ruck::http {
namespace {
constexpr unsigned kMappedBits = 96;  // of the prefix that marks an IPv4 address

bool shares_prefix(const AddressBytes& a, const AddressBytes& b, unsigned bits) {
  for (unsigned i = 0; i < 16 && i * 8 < bits; ++i) {
    const unsigned left = bits - i * 8;
    const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xff : 0xff << (8 - left));
    if ((a[i] & mask) != (b[i] & mask)) return false;
  }
  return true;
}
}  // namespace

std::optional<AddressBytes> parse_address(std::string_view text) {
  const std::string owned(text);
  AddressBytes bytes{};
  if (::inet_pton(AF_INET6, owned.c_str(), bytes.data()) == 1) return bytes;
  in_addr v4{};
  if (::inet_pton(AF_INET, owned.c_str(), &v4) != 1) return std::nullopt;
  bytes = {};
  bytes[10] = 0xff;
  bytes[11] = 0xff;
  std::memcpy(bytes.data() + 12, &v4, 4);
  return bytes;
}

Result<TrustedProxies> TrustedProxies::parse(std::string_view list) {
  TrustedProxies out;
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    const std::string_view item = trim(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    if (item.empty()) continue;
    const std::size_t slash = item.find('/');
    const auto address = parse_address(item.substr(0, slash));
    const bool is_v4 = !item.substr(0, slash).contains(':');
    std::optional<unsigned> bits = is_v4 ? 32U : 128U;
    if (slash != std::string_view::npos) bits = parse_number<unsigned>(item.substr(slash + 1));
    if (!address || !bits || *bits > (is_v4 ? 32U : 128U)) {
      return fail(ErrorCode::kInvalidInput,
                  "\"" + std::string(item) + "\" is not an address or a range like 10.0.0.0/8");
    }
    out.ranges_.push_back({.address = *address, .bits = is_v4 ? *bits + kMappedBits : *bits});
  }
  return out;
}

bool TrustedProxies::trusts(std::string_view address) const {
  if (ranges_.empty()) return false;
  const auto bytes = parse_address(address);
  return bytes && std::ranges::any_of(ranges_, [&](const Range& range) {
           return shares_prefix(*bytes, range.address, range.bits);
         });
}

std::string_view TrustedProxies::client_of(std::string_view peer,
                                           std::string_view forwarded_for) const {
  std::string_view client = peer;
  while (trusts(client) && !forwarded_for.empty()) {
    const std::size_t comma = forwarded_for.rfind(',');
    const std::size_t start = comma == std::string_view::npos ? 0 : comma + 1;
    const std::string_view next = trim(forwarded_for.substr(start));
    forwarded_for = forwarded_for.substr(0, comma == std::string_view::npos ? 0 : comma);
    if (!parse_address(next)) break;
    client = next;
  }
  return client;
}

}  // namespace ruck::http
