#pragma once
// CRC-32C (Castagnoli, RFC 3720 §12.1): tells damaged stored bytes from good ones. It finds every
// single burst of up to 32 bits, and other damage but for one chance in 2^32. No secret is
// involved: it does not protect against forgery.
#include <cstdint>
#include <string_view>

namespace ruck {

// The checksum of `bytes`; pass the checksum of what came before to continue it.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace ruck
