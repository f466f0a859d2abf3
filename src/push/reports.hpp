#pragma once
// What happened to a message, from what Outbound and the services answer.
#include "base/error.hpp"
#include "http/client/outbound.hpp"
#include "push/sender.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ruck::push {

[[nodiscard]] std::string_view name_of(Fate fate);  // also the metric label

// Of a request that was not answered: to be tried again, but for an address that cannot be asked.
[[nodiscard]] Report report_of(const Error& error);

// A wait that a service asked for, cut to kRetryAfterMax.
[[nodiscard]] std::optional<std::chrono::seconds> bounded(
    std::optional<std::chrono::seconds> retry_after);

// The text if it is one word such as INVALID_ARGUMENT or BadJwtToken, else nothing: what others
// answer may repeat a token or an address, and a reason never does.
[[nodiscard]] std::string_view word_or_nothing(std::string_view text);

// What a push service says to a message of RFC 8030, with the reason that Apple and Mozilla give.
[[nodiscard]] Report report_of_web_push(const http::OutboundReply& reply);

}  // namespace ruck::push
