#include "http/body.hpp"

#include "http/limits.hpp"

namespace ruck::http {

BodyBudget::BodyBudget(std::size_t bytes_max, telemetry::Metrics& metrics)
    : bytes_max_(bytes_max),
      refused_(metrics.counter("ruck_http_bodies_refused_total",
                               "Requests refused because all bodies together were too much")) {
  metrics.gauge_callback("ruck_http_body_bytes", "Memory that bodies of requests take",
                         [this] { return static_cast<double>(used()); });
}

BodyBudget::~BodyBudget() = default;

bool BodyBudget::take(std::size_t bytes) {
  const std::size_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
  if (before <= bytes_max_ && bytes <= bytes_max_ - before) return true;
  give_back(bytes);
  refused_.add();
  return false;
}

bool BodyCharge::cover(std::size_t bytes) {
  if (bytes <= bytes_) return true;
  if (!budget_->take(bytes - bytes_)) return false;
  bytes_ = bytes;
  return true;
}

void BodyCharge::release() { budget_->give_back(std::exchange(bytes_, 0)); }

Error too_many_bodies() {
  return {.code = ErrorCode::kRetryLater,
          .message = "The server takes in too much at the moment, please try again shortly",
          .retry_after_s = kRetryAfterOverloadSeconds};
}

Result<> BodyStream::keep(std::size_t bytes) {
  if (!kept_.cover(bytes)) return fail(too_many_bodies());
  return {};
}

}  // namespace ruck::http
