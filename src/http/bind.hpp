#pragma once
// From JSON, a query string or a form to a described struct, with the place and the reason of what
// is wrong. It is the one door for values: whatever comes in is checked against the same rules.
//
// Two ways to meet a bad value. Strict: the first one is an error that names its JSON path and what
// was expected. Lenient, for the routes where the mobile app would take a 4xx for success and drop
// its data (contract core §0.1): the field is left at its default and named in `warnings`.
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/members.hpp"
#include "base/time.hpp"
#include "http/json/element.hpp"
#include "http/rules.hpp"
#include "http/values.hpp"

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ruck::http {

using Pairs = std::vector<std::pair<std::string, std::string>>;
// A query as pairs, percent-decoded. At most 64 pairs.
[[nodiscard]] Pairs split_query(std::string_view query);

class Binder;
// Reads a value into a member.
struct ReadMember {
  void (*read)(Binder& binder, const json::Element& in, void* out, const Rule& rule);
  bool is_text;  // in a query: what it is given is text and never a number
};
using ReadMembers = MemberTable<ReadMember>;

class Binder {
 public:
  enum class Mode : std::uint8_t { kStrict, kLenient };
  explicit Binder(Mode mode) : mode_(mode) {}

  // Reads the members of `object` into `out`; unknown members are ignored.
  template <Described T>
  void object(const json::Element& object, T& out);
  // Reads name=value pairs.
  template <Described T>
  void query(std::string_view query, T& out);
  // The same of pairs that have been taken apart: the fields of a form. Their text is trimmed.
  template <Described T>
  void form(const Pairs& fields, T& out);

  // The same for a struct that is known by its table; `out` is one.
  void object(const json::Element& object, const ReadMembers& members, std::span<const Rule> rules,
              void* out);
  void pairs(std::string_view place, const Pairs& pairs, const ReadMembers& members,
             std::span<const Rule> rules, void* out);

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] std::vector<std::string> take_warnings() { return std::move(warnings_); }

 private:
  template <class T>
  friend struct HowToRead;
  void pair_value(std::string_view text, const ReadMember& way, void* out, const Rule& rule);
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
  template <Described T>
  bool read(const json::Element& in, T& out, const Rule& rule);
  // What is left of these two without the type.
  using ReadItem = void (*)(Binder& binder, const json::Element& in, void* items, const Rule& rule);
  bool read_items(const json::Element& in, void* items, ReadItem read_item, const Rule& rule);
  bool read_object(const json::Element& in, const ReadMembers& members, std::span<const Rule> rules,
                   void* out);

  bool in_range(double number, const Rule& rule);
  // Notes what is wrong at the present path; false, so that it can be returned.
  bool wrong(std::string_view expected, std::string_view got = {});
  bool wrong_name(std::span<const std::string_view> names, const json::Element& in);
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
// The value of a query parameter as JSON text for a member of type T.
[[nodiscard]] std::string query_value_as_json(std::string_view value, bool as_text);

namespace detail {
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
  std::vector<std::string_view> names;
  for (const auto& [each, name] : json::EnumNames<E>::kNames) names.push_back(name);
  return wrong_name(names, in);
}

template <class T>
bool Binder::read(const json::Element& in, std::vector<T>& out, const Rule& rule) {
  const auto read_item = [](Binder& binder, const json::Element& each, void* items,
                            const Rule& item_rule) {
    T item{};
    if (!binder.read(each, item, item_rule)) return;
    static_cast<std::vector<T>*>(items)->push_back(std::move(item));
  };
  return read_items(in, &out, read_item, rule);
}

template <class Tag, class Rep>
bool Binder::read(const json::Element& in, Id<Tag, Rep>& out, const Rule& rule) {
  Rep value{};
  if (!read(in, value, rule)) return false;
  out = Id<Tag, Rep>(value);
  return true;
}

template <class T>
struct HowToRead {
  static constexpr ReadMember kWay{
      .read = [](Binder& binder, const json::Element& in, void* out,
                 const Rule& rule) { binder.value(in, *static_cast<T*>(out), rule); },
      .is_text = detail::kIsText<T>};
};

template <Described T>
bool Binder::read(const json::Element& in, T& out, const Rule&) {
  return read_object(in, members_of<T, HowToRead>(), RulesOf<T>::kRules, &out);
}

template <Described T>
void Binder::object(const json::Element& in, T& out) {
  object(in, members_of<T, HowToRead>(), RulesOf<T>::kRules, &out);
}

template <Described T>
void Binder::query(std::string_view query, T& out) {
  pairs("query", split_query(query), members_of<T, HowToRead>(), RulesOf<T>::kRules, &out);
}

template <Described T>
void Binder::form(const Pairs& fields, T& out) {
  pairs("form", fields, members_of<T, HowToRead>(), RulesOf<T>::kRules, &out);
}

// A described struct from JSON that we wrote ourselves into a column; what is missing keeps its
// default.
template <Described T>
[[nodiscard]] T from_stored(std::string_view text) {
  T out{};
  const Result<json::Element> root = json::parse(text);
  if (!root) return out;
  Binder binder(Binder::Mode::kLenient);
  binder.object(*root, out);
  return out;
}

}  // namespace ruck::http
