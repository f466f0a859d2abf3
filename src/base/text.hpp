#pragma once
// Small questions about text that every module asks.
#include <charconv>
#include <cmath>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace ruck {

[[nodiscard]] constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

[[nodiscard]] constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

[[nodiscard]] constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] std::string ascii_lower(std::string_view text);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

// The whole text as a number, or nothing: no blanks, no rest, no overflow, no NaN or infinity.
template <std::integral T>
[[nodiscard]] std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}
[[nodiscard]] std::optional<double> parse_double(std::string_view text);

// How many bytes from the start are UTF-8 as RFC 3629 has it (no overlong forms, no surrogates).
[[nodiscard]] std::size_t utf8_prefix(std::string_view text);
[[nodiscard]] inline bool is_utf8(std::string_view text) {
  return utf8_prefix(text) == text.size();
}

// The number of Unicode code points in valid UTF-8.
[[nodiscard]] std::size_t count_code_points(std::string_view text);

// For the text and the attributes of XML and HTML.
[[nodiscard]] std::string escape_markup(std::string_view text);

// The bytes of a part of a URL (RFC 3986 §2.1); in a query, `+` is a blank. Nothing where a % is
// not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);

}  // namespace ruck
