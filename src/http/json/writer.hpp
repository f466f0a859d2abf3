#pragma once
// JSON that goes out: appended to one string, commas put where they belong.
//
// write(writer, value) knows numbers, text, moments, ids, containers and described structs; a
// struct is an object whose members are its described members. Optional members that are empty are
// null; wrap a type in Omittable to leave it out instead.
#include "base/ids.hpp"
#include "base/time.hpp"

#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

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

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void begin_object() {
    separate();
    out_.push_back('{');
  }
  void end_object() { out_.push_back('}'); }
  void begin_array() {
    separate();
    out_.push_back('[');
  }
  void end_array() { out_.push_back(']'); }
  void key(std::string_view name);  // must need no escaping: our own names
  void null() {
    separate();
    out_ += "null";
  }
  void boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
  }
  void integer(std::int64_t value);
  void number(double value);  // the shortest text that reads back equal; null if not finite
  void string(std::string_view value);
  void raw(std::string_view json) {
    separate();
    out_ += json;
  }
  void time(UtcMs value);

 private:
  void separate();
  std::string& out_;
};

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

template <class T>
concept Described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public |
                                                           boost::describe::mod_inherited>;

inline void write(Writer& w, bool value) { w.boolean(value); }
template <std::integral T>
  requires(!std::same_as<T, bool>)
void write(Writer& w, T value) {
  w.integer(static_cast<std::int64_t>(value));
}
inline void write(Writer& w, double value) { w.number(value); }
inline void write(Writer& w, std::string_view value) { w.string(value); }
inline void write(Writer& w, const std::string& value) { w.string(value); }
inline void write(Writer& w, const char* value) { w.string(value); }
inline void write(Writer& w, const Raw& value) { w.raw(value.text.empty() ? "null" : value.text); }
inline void write(Writer& w, UtcMs value) { w.time(value); }
inline void write(Writer& w, UtcUs value) { w.time(to_ms(value)); }
inline void write(Writer& w, Day value) { w.string(to_iso8601(value)); }
inline void write(Writer& w, const Uuid& value) { w.string(value.to_string()); }
template <class Tag, class Rep>
void write(Writer& w, const Id<Tag, Rep>& id);
template <NamedEnum E>
void write(Writer& w, E value) {
  w.string(name_of_enum(value));
}
template <class T>
void write(Writer& w, const std::optional<T>& value);
template <class T>
void write(Writer& w, const Omittable<T>& value);
template <class T>
void write(Writer& w, const std::vector<T>& items);
template <Described T>
void write(Writer& w, const T& object);

template <class Tag, class Rep>
void write(Writer& w, const Id<Tag, Rep>& id) {
  write(w, id.value());
}
template <class T>
void write(Writer& w, const std::optional<T>& value) {
  if (value) {
    write(w, *value);
  } else {
    w.null();
  }
}
template <class T>
void write(Writer& w, const Omittable<T>& value) {
  write(w, value.value);
}
template <class T>
void write(Writer& w, const std::vector<T>& items) {
  w.begin_array();
  for (const T& item : items) write(w, item);
  w.end_array();
}

template <class T>
struct IsOmittable : std::false_type {};
template <class T>
struct IsOmittable<Omittable<T>> : std::true_type {};

// The members alone, for an object that has more than its struct.
template <Described T>
void write_members(Writer& w, const T& object) {
  boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
    const auto& value = object.*member.pointer;
    if constexpr (IsOmittable<std::remove_cvref_t<decltype(value)>>::value) {
      if (!value.value) return;
    }
    w.key(member.name);
    write(w, value);
  });
}
template <Described T>
void write(Writer& w, const T& object) {
  w.begin_object();
  write_members(w, object);
  w.end_object();
}

template <class T>
[[nodiscard]] std::string to_text(const T& value) {
  std::string out;
  Writer w(out);
  write(w, value);
  return out;
}

}  // namespace ruck::json
