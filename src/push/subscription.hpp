#pragma once
// What a browser gives for its subscription, checked and decoded.
#include "base/error.hpp"
#include "push/sender.hpp"

#include <string>
#include <string_view>

namespace ruck::push {

// The keys of a browser (RFC 8291 section 2).
struct BrowserKeys {
  std::string point;  // of P-256, kPointBytes
  std::string auth;   // kAuthSecretBytes
};

// kInvalidInput, with the member and what is wrong with it; never its value.
[[nodiscard]] Result<BrowserKeys> read_keys(const WebSubscription& subscription);

enum class EndpointScheme : std::uint8_t {
  kHttps,
  kHttpToo,  // for tests and closed networks
};
// Scheme, host and port (RFC 6454 section 6.1) of the address of a push service; kInvalidInput as
// above for what cannot be one. Whether the host may be asked is for http::Outbound to say.
[[nodiscard]] Result<std::string> origin_of(std::string_view endpoint,
                                            EndpointScheme scheme = EndpointScheme::kHttps);

}  // namespace ruck::push
