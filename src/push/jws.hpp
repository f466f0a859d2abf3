#pragma once
// JSON Web Signatures in compact form (RFC 7515) of the claims of a JSON Web Token (RFC 7519).
#include "push/keys.hpp"

#include <string>
#include <string_view>

namespace ruck::push {

// RS256, with the key's name in the header where it has one. `claims` is JSON.
[[nodiscard]] std::string sign_jws(const RsaKey& key, std::string_view key_id,
                                   std::string_view claims);
// ES256; its signature is r and s side by side, not DER.
[[nodiscard]] std::string sign_jws(const P256Key& key, std::string_view claims);

}  // namespace ruck::push
