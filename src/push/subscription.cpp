#include "push/subscription.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "push/keys.hpp"
#include "push/limits.hpp"
#include "push/web_push_crypto.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ruck::push {
namespace {
std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

Result<std::string> decode(std::string_view name, std::string_view text, std::size_t size) {
  // What is far too long is not even decoded.
  const auto bytes = text.size() <= 4 * size ? from_base64(text) : std::nullopt;
  if (text.empty()) return wrong(fmt::format("{} is missing", name));
  if (!bytes) return wrong(fmt::format("{} must be {} bytes in base64url", name, size));
  if (bytes->size() != size) {
    return wrong(fmt::format("{} must be {} bytes, not {}", name, size, bytes->size()));
  }
  return *bytes;
}

bool is_visible_ascii(char c) { return c > ' ' && c <= '~'; }

bool is_host_character(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

// A name or an IPv4 address, or an IPv6 address in its brackets.
bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    return host.size() > 3 && host.ends_with(']') &&
           host.find_first_not_of("0123456789abcdefABCDEF:.", 1) == host.size() - 1;
  }
  return !host.empty() && std::ranges::all_of(host, is_host_character);
}

struct Authority {
  std::string_view host;
  std::string_view port;  // empty where there is none
};
Authority split(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (!has_port) return {.host = authority, .port = {}};
  return {.host = authority.substr(0, colon), .port = authority.substr(colon + 1)};
}
}  // namespace

Result<BrowserKeys> read_keys(const WebSubscription& subscription) {
  Result<std::string> point = decode("keys.p256dh", subscription.p256dh, kPointBytes);
  if (!point) return fail(std::move(point).error());
  if (!is_on_p256(*point)) return wrong("keys.p256dh is no point of the curve P-256");
  Result<std::string> auth = decode("keys.auth", subscription.auth, kAuthSecretBytes);
  if (!auth) return fail(std::move(auth).error());
  return BrowserKeys{.point = std::move(*point), .auth = std::move(*auth)};
}

Result<std::string> origin_of(std::string_view endpoint, EndpointScheme scheme) {
  if (endpoint.size() > kEndpointBytesMax) {
    return wrong(fmt::format("endpoint must have at most {} bytes", kEndpointBytesMax));
  }
  if (!std::ranges::all_of(endpoint, is_visible_ascii)) {
    return wrong("endpoint must be ASCII without blanks");
  }
  const std::size_t colon = endpoint.find("://");
  const std::string name = ascii_lower(endpoint.substr(0, std::min(colon, endpoint.size())));
  const bool is_http = name == "http" && scheme == EndpointScheme::kHttpToo;
  if (colon == std::string_view::npos || (name != "https" && !is_http)) {
    return wrong("endpoint must begin with https://");
  }
  const std::string_view rest = endpoint.substr(colon + 3);
  const Authority authority = split(rest.substr(0, rest.find_first_of("/?#")));
  const auto port = parse_number<std::uint16_t>(authority.port);
  const bool is_port = authority.port.empty() || (port && *port != 0);
  if (!is_host(authority.host) || !is_port) return wrong("endpoint must name a host");
  std::string origin = name + "://" + ascii_lower(authority.host);
  const int usual = is_http ? 80 : 443;
  if (port && *port != usual) origin += fmt::format(":{}", *port);
  return origin;
}

}  // namespace ruck::push
