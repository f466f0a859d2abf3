#pragma once
// The command line: `ruck VERB [WORDS] [--flag value | --flag=value | --switch]`.
#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ruck::app {

class Arguments {
 public:
  // `switches` are the flags that take no value.
  [[nodiscard]] static Result<Arguments> parse(int argc, const char* const* argv, int from,
                                               std::vector<std::string_view> switches);

  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
  // The flag's last value; names have underscores here, dashes on the command line.
  [[nodiscard]] std::optional<std::string> flag(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return flag(name).has_value(); }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& flags() const {
    return flags_;
  }
  // Names the first flag that is not among `known`, or nothing.
  [[nodiscard]] std::optional<std::string> unknown_flag(
      const std::vector<std::string_view>& known) const;
  // Removes the flag and gives its value: for flags that are not settings.
  std::optional<std::string> take(std::string_view name);

 private:
  std::vector<std::string> words_;
  std::vector<std::pair<std::string, std::string>> flags_;
};

}  // namespace ruck::app
