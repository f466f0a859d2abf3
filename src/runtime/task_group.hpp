#pragma once
// Coroutines that nobody awaits belong to a group: it counts them, reports what they throw, can
// wake them out of what they wait for, and can be joined. This is the only way to start one
// ("detached" is banned).
#include "base/thread_safety.hpp"
#include "runtime/core.hpp"
#include "runtime/gate.hpp"

#include <atomic>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <string_view>

namespace ruck::runtime {

class TaskGroup {
 public:
  // Told what escaped from a coroutine, on the core where it ran.
  using OnFailure = std::function<void(std::string_view group, const std::exception_ptr& failure)>;

  // `name` must outlive the group; it labels what is reported.
  TaskGroup(std::string_view name, OnFailure on_failure);
  ~TaskGroup();  // all must have ended
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts the coroutine on `core`, later: never inside this call, so a lock may be held. May be
  // called from any thread.
  void spawn(Core& core, task<> work);

  [[nodiscard]] std::size_t running() const { return gate_.inside(); }

  // Wakes every coroutine out of the timer or the socket it waits for (Asio's terminal
  // cancellation); the wait gives operation_aborted. It is never torn out of anything else: a unit
  // of work that was begun is finished, and the coroutine ends by itself when it finds that it is
  // cancelled, its socket closed, or its owner stopping. May be called from any thread.
  void cancel();
  // For loops: whether to end.
  [[nodiscard]] bool is_cancelled() const { return is_cancelled_.load(std::memory_order_acquire); }

  // Blocks the calling thread (never a core's) until none is left. The cores must still run.
  void join() const { gate_.wait(); }
  // The same, at most until `deadline`; false when some are left.
  [[nodiscard]] bool join_until(std::chrono::steady_clock::time_point deadline) const {
    return gate_.wait_until(deadline);
  }

 private:
  class Running;
  void cancel_on(Core& core);

  std::string_view name_;
  OnFailure on_failure_;
  std::atomic<bool> is_cancelled_{false};
  Mutex mutex_;
  std::list<Running*> all_ RUCK_GUARDED_BY(mutex_);
  Gate gate_;
};

}  // namespace ruck::runtime
