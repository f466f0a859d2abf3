#include "load/phone.hpp"

#include "http/json/writer.hpp"

#include <fmt/format.h>

#include <cmath>
#include <thread>

namespace ruck::load {
namespace {
constexpr int kAttemptsMax = 5;  // of a call that the server puts off

// A point with the names that the app sends.
void write_point(json::Writer& w, const rucking::TrackPoint& point) {
  w.begin_object();
  for (const char* key : {"lat", "latitude"}) {
    w.key(key);
    w.number(static_cast<double>(point.lat_e7) / 1e7);
  }
  for (const char* key : {"lng", "longitude"}) {
    w.key(key);
    w.number(static_cast<double>(point.lng_e7) / 1e7);
  }
  if (point.altitude_m()) {
    w.key("altitude");
    w.number(static_cast<double>(point.altitude_dm) / 10);
  }
  w.key("timestamp");
  w.time(utc_ms(point.time_ms));
  if (const auto accuracy = point.accuracy_m()) {
    w.key("horizontal_accuracy_m");
    w.number(*accuracy);
  }
  if (point.speed_m_per_s()) {
    w.key("speed_mps");
    w.number(static_cast<double>(point.speed_5cm) / 20);
  }
  w.end_object();
}

Error error_of(const http::ClientResponse& response, const json::Tree& body) {
  const std::string& message = body["message"].text();
  return {.code = ErrorCode::kUnavailable,
          .message = fmt::format("the server answered {}: {}", response.status,
                                 message.empty() ? response.body.substr(0, 200) : message)};
}

std::string at_body(UtcMs at) { return fmt::format(R"({{"timestamp":"{}"}})", to_iso8601(at)); }
}  // namespace

Phone::Phone(http::Url url) : client_(std::move(url)) {
  client_.set_header("User-Agent", "ruck-replay");
}

Result<json::Tree> Phone::post(const std::string& target, const std::string& body) {
  for (int attempt = 1;; ++attempt) {
    const Result<http::ClientResponse> response = client_.send(http::Method::kPost, target, body);
    if (!response) return fail(response.error());
    json::Tree tree = json::Tree::parse(response->body);
    if (response->status / 100 == 2) return tree;
    if (response->status != 503 || attempt == kAttemptsMax) return fail(error_of(*response, tree));
    std::this_thread::sleep_for(
        std::chrono::seconds(std::max<std::int64_t>(1, tree["retry_after"].integer())));
  }
}

Result<Account> Phone::sign_in(const std::string& email, const std::string& password) {
  const std::string body =
      fmt::format(R"({{"email":{},"password":{}}})", json::to_text(email), json::to_text(password));
  Result<http::ClientResponse> response =
      client_.send(http::Method::kPost, "/api/auth/login", body);
  if (response && response->status == 401) {
    const std::string name = email.substr(0, email.find('@'));
    response = client_.send(
        http::Method::kPost, "/api/auth/signup",
        fmt::format(R"({{"email":{},"password":{},"username":{},"prefer_metric":true}})",
                    json::to_text(email), json::to_text(password), json::to_text(name)));
  }
  if (!response) return fail(response.error());
  const json::Tree tree = json::Tree::parse(response->body);
  if (response->status == 409) {
    return fail(ErrorCode::kInvalidCredentials, "the password for " + email + " is wrong");
  }
  if (response->status / 100 != 2) return fail(error_of(*response, tree));
  client_.set_token(tree["token"].text());
  return Account{.email = email, .password = password, .token = tree["token"].text()};
}

Result<> Phone::begin(double load_kg, UtcMs started_at) {
  const std::string body = fmt::format(R"({{"ruck_weight_kg":{},"is_manual":false}})", load_kg);
  Result<json::Tree> created = post("/api/rucks", body);
  if (created && (*created)["has_active_session"].boolean()) {
    const Result<json::Tree> closed =
        post(fmt::format("/api/rucks/{}/complete", (*created)["id"].integer()), "{}");
    if (!closed) return fail(closed.error());
    created = post("/api/rucks", body);
  }
  if (!created) return fail(created.error());
  ruck_id_ = (*created)["id"].integer();
  const Result<json::Tree> started = post(
      fmt::format("/api/rucks/{}/start", ruck_id_),
      fmt::format(R"({{"started_at":"{}","ruck_weight_kg":{}}})", to_iso8601(started_at), load_kg));
  if (!started) return fail(started.error());
  return {};
}

Result<> Phone::send_points(std::span<const rucking::TrackPoint> points) {
  std::string body = "{\"points\":";
  json::Writer w(body);
  w.begin_array();
  for (const rucking::TrackPoint& point : points) write_point(w, point);
  w.end_array();
  body += "}";
  const Result<json::Tree> reply = post(fmt::format("/api/rucks/{}/location", ruck_id_), body);
  if (!reply) return fail(reply.error());
  const std::int64_t kept = (*reply)["inserted"].integer() + (*reply)["duplicates"].integer();
  if (kept != static_cast<std::int64_t>(points.size())) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the server kept {} of {} points", kept, points.size()));
  }
  return {};
}

Result<> Phone::send_heart_rate(std::span<const rucking::HeartRateSample> samples) {
  std::string body = "{\"heart_rate_samples\":";
  json::Writer w(body);
  w.begin_array();
  for (const rucking::HeartRateSample& sample : samples) {
    w.begin_object();
    w.key("timestamp");
    w.time(utc_ms(sample.time_ms));
    w.key("bpm");
    w.integer(sample.bpm);
    w.end_object();
  }
  w.end_array();
  body += "}";
  const Result<json::Tree> reply =
      post(fmt::format("/api/rucks/{}/heart-rate-chunk", ruck_id_), body);
  if (!reply) return fail(reply.error());
  return {};
}

Result<> Phone::pause(UtcMs at) {
  const Result<json::Tree> reply = post(fmt::format("/api/rucks/{}/pause", ruck_id_), at_body(at));
  if (!reply) return fail(reply.error());
  return {};
}
Result<> Phone::resume(UtcMs at) {
  const Result<json::Tree> reply = post(fmt::format("/api/rucks/{}/resume", ruck_id_), at_body(at));
  if (!reply) return fail(reply.error());
  return {};
}

Result<json::Tree> Phone::complete(const Claims& claims) {
  return post(
      fmt::format("/api/rucks/{}/complete", ruck_id_),
      fmt::format(R"({{"distance_km":{:.4f},"duration_seconds":{},"paused_duration_seconds":{},)"
                  R"("started_at":"{}","completed_at":"{}"}})",
                  claims.distance_m / 1000, std::llround(claims.duration_s),
                  std::llround(std::min(claims.paused_s, 86'400.0)), to_iso8601(claims.started_at),
                  to_iso8601(claims.completed_at)));
}

Result<json::Tree> Phone::fetch() { return get(fmt::format("/api/rucks/{}", ruck_id_)); }

Result<json::Tree> Phone::cheers() { return get(fmt::format("/api/rucks/{}/messages", ruck_id_)); }

Result<json::Tree> Phone::get(const std::string& target) {
  const Result<http::ClientResponse> response = client_.send(http::Method::kGet, target);
  if (!response) return fail(response.error());
  json::Tree tree = json::Tree::parse(response->body);
  if (response->status != 200) return fail(error_of(*response, tree));
  return tree;
}

}  // namespace ruck::load
