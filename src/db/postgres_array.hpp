#pragma once
// A list as the text of an array of PostgreSQL ("Array Input and Output Syntax" of its manual):
// many values in one parameter, so that a statement for many rows is one round trip. Cast it where
// it is used, as CAST($1 AS UUID[]).
#include <concepts>
#include <string>
#include <string_view>

namespace ruck::db {

class PostgresArray {
 public:
  void add(std::string_view text) {
    begin();
    text_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
    text_ += '"';
  }
  template <std::integral T>
  void add(T number) {
    begin();
    if constexpr (std::same_as<T, bool>) {
      text_ += number ? "t" : "f";
    } else {
      text_ += std::to_string(number);
    }
  }
  void add_null() {
    begin();
    text_ += "NULL";
  }
  [[nodiscard]] std::string text() const { return text_ + "}"; }

 private:
  void begin() {
    if (text_.size() > 1) text_ += ',';
  }
  std::string text_ = "{";
};

}  // namespace ruck::db
