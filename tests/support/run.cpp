#include "support/run.hpp"

#include <exception>
#include <future>
#include <memory>
#include <string_view>

namespace ruck::test {
namespace {

task<> carry(task<> work, std::shared_ptr<std::promise<void>> promise) {
  co_await std::move(work);
  promise->set_value();
}

task<> start_all(runtime::TaskGroup& group, std::vector<task<>> works) {
  for (task<>& work : works) group.spawn(*runtime::Core::current(), std::move(work));
  co_return;
}

}  // namespace

RunningCores::RunningCores(std::size_t count)
    : cores_(count), group_("test", [](std::string_view, const std::exception_ptr& failure) {
        std::rethrow_exception(failure);
      }) {
  cores_.start();
}

RunningCores::~RunningCores() {
  group_.join();
  cores_.stop_and_join();
}

void RunningCores::run(task<> work, std::size_t core) {
  // Shared: the core may still be inside set_value() when the caller goes on.
  const auto promise = std::make_shared<std::promise<void>>();
  std::future<void> end = promise->get_future();
  group_.spawn(cores_.at(core), carry(std::move(work), promise));
  end.get();
}

void RunningCores::run_all(std::vector<task<>> works, std::size_t core) {
  // Started by one handler, so that none has gone on before the last is there.
  run(start_all(group_, std::move(works)), core);
  group_.join();
}

}  // namespace ruck::test
