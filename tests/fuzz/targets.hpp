#pragma once
// Everything that reads bytes from outside, one function each. A target must take any input; what
// it asserts are promises about what was read: it can be written and read again, counts add up, it
// does not depend on how it was cut into pieces.
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::fuzz {

struct Target {
  std::string_view name;
  void (*run)(std::string_view input);
  std::vector<std::string> (*seeds)();  // inputs to start from, made by code
};
[[nodiscard]] std::span<const Target> targets();
[[nodiscard]] const Target* find_target(std::string_view name);

}  // namespace ruck::fuzz
