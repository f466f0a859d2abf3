#pragma once
// From JSON, a query string or a form to a described struct, with the place and the reason of what
// is wrong. It is the one door for values: whatever comes in is checked against the same rules.
//
// Two ways to meet a bad value. Strict: the first one is an error that names its JSON path and what
// was expected. Lenient, for the routes where the mobile app would take a 4xx for success and drop
// its data (contract core §0.1): the field is left at its default and named in `warnings`.
#include "base/error.hpp"
#include "base/text.hpp"
#include "http/json/element.hpp"
#include "http/json/writer.hpp"
#include "http/rules.hpp"

#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ruck::http {

// A member of an update: absent, null (clear it) or a value.
template <class T>
struct Settable {
  bool given = false;
  std::optional<T> value;
};

// A moment as a client wrote it. Without a zone it may be device-local time (contract core §3.3).
struct Timestamp {
  UtcMs time{};
  bool has_zone = true;
};

inline void write(json::Writer& w, const Timestamp& value) { w.time(value.time); }

// A body read leniently, with what was dropped.
template <class T>
struct Lenient {
  T value;
  std::vector<std::string> warnings;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;
// A query as pairs, percent-decoded. At most 64 pairs.
[[nodiscard]] Pairs split_query(std::string_view query);

class Binder {
 public:
  enum class Mode : std::uint8_t { kStrict, kLenient };
  explicit Binder(Mode mode) : mode_(mode) {}

  // Reads the members of `object` into `out`; unknown members are ignored.
  template <json::Described T>
  void object(const json::Element& object, T& out);
  // Reads name=value pairs.
  template <json::Described T>
  void query(std::string_view query, T& out) {
    pairs("query", split_query(query), out);
  }
  // The same of pairs that have been taken apart: the fields of a form. Their text is trimmed.
  template <json::Described T>
  void form(const Pairs& fields, T& out) {
    pairs("form", fields, out);
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] std::vector<std::string> take_warnings() { return std::move(warnings_); }

 private:
  template <json::Described T>
  void pairs(std::string_view place, const Pairs& pairs, T& out);
  template <class T>
  void pair_value(std::string_view text, T& out, const Rule& rule);
  template <class T>
  bool value(const json::Element& in, T& out, const Rule& rule);
  bool read(const json::Element& in, bool& out, const Rule& rule);
  bool read(const json::Element& in, double& out, const Rule& rule);
  bool read(const json::Element& in, std::int64_t& out, const Rule& rule);
  bool read(const json::Element& in, std::string& out, const Rule& rule);
  bool read(const json::Element& in, Timestamp& out, const Rule& rule);
  bool read(const json::Element& in, Day& out, const Rule& rule);
  bool read(const json::Element& in, json::Raw& out, const Rule& rule);
  bool read(const json::Element& in, Uuid& out, const Rule& rule);
  template <std::integral I>
    requires(!std::same_as<I, bool> && !std::same_as<I, std::int64_t>)
  bool read(const json::Element& in, I& out, const Rule& rule);
  template <json::NamedEnum E>
  bool read(const json::Element& in, E& out, const Rule& rule);
  template <class T>
  bool read(const json::Element& in, std::vector<T>& out, const Rule& rule);
  template <class Tag, class Rep>
  bool read(const json::Element& in, Id<Tag, Rep>& out, const Rule& rule);
  template <json::Described T>
  bool read(const json::Element& in, T& out, const Rule& rule);

  bool in_range(double number, const Rule& rule);
  // Notes what is wrong at the present path; false, so that it can be returned.
  bool wrong(std::string_view expected, std::string_view got = {});
  void missing(std::string_view field);
  [[nodiscard]] static bool is_named(std::string_view key, std::string_view field,
                                     const Rule& rule);

  Mode mode_;
  std::string path_ = "$";
  std::optional<Error> error_;
  std::vector<std::string> warnings_;
};

// What an element is, for error texts: "a string", or the number itself.
[[nodiscard]] std::string describe(const json::Element& element);
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);
// The value of a query parameter as JSON text for a member of type T.
[[nodiscard]] std::string query_value_as_json(std::string_view value, bool as_text);

namespace detail {
template <class T>
struct IsSettable : std::false_type {};
template <class T>
struct IsSettable<Settable<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct Inner {
  using type = T;
};
template <class T>
struct Inner<std::optional<T>> {
  using type = T;
};
template <class T>
struct Inner<Settable<T>> {
  using type = T;
};
template <class T>
inline constexpr bool kIsText = !std::is_arithmetic_v<typename Inner<T>::type>;
}  // namespace detail

// ---- implementation --------------------------------------------------------------------------

