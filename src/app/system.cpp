#include "app/system.hpp"

#include "app/version.hpp"
#include "http/endpoint.hpp"
#include "http/json/writer.hpp"

namespace ruck::app {
namespace {
// The oldest mobile app that this server's contract was written for.
constexpr std::string_view kLatestApp = "3.0.0";
constexpr std::string_view kOldestApp = "2.0.0";
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
}  // namespace

task<Result<Health>> System::live() { co_return Health{"ok", std::string(kVersion)}; }

task<Result<http::Response>> System::ready() {
  const db::Database::Status status = database_.status();
  const bool is_ready = !draining_ && status.can_read && status.can_write;
  const std::string_view why = draining_ ? "draining" : is_ready ? "ok" : "database";
  co_return http::Response{.status = is_ready ? 200 : 503,
                           .body = json::to_text(Health{std::string(why), std::string(kVersion)})};
}

task<Result<Health>> System::health() {
  const db::Database::Status status = database_.status();
  co_return Health{status.can_read && status.can_write ? "ok" : "degraded", std::string(kVersion)};
}

task<Result<SystemHealth>> System::system_health() {
  const db::Database::Status status = database_.status();
  const bool ok = status.can_read && status.can_write;
  co_return SystemHealth{.status = ok ? "healthy" : "degraded",
                         .version = std::string(kVersion),
                         .database = std::string(database_.kind()),
                         .database_ok = ok};
}

task<Result<VersionInfo>> System::version_info(VersionQuery query) {
  if (query.platform != "ios" && query.platform != "android") {
    co_return fail(ErrorCode::kInvalidInput, "query.platform: expected ios or android");
  }
  co_return VersionInfo{.platform = query.platform,
                        .latest_version = std::string(kLatestApp),
                        .min_required_version = std::string(kOldestApp)};
}

task<Result<WebConfig>> System::web_config() {
  co_return WebConfig{.version = std::string(kVersion),
                      .map_tiles_url = web_.tiles_url,
                      .map_attribution = web_.attribution,
                      .vapid_public_key = web_.vapid_public_key,
                      .mail_delivered = web_.is_mail_delivered};
}

task<Result<http::Response>> System::metrics() {
  co_return http::Response{.content_type = kMetricsType, .body = metrics_.render()};
}

task<Result<http::Response>> System::openapi() { co_return http::Response{.body = document_}; }

void add_routes(http::Router& r, System& s) {
  using http::Auth;
  http::get(r, "/livez", "system.live",
            {.summary = "Liveness probe", .auth = Auth::kNone, .vital = true}, &s, &System::live);
  http::get(r, "/readyz", "system.ready",
            {.summary = "Readiness probe", .auth = Auth::kNone, .vital = true}, &s, &System::ready);
  http::get(r, "/health", "system.health",
            {.summary = "Get the server's status and version", .auth = Auth::kNone, .vital = true},
            &s, &System::health);
  r.alias("/api/health");
  http::get(
      r, "/api/system/health", "system.system_health",
      {.summary = "Health of the server and its database", .auth = Auth::kNone, .vital = true}, &s,
      &System::system_health);
  http::get(r, "/api/app/version-info", "system.version_info",
            {.summary = "Get the supported mobile app versions", .auth = Auth::kNone}, &s,
            &System::version_info);
  http::get(r, "/api/app/web-config", "system.web_config",
            {.summary = "Get the web app's configuration", .auth = Auth::kNone, .vital = true}, &s,
            &System::web_config);
  http::get(r, "/api/openapi.json", "system.openapi",
            {.summary = "Get this OpenAPI document", .auth = Auth::kNone}, &s, &System::openapi);
}

}  // namespace ruck::app
