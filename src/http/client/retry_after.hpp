#pragma once
#include "base/time.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace ruck::http {

// An HTTP date (RFC 9110 section 5.6.7) in its one form that may be sent:
// "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::optional<UtcMs> parse_http_date(std::string_view text);

// Retry-After, seconds or a date, as the time from `now`; not below zero, not above
// kRetryAfterMax. Nothing where it is neither.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view text,
                                                                    UtcMs now);

}  // namespace ruck::http
