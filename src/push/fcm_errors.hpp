#pragma once
// What Firebase Cloud Messaging answers (the HTTP v1 API, ErrorCode of its reference).
#include "http/client/outbound.hpp"
#include "push/sender.hpp"

#include <string>
#include <string_view>

namespace ruck::push {

struct FcmError {
  std::string code;  // "UNREGISTERED": of the FcmError among the details, else the status; or empty
  bool names_token = false;  // a violation of a field is of the message's token
};
// Of any bytes: what is no such error is an empty one.
[[nodiscard]] FcmError parse_fcm_error(std::string_view body);

[[nodiscard]] Report report_of_fcm(const http::OutboundReply& reply);

}  // namespace ruck::push
