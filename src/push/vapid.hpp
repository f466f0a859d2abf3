#pragma once
// How this server says to push services who it is (VAPID, RFC 8292): a token for each of them,
// signed with a key of P-256 that browsers were given when they subscribed. The key is made once
// and kept: with another one every subscription is lost.
#include "base/error.hpp"
#include "base/thread_safety.hpp"
#include "base/time.hpp"
#include "push/keys.hpp"

#include <map>
#include <string>
#include <string_view>

namespace ruck::push {

// A new key pair, as bytes to store (a secret), and back. kInvalidInput for bytes that are no key.
[[nodiscard]] std::string make_vapid_key();
[[nodiscard]] Result<P256Key> read_vapid_key(std::string_view bytes);

class Vapid {
 public:
  // `subject` says whom to write to when we do harm: mailto: or https:. Apple refuses others.
  Vapid(P256Key key, std::string subject);
  Vapid(const Vapid&) = delete;
  Vapid& operator=(const Vapid&) = delete;

  // For PushManager.subscribe(), in base64url.
  [[nodiscard]] const std::string& public_key() const { return public_key_; }
  // The value of the Authorization header for a push service, from any thread. The token in it is
  // good for kVapidMargin at least, and stays the same for hours.
  [[nodiscard]] std::string authorization(const std::string& origin, UtcUs now);

 private:
  struct Issued {
    std::string header;
    UtcUs expires_at;
  };
  [[nodiscard]] Issued issue(const std::string& origin, UtcUs now) const;
  void make_room(UtcUs now) RUCK_REQUIRES(mutex_);

  const P256Key key_;
  const std::string subject_;
  const std::string public_key_;
  Mutex mutex_;
  std::map<std::string, Issued> issued_ RUCK_GUARDED_BY(mutex_);  // by origin
};

}  // namespace ruck::push
