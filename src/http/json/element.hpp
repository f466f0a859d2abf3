#pragma once
// JSON that came in, read in place. A thin view of simdjson's DOM, which is seen only by
// element.cpp.
//
// parse() checks the whole text at once; an Element lives until the next parse() on its thread, so
// what is needed later is copied out before the first co_await.
#include "base/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ruck::json {

// Readable bytes that must stand behind a text given to parse_padded().
inline constexpr std::size_t kPadding = 64;
// Deeper nesting is refused: nothing in the contract goes beyond five.
inline constexpr std::size_t kDepthMax = 32;

enum class Kind : std::uint8_t { kNull, kBoolean, kInteger, kReal, kString, kArray, kObject };
[[nodiscard]] std::string_view name_of(Kind kind);  // "a string", as error texts say it

class Element {
 public:
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool is_null() const { return kind() == Kind::kNull; }
  // Each gives nothing when the element is of another kind.
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::int64_t> integer() const;  // not 1.5, not beyond 64 bits
  [[nodiscard]] std::optional<double> number() const;         // integers too
  [[nodiscard]] std::optional<std::string_view> string() const;
  // The last member of that name (what most parsers keep of duplicate keys).
  [[nodiscard]] std::optional<Element> find(std::string_view key) const;
  // The text of the element again, without blanks.
  [[nodiscard]] std::string to_text() const;

 private:
  friend class Members;
  friend class Items;
  friend Result<Element> parse_padded(std::string_view);
  struct Access;
  alignas(8) std::array<std::byte, 16> storage_{};
};

// Walks the members of an object (of anything else: none), in order.
//   for (Members it(object); it.next();) use(it.key(), it.value());
class Members {
 public:
  explicit Members(const Element& object);
  [[nodiscard]] bool next();
  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] const Element& value() const { return value_; }

 private:
  alignas(8) std::array<std::byte, 16> at_{};
  alignas(8) std::array<std::byte, 16> end_{};
  bool is_object_ = false;
  std::string_view key_;
  Element value_;
};

// Walks the items of an array (of anything else: none), in order.
class Items {
 public:
  explicit Items(const Element& array);
  [[nodiscard]] bool next();
  [[nodiscard]] const Element& value() const { return value_; }
  [[nodiscard]] std::size_t index() const { return count_ - 1; }

 private:
  alignas(8) std::array<std::byte, 16> at_{};
  alignas(8) std::array<std::byte, 16> end_{};
  bool is_array_ = false;
  std::size_t count_ = 0;
  Element value_;
};

// Errors are kMalformedJson and say at which byte, line and column, and what was expected there.
[[nodiscard]] Result<Element> parse_padded(std::string_view text);
// The same for a text without padding (copied).
[[nodiscard]] Result<Element> parse(std::string_view text);

// Where and why a text is not JSON (RFC 8259), or nothing if it is.
struct Flaw {
  std::size_t offset = 0;  // bytes from 0
  std::size_t line = 1;
  std::size_t column = 1;  // bytes from 1
  std::string_view expected;
};
[[nodiscard]] std::optional<Flaw> find_flaw(std::string_view text);

}  // namespace ruck::json
