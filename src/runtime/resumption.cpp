#include "runtime/resumption.hpp"

#include <boost/asio/post.hpp>

namespace ruck::runtime {
namespace {
void resume_all(std::vector<std::unique_ptr<Resumption>>& finished) {
  for (auto& waiter : finished) {
    const std::unique_ptr<Resumption> owned = std::move(waiter);
    const ContextScope scope(owned->take_context());
    owned->resume();
  }
}
}  // namespace

void deliver(std::vector<std::unique_ptr<Resumption>> finished) {
  while (!finished.empty()) {
    Core& home = finished.front()->home();
    std::vector<std::unique_ptr<Resumption>> batch;
    std::vector<std::unique_ptr<Resumption>> others;
    for (auto& waiter : finished) {
      (&waiter->home() == &home ? batch : others).push_back(std::move(waiter));
    }
    boost::asio::post(home.io(), [batch = std::move(batch)]() mutable { resume_all(batch); });
    finished = std::move(others);
  }
}

}  // namespace ruck::runtime
