#pragma once
// Messages to browsers: RFC 8030, encrypted for the browser (web_push_crypto.hpp) and with our name
// on them (vapid.hpp).
#include "base/clock.hpp"
#include "http/client/outbound.hpp"
#include "push/sender.hpp"
#include "push/subscription.hpp"
#include "push/vapid.hpp"

#include <string>

namespace ruck::push {

class WebPushSender {
 public:
  struct Options {
    P256Key key;
    std::string subject;
    EndpointScheme scheme = EndpointScheme::kHttps;
  };
  WebPushSender(Options options, http::Outbound& outbound, const Clock& clock);

  [[nodiscard]] task<Report> send(WebSubscription browser, Message message);
  [[nodiscard]] const std::string& public_key() const { return vapid_.public_key(); }

 private:
  [[nodiscard]] Result<http::OutboundRequest> make_request(const WebSubscription& browser,
                                                           const Message& message);

  const EndpointScheme scheme_;
  Vapid vapid_;
  http::Outbound& outbound_;
  const Clock& clock_;
};

}  // namespace ruck::push
