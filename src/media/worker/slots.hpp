#pragma once
// A few places that many want, on any core: who finds none waits for their turn, and no core waits
// with them.
#include "base/thread_safety.hpp"
#include "runtime/resumption.hpp"

#include <cstddef>
#include <deque>
#include <utility>

namespace ruck::media {

class Slots {
 public:
  // Gives the place to the next one when it ends. Must not outlive its Slots.
  class Place {
   public:
    Place() = default;
    ~Place() {
      if (slots_ != nullptr) slots_->leave();
    }
    Place(Place&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place& operator=(Place&&) = delete;
    explicit operator bool() const { return slots_ != nullptr; }

   private:
    friend class Slots;
    explicit Place(Slots* slots) : slots_(slots) {}
    Slots* slots_ = nullptr;
  };

  Slots(std::size_t places, std::size_t waiting_max) : free_(places), waiting_max_(waiting_max) {}
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  // In the order in which they came. Empty at once where too many wait.
  [[nodiscard]] task<Place> enter() {
    const bool is_in = co_await runtime::await_promise<bool>(
        [this](runtime::Promise<bool> promise) { enter(std::move(promise)); });
    co_return is_in ? Place(this) : Place();
  }
  [[nodiscard]] std::size_t waiting() const {
    const Guard lock(mutex_);
    return waiting_.size();
  }

 private:
  void enter(runtime::Promise<bool> promise) {
    bool is_in = false;
    {
      const Guard lock(mutex_);
      is_in = free_ > 0;
      if (is_in) {
        --free_;
      } else if (waiting_.size() < waiting_max_) {
        waiting_.push_back(std::move(promise));
        return;
      }
    }
    promise.set(is_in);
  }
  void leave() {
    Guard lock(mutex_);
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    runtime::Promise<bool> next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    next.set(true);
  }

  mutable Mutex mutex_;
  std::size_t free_ RUCK_GUARDED_BY(mutex_);
  std::deque<runtime::Promise<bool>> waiting_ RUCK_GUARDED_BY(mutex_);
  const std::size_t waiting_max_;
};

}  // namespace ruck::media
