#include "push/reports.hpp"

#include "base/text.hpp"
#include "http/json/element.hpp"
#include "push/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ruck::push {
namespace {
// Apple answers {"reason": "BadJwtToken"}, Mozilla {"code": 401, "errno": 109, "error": …}.
std::string word_of(std::string_view body) {
  const auto parsed = json::parse(body);
  if (!parsed) return {};
  if (const auto reason = parsed->find("reason")) {
    return std::string(word_or_nothing(reason->string().value_or("")));
  }
  const auto number = parsed->find("errno");
  const auto value = number ? number->integer() : std::nullopt;
  return value ? fmt::format("errno {}", *value) : std::string();
}

std::string_view meaning_of(int status) {
  switch (status) {
    case 401:
    case 403:
      return "the VAPID token was not taken: another key or subject?";
    case 404:
    case 410:
      return "the subscription has ended";
    case 413:
      return "the message is too large";
    case 429:
      return "too many messages";
    default:
      return status >= 500 ? "the push service has a failure" : "the push service refused it";
  }
}

std::string reason_of(const http::OutboundReply& reply) {
  const std::string word = word_of(reply.body);
  return fmt::format("{}{}{}: {}", reply.status, word.empty() ? "" : " ", word,
                     meaning_of(reply.status));
}

Fate fate_of(int status) {
  if (status >= 200 && status < 300) return Fate::kAccepted;
  if (status == 404 || status == 410) return Fate::kGone;
  if (status == 429 || status >= 500) return Fate::kRetry;
  return Fate::kRefused;
}
}  // namespace

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::kAccepted:
      return "accepted";
    case Fate::kGone:
      return "gone";
    case Fate::kRefused:
      return "refused";
    case Fate::kRetry:
      return "retry";
    case Fate::kNotConfigured:
      return "not_configured";
  }
  return "unknown";
}

Report report_of(const Error& error) {
  Report report{.fate = Fate::kRetry, .reason = std::string(error.client_text())};
  const bool is_hopeless =
      error.code == ErrorCode::kForbidden || error.code == ErrorCode::kInvalidInput;
  if (is_hopeless) report.fate = Fate::kRefused;
  if (error.retry_after_s) report.retry_after = bounded(std::chrono::seconds(*error.retry_after_s));
  return report;
}

std::optional<std::chrono::seconds> bounded(std::optional<std::chrono::seconds> retry_after) {
  if (!retry_after) return std::nullopt;
  return std::clamp<std::chrono::seconds>(*retry_after, std::chrono::seconds(0), kRetryAfterMax);
}

std::string_view word_or_nothing(std::string_view text) {
  const auto is_of_a_word = [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || c == '_' || c == '.' || c == '-';
  };
  const bool is_word =
      text.size() <= kReasonWordBytesMax && std::ranges::all_of(text, is_of_a_word);
  return is_word ? text : std::string_view();
}

Report report_of_web_push(const http::OutboundReply& reply) {
  const Fate fate = fate_of(reply.status);
  if (fate == Fate::kAccepted) return {};
  Report report{.fate = fate, .reason = reason_of(reply)};
  if (fate == Fate::kRetry) report.retry_after = bounded(reply.retry_after);
  return report;
}

}  // namespace ruck::push
