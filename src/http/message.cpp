#include "http/message.hpp"

#include "base/text.hpp"

namespace ruck::http {

std::string_view name_of(Method method) {
  constexpr std::array<std::string_view, 8> kNames = {"GET",   "HEAD",   "POST",    "PUT",
                                                      "PATCH", "DELETE", "OPTIONS", "other"};
  return kNames.at(static_cast<std::size_t>(method));
}

std::optional<std::string_view> find_cookie(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::size_t end = cookies.find(';');
    const std::string_view pair = trim(cookies.substr(0, end));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
    if (end == std::string_view::npos) break;
    cookies.remove_prefix(end + 1);
  }
  return std::nullopt;
}

bool is_same_origin(const RequestInfo& info) {
  const std::size_t scheme_end = info.origin.find("://");
  if (scheme_end == std::string::npos || info.host.empty()) return false;
  return equals_ignoring_case(std::string_view(info.origin).substr(scheme_end + 3), info.host);
}

bool list_accepts(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    const std::string_view item = trim(list.substr(0, end));
    const std::size_t semicolon = item.find(';');
    if (equals_ignoring_case(trim(item.substr(0, semicolon)), token)) {
      if (semicolon == std::string_view::npos) return true;
      std::string_view weight = trim(item.substr(semicolon + 1));
      if (!weight.starts_with("q=")) return true;
      weight.remove_prefix(2);
      return parse_double(weight).value_or(1.0) > 0;
    }
    if (end == std::string_view::npos) break;
    list.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace ruck::http
