#pragma once
// Who may ask: what a route says of it, and what checks it.
#include "base/error.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <string_view>

namespace ruck::http {

// Checks an access token. Pure computation: it runs on the core for every request.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // kTokenExpired for a genuine token that is too old, kInvalidToken for anything else wrong.
  [[nodiscard]] virtual Result<Viewer> authenticate(std::string_view token, UtcUs now) const = 0;
  // Whether a sign-in has been ended, though tokens of it still run.
  [[nodiscard]] virtual bool has_ended(const Uuid& session) const = 0;
};

enum class Auth : std::uint8_t {
  kUser,      // a valid token is needed
  kOptional,  // a token is used if there is one; a bad one is still refused
  kNone,
};

}  // namespace ruck::http
