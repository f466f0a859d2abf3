#pragma once
// gzip (RFC 1952) both ways.
#include "base/error.hpp"

#include <string>
#include <string_view>

namespace ruck::http {

// Empty when there is no memory to do it in: then the bytes go out as they are.
[[nodiscard]] std::string gzip(std::string_view bytes);

// The unpacked bytes, at most `bytes_max` of them: more is kPayloadTooLarge (a small request must
// not become a large one), damage is kMalformedRequest.
[[nodiscard]] Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max);

}  // namespace ruck::http
