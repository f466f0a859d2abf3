#include "runtime/task_group.hpp"

#include "base/assert.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <vector>

namespace ruck::runtime {
namespace asio = boost::asio;
namespace {
// What is cancelled goes on to its end by itself; nothing throws at the next co_await.
task<> without_throwing(task<> work) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(work);
}
}  // namespace

// One coroutine of the group, from spawn() to its end. The signal is used on its core only.
class TaskGroup::Running {
 public:
  Running(TaskGroup& group, Core& core) : group_(group), core_(core), pass_(group.gate_.enter()) {
    const Guard lock(group_.mutex_);
    place_ = group_.all_.insert(group_.all_.end(), this);
  }
  ~Running() {
    const Guard lock(group_.mutex_);
    group_.all_.erase(place_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] Core& core() const { return core_; }
  [[nodiscard]] asio::cancellation_slot slot() { return signal_.slot(); }
  void cancel() { signal_.emit(asio::cancellation_type::terminal); }

 private:
  TaskGroup& group_;
  Core& core_;
  Gate::Pass pass_;  // given back last: the group may end then
  std::list<Running*>::iterator place_;
  asio::cancellation_signal signal_;
};

TaskGroup::TaskGroup(std::string_view name, OnFailure on_failure)
    : name_(name), on_failure_(std::move(on_failure)) {}

TaskGroup::~TaskGroup() { RUCK_ASSERT(running() == 0); }

void TaskGroup::spawn(Core& core, task<> work) {
  // Shared: the handler of a coroutine must be copyable.
  auto running = std::make_shared<Running>(*this, core);
  asio::post(core.io(), [this, running = std::move(running), work = std::move(work)]() mutable {
    Running& self = *running;
    asio::co_spawn(self.core().io(), without_throwing(std::move(work)),
                   asio::bind_cancellation_slot(self.slot(),
                                                [this, running](const std::exception_ptr& failure) {
                                                  if (failure) on_failure_(name_, failure);
                                                }));
    if (is_cancelled()) self.cancel();
  });
}

void TaskGroup::cancel() {
  is_cancelled_.store(true, std::memory_order_release);
  std::vector<Core*> cores;
  {
    const Guard lock(mutex_);
    for (const Running* each : all_) cores.push_back(&each->core());
  }
  std::ranges::sort(cores);
  const auto repeated = std::ranges::unique(cores);
  cores.erase(repeated.begin(), repeated.end());
  for (Core* core : cores) {
    asio::post(core->io(), [this, core, pass = gate_.enter()] { cancel_on(*core); });
  }
}

// On the core. What is cancelled there ends there, later: no entry of this core goes meanwhile.
void TaskGroup::cancel_on(Core& core) {
  std::vector<Running*> here;
  {
    const Guard lock(mutex_);
    for (Running* each : all_) {
      if (&each->core() == &core) here.push_back(each);
    }
  }
  for (Running* each : here) each->cancel();
}

}  // namespace ruck::runtime
