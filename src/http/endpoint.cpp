#include "http/endpoint.hpp"

#include "telemetry/log.hpp"

namespace ruck::http::detail {

void log_detail(const Error& error, std::string_view request_id) {
  telemetry::log_warning(
      "http.request_failed",
      {{"error", error_row(error.code).id}, {"detail", error.detail}, {"request_id", request_id}});
}

}  // namespace ruck::http::detail
