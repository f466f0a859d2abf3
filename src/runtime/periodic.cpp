#include "runtime/periodic.hpp"

namespace ruck::runtime {

Periodic::Periodic(std::string_view name, Core& core, std::chrono::milliseconds every,
                   std::function<task<>()> work, TaskGroup::OnFailure on_failure)
    : name_(name),
      core_(core),
      every_(every),
      work_(std::move(work)),
      on_failure_(std::move(on_failure)),
      timer_(core.io()),
      group_(name, on_failure_) {
  group_.spawn(core_, run());
}

Periodic::~Periodic() {
  stopping_ = true;
  // On the core the loop either waits, and is woken, or works, and looks at the flag afterwards.
  // Both the loop and the waking belong to the group, so that neither outlives this object.
  group_.spawn(core_, wake());
  group_.join();
}

task<> Periodic::wake() {
  timer_.cancel();
  co_return;
}

task<> Periodic::run() {
  while (!stopping_) {
    timer_.expires_after(every_);
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::deferred));
    if (stopping_) co_return;
    try {
      co_await work_();
    } catch (...) {
      on_failure_(name_, std::current_exception());
    }
  }
}

}  // namespace ruck::runtime
