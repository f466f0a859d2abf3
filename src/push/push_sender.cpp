#include "push/push_sender.hpp"

#include "push/reports.hpp"
#include "push/vapid.hpp"

#include <utility>

namespace ruck::push {
namespace {
Report not_configured(std::string reason) {
  return {.fate = Fate::kNotConfigured, .reason = std::move(reason)};
}

bool is_subject(std::string_view text) {
  return (text.starts_with("mailto:") && text.contains('@')) || text.starts_with("https://");
}

std::string lacks(const PushSender::Options& options) {
  return options.subject.empty() ? "Web Push needs push_subject (RUCK_PUSH_SUBJECT)"
                                 : "Web Push needs a VAPID key";
}

Result<std::unique_ptr<FcmSender>> make_fcm(const PushSender::Options& options,
                                            const PushSender::Dependencies& deps) {
  if (options.fcm_credentials_file.empty()) return nullptr;
  Result<ServiceAccount> account = read_service_account(options.fcm_credentials_file);
  if (!account) {
    return fail(ErrorCode::kInvalidInput, "push_fcm_credentials: " + account.error().message);
  }
  return std::make_unique<FcmSender>(
      FcmSender::Options{.account = std::move(*account), .endpoint = options.fcm_endpoint},
      FcmSender::Dependencies{.outbound = deps.outbound,
                              .clock = deps.clock,
                              .metrics = deps.metrics,
                              .limiter = deps.limiter});
}

Result<std::unique_ptr<WebPushSender>> make_web(const PushSender::Options& options,
                                                const PushSender::Dependencies& deps) {
  if (options.vapid_key.empty() || options.subject.empty()) return nullptr;
  if (!is_subject(options.subject)) {
    return fail(ErrorCode::kInvalidInput, "push_subject: must be mailto:ADDRESS or https://…");
  }
  Result<P256Key> key = read_vapid_key(options.vapid_key);
  if (!key) return fail(std::move(key).error());
  return std::make_unique<WebPushSender>(
      WebPushSender::Options{
          .key = std::move(*key), .subject = options.subject, .scheme = options.endpoint_scheme},
      deps.outbound, deps.clock);
}
}  // namespace

PushSender::Meters::Meters(telemetry::Metrics& metrics, const std::string& service)
    : seconds(metrics.histogram("ruck_push_seconds", "Time of one message to its push service",
                                {{"service", service}})) {
  for (std::size_t i = 0; i < kFates; ++i) {
    fates[i] = &metrics.counter(
        "ruck_push_messages_total", "Messages to devices, by what became of them",
        {{"service", service}, {"fate", std::string(name_of(static_cast<Fate>(i)))}});
  }
}

PushSender::PushSender(Services services, telemetry::Metrics& metrics)
    : services_(std::move(services)), fcm_meters_(metrics, "fcm"), web_meters_(metrics, "web") {}

Result<std::unique_ptr<PushSender>> PushSender::make(const Options& options,
                                                     const Dependencies& dependencies) {
  auto fcm = make_fcm(options, dependencies);
  if (!fcm) return fail(std::move(fcm).error());
  auto web = make_web(options, dependencies);
  if (!web) return fail(std::move(web).error());
  return std::make_unique<PushSender>(
      Services{.fcm = std::move(*fcm), .web = std::move(*web), .web_lacks = lacks(options)},
      dependencies.metrics);
}

task<Report> PushSender::send(FcmToken device, Message message) {
  Report report = not_configured("Firebase needs push_fcm_credentials (RUCK_PUSH_FCM_CREDENTIALS)");
  if (services_.fcm != nullptr) {
    const telemetry::Stopwatch stopwatch(fcm_meters_.seconds);
    report = co_await services_.fcm->send(std::move(device), std::move(message));
  }
  fcm_meters_.count(report.fate);
  co_return report;
}

task<Report> PushSender::send(WebSubscription browser, Message message) {
  Report report = not_configured(services_.web_lacks);
  if (services_.web != nullptr) {
    const telemetry::Stopwatch stopwatch(web_meters_.seconds);
    report = co_await services_.web->send(std::move(browser), std::move(message));
  }
  web_meters_.count(report.fate);
  co_return report;
}

std::string PushSender::vapid_public_key() const {
  return services_.web != nullptr ? services_.web->public_key() : std::string();
}

}  // namespace ruck::push
