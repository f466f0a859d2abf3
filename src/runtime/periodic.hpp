#pragma once
// Work that is done again and again, with a pause between: never twice at once, and over at once
// when it is stopped.
#include "runtime/sleep.hpp"
#include "runtime/task_group.hpp"

#include <chrono>
#include <functional>

namespace ruck::runtime {

class Periodic {
 public:
  // Does the work on `core` each time `every` has passed since the last was done. What it throws
  // goes to `on_failure`, and the next comes at its time.
  Periodic(std::string_view name, Core& core, std::chrono::milliseconds every,
           std::function<task<>()> work, TaskGroup::OnFailure on_failure);
  // Waits for work that is under way; a pause, also one inside the work, is cut short. The core
  // must still run.
  ~Periodic();
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

 private:
  task<> run();

  std::string_view name_;
  std::chrono::milliseconds every_;
  std::function<task<>()> work_;
  TaskGroup::OnFailure on_failure_;
  TaskGroup group_;  // last: its coroutine uses the rest
};

}  // namespace ruck::runtime
