#pragma once
// Messages to the mobile app by Firebase Cloud Messaging, HTTP v1; Firebase passes those to iPhones
// on to Apple.
#include "base/clock.hpp"
#include "http/client/outbound.hpp"
#include "http/rate_limit.hpp"
#include "push/google_token.hpp"
#include "push/quota.hpp"
#include "push/sender.hpp"
#include "push/service_account.hpp"
#include "telemetry/metrics.hpp"

#include <string>
#include <string_view>

namespace ruck::push {

inline constexpr std::string_view kFcmEndpoint = "https://fcm.googleapis.com";

// The body of messages:send. kInvalidInput for data that Firebase does not take: too large, or with
// a reserved name.
[[nodiscard]] Result<std::string> fcm_message(const std::string& token, const Message& message,
                                              UtcUs now);

class FcmSender {
 public:
  struct Options {
    ServiceAccount account;
    std::string endpoint{kFcmEndpoint};
    Quota::Rate rate = {};
  };
  struct Dependencies {
    http::Outbound& outbound;
    const Clock& clock;
    telemetry::Metrics& metrics;
    // Of all servers that send for the project; null: there is this one alone.
    http::RateLimiter* limiter = nullptr;
  };
  FcmSender(Options options, const Dependencies& dependencies);

  [[nodiscard]] task<Report> send(FcmToken device, Message message);

 private:
  // How long to wait before the next message may go.
  [[nodiscard]] task<std::optional<std::chrono::seconds>> take_quota();
  // One request; a report where none was made.
  [[nodiscard]] task<std::expected<http::OutboundReply, Report>> post(std::string access_token,
                                                                      std::string body);

  const Dependencies deps_;
  GoogleToken tokens_;
  const std::string url_;
  Quota quota_;
};

}  // namespace ruck::push
