#include "http/json/element.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <type_traits>

// The library's own code is not held to our warnings.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <simdjson.h>
#pragma clang diagnostic pop

namespace ruck::json {
namespace {
using simdjson::dom::element;
using simdjson::dom::element_type;
static_assert(kPadding >= simdjson::SIMDJSON_PADDING);

// A parser keeps buffers of about 12 times its largest text; above this they are given back.
constexpr std::size_t kKeptTextBytes = 1 << 20;

template <class T>
T unpack(const std::array<std::byte, 16>& storage) {
  static_assert(sizeof(T) == sizeof storage && std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(static_cast<void*>(&value), storage.data(), sizeof value);
  return value;
}
template <class T>
void pack(std::array<std::byte, 16>& storage, const T& value) {
  static_assert(sizeof(T) == sizeof storage && std::is_trivially_copyable_v<T>);
  std::memcpy(storage.data(), static_cast<const void*>(&value), sizeof value);
}

simdjson::dom::parser& parser_of_thread() {
  thread_local auto parser = std::make_unique<simdjson::dom::parser>();
  if (parser->capacity() > kKeptTextBytes) parser = std::make_unique<simdjson::dom::parser>();
  return *parser;
}

Error malformed(std::string_view text, simdjson::error_code code) {
  const std::optional<Flaw> flaw = find_flaw(text);
  if (!flaw) {  // valid, yet refused: a limit of the parser's own
    return {
        .code = ErrorCode::kMalformedJson,
        .message = fmt::format("The body is not usable JSON: {}", simdjson::error_message(code))};
  }
  return {.code = ErrorCode::kMalformedJson,
          .message =
              fmt::format("The body is not valid JSON: expected {} at byte {} (line {}, column {})",
                          flaw->expected, flaw->offset, flaw->line, flaw->column)};
}
}  // namespace

bool is_hex4(std::string_view text) {
  return text.size() >= 4 &&
         text.substr(0, 4).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}
// The code unit that an escape \uXXXX at the start of `text` stands for.
std::optional<unsigned> unit_at(std::string_view text) {
  if (!text.starts_with("\\u") || !is_hex4(text.substr(2))) return std::nullopt;
  unsigned unit = 0;
  std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return unit;
}
bool is_high(unsigned unit) { return (unit & 0xfc00U) == 0xd800; }
bool is_low(unsigned unit) { return (unit & 0xfc00U) == 0xdc00; }

// Half a surrogate pair becomes U+FFFD: an app that cuts a text between the two halves of an emoji
// must not lose what it sends (contract core §0.1). Nothing if there is none.
std::optional<std::string> with_pairs_mended(std::string_view text) {
  std::string mended(text);
  bool is_changed = false;
  for (std::size_t at = mended.find('\\'); at < mended.size(); at = mended.find('\\', at)) {
    const std::string_view rest = std::string_view(mended).substr(at);
    const auto unit = unit_at(rest);
    if (!unit) {
      at += 2;  // the backslash and what it escapes
    } else if (is_high(*unit) && is_low(unit_at(rest.substr(6)).value_or(0))) {
      at += 12;
    } else {
      if (is_high(*unit) || is_low(*unit)) {
        mended.replace(at + 2, 4, "fffd");
        is_changed = true;
      }
      at += 6;
    }
  }
  return is_changed ? std::optional(std::move(mended)) : std::nullopt;
}

struct Element::Access {
  static element get(const Element& e) { return unpack<element>(e.storage_); }
};

std::string_view name_of(Kind kind) {
  constexpr std::array<std::string_view, 7> kNames = {
      "null", "true or false", "an integer", "a number", "a string", "an array", "an object"};
  return kNames.at(static_cast<std::size_t>(kind));
}

Kind Element::kind() const {
  switch (Access::get(*this).type()) {
    case element_type::ARRAY:
      return Kind::kArray;
    case element_type::OBJECT:
      return Kind::kObject;
    case element_type::INT64:
    case element_type::UINT64:
      return Kind::kInteger;
    case element_type::DOUBLE:
      return Kind::kReal;
    case element_type::STRING:
      return Kind::kString;
    case element_type::BOOL:
      return Kind::kBoolean;
    case element_type::NULL_VALUE:
      return Kind::kNull;
  }
  return Kind::kNull;
}

std::optional<bool> Element::boolean() const {
  bool value = false;
  if (Access::get(*this).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<std::int64_t> Element::integer() const {
  std::int64_t value = 0;
  if (Access::get(*this).get(value) == simdjson::SUCCESS) return value;
  return std::nullopt;
}

std::optional<double> Element::number() const {
  double value = 0;
  if (Access::get(*this).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<std::string_view> Element::string() const {
  std::string_view value;
  if (Access::get(*this).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<Element> Element::find(std::string_view key) const {
  std::optional<Element> found;
  for (Members it(*this); it.next();) {
    if (it.key() == key) found = it.value();
  }
  return found;
}

std::string Element::to_text() const { return simdjson::minify(Access::get(*this)); }

Members::Members(const Element& object) {
  simdjson::dom::object members;
  if (unpack<element>(object.storage_).get(members) != simdjson::SUCCESS) return;
  is_object_ = true;
  pack(at_, members.begin());
  pack(end_, members.end());
}

bool Members::next() {
  if (!is_object_) return false;
  auto at = unpack<simdjson::dom::object::iterator>(at_);
  if (!(at != unpack<simdjson::dom::object::iterator>(end_))) return false;
  key_ = at.key();
  pack(value_.storage_, at.value());
  ++at;
  pack(at_, at);
  return true;
}

Items::Items(const Element& array) {
  simdjson::dom::array items;
  if (unpack<element>(array.storage_).get(items) != simdjson::SUCCESS) return;
  is_array_ = true;
  pack(at_, items.begin());
  pack(end_, items.end());
}

bool Items::next() {
  if (!is_array_) return false;
  auto at = unpack<simdjson::dom::array::iterator>(at_);
  if (!(at != unpack<simdjson::dom::array::iterator>(end_))) return false;
  pack(value_.storage_, *at);
  ++at;
  pack(at_, at);
  ++count_;
  return true;
}

Result<Element> parse_padded(std::string_view text) {
  simdjson::dom::parser& parser = parser_of_thread();
  if (parser.capacity() < text.size() || parser.max_depth() != kDepthMax) {
    const std::size_t capacity = std::max(text.size(), std::size_t{16384});
    if (parser.allocate(capacity, kDepthMax) != simdjson::SUCCESS) {
      return fail(ErrorCode::kOverloaded);
    }
  }
  element root;
  constexpr bool kMayCopy = false;
  const auto code = parser.parse(text.data(), text.size(), kMayCopy).get(root);
  if (code == simdjson::DEPTH_ERROR) {
    return fail(ErrorCode::kMalformedJson,
                fmt::format("The body is nested deeper than {} levels", kDepthMax));
  }
  if (code == simdjson::STRING_ERROR) {
    if (const auto mended = with_pairs_mended(text)) return parse(*mended);
  }
  if (code != simdjson::SUCCESS) return fail(malformed(text, code));
  Element out;
  pack(out.storage_, root);
  return out;
}

Result<Element> parse(std::string_view text) {
  thread_local std::string padded;
  padded.assign(text);
  padded.append(kPadding, '\0');
  return parse_padded(std::string_view(padded).substr(0, text.size()));
}

}  // namespace ruck::json
