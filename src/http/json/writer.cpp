#include "http/json/writer.hpp"

#include "base/clean_text.hpp"
#include "base/text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace ruck::json {
namespace {
constexpr std::string_view kHex = "0123456789abcdef";

// Characters that may stand in a JSON string as they are.
constexpr std::array<bool, 256> plain_table() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 256; ++c) table[c] = true;
  table['"'] = false;
  table['\\'] = false;
  return table;
}
constexpr auto kPlain = plain_table();

bool is_ascii(std::string_view text) {
  unsigned char seen = 0;
  for (const char c : text) seen |= static_cast<unsigned char>(c);
  return seen < 0x80;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
  }
}
}  // namespace

// A value is followed by a comma unless it is the first after a bracket or belongs to a key. What
// came last tells: a value never ends in one of these characters.
void Writer::separate() {
  if (out_.empty()) return;
  const char last = out_.back();
  if (last != '{' && last != '[' && last != ':' && last != ',') out_.push_back(',');
}

void Writer::key(std::string_view name) {
  separate();
  out_.push_back('"');
  out_ += name;
  out_ += "\":";
}

void Writer::integer(std::int64_t value) {
  separate();
  std::array<char, 24> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out_.append(digits.data(), end);
}

void Writer::number(double value) {
  if (!std::isfinite(value)) {
    null();
    return;
  }
  separate();
  std::array<char, 32> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out_.append(digits.data(), end);
}

// What an older version stored unchecked must not make a reader refuse the whole list.
void Writer::string(std::string_view given) {
  const std::string mended = is_ascii(given) || is_utf8(given) ? std::string() : mend_utf8(given);
  const std::string_view value = mended.empty() ? given : std::string_view(mended);
  separate();
  out_.push_back('"');
  std::size_t start = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (kPlain[static_cast<unsigned char>(value[i])]) continue;
    out_.append(value.substr(start, i - start));
    append_escaped(out_, value[i]);
    start = i + 1;
  }
  out_.append(value.substr(start));
  out_.push_back('"');
}

void Writer::time(UtcMs value) {
  separate();
  out_.push_back('"');
  append_iso8601(out_, value);
  out_.push_back('"');
}

void write_members(Writer& w, const MemberTable<WriteMember>& members, const void* object) {
  const auto write_one = [&w](std::string_view name, const void* value, WriteMember write) {
    write(w, name, value);
  };
  for_each_member(members, object, write_one);
}

void write_object(Writer& w, const MemberTable<WriteMember>& members, const void* object) {
  w.begin_object();
  write_members(w, members, object);
  w.end_object();
}

}  // namespace ruck::json
