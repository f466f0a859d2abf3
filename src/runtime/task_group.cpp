#include "runtime/task_group.hpp"

#include "base/assert.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace ruck::runtime {

TaskGroup::~TaskGroup() { RUCK_ASSERT(running() == 0); }

void TaskGroup::spawn(Core& core, task<> work) {
  running_.fetch_add(1, std::memory_order_acq_rel);
  boost::asio::post(core.io(), [this, &core, work = std::move(work)]() mutable {
    boost::asio::co_spawn(core.io(), std::move(work), [this](const std::exception_ptr& failure) {
      if (failure) on_failure_(name_, failure);
      if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_all();
    });
  });
}

void TaskGroup::join() const {
  for (std::size_t left = running(); left != 0; left = running()) running_.wait(left);
}

}  // namespace ruck::runtime
