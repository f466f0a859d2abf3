#include "runtime/gate.hpp"

#include "base/assert.hpp"

namespace ruck::runtime {

Gate::~Gate() { RUCK_ASSERT(inside() == 0); }

Gate::Pass Gate::enter() {
  const Guard lock(mutex_);
  if (is_closed_) return Pass();
  ++inside_;
  return Pass(this);
}

void Gate::Pass::give_back() {
  if (gate_ != nullptr) std::exchange(gate_, nullptr)->leave();
}

// Told under the lock: who waits cannot come back, and end the gate, before this has let go of it.
void Gate::leave() {
  const Guard lock(mutex_);
  --inside_;
  if (inside_ == 0) left_.notify_all();
}

std::size_t Gate::inside() const {
  const Guard lock(mutex_);
  return inside_;
}

void Gate::close() {
  const Guard lock(mutex_);
  is_closed_ = true;
}

void Gate::wait() const {
  Guard lock(mutex_);
  while (inside_ > 0) left_.wait(lock);
}

bool Gate::wait_until(std::chrono::steady_clock::time_point deadline) const {
  Guard lock(mutex_);
  while (inside_ > 0 && std::chrono::steady_clock::now() < deadline) {
    left_.wait_until(lock, deadline);
  }
  return inside_ == 0;
}

}  // namespace ruck::runtime
