// Every number that comes in is bounded: the API document tells of each route's fields, and each
// field is sent values that no ruck has. None makes the server fail, and nothing that is stored
// lies outside of what the document declares.
#include "support/rucking.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <iostream>
#include <map>
#include <set>

namespace ruck::test {
namespace {
constexpr double kExactMax = 9007199254740991.0;  // 2^53 - 1

const std::vector<std::string> kHostile = {"1e300",
                                           "-1e300",
                                           "1e308",
                                           "-0.0",
                                           "-1",
                                           "1e-300",
                                           "0.5",
                                           "1e16",
                                           "2147483648",
                                           "9223372036854775807",
                                           "-9223372036854775808",
                                           "9223372036854775808",
                                           "18446744073709551616",
                                           "\"NaN\"",
                                           "\"Infinity\"",
                                           "\"1e300\"",
                                           "\"-5\"",
                                           "\"\"",
                                           "\"0x7f\"",
                                           "true",
                                           "[1]",
                                           "{\"a\":1}"};

struct Bounds {
  double min = -kExactMax;
  double max = kExactMax;
};

struct Field {
  std::string name;
  bool is_number = false;
  bool is_bounded = false;
  Bounds bounds;
  std::string valid;  // a value that the schema allows, as JSON
  bool is_required = false;
};

struct Operation {
  std::string method;
  std::string path;
  std::vector<Field> body;
  std::vector<Field> query;
};

http::Method method_of(std::string_view name) {
  if (name == "get") return http::Method::kGet;
  if (name == "post") return http::Method::kPost;
  if (name == "put") return http::Method::kPut;
  if (name == "patch") return http::Method::kPatch;
  return http::Method::kDelete;
}

class HostileValuesTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    anna_ = std::make_unique<ApiClient>(user("anna"));
    document_ = client().get("/api/openapi.json").json;
  }

  const json::Tree& resolved(const json::Tree& schema) {
    const std::string reference = schema["$ref"].text();
    if (reference.empty()) return schema;
    return document_["components"]["schemas"][reference.substr(reference.rfind('/') + 1)];
  }
  static std::set<std::string> types_of(const json::Tree& schema) {
    std::set<std::string> types;
    if (!schema["type"].text().empty()) types.insert(schema["type"].text());
    for (const json::Tree& each : schema["type"].items()) types.insert(each.text());
    return types;
  }
  Field field(const std::string& name, const json::Tree& given) {
    const json::Tree& schema = resolved(given);
    const auto types = types_of(schema);
    Field out{.name = name};
    out.is_number = types.contains("number") || types.contains("integer");
    out.is_bounded = schema.has("minimum") && schema.has("maximum");
    if (out.is_bounded) out.bounds = {schema["minimum"].number(), schema["maximum"].number()};
    out.valid = out.is_number               ? fmt::format("{}", std::max(1.0, out.bounds.min))
                : types.contains("boolean") ? "true"
                : types.contains("array")   ? "[]"
                : schema["enum"].size() > 0 ? '"' + schema["enum"][0].text() + '"'
                : schema["format"].text() == "uuid" ? "\"00000000-0000-7000-8000-000000000000\""
                : schema["format"].text() == "date-time" ? "\"2026-01-02T03:04:05Z\""
                : schema["format"].text() == "date"      ? "\"2000-01-02\""
                                                         : "\"text of some length\"";
    return out;
  }
  std::vector<Operation> operations() {
    std::vector<Operation> all;
    for (const auto& [path, methods] : document_["paths"].members()) {
      for (const auto& [method, operation] : methods.members()) {
        Operation made{.method = method, .path = path};
        const json::Tree& body =
            resolved(operation["requestBody"]["content"]["application/json"]["schema"]);
        std::set<std::string> required;
        for (const json::Tree& name : body["required"].items()) required.insert(name.text());
        for (const auto& [name, schema] : body["properties"].members()) {
          made.body.push_back(field(name, schema));
          made.body.back().is_required = required.contains(name);
        }
        for (const json::Tree& parameter : operation["parameters"].items()) {
          if (parameter["in"].text() != "query") continue;
          made.query.push_back(field(parameter["name"].text(), parameter["schema"]));
          made.query.back().is_required = parameter["required"].boolean();
        }
        all.push_back(std::move(made));
      }
    }
    return all;
  }

