#include "runtime/gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace ruck::runtime {
namespace {

TEST(Gate, LetsNobodyInOnceItIsClosed) {
  Gate gate;
  Gate::Pass inside = gate.enter();
  gate.close();
  EXPECT_TRUE(inside);
  EXPECT_FALSE(gate.enter());
  EXPECT_EQ(gate.inside(), 1U);
  inside.give_back();
  EXPECT_FALSE(inside);
  gate.wait();
}

TEST(Gate, WaitsNoLongerThanItIsTold) {
  Gate gate;
  const Gate::Pass inside = gate.enter();
  EXPECT_FALSE(gate.wait_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(5)));
}

TEST(Gate, APassIsHandedOnNotCopied) {
  Gate gate;
  Gate::Pass first = gate.enter();
  Gate::Pass second = std::move(first);
  EXPECT_EQ(gate.inside(), 1U);
  second = gate.enter();
  EXPECT_EQ(gate.inside(), 1U) << "the one it held is given back";
  second.give_back();
  second.give_back();
  EXPECT_EQ(gate.inside(), 0U);
}

// The last to leave was still inside the gate's lock when the gate was gone.
TEST(Gate, MayGoAsSoonAsTheLastHasLeft) {
  for (int i = 0; i < 2000; ++i) {
    auto gate = std::make_unique<Gate>();
    std::vector<std::jthread> threads;
    for (int each = 0; each < 2; ++each) {
      threads.emplace_back([pass = gate->enter()]() mutable { pass.give_back(); });
    }
    gate->close_and_wait();
    gate.reset();
  }
}

}  // namespace
}  // namespace ruck::runtime
