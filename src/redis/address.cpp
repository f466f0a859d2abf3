#include "redis/address.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <optional>

namespace ruck::redis {
namespace {
constexpr std::string_view kPlain = "redis://";
constexpr std::string_view kSecure = "rediss://";

std::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorCode::kInvalidInput, "redis_url: " + std::string(what));
}

Result<> take_credentials(Address& address, std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) {
    return wrong("before the @ goes USER:PASSWORD, or :PASSWORD");
  }
  const auto user = percent_decode(text.substr(0, colon), false);
  const auto password = percent_decode(text.substr(colon + 1), false);
  if (!user || !password) return wrong("a % is followed by two hexadecimal digits");
  address.user = *user;
  address.password = *password;
  return {};
}

Result<> take_database(Address& address, std::string_view text) {
  const auto number = parse_number<int>(text);
  if (!number || *number < 0 || *number > kDatabaseMax) {
    return wrong("behind the address goes /NUMBER of a database, or nothing");
  }
  address.database = *number;
  return {};
}

Result<> take_host(Address& address, std::string_view text) {
  const bool is_ipv6 = text.starts_with('[');
  const std::size_t end = is_ipv6 ? text.find(']') : text.find(':');
  if (is_ipv6 && end == std::string_view::npos) return wrong("a ] is missing");
  std::string_view host = is_ipv6 ? text.substr(1, end - 1) : text.substr(0, end);
  std::string_view rest;
  if (end != std::string_view::npos) rest = text.substr(is_ipv6 ? end + 1 : end);
  const bool is_odd = std::ranges::any_of(
      host, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == '@'; });
  if (host.empty() || is_odd) return wrong("there is no host in it");
  Host& taken = address.hosts.emplace_back(Host{.name = std::string(host)});
  if (rest.empty()) return {};
  const auto port =
      rest.starts_with(':') ? parse_number<std::uint16_t>(rest.substr(1)) : std::nullopt;
  if (!port || *port == 0) return wrong("the port must be a number from 1 to 65535");
  taken.port = *port;
  return {};
}

Result<> take_hosts(Address& address, std::string_view text) {
  for (bool is_last = false; !is_last;) {
    const std::size_t comma = text.find(',');
    is_last = comma == std::string_view::npos;
    if (Result<> taken = take_host(address, text.substr(0, comma)); !taken) return taken;
    if (!is_last) text.remove_prefix(comma + 1);
  }
  if (address.hosts.size() > kHostsMax) return wrong("there are too many hosts in it");
  return {};
}
}  // namespace

Result<Address> parse_address(std::string_view url) {
  if (url.starts_with(kSecure)) {
    return wrong(
        "rediss:// is not supported: Debian 12's hiredis (0.14) has no TLS. Use redis://"
        " in a private network, or through a tunnel such as stunnel");
  }
  if (!url.starts_with(kPlain)) return wrong("must begin with redis://");
  std::string_view rest = url.substr(kPlain.size());
  Address address;
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    if (const Result<> taken = take_credentials(address, rest.substr(0, at)); !taken) {
      return fail(taken.error());
    }
    rest.remove_prefix(at + 1);
  }
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos && slash + 1 < rest.size()) {
    if (const Result<> taken = take_database(address, rest.substr(slash + 1)); !taken) {
      return fail(taken.error());
    }
  }
  if (const Result<> taken = take_hosts(address, rest.substr(0, slash)); !taken) {
    return fail(taken.error());
  }
  return address;
}

}  // namespace ruck::redis
