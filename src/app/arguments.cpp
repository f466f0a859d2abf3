#include "app/arguments.hpp"

#include <algorithm>

namespace ruck::app {
namespace {
std::string with_underscores(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '-', '_');
  return out;
}
}  // namespace

Result<Arguments> Arguments::parse(int argc, const char* const* argv, int from,
                                   std::vector<std::string_view> switches) {
  Arguments out;
  for (int i = from; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with("--") || word.size() == 2) {
      out.words_.emplace_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    std::string name =
        with_underscores(word.substr(2, equals == std::string_view::npos ? equals : equals - 2));
    if (equals != std::string_view::npos) {
      out.flags_.emplace_back(std::move(name), std::string(word.substr(equals + 1)));
    } else if (std::ranges::find(switches, std::string_view(name)) != switches.end()) {
      out.flags_.emplace_back(std::move(name), "on");
    } else if (i + 1 < argc) {
      out.flags_.emplace_back(std::move(name), argv[++i]);
    } else {
      return fail(ErrorCode::kInvalidInput, std::string(word) + " needs a value");
    }
  }
  return out;
}

std::optional<std::string> Arguments::flag(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [key, value] : flags_) {
    if (key == name) found = value;
  }
  return found;
}

std::optional<std::string> Arguments::take(std::string_view name) {
  std::optional<std::string> value = flag(name);
  std::erase_if(flags_, [&](const auto& entry) { return entry.first == name; });
  return value;
}

std::optional<std::string> Arguments::unknown_flag(
    const std::vector<std::string_view>& known) const {
  for (const auto& [key, value] : flags_) {
    if (std::ranges::find(known, std::string_view(key)) == known.end()) return key;
  }
  return std::nullopt;
}

}  // namespace ruck::app
