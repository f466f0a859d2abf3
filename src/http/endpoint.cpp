#include "http/endpoint.hpp"

#include "telemetry/log.hpp"

namespace ruck::http::detail {
namespace {
Result<json::Element> body_object(const Call& call) {
  static constexpr std::string_view kEmpty = "{}";
  Result<json::Element> root =
      call.request.body.empty() ? json::parse(kEmpty) : json::parse_padded(call.request.body);
  if (root && root->kind() != json::Kind::kObject) {
    return fail(ErrorCode::kInvalidInput, "$: expected an object, got " + describe(*root));
  }
  return root;
}

Result<> outcome_of(const Binder& binder) {
  if (binder.error()) return fail(*binder.error());
  return {};
}
}  // namespace

Result<> bind_body(const Call& call, const ReadMembers& members, std::span<const Rule> rules,
                   void* out) {
  const Result<json::Element> root = body_object(call);
  if (!root) return fail(root.error());
  Binder binder(Binder::Mode::kStrict);
  binder.object(*root, members, rules, out);
  return outcome_of(binder);
}

Result<> bind_query(const Call& call, const ReadMembers& members, std::span<const Rule> rules,
                    void* out) {
  Binder binder(Binder::Mode::kStrict);
  binder.pairs("query", split_query(call.request.query), members, rules, out);
  return outcome_of(binder);
}

Result<std::vector<std::string>> bind_leniently(const Call& call, const ReadMembers& members,
                                                std::span<const Rule> rules, void* out) {
  const Result<json::Element> root = body_object(call);
  if (!root) return fail(root.error());
  Binder binder(Binder::Mode::kLenient);
  binder.object(*root, members, rules, out);
  return binder.take_warnings();
}

RequestInfo request_info(const Request& request) {
  return {.address = std::string(request.address),
          .user_agent = std::string(request.header(Header::kUserAgent)),
          .cookie = std::string(request.header(Header::kCookie)),
          .origin = std::string(request.header(Header::kOrigin)),
          .host = std::string(request.header(Header::kHost)),
          .is_secure = request.is_secure,
          .now = request.received_at};
}

void log_detail(const Error& error, std::string_view request_id) {
  telemetry::log_warning(
      "http.request_failed",
      {{"error", error_row(error.code).id}, {"detail", error.detail}, {"request_id", request_id}});
}

}  // namespace ruck::http::detail
