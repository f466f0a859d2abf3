#include "services/auth/secrets.hpp"

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace ruck::auth {
namespace {
constexpr std::size_t kSecretBytes = 32;
}  // namespace

std::string normal_email(std::string_view email) { return ascii_lower(trim(email)); }

std::string new_secret() { return to_base64url(random_bytes(kSecretBytes)); }

std::string auth_cookie(std::string_view name, std::string_view value,
                        const http::RequestInfo& info, std::chrono::seconds age) {
  return fmt::format("{}={}; Path=/api/auth; HttpOnly; SameSite=Strict; Max-Age={}{}", name, value,
                     age.count(), info.is_secure ? "; Secure" : "");
}

}  // namespace ruck::auth
