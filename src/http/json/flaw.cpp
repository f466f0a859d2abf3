// Finds where a text stops being JSON. The parser proper is built for speed and says only that a
// text is bad; this walk, run only then, tells a person where. It keeps its own stack, because on
// text like `[[[[…` a recursive walk would run out of it.
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "http/json/element.hpp"

#include <vector>

namespace ruck::json {
namespace {

class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  std::optional<Flaw> walk() {
    if (!value()) return flaw();
    skip_blanks();
    if (!at_end()) expect("the end of the text");
    return expected_.empty() ? std::nullopt : std::optional(flaw());
  }

 private:
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip_blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }
  bool expect(std::string_view what) {
    expected_ = what;
    return false;
  }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // A whole value with all it contains. `open_` holds the brackets that are open.
  bool value() {
    do {
      skip_blanks();
      if (!open_.empty() && !before_item()) return false;
      if (just_closed_) continue;
      if (!scalar_or_open()) return false;
    } while (!close_finished());
    return true;
  }

  // Inside an array or object, in front of an item or of the closing bracket.
  bool before_item() {
    just_closed_ = false;
    if (first_ && take(open_.back())) {
      open_.pop_back();
      first_ = false;
      just_closed_ = true;
      return true;
    }
    if (!first_ && !comma_) return expect("',' or a closing bracket");
    comma_ = false;
    if (open_.back() == ']') return true;
    if (peek() != '"') return expect("a string as the name of a member");
    if (!string()) return false;
    skip_blanks();
    if (!take(':')) return expect("':'");
    skip_blanks();
    return true;
  }

  bool scalar_or_open() {
    const char c = peek();
    if (c == '{' || c == '[') {
      if (open_.size() >= kStackMax) return expect("less nesting");
      open_.push_back(c == '{' ? '}' : ']');
      ++at_;
      first_ = true;
      opened_ = true;
      return true;
    }
    opened_ = false;
    first_ = false;
    if (c == '"') return string();
    if (c == 't') return word("true");
    if (c == 'f') return word("false");
    if (c == 'n') return word("null");
    if (c == '-' || (c >= '0' && c <= '9')) return number();
    return expect("a value");
  }

  // After a value: commas and closing brackets. True when the outermost value is complete.
  bool close_finished() {
    if (opened_ && !just_closed_) return false;
    just_closed_ = false;
    opened_ = false;
    for (;;) {
      if (open_.empty()) return true;
      skip_blanks();
      first_ = false;
      if (take(',')) {
        comma_ = true;
        return false;
      }
      if (!take(open_.back())) {
        comma_ = false;
        return false;  // before_item() says what was expected
      }
      open_.pop_back();
    }
  }

  bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) return expect("a value");
    at_ += wanted.size();
    return true;
  }

  bool digits() {
    const std::size_t start = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > start || expect("a digit");
  }

  bool number() {
    take('-');
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    return true;
  }

  bool string() {
    ++at_;
    while (!at_end()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return expect("no control character in a string");
      if (c == '\\' && !escape()) return false;
      if (c != '\\') ++at_;
    }
    return expect("'\"'");
  }

  bool escape() {
    ++at_;
    if (std::string_view("\"\\/bfnrt").contains(peek()) && !at_end()) {
      ++at_;
      return true;
    }
    if (!take('u')) return expect("an escape character");
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_end() || hex_value(peek()) < 0) return expect("four hexadecimal digits");
    }
    return true;
  }

  [[nodiscard]] Flaw flaw() const {
    Flaw out{.offset = at_, .expected = expected_};
    for (const char c : text_.substr(0, at_)) {
      out.column += 1;
      if (c != '\n') continue;
      out.line += 1;
      out.column = 1;
    }
    return out;
  }

  static constexpr std::size_t kStackMax = 1 << 16;  // far beyond what the parser takes
  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<char> open_;  // the closing bracket of each open one
  bool first_ = true;       // nothing yet inside the innermost bracket
  bool comma_ = false;      // a comma was just taken
  bool opened_ = false;     // the last thing was an opening bracket
  bool just_closed_ = false;
  std::string_view expected_;
};

}  // namespace

std::optional<Flaw> find_flaw(std::string_view text) {
  const std::size_t valid = utf8_prefix(text);
  if (valid < text.size()) return Flaw{.offset = valid, .expected = "UTF-8"};
  return Walker(text).walk();
}

}  // namespace ruck::json
