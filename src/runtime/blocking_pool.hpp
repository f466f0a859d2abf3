#pragma once
// Threads for work that would stall a core: password hashing, compression of large bodies, files.
// The queue is bounded; a full pool answers kOverloaded at once, so a storm of logins cannot starve
// anything else.
#include "base/error.hpp"
#include "base/thread_safety.hpp"
#include "runtime/resumption.hpp"

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace ruck::runtime {

class BlockingPool {
 public:
  struct Options {
    std::string name;  // of the threads
    std::size_t threads = 1;
    std::size_t queue_max = 1;  // jobs that may wait
  };
  explicit BlockingPool(Options options);
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // Runs `work` (which returns T) on a pool thread and resumes the caller on its own core. What
  // the work throws is thrown there.
  template <class Work>
  auto run(Work work) -> task<Result<std::invoke_result_t<Work&>>> {
    using T = std::invoke_result_t<Work&>;
    Ran<T> ran = co_await await_promise<Ran<T>>(
        [this, work = std::move(work)](Promise<Ran<T>> promise) mutable {
          enqueue([work = std::move(work), promise = std::move(promise)](bool accepted) mutable {
            Ran<T> outcome;
            if (accepted) run_into(outcome, work);
            promise.set(std::move(outcome));
          });
        });
    if (ran.thrown) std::rethrow_exception(ran.thrown);
    co_return std::move(ran.result);
  }

  [[nodiscard]] std::size_t waiting() const;

  // From now on nothing is taken, and what is queued is refused with kOverloaded. What runs is
  // finished.
  void stop();

 private:
  using Job = std::move_only_function<void(bool accepted)>;
  template <class T>
  struct Ran {
    Result<T> result = fail(ErrorCode::kOverloaded);
    std::exception_ptr thrown;
  };
  template <class T, class Work>
  static void run_into(Ran<T>& outcome, Work& work) {
    try {
      outcome.result = work();
    } catch (...) {
      outcome.thrown = std::current_exception();
    }
  }
  void enqueue(Job job);
  void work_loop();

  const Options options_;
  mutable Mutex mutex_;
  Condition ready_;
  std::deque<Job> queue_ RUCK_GUARDED_BY(mutex_);
  bool stopping_ RUCK_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace ruck::runtime
