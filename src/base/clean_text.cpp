#include "base/clean_text.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ruck {
namespace {
constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr char32_t kReplacementPoint = 0xfffd;

struct Range {
  char32_t first;
  char32_t last;
};

// Taken out wherever they stand: C0 and C1 but for tabs and line ends, bidi overrides, embeddings
// and isolates.
constexpr auto kTakenOut = std::to_array<Range>({{0x0000, 0x0008},
                                                 {0x000b, 0x000c},
                                                 {0x000e, 0x001f},
                                                 {0x007f, 0x0084},
                                                 {0x0086, 0x009f},
                                                 {0x202a, 0x202e},
                                                 {0x2066, 0x2069}});

// Shown as nothing: White_Space and Default_Ignorable_Code_Point of Unicode 15 (PropList.txt,
// DerivedCoreProperties.txt), and the blank Braille pattern.
constexpr auto kInvisible = std::to_array<Range>(
    {{0x0009, 0x000d}, {0x0020, 0x0020},   {0x0085, 0x0085},   {0x00a0, 0x00a0},  {0x00ad, 0x00ad},
     {0x034f, 0x034f}, {0x061c, 0x061c},   {0x115f, 0x1160},   {0x1680, 0x1680},  {0x17b4, 0x17b5},
     {0x180b, 0x180f}, {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f},  {0x2800, 0x2800},
     {0x3000, 0x3000}, {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},  {0xffa0, 0xffa0},
     {0xfff0, 0xfff8}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}});

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t point) {
  const auto after = std::ranges::upper_bound(ranges, point, {}, &Range::first);
  return after != ranges.begin() && point <= std::prev(after)->last;
}

bool is_line_end(char32_t point) {
  return point == '\n' || point == '\r' || point == 0x85 || point == 0x2028 || point == 0x2029;
}

// U+FDD0–FDEF and the last two of every plane (Unicode Standard §23.7).
bool is_noncharacter(char32_t point) {
  return (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) == 0xfffe;
}

struct Decoded {
  char32_t point = kReplacementPoint;
  std::size_t size = 1;  // bytes taken
  bool is_valid = false;
};

// The bounds of the second byte of a sequence: they rule out overlong forms, surrogates and what is
// above U+10FFFF (Unicode Standard, table 3-7).
std::pair<unsigned, unsigned> second_byte_bounds(unsigned lead) {
  switch (lead) {
    case 0xe0:
      return {0xa0, 0xbf};
    case 0xed:
      return {0x80, 0x9f};
    case 0xf0:
      return {0x90, 0xbf};
    case 0xf4:
      return {0x80, 0x8f};
    default:
      return {0x80, 0xbf};
  }
}

// Half a pair of UTF-16, written as UTF-8 would be: one thing to whoever wrote it.
bool is_surrogate(std::string_view text) {
  return text.size() >= 3 && text[0] == '\xed' &&
         (static_cast<unsigned char>(text[1]) & 0xe0U) == 0xa0 &&
         (static_cast<unsigned char>(text[2]) & 0xc0U) == 0x80;
}

Decoded decode(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {.point = lead, .size = 1, .is_valid = true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return {};
  if (is_surrogate(text)) return {.size = 3};
  char32_t point = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto [low, high] = i == 1 ? second_byte_bounds(lead) : std::pair(0x80U, 0xbfU);
    if (i >= text.size() || byte(i) < low || byte(i) > high) return {.size = i};
    point = (point << 6U) | (byte(i) & 0x3fU);
  }
  return {.point = point, .size = length, .is_valid = true};
}

// Calls `visit` with each code point and its bytes; what is ill-formed comes as U+FFFD.
template <class Visit>
void each_code_point(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const Decoded next = decode(text);
    visit(next.point, next.is_valid ? text.substr(0, next.size) : kReplacement);
    text.remove_prefix(next.size);
  }
}

enum class LineEnds : std::uint8_t { kBecomeBlanks, kStay };

std::string clean(std::string_view text, LineEnds line_ends) {
  std::string out;
  out.reserve(text.size());
  char32_t before = 0;
  each_code_point(text, [&](char32_t point, std::string_view bytes) {
    const bool ends_crlf = point == '\n' && before == '\r';
    before = point;
    if (ends_crlf || is_in(kTakenOut, point)) return;
    if (line_ends == LineEnds::kStay && point != '\t' && is_line_end(point)) {
      out += '\n';
    } else if (line_ends == LineEnds::kBecomeBlanks && (point == '\t' || is_line_end(point))) {
      out += ' ';
    } else {
      out += is_noncharacter(point) ? kReplacement : bytes;
    }
  });
  if (!is_visible(out)) return {};
  return std::string(trim(out));
}
}  // namespace

std::string clean_line(std::string_view text) { return clean(text, LineEnds::kBecomeBlanks); }

std::string clean_paragraphs(std::string_view text) { return clean(text, LineEnds::kStay); }

bool is_visible(std::string_view text) {
  bool found = false;
  each_code_point(text, [&](char32_t point, std::string_view) {
    found = found || !(is_in(kInvisible, point) || is_in(kTakenOut, point));
  });
  return found;
}

std::string mend_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  each_code_point(text, [&](char32_t, std::string_view bytes) { out += bytes; });
  return out;
}

std::string_view first_code_points(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0U) != 0x80;
    if (begins && count-- == 0) break;
  }
  return text.substr(0, at);
}

}  // namespace ruck
