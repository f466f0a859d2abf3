#include "services/profile/names.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace ruck::profile {

std::string name_key(std::string_view username) { return ascii_lower(trim(username)); }

std::vector<std::string> name_trigrams(std::string_view key) {
  const std::string padded = " " + std::string(key);
  std::vector<std::size_t> starts;  // of code points
  for (std::size_t i = 0; i < padded.size(); ++i) {
    if ((static_cast<unsigned char>(padded[i]) & 0xc0) != 0x80) starts.push_back(i);
  }
  starts.push_back(padded.size());
  std::vector<std::string> trigrams;
  for (std::size_t i = 0; i + 3 < starts.size(); ++i) {
    trigrams.push_back(padded.substr(starts[i], starts[i + 3] - starts[i]));
  }
  std::ranges::sort(trigrams);
  const auto repeated = std::ranges::unique(trigrams);
  trigrams.erase(repeated.begin(), repeated.end());
  return trigrams;
}

}  // namespace ruck::profile
