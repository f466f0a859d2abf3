#pragma once
// Text from outside, as it may be stored and shown: names, titles, notes, comments.
//
// Control characters and the bidi overrides, embeddings and isolates (U+202A–202E, U+2066–2069) are
// taken out: they do nothing good in one line of text and let a name change how the text around it
// reads. What joins letters or marks a direction in running text (ZWJ, ZWNJ, LRM, RLM) stays: emoji
// and many languages need it. Bytes that are no UTF-8, surrogates and noncharacters become U+FFFD.
#include <string>
#include <string_view>

namespace ruck {

// Line breaks and tabs become blanks; blanks at both ends go. Text of which nothing can be seen
// becomes empty.
[[nodiscard]] std::string clean_line(std::string_view text);
// The same, but line breaks (as \n) and tabs stay.
[[nodiscard]] std::string clean_paragraphs(std::string_view text);

// Whether there is anything to see: neither blanks nor invisible characters alone.
[[nodiscard]] bool is_visible(std::string_view text);

// Bytes that are no UTF-8 become U+FFFD (the way of the Unicode Standard, §3.9: one for each
// maximal ill-formed part, but one for a surrogate); everything else stays.
[[nodiscard]] std::string mend_utf8(std::string_view text);

// At most so many code points from the start of valid UTF-8.
[[nodiscard]] std::string_view first_code_points(std::string_view text, std::size_t count);

}  // namespace ruck
