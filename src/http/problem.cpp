#include "http/problem.hpp"

#include "http/json/writer.hpp"
#include "http/limits.hpp"

namespace ruck::http {

Response problem(const Error& error, std::string_view request_id) {
  const ErrorRow& row = error_row(error.code);
  Response response{.status = row.http_status};
  json::Writer w(response.body);
  w.begin_object();
  w.key("success");  // the app reads nothing else of some replies (contract core §8)
  w.boolean(false);
  w.key("message");
  w.string(error.client_text());
  w.key("error");
  w.string(row.id);
  w.key("status_code");
  w.integer(row.http_status);
  w.key("request_id");
  w.string(request_id);
  const bool is_wait = row.http_status == 429 || row.http_status == 503;
  if (is_wait) {
    const int seconds = error.retry_after_s.value_or(kRetryAfterOverloadSeconds);
    w.key("retry_after");
    w.integer(seconds);
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  if (row.http_status == 401) {
    response.headers.emplace_back("WWW-Authenticate",
                                  "Bearer realm=\"RuckingApp\", error=\"invalid_token\"");
  }
  w.end_object();
  return response;
}

}  // namespace ruck::http
