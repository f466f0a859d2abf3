#include "http/schema.hpp"

#include "base/assert.hpp"
#include "http/json/writer.hpp"

namespace ruck::http {
namespace detail {
namespace {
void write_doc(json::Writer& w, const Rule& rule) {
  if (rule.doc.empty()) return;
  w.key("description");
  w.string(rule.doc);
}

std::string object_of(const std::vector<Schemas::Member>& members, bool is_written) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  w.key("type");
  w.string("object");
  w.key("properties");
  w.begin_object();
  std::vector<std::string> required;
  for (const Schemas::Member& member : members) {
    w.key(member.name);
    w.raw(member.schema);
    if (member.is_required || (is_written && member.is_always_sent)) {
      required.push_back(member.name);
    }
  }
  w.end_object();
  if (!required.empty()) {
    w.key("required");
    json::write(w, required);
  }
  w.end_object();
  return text;
}
}  // namespace

std::string simple_schema(std::string_view type, std::string_view format, const Rule& rule) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  w.key("type");
  w.string(type);
  if (!format.empty()) {
    w.key("format");
    w.string(format);
  }
  if (rule.min && type != "string") {
    w.key("minimum");
    w.number(*rule.min);
  }
  if (rule.max && type != "string") {
    w.key("maximum");
    w.number(*rule.max);
  }
  if (type == "string" && format.empty() && !rule.field.empty()) {
    w.key("maxLength");
    w.integer(static_cast<std::int64_t>(rule.length_max));
  }
  write_doc(w, rule);
  w.end_object();
  return text;
}

std::string nullable(const std::string& schema) {
  // {"type":"x",…} becomes {"type":["x","null"],…}; anything else is joined with null.
  constexpr std::string_view kType = "{\"type\":\"";
  if (schema.starts_with(kType)) {
    const std::size_t end = schema.find('"', kType.size());
    return "{\"type\":[" + schema.substr(kType.size() - 1, end + 2 - kType.size()) + ",\"null\"]" +
           schema.substr(end + 1);
  }
  return one_of({schema, "{\"type\":\"null\"}"});
}

std::string array_of(const std::string& items, const Rule& rule) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  w.key("type");
  w.string("array");
  w.key("items");
  w.raw(items);
  write_doc(w, rule);
  w.end_object();
  return text;
}

std::string enum_of(const std::vector<std::string_view>& names, const Rule& rule) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  w.key("type");
  w.string("string");
  w.key("enum");
  json::write(w, names);
  write_doc(w, rule);
  w.end_object();
  return text;
}

std::string one_of(const std::vector<std::string>& schemas) {
  std::string text = "{\"anyOf\":[";
  for (std::size_t i = 0; i < schemas.size(); ++i) text += (i > 0 ? "," : "") + schemas[i];
  return text + "]}";
}

}  // namespace detail

std::vector<Schemas::Member> Schemas::members_of(const Members& members,
                                                 std::span<const Rule> rules) {
  std::vector<Member> found;
  const auto add = [&](std::string_view name, const DocumentMember& way) {
    const Rule& rule = rule_for(rules, name);
    found.push_back({.name = std::string(name),
                     .doc = std::string(rule.doc),
                     .schema = way.schema(*this, rule),
                     .is_required = rule.is_required,
                     .is_always_sent = way.is_always_sent});
  };
  for_each_member(members, add);
  return found;
}

std::string Schemas::component(std::string_view type, const Members& members,
                               std::span<const Rule> rules) {
  const std::string name(type.substr(type.rfind(':') + 1));
  // Two types of one name would be documented as one of them: give one another name.
  RUCK_ASSERT(types_.try_emplace(name, type).first->second == type);
  if (!components_.contains(name)) {
    components_[name] = "";  // reserves the name: a type may contain itself
    // What has rules is read; anything else is written, and then every member is there.
    components_[name] = detail::object_of(members_of(members, rules), rules.empty());
  }
  return "{\"$ref\":\"#/components/schemas/" + name + "\"}";
}

}  // namespace ruck::http
