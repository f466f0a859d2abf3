#include "push/fcm_sender.hpp"

#include "push/fcm_errors.hpp"
#include "push/limits.hpp"
#include "push/reports.hpp"

#include <utility>

namespace ruck::push {
namespace {
std::string url_of(std::string endpoint, const std::string& project_id) {
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint + "/v1/projects/" + project_id + "/messages:send";
}

Report refused(std::string reason) { return {.fate = Fate::kRefused, .reason = std::move(reason)}; }

// In seconds, so that no minute has more than the quota, wherever it begins.
constexpr http::Limit kFcmMessages{.count = kFcmMessagesPerMinute / 60,
                                   .window = std::chrono::seconds(1)};
}  // namespace

FcmSender::FcmSender(Options options, const Dependencies& dependencies)
    : deps_(dependencies),
      tokens_(std::move(options.account),
              {.outbound = deps_.outbound, .clock = deps_.clock, .metrics = deps_.metrics}),
      url_(url_of(std::move(options.endpoint), tokens_.project_id())),
      quota_(options.rate) {}

task<std::optional<std::chrono::seconds>> FcmSender::take_quota() {
  const UtcUs now = deps_.clock.now();
  if (const auto wait = quota_.take(now)) co_return wait;
  if (deps_.limiter == nullptr) co_return std::nullopt;
  co_return co_await deps_.limiter->take("push.fcm|" + std::string(tokens_.project_id()),
                                         kFcmMessages, now);
}

task<std::expected<http::OutboundReply, Report>> FcmSender::post(std::string access_token,
                                                                 std::string body) {
  if (const auto wait = co_await take_quota()) {
    co_return std::unexpected(Report{.fate = Fate::kRetry,
                                     .reason = "what the project's quota allows at once is used",
                                     .retry_after = *wait});
  }
  http::OutboundRequest request{.url = url_,
                                .headers = {{"Authorization", "Bearer " + access_token},
                                            {"Content-Type", "application/json; charset=UTF-8"}},
                                .body = std::move(body),
                                .address_from = http::AddressFrom::kOperator,
                                .total_max = kSendTimeMax,
                                .reply_bytes_max = kReplyBytesMax};
  Result<http::OutboundReply> reply = co_await deps_.outbound.send(std::move(request));
  if (!reply) co_return std::unexpected(report_of(reply.error()));
  co_return std::move(*reply);
}

task<Report> FcmSender::send(FcmToken device, Message message) {
  if (device.token.empty() || device.token.size() > kFcmTokenBytesMax) {
    co_return refused("the device's token is empty or too long");
  }
  const Result<std::string> body = fcm_message(device.token, message, deps_.clock.now());
  if (!body) co_return refused(body.error().message);
  const Result<std::string> token = co_await tokens_.get();
  if (!token) co_return report_of(token.error());
  auto reply = co_await post(*token, *body);
  if (reply && reply->status == 401) {
    const Result<std::string> another = co_await tokens_.get(*token);
    if (another && *another != *token) reply = co_await post(*another, *body);
  }
  co_return reply ? report_of_fcm(*reply) : reply.error();
}

}  // namespace ruck::push
