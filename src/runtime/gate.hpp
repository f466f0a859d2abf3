#pragma once
// What is under way inside a service, so that the service ends after it: work that outlives the
// call that began it holds a pass, and close_and_wait() comes back when all passes are given back.
#include "base/thread_safety.hpp"

#include <chrono>
#include <cstddef>
#include <utility>

namespace ruck::runtime {

class Gate {
 public:
  // Keeps the gate from ending, and must not outlive it. Empty when the gate was closed.
  class Pass {
   public:
    Pass() = default;
    ~Pass() { give_back(); }
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      if (this == &other) return *this;
      give_back();
      gate_ = std::exchange(other.gate_, nullptr);
      return *this;
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

    explicit operator bool() const { return gate_ != nullptr; }
    void give_back();

   private:
    friend class Gate;
    explicit Pass(Gate* gate) : gate_(gate) {}
    Gate* gate_ = nullptr;
  };

  Gate() = default;
  ~Gate();  // everybody must have left
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  [[nodiscard]] Pass enter();
  [[nodiscard]] std::size_t inside() const;

  // Nobody gets in any more.
  void close();
  // Blocks the calling thread, never a core's, until everybody has left.
  void wait() const;
  // The same, at most until `deadline`; false when somebody is still inside.
  [[nodiscard]] bool wait_until(std::chrono::steady_clock::time_point deadline) const;
  void close_and_wait() {
    close();
    wait();
  }

 private:
  void leave();

  mutable Mutex mutex_;
  mutable Condition left_;
  std::size_t inside_ RUCK_GUARDED_BY(mutex_) = 0;
  bool is_closed_ RUCK_GUARDED_BY(mutex_) = false;
};

}  // namespace ruck::runtime
