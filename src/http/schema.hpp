#pragma once
// JSON Schema (as OpenAPI 3.1 uses it) of the types that travel: what the writer writes and the
// binder reads, told from the same declarations.
#include "base/ids.hpp"
#include "base/members.hpp"
#include "base/time.hpp"
#include "http/rules.hpp"
#include "http/values.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ruck::http {

class Schemas;
// The schema of a member.
struct DocumentMember {
  std::string (*schema)(Schemas& schemas, const Rule& rule);
  bool is_always_sent;  // of what is written: never left out
};

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
  template <Described T>
  [[nodiscard]] std::vector<Member> members_of();

  [[nodiscard]] const std::map<std::string, std::string>& components() const { return components_; }

 private:
  using Members = MemberTable<DocumentMember>;
  std::vector<Member> members_of(const Members& members, std::span<const Rule> rules);
  // A reference to the component of the type, which is made when there is none yet.
  std::string component(std::string_view type, const Members& members, std::span<const Rule> rules);

  std::map<std::string, std::string> components_;
  std::map<std::string, std::string> types_;  // the whole name of the type of each component
};

namespace detail {
// The name of T, as the compiler writes it.
template <class T>
[[nodiscard]] constexpr std::string_view full_type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text = text.substr(text.find("T = ") + 4);
  return text.substr(0, text.rfind(']'));
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
struct IsVariant<std::variant<T...>> : std::true_type {
  static std::vector<std::string> schemas_in(Schemas& schemas);
};
template <class T>
struct HowToDocument;
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
  } else if constexpr (std::is_same_v<T, FormFile>) {
    return detail::simple_schema("string", "binary", rule);
  } else if constexpr (json::NamedEnum<T>) {
    std::vector<std::string_view> names;
    for (const auto& [value, name] : json::EnumNames<T>::kNames) names.push_back(name);
    return detail::enum_of(names, rule);
  } else if constexpr (detail::IsVector<T>::value) {
    return detail::array_of(of<typename detail::IsVector<T>::Item>(), rule);
  } else if constexpr (detail::IsVariant<T>::value) {
    return detail::one_of(detail::IsVariant<T>::schemas_in(*this));
  } else if constexpr (Described<T>) {
    return component(detail::full_type_name<T>(), ruck::members_of<T, detail::HowToDocument>(),
                     RulesOf<T>::kRules);
  } else {
    return "{}";  // json::Raw: anything
  }
}

template <Described T>
std::vector<Schemas::Member> Schemas::members_of() {
  return members_of(ruck::members_of<T, detail::HowToDocument>(), RulesOf<T>::kRules);
}

namespace detail {
template <class... T>
std::vector<std::string> IsVariant<std::variant<T...>>::schemas_in(Schemas& schemas) {
  return {schemas.of<T>()...};
}

template <class T>
struct HowToDocument {
  static constexpr DocumentMember kWay{
      .schema = [](Schemas& schemas, const Rule& rule) { return schemas.of<T>(rule); },
      .is_always_sent = !json::IsOmittable<T>::value};
};
}  // namespace detail

}  // namespace ruck::http
