#include "services/auth/tokens.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "http/json/element.hpp"
#include "http/json/writer.hpp"
#include "services/auth/topics.hpp"

#include <algorithm>

namespace ruck::auth {
namespace {
constexpr std::size_t kSecretBytesMin =
    32;  // of HMAC-SHA256: shorter keys weaken it (RFC 7518 §3.2)
constexpr std::string_view kAudience = "authenticated";

std::string header_of(std::string_view id) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  w.key("alg");
  w.string("HS256");
  w.key("typ");
  w.string("JWT");
  w.key("kid");
  w.string(id);
  w.end_object();
  return to_base64url(text) + ".";
}

// Base64url as we write it and in no other way (RFC 4648 §3.5): no padding, no other alphabet, no
// bits behind the last byte. A token has one spelling.
std::optional<std::string> from_canonical(std::string_view text) {
  auto bytes = from_base64(text);
  if (!bytes || to_base64url(*bytes) != text) return std::nullopt;
  return bytes;
}

Result<http::Viewer> viewer_of(std::string_view payload) {
  const auto text = from_canonical(payload);
  if (!text) return fail(ErrorCode::kInvalidToken);
  const auto claims = json::parse(*text);
  if (!claims) return fail(ErrorCode::kInvalidToken);
  const auto subject = claims->find("sub");
  const auto expires = claims->find("exp");
  const auto session = claims->find("session_id");
  if (!subject || !expires || !session) return fail(ErrorCode::kInvalidToken);
  const auto user = Uuid::parse(subject->string().value_or(""));
  const auto session_id = Uuid::parse(session->string().value_or(""));
  const auto seconds = expires->integer();
  if (!user || !session_id || !seconds) return fail(ErrorCode::kInvalidToken);
  // A time of the far future, or of the far past, has no microseconds that fit.
  constexpr std::int64_t kFarSeconds = 4'102'444'800;  // 2100
  return http::Viewer{
      .user = UserId(*user),
      .session = *session_id,
      .expires_at =
          UtcUs(std::chrono::seconds(std::clamp<std::int64_t>(*seconds, 0, kFarSeconds)))};
}
}  // namespace

Result<std::vector<SigningKey>> parse_keys(std::string_view text) {
  std::vector<SigningKey> keys;
  while (!text.empty()) {
    const std::size_t end = text.find(',');
    const std::string_view item = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t colon = item.find(':');
    const auto secret =
        colon == std::string_view::npos ? std::nullopt : from_base64(item.substr(colon + 1));
    if (!secret || colon == 0 || secret->size() < kSecretBytesMin) {
      return fail(ErrorCode::kInvalidInput,
                  "token_keys must be ID:BASE64 of at least 32 bytes, separated by commas");
    }
    keys.push_back({.id = std::string(item.substr(0, colon)), .secret = *secret});
  }
  return keys;
}

void Tokens::add_key(const SigningKey& signing_key) {
  const std::string header = header_of(signing_key.id);
  const std::size_t count = count_.load();
  if (key_of(std::string_view(header)) != nullptr) return;
  RUCK_ASSERT(count < kKeysMax);
  Key& key = keys_[count];
  key.id = signing_key.id;
  key.header = header;
  key.secret = signing_key.secret;
  count_.store(count + 1, std::memory_order_release);
}

void Tokens::end_sessions(std::span<const Uuid> sessions, UtcUs now) {
  ended_.add(sessions, now);
  if (bus_ != nullptr) publish_ended(*bus_, sessions);
}

void Tokens::learn_ended(std::span<const Uuid> sessions, UtcUs now) {
  ended_.add(sessions, now);
  if (bus_ != nullptr) publish_ended_here(*bus_, sessions);
}

void Tokens::use_bus(bus::Bus& bus, const Clock& clock) {
  bus_ = &bus;
  news_ = bus.subscribe(std::string(kSessionsEnded), [this, &clock](const bus::Payload& payload) {
    ended_.add(ended_sessions(*payload), clock.now());
  });
}

void Tokens::sign_with(std::string_view id) {
  for (std::size_t i = 0; i < count_.load(); ++i) {
    if (keys_[i].id == id) signer_.store(i, std::memory_order_release);
  }
}

const Tokens::Key* Tokens::key_of(std::string_view header) const {
  const std::size_t count = count_.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < count; ++i) {
    if (keys_[i].header == header) return &keys_[i];
  }
  return nullptr;
}

Tokens::Issued Tokens::issue(const http::Viewer& viewer, UtcUs now,
                             std::chrono::seconds lifetime) const {
  RUCK_ASSERT(count_.load(std::memory_order_acquire) > 0);
  const Key& key = keys_[signer_.load(std::memory_order_acquire)];
  const auto issued = std::chrono::floor<std::chrono::seconds>(now);
  const auto expires = issued + lifetime;
  std::string payload;
  json::Writer w(payload);
  w.begin_object();
  w.key("sub");
  w.string(viewer.user.value().to_string());
  w.key("exp");
  w.integer(expires.time_since_epoch().count());
  w.key("iat");
  w.integer(issued.time_since_epoch().count());
  w.key("aud");
  w.string(kAudience);
  w.key("role");
  w.string(kAudience);
  w.key("session_id");
  w.string(viewer.session.to_string());
  w.end_object();
  std::string token = key.header + to_base64url(payload);
  const std::string signature = crypto::hmac_sha256(key.secret, token);
  token += '.';
  token += to_base64url(signature);
  return {.token = std::move(token), .expires_at = expires};
}

Result<http::Viewer> Tokens::verify(std::string_view token) const {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return fail(ErrorCode::kInvalidToken);
  const Key* key = key_of(token.substr(0, first + 1));
  if (key == nullptr) return fail(ErrorCode::kInvalidToken);
  const std::string signature = crypto::hmac_sha256(key->secret, token.substr(0, second));
  const auto given = from_canonical(token.substr(second + 1));
  if (!given || !crypto::equal_in_constant_time(*given, signature)) {
    return fail(ErrorCode::kInvalidToken);
  }
  return viewer_of(token.substr(first + 1, second - first - 1));
}

Result<http::Viewer> Tokens::authenticate(std::string_view token, UtcUs now) const {
  if (token.size() > kTokenBytesMax) return fail(ErrorCode::kInvalidToken);
  const VerifiedTokens::Tag tag = verified_.tag_of(token);
  auto viewer = verified_.find(tag);
  if (!viewer) {
    const Result<http::Viewer> verified = verify(token);
    if (!verified) return fail(verified.error());
    viewer = *verified;
    verified_.keep(tag, *viewer);
  }
  if (now >= viewer->expires_at) return fail(ErrorCode::kTokenExpired);
  // As an expired token: then a phone keeps its data and asks for a new one, which is refused.
  if (ended_.has(viewer->session)) return fail(ErrorCode::kTokenExpired);
  return *viewer;
}

}  // namespace ruck::auth
