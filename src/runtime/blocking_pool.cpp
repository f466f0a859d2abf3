#include "runtime/blocking_pool.hpp"

namespace ruck::runtime {

BlockingPool::BlockingPool(Options options) : options_(std::move(options)) {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] {
      name_thread(options_.name);
      work_loop();
    });
  }
}

BlockingPool::~BlockingPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BlockingPool::enqueue(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && queue_.size() < options_.queue_max) {
      queue_.push_back(std::move(job));
      ready_.notify_one();
      return;
    }
  }
  job(false);
}

std::size_t BlockingPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void BlockingPool::work_loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job(true);
    lock.lock();
  }
}

}  // namespace ruck::runtime
