#include "media/blob_store.hpp"

#include <algorithm>

namespace ruck::media {
namespace {
bool is_part(std::string_view part) {
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !part.empty() && part != "." && part != ".." && std::ranges::all_of(part, is_fine);
}
}  // namespace

bool is_key(std::string_view key) {
  if (key.size() > kKeyBytesMax) return false;
  for (;;) {
    const std::size_t slash = key.find('/');
    if (!is_part(key.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    key.remove_prefix(slash + 1);
  }
}

}  // namespace ruck::media
