#pragma once
// Bodies of requests on their way in: pulled piece by piece, so that a sender waits for its reader,
// and counted against one budget for all of them.
#include "base/error.hpp"
#include "runtime/task.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>

namespace ruck::http {

// What all bodies together may take of memory. Thread-safe.
class BodyBudget {
 public:
  BodyBudget(std::size_t bytes_max, telemetry::Metrics& metrics);
  ~BodyBudget();
  BodyBudget(const BodyBudget&) = delete;
  BodyBudget& operator=(const BodyBudget&) = delete;

  // False, and counted, when there is not so much left.
  [[nodiscard]] bool take(std::size_t bytes);
  void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> used_{0};
  telemetry::Counter& refused_;
};

// One body's part of the budget; given back at its end.
class BodyCharge {
 public:
  explicit BodyCharge(BodyBudget& budget) : budget_(&budget) {}
  ~BodyCharge() { release(); }
  BodyCharge(BodyCharge&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyCharge(const BodyCharge&) = delete;
  BodyCharge& operator=(const BodyCharge&) = delete;

  // Holds at least so many bytes from now on; false when the budget does not have them.
  [[nodiscard]] bool cover(std::size_t bytes);
  void release();

 private:
  BodyBudget* budget_;
  std::size_t bytes_ = 0;
};

// kRetryLater: the budget is used up.
[[nodiscard]] Error too_many_bodies();

class BodySource {
 public:
  virtual ~BodySource() = default;
  // The next bytes, at most kBodyPieceBytesMax; empty: that was all. Not called again after an
  // error.
  virtual task<Result<std::string>> read() = 0;
};

// A body as a handler takes it that does not want it at once. What is not read is never taken in.
class BodyStream {
 public:
  BodyStream(BodySource& source, std::string content_type, BodyBudget& budget)
      : source_(&source), content_type_(std::move(content_type)), kept_(budget) {}

  [[nodiscard]] const std::string& content_type() const { return content_type_; }
  // As BodySource::read().
  [[nodiscard]] task<Result<std::string>> next() { return source_->read(); }
  // To be asked before that many bytes of it are kept. kRetryLater: there is no room for them.
  [[nodiscard]] Result<> keep(std::size_t bytes);

 private:
  BodySource* source_;
  std::string content_type_;
  BodyCharge kept_;
};

// The same of a form (multipart/form-data), for a handler that reads it with MultipartReader. What
// T describes stands in the API document; nothing checks it.
template <class T>
struct FormStream {
  BodyStream body;
};

}  // namespace ruck::http