  // With ids of anna's own in it; a ruck that can still take what is sent.
  std::string address_of(const Operation& operation) {
    std::string path = operation.path;
    const auto replace = [&](const std::string& mark, const std::string& by) {
      const std::size_t at = path.find(mark);
      if (at != std::string::npos) path.replace(at, mark.size(), by);
    };
    if (path.starts_with("/api/users/{id}")) replace("{id}", anna_->user_id);
    if (path.starts_with("/api/users/me/privacy-zones/")) replace("{id}", zone_);
    if (path.starts_with("/api/rucks/{id}")) replace("{id}", ruck_);
    replace("{id}", "00000000-0000-7000-8000-000000000000");
    replace("{link}", "00000000-0000-7000-8000-000000000000");
    replace("{token}", "nothing");
    return path;
  }
  // One field with the value, and what must be there beside it.
  static std::string body_with(const Operation& operation, const std::string& field,
                               const std::string& value) {
    std::string body = "{\"" + field + "\":" + value;
    for (const Field& other : operation.body) {
      if (other.is_required && other.name != field) {
        body += ",\"" + other.name + "\":" + other.valid;
      }
    }
    if (operation.path == "/api/rucks" && field != "status" && field != "is_manual") {
      body += R"(,"status":"completed","is_manual":true)";
    }
    return body + "}";
  }
  static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
  }
  static std::string query_with(const Operation& operation, const std::string& field,
                                const std::string& value) {
    const bool is_text = value.starts_with('"');
    std::string query =
        "?" + field + "=" + escaped(is_text ? value.substr(1, value.size() - 2) : value);
    for (const Field& other : operation.query) {
      if (!other.is_required || other.name == field) continue;
      query += "&" + other.name + "=" + (other.is_number ? other.valid : "x");
    }
    return query;
  }

  void fresh_ruck() {
    if (!ruck_.empty()) anna_->del("/api/rucks/" + ruck_);
    ruck_ = start_ruck(*anna_);
  }

  // Walks a reply: every number can be one of JavaScript's, and one that has the name of a field
  // that comes in keeps to its bounds.
  void expect_in_bounds(const json::Tree& value, const std::string& name,
                        const std::string& where) {
    for (const auto& [key, member] : value.members()) {
      if (key == "hr_zone_snapshot" || key == "time_in_zones")
        continue;  // kept as the app wrote it
      expect_in_bounds(member, key, where);
    }
    for (const json::Tree& item : value.items()) expect_in_bounds(item, name, where);
    const bool is_number =
        value.kind() == json::Kind::kInteger || value.kind() == json::Kind::kReal;
    if (!is_number || name == "id" || name.ends_with("_id") || name.ends_with("Id")) return;
    EXPECT_LE(std::abs(value.number()), kExactMax) << name << where;
    EXPECT_FALSE(value.number() == 0 && std::signbit(value.number())) << name << where;
    const auto known = bounds_.find(name);
    if (known == bounds_.end()) return;
    EXPECT_GE(value.number(), std::min(0.0, known->second.min)) << name << where;
    EXPECT_LE(value.number(), known->second.max) << name << where;
  }
  void expect_stored_in_bounds(const std::string& where) {
    for (const std::string& target :
         {"/api/rucks/" + ruck_, std::string("/api/rucks?limit=3"),
          std::string("/api/users/profile"), std::string("/api/stats/yearly"),
          std::string("/api/users/me/privacy-zones")}) {
      const Reply r = anna_->get(target);
      EXPECT_EQ(r.status, 200) << target << where << r.body;
      expect_in_bounds(r.json, "", target + where);
    }
  }

  json::Tree document_;
  std::unique_ptr<ApiClient> anna_;
  std::string ruck_;
  std::string zone_;
  std::int64_t sent_files_ = 0;
  std::map<std::string, Bounds> bounds_;  // of a name: the widest that any route declares
};

