#pragma once
// A statement with a name. The text is one dialect for both databases, with $1 placeholders; the
// name labels its metrics, its prepared statement and its failures in the log.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::db {

enum class Dialect : std::uint8_t { kSqlite, kPostgres };

// Declared once at namespace scope in a store.cpp. Every object registers itself, so that a test
// can ask the database for the plan of each.
class Sql {
 public:
  // `only`: for a table that has another shape in the other database.
  Sql(std::string_view name, std::string text, std::optional<Dialect> only = std::nullopt);
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;
  ~Sql() = default;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_for(Dialect dialect) const { return only_.value_or(dialect) == dialect; }
  // Small and dense: drivers keep prepared statements in arrays.
  [[nodiscard]] std::size_t index() const { return index_; }

  [[nodiscard]] static const std::vector<const Sql*>& all();

 private:
  std::string name_;
  std::string text_;
  std::optional<Dialect> only_;
  std::size_t index_;
};

}  // namespace ruck::db
