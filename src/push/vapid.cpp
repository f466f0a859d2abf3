#include "push/vapid.hpp"

#include "base/bytes.hpp"
#include "http/json/writer.hpp"
#include "push/jws.hpp"
#include "push/limits.hpp"

#include <algorithm>

namespace ruck::push {
namespace {
std::int64_t seconds_of(UtcUs time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}
}  // namespace

std::string make_vapid_key() { return P256Key::make().private_scalar(); }

Result<P256Key> read_vapid_key(std::string_view bytes) {
  Result<P256Key> key = P256Key::from_private(bytes);
  if (!key) return fail(ErrorCode::kInvalidInput, "the VAPID key: " + key.error().message);
  return key;
}

Vapid::Vapid(P256Key key, std::string subject)
    : key_(std::move(key)),
      subject_(std::move(subject)),
      public_key_(to_base64url(key_.public_point())) {}

Vapid::Issued Vapid::issue(const std::string& origin, UtcUs now) const {
  const UtcUs expires_at = now + kVapidLifetime;
  std::string claims;
  json::Writer w(claims);
  w.begin_object();
  w.key("aud");
  w.string(origin);
  w.key("exp");
  w.integer(seconds_of(expires_at));
  w.key("sub");
  w.string(subject_);
  w.end_object();
  return {.header = "vapid t=" + sign_jws(key_, claims) + ", k=" + public_key_,
          .expires_at = expires_at};
}

// What has run out goes first, then what would run out first.
void Vapid::make_room(UtcUs now) {
  std::erase_if(issued_, [now](const auto& each) { return each.second.expires_at <= now; });
  if (issued_.size() < kVapidOriginsMax) return;
  issued_.erase(std::ranges::min_element(issued_, {},
                                         [](const auto& each) { return each.second.expires_at; }));
}

std::string Vapid::authorization(const std::string& origin, UtcUs now) {
  {
    const Guard lock(mutex_);
    const auto found = issued_.find(origin);
    if (found != issued_.end() && now < found->second.expires_at - kVapidMargin) {
      return found->second.header;
    }
  }
  // Signed without the lock; two that do it at once do no harm.
  Issued issued = issue(origin, now);
  std::string header = issued.header;
  const Guard lock(mutex_);
  if (!issued_.contains(origin) && issued_.size() >= kVapidOriginsMax) make_room(now);
  issued_.insert_or_assign(origin, std::move(issued));
  return header;
}

}  // namespace ruck::push
