#include "http/client/outbound.hpp"

#include <algorithm>

namespace ruck::http {

std::string_view OutboundReply::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, [](const auto& h) { return h.first; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace ruck::http
