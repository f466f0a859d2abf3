#pragma once
// What a described struct's fields mean and may be: the documentation, the bounds and the other
// names they are known by. One table a struct, used to check input and to write the OpenAPI
// document.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ruck::http {

// What text is, and so what is done to it before it counts and is kept.
enum class TextKind : std::uint8_t {
  kLine,        // one line that people read: cleaned (base/clean_text.hpp)
  kParagraphs,  // the same with line ends
  kName,      // a line that a person types to be known by: refused where nothing of it can be seen
  kVerbatim,  // passwords, tokens: every byte counts
};

struct Rule {
  std::string_view field;
  std::string_view doc;
  std::optional<double> min = {};
  std::optional<double> max = {};
  std::size_t length_max = 1000;  // of text: code points; of a list: items
  std::size_t length_min = 0;
  std::array<std::string_view, 2> aliases = {};
  bool is_required = false;
  bool takes_text_numbers = false;  // "12.5" for 12.5, where the contract says so
  TextKind text = TextKind::kLine;

  [[nodiscard]] constexpr Rule between(double low, double high) const {
    Rule copy = *this;
    copy.min = low;
    copy.max = high;
    return copy;
  }
  [[nodiscard]] constexpr Rule length(std::size_t low, std::size_t high) const {
    Rule copy = *this;
    copy.length_min = low;
    copy.length_max = high;
    return copy;
  }
  [[nodiscard]] constexpr Rule also(std::string_view first, std::string_view second = {}) const {
    Rule copy = *this;
    copy.aliases = {first, second};
    return copy;
  }
  [[nodiscard]] constexpr Rule required() const {
    Rule copy = *this;
    copy.is_required = true;
    return copy;
  }
  [[nodiscard]] constexpr Rule paragraphs() const { return of_kind(TextKind::kParagraphs); }
  [[nodiscard]] constexpr Rule name() const { return of_kind(TextKind::kName); }
  [[nodiscard]] constexpr Rule verbatim() const { return of_kind(TextKind::kVerbatim); }
  [[nodiscard]] constexpr Rule text_numbers() const {
    Rule copy = *this;
    copy.takes_text_numbers = true;
    return copy;
  }

 private:
  [[nodiscard]] constexpr Rule of_kind(TextKind kind) const {
    Rule copy = *this;
    copy.text = kind;
    return copy;
  }
};

[[nodiscard]] constexpr Rule rule(std::string_view field, std::string_view doc) {
  return {.field = field, .doc = doc};
}

// Specialise with a static `kRules` array.
template <class T>
struct RulesOf {
  static constexpr std::array<Rule, 0> kRules{};
};

// The rule of a field, or one that allows everything.
[[nodiscard]] const Rule& rule_for(std::span<const Rule> rules, std::string_view field);

}  // namespace ruck::http
