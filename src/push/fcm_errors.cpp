#include "push/fcm_errors.hpp"

#include "http/json/element.hpp"
#include "push/limits.hpp"
#include "push/reports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace ruck::push {
namespace {
constexpr std::string_view kFcmErrorType = "google.firebase.fcm.v1.FcmError";
constexpr std::string_view kBadRequestType = "google.rpc.BadRequest";

std::string_view text_of(const json::Element& object, std::string_view name) {
  const auto found = object.find(name);
  return found ? found->string().value_or("") : std::string_view();
}

bool names_token(const json::Element& bad_request) {
  const auto violations = bad_request.find("fieldViolations");
  if (!violations) return false;
  for (json::Items it(*violations); it.next();) {
    const std::string_view field = text_of(it.value(), "field");
    if (field == "message.token" || field == "token") return true;
  }
  return false;
}

void read_detail(const json::Element& detail, FcmError& error) {
  const std::string_view type = text_of(detail, "@type");
  if (type.ends_with(kFcmErrorType)) {
    const std::string_view code = word_or_nothing(text_of(detail, "errorCode"));
    if (!code.empty()) error.code = code;
  }
  if (type.ends_with(kBadRequestType)) error.names_token |= names_token(detail);
}

Fate fate_of(int status, const FcmError& error) {
  if (status >= 200 && status < 300) return Fate::kAccepted;
  if (status == 400 && error.code == "INVALID_ARGUMENT" && error.names_token) return Fate::kGone;
  // By the code, not the status: a 404 is also what a wrong project or a wrong address gives.
  if (status == 403 && error.code == "SENDER_ID_MISMATCH") return Fate::kGone;
  if (status == 404 && error.code == "UNREGISTERED") return Fate::kGone;
  if (status == 401 || status == 429 || status >= 500) return Fate::kRetry;
  return Fate::kRefused;
}

std::optional<std::chrono::seconds> wait_of(const http::OutboundReply& reply) {
  const auto asked = bounded(reply.retry_after);
  return reply.status == 429 ? asked.value_or(kQuotaWaitMin) : asked;
}
}  // namespace

FcmError parse_fcm_error(std::string_view body) {
  FcmError error;
  const auto root = json::parse(body);
  const auto found = root ? root->find("error") : std::nullopt;
  if (!found) return error;
  error.code = word_or_nothing(text_of(*found, "status"));
  const auto details = found->find("details");
  if (!details) return error;
  for (json::Items it(*details); it.next();) read_detail(it.value(), error);
  return error;
}

Report report_of_fcm(const http::OutboundReply& reply) {
  const FcmError error = reply.status >= 300 ? parse_fcm_error(reply.body) : FcmError();
  Report report{.fate = fate_of(reply.status, error)};
  if (report.fate == Fate::kAccepted) return report;
  report.reason = fmt::format("{}{}{}", reply.status, error.code.empty() ? "" : " ", error.code);
  if (error.names_token) report.reason += ": the token";
  if (report.fate == Fate::kRetry) report.retry_after = wait_of(reply);
  return report;
}

}  // namespace ruck::push
