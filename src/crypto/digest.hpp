#pragma once
// Hashes and keyed hashes, over libsodium.
#include <string>
#include <string_view>

namespace ruck::crypto {

[[nodiscard]] std::string sha256(std::string_view bytes);                             // 32 bytes
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view bytes);  // 32 bytes
// Takes the same time wherever the two differ.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace ruck::crypto
