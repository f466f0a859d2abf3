#pragma once
// Coroutines run to their end from a plain test.
#include "runtime/core.hpp"
#include "runtime/task_group.hpp"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace ruck::test {

// Threads with event loops for one test.
class RunningCores {
 public:
  explicit RunningCores(std::size_t count = 1);
  ~RunningCores();
  RunningCores(const RunningCores&) = delete;
  RunningCores& operator=(const RunningCores&) = delete;

  // What the coroutine gives, on the core of that index; the calling thread waits.
  template <class T>
  T run(task<T> work, std::size_t core = 0) {
    std::optional<T> result;
    run(keep(std::move(work), result), core);
    return std::move(*result);
  }
  void run(task<> work, std::size_t core = 0);
  // All of them at once, on one core; back when the last has ended.
  void run_all(std::vector<task<>> works, std::size_t core = 0);
  [[nodiscard]] runtime::Cores& all() { return cores_; }

 private:
  template <class T>
  static task<> keep(task<T> work, std::optional<T>& result) {
    result.emplace(co_await std::move(work));
  }

  runtime::Cores cores_;
  runtime::TaskGroup group_;
};

}  // namespace ruck::test