TEST_P(HostileValuesTest, EveryNumberThatComesInHasBoundsInTheDocument) {
  std::size_t numbers = 0;
  for (const Operation& operation : operations()) {
    for (const auto* fields : {&operation.body, &operation.query}) {
      for (const Field& field : *fields) {
        if (!field.is_number || field.name.ends_with("_id")) continue;
        ++numbers;
        EXPECT_TRUE(field.is_bounded) << operation.method << operation.path << " " << field.name;
      }
    }
  }
  EXPECT_GT(numbers, 50U);
}

TEST_P(HostileValuesTest, NoValueOfAnyFieldMakesTheServerFailOrIsStoredOutsideOfItsBounds) {
  const Reply zone = anna_->post("/api/users/me/privacy-zones",
                                 R"({"name":"x","latitude":1.5,"longitude":1.5,"radius_m":200})");
  zone_ = zone.json["data"]["id"].text();
  const auto all = operations();
  for (const Operation& operation : all) {
    for (const Field& field : operation.body) {
      if (!field.is_bounded) continue;
      auto [known, is_new] = bounds_.try_emplace(field.name, field.bounds);
      if (is_new) continue;
      known->second = {std::min(known->second.min, field.bounds.min),
                       std::max(known->second.max, field.bounds.max)};
    }
  }
  std::size_t sent = 0;
  fresh_ruck();
  for (const Operation& operation : all) {
    if (operation.path == "/api/users/{id}" && operation.method == "delete") continue;
    for (const bool in_body : {true, false}) {
      for (const Field& field : in_body ? operation.body : operation.query) {
        if (!field.is_number) continue;
        const bool ends_ruck = operation.path == "/api/rucks/{id}/complete";
        if (ends_ruck || anna_->get("/api/rucks/" + ruck_).status != 200) fresh_ruck();
        for (const std::string& value : kHostile) {
          const std::string target =
              address_of(operation) + (in_body ? "" : query_with(operation, field.name, value));
          const Reply r = anna_->send(method_of(operation.method), target,
                                      in_body ? body_with(operation, field.name, value) : "");
          ++sent;
          EXPECT_LT(r.status, 500)
              << operation.method << " " << target << " " << field.name << " " << value << r.body;
        }
        if (in_body) {
          expect_stored_in_bounds(" after " + operation.method + " " + operation.path + " " +
                                  field.name);
        }
      }
    }
  }
  std::cout << sent << " requests\n";
  EXPECT_GT(sent, 1000U);
}

// The fields of an upload's form are those of its query: 1e300 kg came in this way.
TEST_P(HostileValuesTest, NeitherDoesAFieldOfTheImportsForm) {
  ruck_ = start_ruck(*anna_);
  std::size_t sent = 0;
  for (const Operation& operation : operations()) {
    if (operation.path != "/api/gpx/import") continue;
    for (const Field& field : operation.query) {
      if (!field.is_number) continue;
      bounds_.insert_or_assign(field.name, field.bounds);
      for (const std::string& value : kHostile) {
        const std::string start =
            to_iso8601(utc_ms(1'700'000'000'000 + 86'400'000LL * ++sent_files_));
        const std::string body =
            "--B\r\nContent-Disposition: form-data; name=\"" + field.name + "\"\r\n\r\n" + value +
            "\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.gpx\"\r\n\r\n"
            "<gpx><trk><trkseg><trkpt lat=\"47\" lon=\"8\"><time>" +
            start +
            "</time></trkpt><trkpt lat=\"47.01\" lon=\"8\"/><trkpt lat=\"47.02\" lon=\"8\"><time>" +
            start.substr(0, 11) + "23:59:59Z</time></trkpt></trkseg></trk></gpx>\r\n--B--\r\n";
        const Reply r = anna_->send(http::Method::kPost, operation.path, body,
                                    "multipart/form-data; boundary=B");
        ++sent;
        EXPECT_LT(r.status, 500) << field.name << " " << value << r.body;
        expect_in_bounds(r.json, "", " after " + field.name + " " + value);
        expect_stored_in_bounds(" after " + field.name + " " + value);
      }
    }
  }
  EXPECT_GT(sent, 10U);
}

RUCK_ON_BOTH_DATABASES(HostileValuesTest);

}  // namespace
}  // namespace ruck::test
