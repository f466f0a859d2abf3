#pragma once
// The Sender of the server: Firebase and Web Push, as far as it has the credentials for them.
#include "base/clock.hpp"
#include "http/client/outbound.hpp"
#include "push/fcm_sender.hpp"
#include "push/sender.hpp"
#include "push/web_push_sender.hpp"
#include "telemetry/metrics.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace ruck::push {

class PushSender final : public Sender {
 public:
  struct Options {
    // JSON of a Google service account; empty: nothing is sent to the mobile app.
    std::string fcm_credentials_file = {};
    std::string fcm_endpoint{kFcmEndpoint};
    // mailto: or https:, and what make_vapid_key() gave; one is empty: nothing is sent to browsers.
    std::string subject = {};
    std::string vapid_key = {};
    // http: too, for tests and closed networks; an Outbound that allows it is needed as well.
    EndpointScheme endpoint_scheme = EndpointScheme::kHttps;
  };
  struct Dependencies {
    http::Outbound& outbound;
    const Clock& clock;
    telemetry::Metrics& metrics;
    http::RateLimiter* limiter = nullptr;  // of all servers; null: there is this one alone
  };
  // What it has; null what it lacks.
  struct Services {
    std::unique_ptr<FcmSender> fcm;
    std::unique_ptr<WebPushSender> web;
    std::string web_lacks;  // for the report where there is no `web`
  };

  // kInvalidInput, for operators, where credentials are there and cannot be used. Blocking.
  [[nodiscard]] static Result<std::unique_ptr<PushSender>> make(const Options& options,
                                                                const Dependencies& dependencies);
  PushSender(Services services, telemetry::Metrics& metrics);

  [[nodiscard]] task<Report> send(FcmToken device, Message message) override;
  [[nodiscard]] task<Report> send(WebSubscription browser, Message message) override;
  [[nodiscard]] std::string vapid_public_key() const override;

 private:
  static constexpr std::size_t kFates = static_cast<std::size_t>(Fate::kNotConfigured) + 1;
  // Of one service.
  struct Meters {
    Meters(telemetry::Metrics& metrics, const std::string& service);
    void count(Fate fate) const { fates[static_cast<std::size_t>(fate)]->add(); }
    std::array<telemetry::Counter*, kFates> fates{};
    telemetry::Histogram& seconds;
  };

  const Services services_;
  Meters fcm_meters_;
  Meters web_meters_;
};

}  // namespace ruck::push
