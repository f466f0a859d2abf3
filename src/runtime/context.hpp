#pragma once
// What a request carries along to whatever it causes: who asks, how it is called in the log, until
// when its answer is wanted. decisions/0008 says why nobody passes it on by hand.
//
// While code of a request runs on a core, current_context() is the request's. A coroutine that is
// suspended takes its context with it and has it again when it goes on: await_promise() and
// sleep_for() see to that, and so whatever waits for a database thread, a pool or another coroutine
// of this core does. What waits for Asio itself inside a request sets the context aside meanwhile;
// tests/tidy has the list of files that do. What is spawned or posted has none.
#include "base/ids.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace ruck::runtime {

// How old what a request reads may be. At first only the newest will do.
class ReadFloor {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  ReadFloor() = default;
  ReadFloor(const ReadFloor& other) : ns_(other.ns_.load()) {}
  ReadFloor& operator=(const ReadFloor&) = delete;

  // What was committed before this moment must be seen; nothing: only the newest will do.
  [[nodiscard]] std::optional<SteadyTime> get() const;
  void allow(SteadyTime from) { ns_ = std::chrono::nanoseconds(from.time_since_epoch()).count(); }
  // From here on, what was committed before `from` as well.
  void raise(SteadyTime from) const;
  void raise_to_newest() const { ns_ = kNewest; }

 private:
  static constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();
  mutable std::atomic<std::int64_t> ns_{kNewest};  // of the steady clock
};

struct Context {
  std::optional<UserId> viewer;
  std::string request_id;
  std::string trace_id;  // W3C Trace Context: 32 hexadecimal digits; empty: not traced
  std::chrono::milliseconds time_max{};  // how long the request may take
  std::chrono::steady_clock::time_point deadline =
      std::chrono::steady_clock::time_point::max();  // when that is over
  ReadFloor read_floor;
};
// Shared by the request's coroutine and the units of work that it has in queues.
using ContextPtr = std::shared_ptr<const Context>;

// Of the code that runs on this thread now; null outside of a request.
[[nodiscard]] const ContextPtr& current_context();

// Around what waits for Asio inside a request: nothing else may run in between.
[[nodiscard]] ContextPtr set_context_aside();
void take_context_up(ContextPtr context);

// The same request with all of its time again: what it waited for was its client's to send.
[[nodiscard]] ContextPtr renewed(const ContextPtr& context);

// From here to the end of the block code runs in this context, and after it in none.
class ContextScope {
 public:
  explicit ContextScope(ContextPtr context) { take_context_up(std::move(context)); }
  ~ContextScope() { take_context_up(nullptr); }
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;
};

}  // namespace ruck::runtime
