#pragma once
// JSON Schema (as OpenAPI 3.1 uses it) of the types that travel: what the writer writes and the
// binder reads, told from the same declarations.
#include "base/assert.hpp"
#include "http/bind.hpp"
#include "http/json/writer.hpp"
#include "http/rules.hpp"

#include <boost/mp11/algorithm.hpp>

#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace ruck::http {

// The named schemas of one document.
class Schemas {
 public:
  // JSON text of the schema of T; described structs become components and are referred to.
  template <class T>
  [[nodiscard]] std::string of(const Rule& rule = {});
  // The members of T with their schemas: for query parameters.
  struct Member {
    std::string name;
    std::string doc;
    std::string schema;
    bool is_required = false;
    bool is_always_sent = false;  // of what is written: never left out
  };
  template <json::Described T>
  [[nodiscard]] std::vector<Member> members_of();

  [[nodiscard]] const std::map<std::string, std::string>& components() const { return components_; }

 private:
  template <json::Described T>
  void add_component(const std::string& name);

  std::map<std::string, std::string> components_;
  std::map<std::string, std::string> types_;  // the whole name of the type of each component
};

namespace detail {
// The name of T, as the compiler writes it.
template <class T>
[[nodiscard]] std::string full_type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text = text.substr(text.find("T = ") + 4);
  return std::string(text.substr(0, text.rfind(']')));
}
template <class T>
[[nodiscard]] std::string type_name() {
  const std::string full = full_type_name<T>();
  return full.substr(full.rfind(':') + 1);
}
// {"type":T,…} with what the rule adds.
[[nodiscard]] std::string simple_schema(std::string_view type, std::string_view format,
                                        const Rule& rule);
[[nodiscard]] std::string nullable(const std::string& schema);
[[nodiscard]] std::string array_of(const std::string& items, const Rule& rule);
[[nodiscard]] std::string enum_of(const std::vector<std::string_view>& names, const Rule& rule);
[[nodiscard]] std::string one_of(const std::vector<std::string>& schemas);

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {
  using Item = T;
};
template <class T>
struct IsId : std::false_type {};
template <class Tag, class Rep>
struct IsId<Id<Tag, Rep>> : std::true_type {
  using rep = Rep;
};
template <class T>
struct IsVariant : std::false_type {};
template <class... T>
struct IsVariant<std::variant<T...>> : std::true_type {};
template <class T>
struct OmittableInner;
template <class T>
struct OmittableInner<json::Omittable<T>> {
  using type = T;
};
}  // namespace detail

template <class T>
std::string Schemas::of(const Rule& rule) {
  if constexpr (detail::IsOptional<T>::value || detail::IsSettable<T>::value) {
    return detail::nullable(of<typename detail::Inner<T>::type>(rule));
  } else if constexpr (json::IsOmittable<T>::value) {
    return of<typename detail::OmittableInner<T>::type>(rule);
  } else if constexpr (std::is_same_v<T, bool>) {
    return detail::simple_schema("boolean", "", rule);
  } else if constexpr (std::is_integral_v<T>) {
    return detail::simple_schema("integer", "int64", rule);
  } else if constexpr (std::is_floating_point_v<T>) {
    return detail::simple_schema("number", "double", rule);
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
    return detail::simple_schema("string", "", rule);
  } else if constexpr (std::is_same_v<T, UtcMs> || std::is_same_v<T, UtcUs> ||
                       std::is_same_v<T, Timestamp>) {
    return detail::simple_schema("string", "date-time", rule);
  } else if constexpr (std::is_same_v<T, Day>) {
    return detail::simple_schema("string", "date", rule);
  } else if constexpr (std::is_same_v<T, Uuid>) {
    return detail::simple_schema("string", "uuid", rule);
  } else if constexpr (detail::IsId<T>::value) {
    return of<typename detail::IsId<T>::rep>(rule);
  } else if constexpr (json::NamedEnum<T>) {
    std::vector<std::string_view> names;
    for (const auto& [value, name] : json::EnumNames<T>::kNames) names.push_back(name);
    return detail::enum_of(names, rule);
  } else if constexpr (detail::IsVector<T>::value) {
    return detail::array_of(of<typename detail::IsVector<T>::Item>(), rule);
  } else if constexpr (detail::IsVariant<T>::value) {
    std::vector<std::string> all;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<std::type_identity, T>>(
        [&](auto type) { all.push_back(of<typename decltype(type)::type>()); });
    return detail::one_of(all);
  } else if constexpr (json::Described<T>) {
    const std::string name = detail::type_name<T>();
    const std::string full = detail::full_type_name<T>();
    // Two types of one name would be documented as one of them: give one another name.
    RUCK_ASSERT(types_.try_emplace(name, full).first->second == full);
    if (!components_.contains(name)) {
      components_[name] = "";  // reserves the name: a type may contain itself
      add_component<T>(name);
    }
    return "{\"$ref\":\"#/components/schemas/" + name + "\"}";
  } else {
    return "{}";  // json::Raw: anything
  }
}

template <json::Described T>
std::vector<Schemas::Member> Schemas::members_of() {
  std::vector<Member> members;
  T* none = nullptr;
  boost::mp11::mp_for_each<json::MembersOf<T>>([&](auto member) {
    using Type = std::remove_cvref_t<decltype(none->*member.pointer)>;
    const Rule& rule = rule_for<T>(member.name);
    members.push_back({.name = member.name,
                       .doc = std::string(rule.doc),
                       .schema = of<Type>(rule),
                       .is_required = rule.is_required,
                       .is_always_sent = !json::IsOmittable<Type>::value});
  });
  return members;
}

template <json::Described T>
void Schemas::add_component(const std::string& name) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  w.key("type");
  w.string("object");
  w.key("properties");
  w.begin_object();
  std::vector<std::string> required;
  // What has rules is read; anything else is written, and then every member is there.
  constexpr bool kIsWritten = RulesOf<T>::kRules.empty();
  for (const Member& member : members_of<T>()) {
    w.key(member.name);
    w.raw(member.schema);
    if (member.is_required || (kIsWritten && member.is_always_sent)) {
      required.push_back(member.name);
    }
  }
  w.end_object();
  if (!required.empty()) {
    w.key("required");
    json::write(w, required);
  }
  w.end_object();
  components_[name] = std::move(text);
}

}  // namespace ruck::http
