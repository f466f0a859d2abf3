#pragma once
// Bytes as text: hexadecimal and base64 (RFC 4648, with and without the URL alphabet).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ruck {

// The value of one hexadecimal digit, or -1.
[[nodiscard]] constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::string to_base64url(std::string_view bytes);  // no padding
[[nodiscard]] std::string to_base64(std::string_view bytes);     // padded
// Accepts both alphabets, with or without padding; nothing else.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace ruck
