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
  stop();
  for (std::thread& thread : threads_) thread.join();
}

void BlockingPool::stop() {
  std::deque<Job> refused;
  {
    const Guard lock(mutex_);
    stopping_ = true;
    refused.swap(queue_);
  }
  ready_.notify_all();
  for (Job& job : refused) job(false);
}

void BlockingPool::enqueue(Job job) {
  {
    const Guard lock(mutex_);
    if (!stopping_ && queue_.size() < options_.queue_max) {
      queue_.push_back(std::move(job));
      ready_.notify_one();
      return;
    }
  }
  job(false);
}

std::size_t BlockingPool::waiting() const {
  const Guard lock(mutex_);
  return queue_.size();
}

void BlockingPool::work_loop() {
  Guard lock(mutex_);
  for (;;) {
    while (!stopping_ && queue_.empty()) ready_.wait(lock);
    if (queue_.empty()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job(true);
    lock.lock();
  }
}

}  // namespace ruck::runtime
