#include "runtime/context.hpp"

#include "runtime/blocking_pool.hpp"
#include "runtime/sleep.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ruck::runtime {
namespace {
using std::chrono::milliseconds;

ContextPtr context_of(const std::string& request) {
  auto context = std::make_shared<Context>();
  context->request_id = request;
  context->time_max = milliseconds(50);
  return context;
}
std::string here() { return current_context() ? current_context()->request_id : "none"; }

class ContextTest : public testing::Test {
 protected:
  void SetUp() override { cores_.start(); }
  void TearDown() override {
    group_.join();
    cores_.stop_and_join();
  }

  // Waits in every way there is, and notes after each wait in whose context it is.
  task<> request(std::string id, std::vector<std::string>& seen) {
    const ContextScope scope(context_of(id));
    for (int round = 0; round < 20; ++round) {
      co_await sleep_for(milliseconds(round % 3));
      seen.push_back(here());
      co_await pool_.run([] { return 1; });
      seen.push_back(here());
      co_await inner(seen);
    }
  }
  task<> inner(std::vector<std::string>& seen) {
    const int value = co_await await_promise<int>([&](Promise<int> promise) {
      seen.push_back(here());
      promise.set(7);
    });
    EXPECT_EQ(value, 7);
    seen.push_back(here());
  }
  task<> nobody(std::vector<std::string>& seen) {
    for (int round = 0; round < 40; ++round) {
      seen.push_back(here());
      co_await sleep_for(milliseconds(round % 2));
      seen.push_back(here());
      co_await pool_.run([] { return 1; });
    }
  }
  task<> spawner(std::vector<std::string>& seen) {
    const ContextScope scope(context_of("spawner"));
    group_.spawn(*Core::current(), nobody(seen));
    co_await sleep_for(milliseconds(1));
  }

  Cores cores_{1};
  BlockingPool pool_{{.name = "test", .threads = 2, .queue_max = 100}};
  TaskGroup group_{"test", [](std::string_view, const std::exception_ptr&) { FAIL(); }};
};

TEST_F(ContextTest, ACoroutineHasItsContextAgainWheneverItGoesOn) {
  std::vector<std::vector<std::string>> seen(10);
  std::vector<std::string> without;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    group_.spawn(cores_.at(0), request("r" + std::to_string(i), seen[i]));
  }
  group_.spawn(cores_.at(0), nobody(without));
  group_.join();
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i], std::vector<std::string>(80, "r" + std::to_string(i)));
  }
  EXPECT_EQ(without, std::vector<std::string>(80, "none"));
}

TEST_F(ContextTest, WhatARequestSpawnsHasNoContext) {
  std::vector<std::string> seen;
  group_.spawn(cores_.at(0), spawner(seen));
  group_.join();
  EXPECT_EQ(seen, std::vector<std::string>(80, "none"));
}

TEST_F(ContextTest, ARenewedContextIsTheSameRequestWithAllOfItsTime) {
  EXPECT_EQ(renewed(nullptr), nullptr);
  auto late = std::make_shared<Context>(*context_of("r1"));
  late->deadline = {};
  const auto before = std::chrono::steady_clock::now();
  const ContextPtr again = renewed(late);
  EXPECT_EQ(again->request_id, "r1");
  EXPECT_GE(again->deadline, before + late->time_max);
}

}  // namespace
}  // namespace ruck::runtime
