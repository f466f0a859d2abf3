#pragma once
// Names as they are looked for: in lower case, and by every three letters in a row.
#include <string>
#include <string_view>
#include <vector>

namespace ruck::profile {

// ASCII in lower case; other letters as they are.
[[nodiscard]] std::string name_key(std::string_view username);
// "anna b" gives " an", "ann", "nna", "na ", "a b": a blank stands before the name, so that its
// beginning counts once more. Each one once, in whole code points.
[[nodiscard]] std::vector<std::string> name_trigrams(std::string_view key);

}  // namespace ruck::profile
