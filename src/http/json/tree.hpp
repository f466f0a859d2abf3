#pragma once
// JSON as a value that is kept: for the command line and for tests. The server itself reads into
// structs.
#include "http/json/element.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::json {

class Tree {
 public:
  Tree() = default;
  // Null for a text that is not JSON.
  [[nodiscard]] static Tree parse(std::string_view text);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::kNull; }
  [[nodiscard]] bool boolean() const { return boolean_; }
  [[nodiscard]] double number() const { return number_; }
  [[nodiscard]] std::int64_t integer() const { return integer_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<Tree>& items() const { return items_; }
  [[nodiscard]] const std::map<std::string, Tree, std::less<>>& members() const { return members_; }
  [[nodiscard]] std::size_t size() const {
    return kind_ == Kind::kObject ? members_.size() : items_.size();
  }
  [[nodiscard]] bool has(std::string_view key) const {
    return members_.find(key) != members_.end();
  }
  // Null where there is no such member or item.
  [[nodiscard]] const Tree& operator[](std::string_view key) const;
  [[nodiscard]] const Tree& operator[](std::size_t index) const;

 private:
  [[nodiscard]] static Tree from(const Element& element);
  Kind kind_ = Kind::kNull;
  bool boolean_ = false;
  double number_ = 0;
  std::int64_t integer_ = 0;
  std::string text_;
  std::vector<Tree> items_;
  std::map<std::string, Tree, std::less<>> members_;
};

}  // namespace ruck::json