template <class T>
bool Binder::value(const json::Element& in, T& out, const Rule& rule) {
  if constexpr (detail::IsSettable<T>::value) {
    out.given = true;
    if (in.is_null()) return true;
    typename detail::Inner<T>::type inner{};
    if (!read(in, inner, rule)) {
      out.given = false;
      return false;
    }
    out.value = std::move(inner);
    return true;
  } else if constexpr (detail::IsOptional<T>::value) {
    if (in.is_null()) return true;
    typename detail::Inner<T>::type inner{};
    if (!read(in, inner, rule)) return false;
    out = std::move(inner);
    return true;
  } else {
    T inner{};
    if (in.is_null() && !rule.is_required) return true;
    if (!read(in, inner, rule)) return false;
    out = std::move(inner);
    return true;
  }
}

template <std::integral I>
  requires(!std::same_as<I, bool> && !std::same_as<I, std::int64_t>)
bool Binder::read(const json::Element& in, I& out, const Rule& rule) {
  std::int64_t wide = 0;
  if (!read(in, wide, rule)) return false;
  if (!std::in_range<I>(wide)) return wrong("a smaller number");
  out = static_cast<I>(wide);
  return true;
}

template <json::NamedEnum E>
bool Binder::read(const json::Element& in, E& out, const Rule&) {
  const auto text = in.string();
  const auto found = text ? json::enum_of_name<E>(*text) : std::nullopt;
  if (found) {
    out = *found;
    return true;
  }
  std::string names;
  for (const auto& [each, name] : json::EnumNames<E>::kNames) {
    if (!names.empty()) names += ", ";
    names += name;
  }
  return wrong("one of " + names, describe(in));
}

template <class T>
bool Binder::read(const json::Element& in, std::vector<T>& out, const Rule& rule) {
  if (in.kind() != json::Kind::kArray) return wrong("an array", describe(in));
  const std::size_t path_size = path_.size();
  for (json::Items it(in); it.next();) {
    if (it.index() >= rule.length_max) {
      return wrong("at most " + std::to_string(rule.length_max) + " items");
    }
    path_ += "[" + std::to_string(it.index()) + "]";
    T item{};
    if (read(it.value(), item, rule)) out.push_back(std::move(item));
    path_.resize(path_size);
  }
  return true;
}

template <class Tag, class Rep>
bool Binder::read(const json::Element& in, Id<Tag, Rep>& out, const Rule& rule) {
  Rep value{};
  if (!read(in, value, rule)) return false;
  out = Id<Tag, Rep>(value);
  return true;
}

template <json::Described T>
bool Binder::read(const json::Element& in, T& out, const Rule&) {
  if (in.kind() != json::Kind::kObject) return wrong("an object", describe(in));
  object(in, out);
  return true;
}

template <json::Described T>
void Binder::object(const json::Element& object, T& out) {
  const std::size_t path_size = path_.size();
  boost::mp11::mp_for_each<json::MembersOf<T>>([&](auto member) {
    const Rule& rule = rule_for<T>(member.name);
    bool found = false;
    for (json::Members it(object); it.next();) {
      if (!is_named(it.key(), member.name, rule)) continue;
      found = true;
      path_ += ".";
      path_ += it.key();
      value(it.value(), out.*member.pointer, rule);
      path_.resize(path_size);
    }
    if (!found && rule.is_required) missing(member.name);
  });
}

template <json::Described T>
void Binder::pairs(std::string_view place, const Pairs& pairs, T& out) {
  path_ = place;
  boost::mp11::mp_for_each<json::MembersOf<T>>([&](auto member) {
    const Rule& rule = rule_for<T>(member.name);
    bool found = false;
    for (const auto& [name, text] : pairs) {
      if (!is_named(name, member.name, rule)) continue;
      found = true;
      path_ = std::string(place) + "." + name;
      pair_value(text, out.*member.pointer, rule);
      path_ = place;
    }
    if (!found && rule.is_required) missing(member.name);
  });
}

template <class T>
void Binder::pair_value(std::string_view text, T& out, const Rule& rule) {
  if (!is_utf8(text)) {
    wrong("text in UTF-8");
    return;
  }
  const auto element = json::parse(query_value_as_json(text, detail::kIsText<T>));
  if (element) value(*element, out, rule);
}

// A described struct from JSON that we wrote ourselves into a column; what is missing keeps its
// default.
template <json::Described T>
[[nodiscard]] T from_stored(std::string_view text) {
  T out{};
  const Result<json::Element> root = json::parse(text);
  if (!root) return out;
  Binder binder(Binder::Mode::kLenient);
  binder.object(*root, out);
  return out;
}

}  // namespace ruck::http
