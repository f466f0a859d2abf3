#pragma once
// Access tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA256, with the claims the mobile app
// decodes (contract core §0): sub, exp, iat, aud, role, session_id; the header names the key.
//
// A token is accepted only if its header is byte for byte one that we write, so no other algorithm
// can be talked into.
#include "base/clock.hpp"
#include "base/error.hpp"
#include "bus/bus.hpp"
#include "http/authenticator.hpp"
#include "services/auth/ended_sessions.hpp"
#include "services/auth/limits.hpp"
#include "services/auth/verified_tokens.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::auth {

struct SigningKey {
  std::string id;
  std::string secret;  // at least 32 bytes
};

// "ID:BASE64,ID:BASE64" as in RUCK_TOKEN_KEYS.
[[nodiscard]] Result<std::vector<SigningKey>> parse_keys(std::string_view text);

class Tokens final : public http::Authenticator {
 public:
  // Adds a key that verifies. Safe while tokens are being checked; a known id changes nothing.
  void add_key(const SigningKey& key);
  // From now on `id` signs.
  void sign_with(std::string_view id);

  struct Issued {
    std::string token;
    UtcUs expires_at;
  };
  // `lifetime` is longer for the accounts of a load test, which do not refresh; nothing else of
  // their tokens differs.
  [[nodiscard]] Issued issue(const http::Viewer& viewer, UtcUs now,
                             std::chrono::seconds lifetime = kAccessLifetime) const;
  [[nodiscard]] Result<http::Viewer> authenticate(std::string_view token, UtcUs now) const override;
  [[nodiscard]] bool has_ended(const Uuid& session) const override { return ended_.has(session); }
  // Tokens of these sign-ins are refused from now on, as expired ones are.
  void end_sessions(std::span<const Uuid> sessions, UtcUs now);
  // The same for what the database tells, as it tells each instance.
  void learn_ended(std::span<const Uuid> sessions, UtcUs now);
  // Where it is told (topics.hpp), after they are refused, and heard of those that another instance
  // has ended; set before the server starts.
  void use_bus(bus::Bus& bus, const Clock& clock);

 private:
  struct Key {
    std::string id;
    std::string header;  // base64url, with the dot
    std::string secret;
  };
  [[nodiscard]] const Key* key_of(std::string_view header) const;
  // Of a token whose signature is right; perhaps of one that has expired.
  [[nodiscard]] Result<http::Viewer> verify(std::string_view token) const;

  // Only ever grows, so readers need no lock: the count is published after the key.
  std::array<Key, kKeysMax> keys_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::size_t> signer_{0};
  mutable VerifiedTokens verified_;
  EndedSessions ended_;
  bus::Bus* bus_ = nullptr;
  std::unique_ptr<bus::Bus::Subscription> news_;  // last: it uses the rest
};

}  // namespace ruck::auth
