#include "http/openapi.hpp"

#include "base/text.hpp"
#include "http/json/writer.hpp"

#include <map>

namespace ruck::http {
namespace {
constexpr std::string_view kProblemSchema =
    R"({"type":"object","required":["message","error"],"properties":{)"
    R"("message":{"type":"string","description":"What went wrong, for people"},)"
    R"("error":{"type":"string","description":"Stable code of the error"},)"
    R"("status_code":{"type":"integer"},"request_id":{"type":"string"},)"
    R"("retry_after":{"type":"integer","description":"Seconds"}}})";

std::vector<std::string> parameter_names(std::string_view pattern) {
  std::vector<std::string> names;
  for (std::size_t open = pattern.find('{'); open != std::string_view::npos;
       open = pattern.find('{', open + 1)) {
    const std::size_t close = pattern.find('}', open);
    names.emplace_back(pattern.substr(open + 1, close - open - 1));
  }
  return names;
}

void write_parameter(json::Writer& w, std::string_view where, const Schemas::Member& member) {
  w.begin_object();
  w.key("name");
  w.string(member.name);
  w.key("in");
  w.string(where);
  w.key("required");
  w.boolean(member.is_required);
  if (!member.doc.empty()) {
    w.key("description");
    w.string(member.doc);
  }
  w.key("schema");
  w.raw(member.schema);
  w.end_object();
}

void write_content(json::Writer& w, std::string_view type, std::string_view schema) {
  w.key("content");
  w.begin_object();
  w.key(type);
  w.begin_object();
  w.key("schema");
  w.raw(schema);
  w.end_object();
  w.end_object();
}
}  // namespace

void OpenApi::add(Address address, OperationDoc doc) {
  operations_.push_back({.address = std::move(address), .doc = std::move(doc)});
}

void OpenApi::write_operation(json::Writer& w, const Operation& operation) {
  const auto& [address, doc] = operation;
  w.key(ascii_lower(address.method));
  w.begin_object();
  w.key("operationId");
  w.string(address.name);
  w.key("tags");
  json::write(w, std::vector<std::string>{address.name.substr(0, address.name.find('.'))});
  w.key("summary");
  w.string(address.summary);
  if (address.takes_user) {
    w.key("security");
    w.raw(address.needs_user ? R"([{"bearer":[]}])" : R"([{},{"bearer":[]}])");
  }
  w.key("parameters");
  w.begin_array();
  const std::vector<std::string> names = parameter_names(address.pattern);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool known = i < doc.path_schemas.size();
    write_parameter(w, "path",
                    {.name = names[i],
                     .doc = {},
                     .schema = known ? doc.path_schemas[i] : R"({"type":"string"})",
                     .is_required = true});
  }
  for (const Schemas::Member& member : doc.query) write_parameter(w, "query", member);
  w.end_array();
  if (!doc.body_schema.empty()) {
    w.key("requestBody");
    w.begin_object();
    write_content(w, doc.body_type, doc.body_schema);
    w.end_object();
  }
  w.key("responses");
  w.begin_object();
  std::map<int, std::vector<std::string>> schemas;  // a status may have one of several bodies
  for (const OperationDoc::Reply& reply : doc.replies) {
    auto& of_status = schemas[reply.status];
    if (!reply.schema.empty()) of_status.push_back(reply.schema);
  }
  for (const auto& [status, of_status] : schemas) {
    w.key(std::to_string(status));
    w.begin_object();
    w.key("description");
    w.string(status == 201 ? "Created" : status / 100 == 3 ? "See Location" : "Success");
    if (!of_status.empty()) {
      write_content(w, "application/json",
                    of_status.size() == 1 ? of_status.front() : detail::one_of(of_status));
    }
    w.end_object();
  }
  w.key("default");
  w.raw(R"({"$ref":"#/components/responses/Problem"})");
  w.end_object();
  w.end_object();
}

std::string OpenApi::render(std::string_view version) const {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  w.key("openapi");
  w.string("3.1.0");
  w.key("info");
  w.begin_object();
  w.key("title");
  w.string("RuckingApp");
  w.key("version");
  w.string(version);
  w.key("description");
  w.string(
      "Record rucks, follow friends live, keep statistics. Times are ISO 8601 in UTC, distances "
      "km or m as the name says, paces seconds per km, weights kg.");
  w.key("license");
  w.raw(R"({"name":"Proprietary","identifier":"LicenseRef-RuckingApp"})");
  w.end_object();
  w.key("servers");
  w.raw(R"([{"url":"/"}])");
  w.key("paths");
  w.begin_object();
  std::map<std::string, std::vector<const Operation*>> paths;
  for (const Operation& operation : operations_) {
    paths[operation.address.pattern].push_back(&operation);
  }
  for (const auto& [pattern, operations] : paths) {
    w.key(pattern);
    w.begin_object();
    for (const Operation* operation : operations) write_operation(w, *operation);
    w.end_object();
  }
  w.end_object();
  w.key("components");
  w.begin_object();
  w.key("securitySchemes");
  w.raw(R"({"bearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT"}})");
  w.key("responses");
  w.begin_object();
  w.key("Problem");
  w.begin_object();
  w.key("description");
  w.string("What went wrong");
  write_content(w, "application/json", R"({"$ref":"#/components/schemas/Problem"})");
  w.end_object();
  w.end_object();
  w.key("schemas");
  w.begin_object();
  w.key("Problem");
  w.raw(kProblemSchema);
  for (const auto& [name, schema] : schemas_.components()) {
    w.key(name);
    w.raw(schema);
  }
  w.end_object();
  w.end_object();
  w.end_object();
  return text;
}

}  // namespace ruck::http
