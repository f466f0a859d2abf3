#include "http/address.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace ruck::http {
namespace {
constexpr unsigned kMappedBits = 96;       // of the prefix that marks an IPv4 address
constexpr std::size_t kCustomerBytes = 8;  // of a /64

bool shares_prefix(const AddressBytes& a, const AddressBytes& b, unsigned bits) {
  for (unsigned i = 0; i < 16 && i * 8 < bits; ++i) {
    const unsigned left = bits - i * 8;
    const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xff : 0xff << (8 - left));
    if ((a[i] & mask) != (b[i] & mask)) return false;
  }
  return true;
}

bool is_v4(const AddressBytes& bytes) {
  constexpr AddressBytes kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return shares_prefix(bytes, kMapped, kMappedBits);
}

std::string text_of(const AddressBytes& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = is_v4(bytes);
  ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? 12 : 0), text.data(), text.size());
  return text.data();
}

bool is_port(std::string_view text) {
  if (text.starts_with('_')) return text.size() > 1;  // obfuscated: RFC 7239 §6.3
  return parse_number<std::uint16_t>(text).has_value();
}

// The address of a node of a chain: "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]"
// or "[2001:db8::1]:4711". Nothing for "unknown" and names that hide an address.
std::optional<std::string> address_in(std::string_view node) {
  node = trim(node);
  std::string_view host = node;
  if (node.starts_with('[')) {
    const std::size_t end = node.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = node.substr(1, end - 1);
    const std::string_view rest = node.substr(end + 1);
    const bool is_sound = rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
    if (!is_sound || !host.contains(':')) return std::nullopt;
  } else if (std::ranges::count(node, ':') == 1) {
    const std::size_t colon = node.find(':');
    if (!is_port(node.substr(colon + 1))) return std::nullopt;
    host = node.substr(0, colon);
  }
  const auto bytes = parse_address(host);
  return bytes ? std::optional(text_of(*bytes)) : std::nullopt;
}

// One step of the chain, as the proxy that received it wrote it down.
struct Hop {
  std::string node;
  std::string proto;  // empty: not said
};

enum class Quotes : std::uint8_t { kHold, kAreText };

// Up to the next `separator`, outside of quotes where these hold, taken from the front of `text`.
std::string_view take_item(std::string_view& text, char separator, Quotes quotes) {
  bool is_quoted = false;
  std::size_t at = 0;
  for (; at < text.size() && (is_quoted || text[at] != separator); ++at) {
    if (text[at] == '"' && quotes == Quotes::kHold) is_quoted = !is_quoted;
    if (text[at] == '\\' && is_quoted) ++at;
  }
  at = std::min(at, text.size());
  const std::string_view item = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return item;
}

// A client may begin a quote and leave it to the proxy's own words to end it: then quotes mean
// nothing, and what stands behind the last comma is the proxy's.
Quotes quotes_in(std::string_view field) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '"') is_quoted = !is_quoted;
    if (field[i] == '\\' && is_quoted) ++i;
  }
  return is_quoted ? Quotes::kAreText : Quotes::kHold;
}

// What stands between the commas of a field. An empty element is one, also behind the last comma: a
// proxy that did not know whom it spoke to may have written it.
std::vector<std::string_view> items_of(std::string_view field, Quotes quotes) {
  std::vector<std::string_view> items;
  for (bool has_more = !field.empty(); has_more;) {
    const std::size_t before = field.size();
    const std::string_view item = take_item(field, ',', quotes);
    has_more = item.size() < before;
    items.push_back(trim(item));
  }
  return items;
}

std::string unquoted(std::string_view value) {
  value = trim(value);
  if (value.size() < 2 || !value.starts_with('"') || !value.ends_with('"')) {
    return std::string(value);
  }
  std::string out;
  for (std::size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] == '\\' && i + 2 < value.size()) ++i;
    out.push_back(value[i]);
  }
  return out;
}

// RFC 7239 §4: elements between commas, each of them pairs between semicolons.
std::vector<Hop> hops_in_forwarded(std::string_view field) {
  std::vector<Hop> hops;
  const Quotes quotes = quotes_in(field);
  for (std::string_view element : items_of(field, quotes)) {
    Hop hop;
    while (!element.empty()) {
      const std::string_view pair = take_item(element, ';', quotes);
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string_view name = trim(pair.substr(0, equals));
      if (equals_ignoring_case(name, "for")) hop.node = unquoted(pair.substr(equals + 1));
      if (equals_ignoring_case(name, "proto")) hop.proto = unquoted(pair.substr(equals + 1));
    }
    hops.push_back(std::move(hop));
  }
  return hops;
}

// The scheme belongs to the hop of the same place where every proxy added one; else the last word
// counts, which is our own proxy's.
std::vector<Hop> hops_in_lists(std::string_view addresses, std::string_view protos) {
  const std::vector<std::string_view> schemes = items_of(protos, Quotes::kAreText);
  std::vector<Hop> hops;
  for (const std::string_view node : items_of(addresses, Quotes::kAreText)) {
    hops.push_back({.node = std::string(node)});
  }
  if (schemes.empty()) return hops;
  for (std::size_t i = 0; i < hops.size(); ++i) {
    hops[i].proto = schemes.size() == hops.size() ? schemes[i] : schemes.back();
  }
  return hops;
}
}  // namespace

std::optional<AddressBytes> parse_address(std::string_view text) {
  const std::string owned(text);
  if (owned.contains('\0')) return std::nullopt;
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

std::string canonical_address(std::string_view text) {
  const auto bytes = parse_address(text);
  return bytes ? text_of(*bytes) : std::string(text);
}

std::string address_key(std::string_view address) {
  auto bytes = parse_address(address);
  if (!bytes) return std::string(address);
  if (is_v4(*bytes)) return text_of(*bytes);
  std::fill(bytes->begin() + kCustomerBytes, bytes->end(), std::uint8_t{0});
  return text_of(*bytes) + "/64";
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
    const bool is_v4_text = !item.substr(0, slash).contains(':');
    std::optional<unsigned> bits = is_v4_text ? 32U : 128U;
    if (slash != std::string_view::npos) bits = parse_number<unsigned>(item.substr(slash + 1));
    if (!address || !bits || *bits > (is_v4_text ? 32U : 128U)) {
      return fail(ErrorCode::kInvalidInput,
                  "\"" + std::string(item) + "\" is not an address or a range like 10.0.0.0/8");
    }
    out.ranges_.push_back({.address = *address, .bits = is_v4_text ? *bits + kMappedBits : *bits});
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

ClientAddress TrustedProxies::client_of(std::string_view peer,
                                        const ForwardedFields& fields) const {
  ClientAddress client{.address = std::string(peer)};
  if (!trusts(peer)) return client;
  const auto schemes = items_of(fields.forwarded_proto, Quotes::kAreText);
  std::string proto = schemes.empty() ? std::string() : std::string(schemes.back());
  const bool uses_lists = header_ == ProxyHeader::kForwardedFor ||
                          (header_ == ProxyHeader::kAuto && !fields.forwarded_for.empty());
  const std::vector<Hop> hops = uses_lists
                                    ? hops_in_lists(fields.forwarded_for, fields.forwarded_proto)
                                    : hops_in_forwarded(fields.forwarded);
  for (std::size_t left = hops.size(); left > 0 && trusts(client.address); --left) {
    const Hop& hop = hops[left - 1];
    if (!hop.proto.empty()) proto = hop.proto;
    auto address = address_in(hop.node);
    if (!address) break;
    client.address = std::move(*address);
  }
  client.is_secure = equals_ignoring_case(proto, "https");
  return client;
}

}  // namespace ruck::http
