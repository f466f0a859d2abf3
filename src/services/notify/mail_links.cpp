#include "services/notify/mail_links.hpp"

#include "base/bytes.hpp"
#include "crypto/digest.hpp"

#include <fmt/format.h>

namespace ruck::notify {
namespace {
// What the key is for: with another one nothing that is signed elsewhere fits here.
constexpr std::string_view kUse = "ruck: links that end mails, 1";
constexpr std::string_view kDigest = "weekly_digest";
constexpr std::size_t kUuidLength = 36;
}  // namespace

std::string_view name_of(const MailKind& kind) {
  return kind.setting ? type_of(*kind.setting) : kDigest;
}

MailLinks::MailLinks(std::string_view server_key, std::string public_url)
    : key_(crypto::hmac_sha256(server_key, kUse)), public_url_(std::move(public_url)) {}

// "USER.KIND.SIGNATURE"
std::string MailLinks::token_of(const MailKind& kind) const {
  const std::string what = fmt::format("{}.{}", kind.user.value().to_string(), name_of(kind));
  return fmt::format("{}.{}", what, to_base64url(crypto::hmac_sha256(key_, what)));
}

std::string MailLinks::unsubscribe_url(const MailKind& kind) const {
  return fmt::format("{}/api/notifications/unsubscribe?token={}", public_url_, token_of(kind));
}

std::optional<MailKind> MailLinks::read(std::string_view token) const {
  const std::size_t end = token.rfind('.');
  if (end == std::string_view::npos || end <= kUuidLength || token[kUuidLength] != '.') {
    return std::nullopt;
  }
  const auto user = Uuid::parse(token.substr(0, kUuidLength));
  const std::string_view name = token.substr(kUuidLength + 1, end - kUuidLength - 1);
  const std::optional<Setting> setting = find_setting(name);
  if (!user || (!setting && name != kDigest)) return std::nullopt;
  const MailKind kind{.user = UserId(*user), .setting = setting};
  if (!crypto::equal_in_constant_time(token, token_of(kind))) return std::nullopt;
  return kind;
}

bool is_one_click(std::string_view body) {
  const std::size_t name = body.find("List-Unsubscribe");
  return name != std::string_view::npos && body.find("One-Click", name) != std::string_view::npos;
}

}  // namespace ruck::notify
