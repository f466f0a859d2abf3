#pragma once
// Threads for work that would stall a core: password hashing, compression of large bodies, files.
// The queue is bounded; a full pool answers kOverloaded at once, so a storm of logins cannot starve
// anything else.
#include "base/error.hpp"
#include "runtime/resumption.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
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
  ~BlockingPool();  // finishes what is queued
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // Runs `work` (which returns T) on a pool thread and resumes the caller on its own core.
  template <class Work>
  auto run(Work work) -> task<Result<std::invoke_result_t<Work&>>> {
    using T = std::invoke_result_t<Work&>;
    return await_promise<Result<T>>(
        [this, work = std::move(work)](Promise<Result<T>> promise) mutable {
          enqueue([work = std::move(work), promise = std::move(promise)](bool accepted) mutable {
            promise.set(accepted ? Result<T>(work()) : Result<T>(fail(ErrorCode::kOverloaded)));
          });
        });
  }

  [[nodiscard]] std::size_t waiting() const;

 private:
  using Job = std::move_only_function<void(bool accepted)>;
  void enqueue(Job job);
  void work_loop();

  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ruck::runtime
