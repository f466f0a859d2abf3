#pragma once
// multipart/form-data (RFC 7578): the parts of a body.
#include "base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ruck::http {

struct Part {
  std::string name;
  std::string filename;  // empty: a plain field
  std::string content_type;
  std::string_view bytes;  // inside the body
};

inline constexpr std::size_t kPartsMax = 64;

// kInvalidInput for a content type without a boundary or a body that does not keep to it.
[[nodiscard]] Result<std::vector<Part>> parse_multipart(std::string_view content_type,
                                                        std::string_view body);

}  // namespace ruck::http
