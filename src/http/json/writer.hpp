#pragma once
// JSON that goes out: appended to one string, commas put where they belong.
//
// write(writer, value) knows numbers, text, moments, ids, containers and described structs; a
// struct is an object whose members are its described members. Optional members that are empty are
// null; wrap a type in Omittable to leave it out instead.
#include "base/ids.hpp"
#include "base/members.hpp"
#include "base/time.hpp"
#include "http/json/values.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ruck::json {

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

// Writes a member and its name, or nothing.
using WriteMember = void (*)(Writer& w, std::string_view name, const void* value);
template <class M>
void write_member(Writer& w, std::string_view name, const void* value) {
  const M& member = *static_cast<const M*>(value);
  if constexpr (IsOmittable<M>::value) {
    if (!member.value) return;
  }
  w.key(name);
  write(w, member);
}
template <class M>
struct HowToWrite {
  static constexpr WriteMember kWay = &write_member<M>;
};
void write_members(Writer& w, const MemberTable<WriteMember>& members, const void* object);
void write_object(Writer& w, const MemberTable<WriteMember>& members, const void* object);

// The members alone, for an object that has more than its struct.
template <Described T>
void write_members(Writer& w, const T& object) {
  write_members(w, members_of<T, HowToWrite>(), &object);
}
template <Described T>
void write(Writer& w, const T& object) {
  write_object(w, members_of<T, HowToWrite>(), &object);
}

template <class T>
[[nodiscard]] std::string to_text(const T& value) {
  std::string out;
  Writer w(out);
  write(w, value);
  return out;
}

}  // namespace ruck::json
