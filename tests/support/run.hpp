#pragma once
// Coroutines run to their end from a plain test.
#include "runtime/core.hpp"
#include "runtime/task_group.hpp"

#include <future>
#include <memory>
#include <utility>

namespace ruck::test {

// Threads with event loops for one test.
class RunningCores {
 public:
  explicit RunningCores(std::size_t count = 1) : cores_(count) { cores_.start(); }
  ~RunningCores() {
    group_.join();
    cores_.stop_and_join();
  }
  RunningCores(const RunningCores&) = delete;
  RunningCores& operator=(const RunningCores&) = delete;

  // What the coroutine gives, on the core of that index; the calling thread waits.
  template <class T>
  T run(task<T> work, std::size_t core = 0) {
    // Shared: the core may still be inside set_value() when the caller goes on.
    const auto promise = std::make_shared<std::promise<T>>();
    std::future<T> result = promise->get_future();
    group_.spawn(cores_.at(core), carry(std::move(work), promise));
    return result.get();
  }
  void run(task<> work, std::size_t core = 0) {
    const auto done = [](task<> inner) -> task<bool> {
      co_await std::move(inner);
      co_return true;
    };
    static_cast<void>(run(done(std::move(work)), core));
  }

 private:
  template <class T>
  static task<> carry(task<T> work, std::shared_ptr<std::promise<T>> promise) {
    promise->set_value(co_await std::move(work));
  }

  runtime::Cores cores_;
  runtime::TaskGroup group_{"test", [](std::string_view, const std::exception_ptr& failure) {
                              std::rethrow_exception(failure);
                            }};
};

}  // namespace ruck::test
