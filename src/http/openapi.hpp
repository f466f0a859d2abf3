#pragma once
// The OpenAPI 3.1 document, gathered while routes are declared.
#include "http/schema.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ruck::http {

// What the types of an endpoint tell about it; filled in by the typed declarations of endpoint.hpp.
struct OperationDoc {
  std::vector<std::string> path_schemas;  // of the path's parameters, in order
  std::vector<Schemas::Member> query;
  std::string body_schema;  // empty: no body
  std::string body_type = "application/json";
  struct Reply {
    int status = 200;
    std::string schema;  // empty: not JSON
  };
  std::vector<Reply> replies;
};

class OpenApi {
 public:
  struct Address {
    std::string_view method;
    std::string pattern;
    std::string name;
    std::string_view summary;
    bool needs_user = false;
    bool takes_user = false;
  };
  void add(Address address, OperationDoc doc);
  [[nodiscard]] Schemas& schemas() { return schemas_; }
  // The whole document as JSON text.
  [[nodiscard]] std::string render(std::string_view version) const;

 private:
  struct Operation {
    Address address;
    OperationDoc doc;
  };
  static void write_operation(json::Writer& w, const Operation& operation);

  Schemas schemas_;
  std::vector<Operation> operations_;
};

}  // namespace ruck::http
