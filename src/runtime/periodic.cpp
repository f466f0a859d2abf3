#include "runtime/periodic.hpp"

#include "base/sabotage.hpp"

namespace ruck::runtime {

Periodic::Periodic(std::string_view name, Core& core, std::chrono::milliseconds every,
                   std::function<task<>()> work, TaskGroup::OnFailure on_failure)
    : name_(name),
      every_(every),
      work_(std::move(work)),
      on_failure_(std::move(on_failure)),
      group_(name, on_failure_) {
  group_.spawn(core, run());
}

Periodic::~Periodic() {
  group_.cancel();
  group_.join();
}

task<> Periodic::run() {
  for (;;) {
    if (!group_.is_cancelled()) co_await sleep_for(every_);
    if (group_.is_cancelled()) co_return;
    if (sabotage::breaks(sabotage::Promise::kUpkeep)) continue;
    try {
      co_await work_();
    } catch (...) {
      on_failure_(name_, std::current_exception());
    }
  }
}

}  // namespace ruck::runtime
