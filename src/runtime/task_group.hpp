#pragma once
// Coroutines that nobody awaits belong to a group: it counts them, reports what they throw, and can
// be joined. This is the only way to start one ("detached" is banned).
#include "runtime/core.hpp"

#include <atomic>
#include <exception>
#include <functional>
#include <string_view>

namespace ruck::runtime {

class TaskGroup {
 public:
  // Told what escaped from a coroutine, on the core where it ran.
  using OnFailure = std::function<void(std::string_view group, const std::exception_ptr& failure)>;

  // `name` must outlive the group; it labels what is reported.
  TaskGroup(std::string_view name, OnFailure on_failure)
      : name_(name), on_failure_(std::move(on_failure)) {}
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts the coroutine on `core`, later: never inside this call, so a lock may be held. May be
  // called from any thread.
  void spawn(Core& core, task<> work);

  [[nodiscard]] std::size_t running() const { return running_.load(std::memory_order_acquire); }

  // Blocks the calling thread (never a core's) until none is left. The cores must still run.
  void join() const;

 private:
  std::string_view name_;
  OnFailure on_failure_;
  std::atomic<std::size_t> running_{0};
};

}  // namespace ruck::runtime
