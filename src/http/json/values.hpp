#pragma once
// What the types that travel are made of, beside numbers and text: JSON as it is, members that may
// be left out, and names of enums.
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ruck::json {

// JSON text that is passed through as it is (checked when it came in).
struct Raw {
  std::string text;
};

// A member that is left out when it is empty.
template <class T>
struct Omittable {
  std::optional<T> value;
  Omittable() = default;
  Omittable(T v) : value(std::move(v)) {}                 // NOLINT: reads like the value
  Omittable(std::optional<T> v) : value(std::move(v)) {}  // NOLINT
};

template <class T>
struct IsOmittable : std::false_type {};
template <class T>
struct IsOmittable<Omittable<T>> : std::true_type {};

// Names of an enum's values on the wire: specialise as an array of {value, name}.
template <class E>
struct EnumNames;
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires { EnumNames<E>::kNames; };
template <NamedEnum E>
[[nodiscard]] constexpr std::string_view name_of_enum(E value) {
  for (const auto& [each, name] : EnumNames<E>::kNames) {
    if (each == value) return name;
  }
  return {};
}
template <NamedEnum E>
[[nodiscard]] constexpr std::optional<E> enum_of_name(std::string_view text) {
  for (const auto& [each, name] : EnumNames<E>::kNames) {
    if (name == text) return each;
  }
  return std::nullopt;
}

}  // namespace ruck::json
