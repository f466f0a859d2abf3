#pragma once
// A statement with a name. The text is one dialect for both databases, with $1 placeholders; the
// name labels its metrics, its prepared statement and its failures in the log.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::db {

// Declared once at namespace scope in a store.cpp. Every object registers itself, so that a test
// can ask the database for the plan of each.
class Sql {
 public:
  Sql(std::string_view name, std::string text);
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;
  ~Sql() = default;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  // Small and dense: drivers keep prepared statements in arrays.
  [[nodiscard]] std::size_t index() const { return index_; }

  [[nodiscard]] static const std::vector<const Sql*>& all();

 private:
  std::string name_;
  std::string text_;
  std::size_t index_;
};

}  // namespace ruck::db
