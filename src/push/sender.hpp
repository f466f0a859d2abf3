#pragma once
// Pushes to devices: Firebase Cloud Messaging HTTP v1 for the mobile app, Web Push (RFC 8030, 8291,
// 8292) for browsers. One send is one request to one device; who calls is a job.
#include "runtime/task.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ruck::push {

enum class Urgency : std::uint8_t { kNormal, kHigh };

struct Message {
  std::string title;
  std::string body;
  // String to string, with `type` and the key of what to open (contract core section 7).
  std::vector<std::pair<std::string, std::string>> data;
  std::string collapse_key = {};  // a later message with the same key replaces an undelivered one
  std::chrono::seconds ttl = std::chrono::hours(24);
  Urgency urgency = Urgency::kNormal;
};

struct FcmToken {
  std::string token;
};

// As PushSubscription.toJSON() of the browser gives it; keys in base64url.
struct WebSubscription {
  std::string endpoint;
  std::string p256dh;
  std::string auth;
};

enum class Fate : std::uint8_t {
  kAccepted,       // by the push service
  kGone,           // the device is not there any more: remove it
  kRefused,        // sending it again is no use
  kRetry,          // later, see retry_after
  kNotConfigured,  // this server has no credentials for it
};

struct Report {
  Fate fate = Fate::kAccepted;
  std::string reason = {};  // for operators; never tokens, endpoints or texts
  std::optional<std::chrono::seconds> retry_after = {};
};

class Sender {
 public:
  virtual ~Sender() = default;
  [[nodiscard]] virtual task<Report> send(FcmToken device, Message message) = 0;
  [[nodiscard]] virtual task<Report> send(WebSubscription browser, Message message) = 0;
  // The server's public key for PushManager.subscribe(), base64url; empty where it has none.
  [[nodiscard]] virtual std::string vapid_public_key() const = 0;
};

}  // namespace ruck::push
