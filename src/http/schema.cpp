#include "http/schema.hpp"

namespace ruck::http::detail {
namespace {
void write_doc(json::Writer& w, const Rule& rule) {
  if (rule.doc.empty()) return;
  w.key("description");
  w.string(rule.doc);
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

}  // namespace ruck::http::detail
