#pragma once
// The one place that turns an Error into a response.
#include "base/error.hpp"
#include "http/message.hpp"

namespace ruck::http {

// {"message": text, "error": stable code, "request_id": id, ...}; 429 and 503 carry Retry-After.
[[nodiscard]] Response problem(const Error& error, std::string_view request_id);

}  // namespace ruck::http
