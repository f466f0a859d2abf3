#pragma once
// What sign-in and account changes share: how an address is compared, secrets, cookies.
#include "http/message.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace ruck::auth {

// An address as it is stored and compared: without blanks around it, in lower case.
[[nodiscard]] std::string normal_email(std::string_view email);

// For a token or a mailed link: 256 random bits in base64url.
[[nodiscard]] std::string new_secret();

// The value of Set-Cookie (RFC 6265 §4.1) for a cookie that only /api/auth gets.
[[nodiscard]] std::string auth_cookie(std::string_view name, std::string_view value,
                                      const http::RequestInfo& info, std::chrono::seconds age);

}  // namespace ruck::auth
