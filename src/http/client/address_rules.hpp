#pragma once
// Which addresses a person may have this server connect to: those that the whole internet reaches.
// Anything else is a way into the operator's own network (server-side request forgery), where
// loopback, the local network and the metadata service of a cloud trust whoever asks.
#include "http/address.hpp"

namespace ruck::http {

// False for what the IANA registries of special-purpose addresses (RFC 6890) do not call globally
// reachable, for multicast, for known metadata services, and for IPv6 addresses that carry such an
// IPv4 address (mapped, NAT64) or are no way to reach a server today (6to4, Teredo, compatible).
[[nodiscard]] bool is_public_address(const AddressBytes& address);

}  // namespace ruck::http
