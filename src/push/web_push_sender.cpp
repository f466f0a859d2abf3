#include "push/web_push_sender.hpp"

#include "push/limits.hpp"
#include "push/payload.hpp"
#include "push/reports.hpp"
#include "push/web_push_crypto.hpp"

namespace ruck::push {

WebPushSender::WebPushSender(Options options, http::Outbound& outbound, const Clock& clock)
    : scheme_(options.scheme),
      vapid_(std::move(options.key), std::move(options.subject)),
      outbound_(outbound),
      clock_(clock) {}

Result<http::OutboundRequest> WebPushSender::make_request(const WebSubscription& browser,
                                                          const Message& message) {
  const Result<std::string> origin = origin_of(browser.endpoint, scheme_);
  if (!origin) return fail(origin.error());
  const Result<BrowserKeys> keys = read_keys(browser);
  if (!keys) return fail(keys.error());
  const Result<std::string> payload = render_within(kPlaintextBytesMax, message, browser_payload);
  if (!payload) return fail(payload.error());
  http::OutboundRequest request{
      .url = browser.endpoint,
      .headers = {{"TTL", std::to_string(ttl_of(message).count())},
                  {"Urgency", message.urgency == Urgency::kHigh ? "high" : "normal"},
                  {"Content-Encoding", "aes128gcm"},
                  {"Content-Type", "application/octet-stream"},
                  {"Authorization", vapid_.authorization(*origin, clock_.now())}},
      .body = encrypt(*payload, *keys, make_secrets()),
      .address_from = http::AddressFrom::kUser,
      .total_max = kSendTimeMax,
      .reply_bytes_max = kReplyBytesMax};
  if (!message.collapse_key.empty()) {
    request.headers.emplace_back("Topic", hashed(message.collapse_key));
  }
  return request;
}

task<Report> WebPushSender::send(WebSubscription browser, Message message) {
  Result<http::OutboundRequest> request = make_request(browser, message);
  if (!request) {
    co_return Report{.fate = Fate::kRefused, .reason = std::move(request.error().message)};
  }
  const Result<http::OutboundReply> reply = co_await outbound_.send(std::move(*request));
  co_return reply ? report_of_web_push(*reply) : report_of(reply.error());
}

}  // namespace ruck::push
