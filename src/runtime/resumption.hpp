#pragma once
// How work that finishes on another thread (a database thread, the password pool) wakes the
// coroutines that wait for it: results are gathered, and each core gets one post for all of its
// own.
#include "base/assert.hpp"
#include "runtime/context.hpp"
#include "runtime/core.hpp"

#include <boost/asio/async_result.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ruck::runtime {

// One waiting coroutine. Made on its own core, resumed there once, in the context it was made in.
class Resumption {
 public:
  Resumption() : home_(Core::current()), context_(current_context()) {
    RUCK_ASSERT(home_ != nullptr);
  }
  virtual ~Resumption() = default;
  Resumption(const Resumption&) = delete;
  Resumption& operator=(const Resumption&) = delete;

  // Runs on the home core.
  virtual void resume() = 0;
  [[nodiscard]] Core& home() const { return *home_; }
  [[nodiscard]] ContextPtr take_context() { return std::move(context_); }

 private:
  Core* home_;
  ContextPtr context_;
};

// Posts all of them, one post a core. May be called from any thread.
void deliver(std::vector<std::unique_ptr<Resumption>> finished);

// Suspends the calling coroutine, hands `start` a Promise for T, and gives back what the promise is
// set to. The promise may be set on any thread, exactly once.
template <class T>
class Promise final {
 public:
  struct State : Resumption {
    std::optional<T> value;
  };
  explicit Promise(std::unique_ptr<State> state) : state_(std::move(state)) {}

  // Stores the value; what comes back goes to deliver(), together with others.
  [[nodiscard]] std::unique_ptr<Resumption> fulfil(T value) {
    state_->value.emplace(std::move(value));
    return std::move(state_);
  }
  void set(T value) {
    std::vector<std::unique_ptr<Resumption>> one;
    one.push_back(fulfil(std::move(value)));
    deliver(std::move(one));
  }

 private:
  std::unique_ptr<State> state_;
};

namespace detail {
template <class T, class Handler>
struct PromiseState final : Promise<T>::State {
  explicit PromiseState(Handler h) : handler(std::move(h)) {}
  void resume() override {
    Handler h = std::move(handler);
    T value = std::move(*this->value);
    h(std::move(value));
  }
  Handler handler;
};
}  // namespace detail

// `start` is called as start(Promise<T>) before the coroutine is suspended, in its context.
template <class T, class Start>
task<T> await_promise(Start start) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<IoExecutor>, void(T)>(
      [start = std::move(start)](auto handler) mutable {
        using Handler = decltype(handler);
        start(Promise<T>(std::make_unique<detail::PromiseState<T, Handler>>(std::move(handler))));
        static_cast<void>(set_context_aside());  // the promise has it
      },
      use_task);
}

}  // namespace ruck::runtime
