#include "runtime/blocking_pool.hpp"

#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <new>

namespace ruck::runtime {
namespace {

class BlockingPoolTest : public testing::Test {
 protected:
  void SetUp() override { cores_.start(); }
  // Runs the coroutine on core `index` and waits for it.
  void run(std::size_t index, task<> work) {
    group_.spawn(cores_.at(index), std::move(work));
    group_.join();
  }
  void TearDown() override { cores_.stop_and_join(); }

  Cores cores_{2};
  std::string failure_;
  TaskGroup group_{"test", [this](std::string_view, const std::exception_ptr& e) {
                     try {
                       std::rethrow_exception(e);
                     } catch (const std::exception& thrown) {
                       failure_ = thrown.what();
                     }
                   }};
};

task<> hash_on(BlockingPool& pool, Core& core, int& answer) {
  const Result<int> result = co_await pool.run([] { return 42; });
  EXPECT_EQ(Core::current(), &core) << "the coroutine must come back to its own core";
  answer = *result;
}

TEST_F(BlockingPoolTest, ComesBackToTheCoreThatAsked) {
  BlockingPool pool({.name = "test", .threads = 2, .queue_max = 8});
  for (const std::size_t index : {0UL, 1UL}) {
    int answer = 0;
    run(index, hash_on(pool, cores_.at(index), answer));
    EXPECT_EQ(answer, 42);
  }
}

task<> expect_code(BlockingPool& pool, std::latch& release, std::atomic<int>& overloaded,
                   std::atomic<int>* started = nullptr) {
  const auto result = co_await pool.run([&release, started] {
    if (started != nullptr) ++*started;
    release.wait();
    return true;
  });
  if (!result && result.error().code == ErrorCode::kOverloaded) ++overloaded;
}

TEST_F(BlockingPoolTest, AFullQueueRefusesAtOnce) {
  BlockingPool pool({.name = "test", .threads = 1, .queue_max = 2});
  std::latch release(1);
  std::atomic<int> overloaded = 0;
  for (int i = 0; i < 10; ++i) group_.spawn(cores_.at(0), expect_code(pool, release, overloaded));
  while (group_.running() > 3) std::this_thread::yield();
  EXPECT_GE(overloaded, 7);
  release.count_down();
  group_.join();
}

TEST_F(BlockingPoolTest, AStopRefusesWhatIsQueuedAndFinishesWhatRuns) {
  BlockingPool pool({.name = "test", .threads = 1, .queue_max = 100});
  std::latch release(1);
  std::atomic<int> overloaded = 0;
  std::atomic<int> started = 0;
  group_.spawn(cores_.at(0), expect_code(pool, release, overloaded, &started));
  while (started == 0) std::this_thread::yield();
  for (int i = 0; i < 9; ++i) group_.spawn(cores_.at(0), expect_code(pool, release, overloaded));
  while (pool.waiting() < 9) std::this_thread::yield();
  pool.stop();
  while (group_.running() > 1) std::this_thread::yield();
  EXPECT_EQ(overloaded, 9);
  group_.spawn(cores_.at(0), expect_code(pool, release, overloaded));
  while (overloaded < 10) std::this_thread::yield();
  release.count_down();
  group_.join();
}

task<> run_out_of_memory(BlockingPool& pool, bool& caught) {
  try {
    static_cast<void>(co_await pool.run([]() -> int { throw std::bad_alloc(); }));
  } catch (const std::bad_alloc&) {
    caught = true;
  }
}

// It ended the process: nobody caught it on the pool's thread.
TEST_F(BlockingPoolTest, WhatTheWorkThrowsIsThrownWhereItWasAskedFor) {
  BlockingPool pool({.name = "test", .threads = 1, .queue_max = 1});
  bool caught = false;
  run(0, run_out_of_memory(pool, caught));
  EXPECT_TRUE(caught);
}

task<> throw_something() {
  throw std::runtime_error("boom");
  co_return;
}

TEST_F(BlockingPoolTest, AGroupReportsWhatItsCoroutineThrew) {
  run(0, throw_something());
  EXPECT_EQ(failure_, "boom");
}

}  // namespace
}  // namespace ruck::runtime
