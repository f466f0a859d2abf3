#include "runtime/periodic.hpp"

#include "runtime/cancelled.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace ruck::runtime {
namespace {
using std::chrono::milliseconds;

class PeriodicTest : public testing::Test {
 protected:
  void SetUp() override { cores_.start(); }
  void TearDown() override { cores_.stop_and_join(); }
  Cores cores_{1};
  std::atomic<int> runs_{0};
  std::atomic<int> failures_{0};
  TaskGroup::OnFailure count_failures_ = [this](std::string_view, const std::exception_ptr&) {
    ++failures_;
  };
};

TEST_F(PeriodicTest, GoesOnAfterAFailure) {
  const Periodic periodic(
      "test", cores_.at(0), milliseconds(1),
      [this]() -> task<> {
        if (++runs_ == 2) throw std::runtime_error("once");
        co_return;
      },
      count_failures_);
  while (runs_ < 5) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(failures_, 1);
}

// It would take an hour otherwise.
TEST_F(PeriodicTest, IsOverAtOnceThoughItsTimeIsFarAway) {
  {
    const Periodic periodic(
        "test", cores_.at(0), std::chrono::hours(1),
        [this]() -> task<> {
          ++runs_;
          co_return;
        },
        count_failures_);
  }
  EXPECT_EQ(runs_, 0);
}

TEST_F(PeriodicTest, WaitsForWorkThatIsUnderWay) {
  std::atomic<bool> done{false};
  {
    const Periodic periodic(
        "test", cores_.at(0), milliseconds(1),
        [this, &done]() -> task<> {
          ++runs_;
          co_await sleep_for(milliseconds(50));
          done = true;
        },
        count_failures_);
    while (runs_ == 0) std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_TRUE(done);
}

// It would go on for ever otherwise.
TEST_F(PeriodicTest, WorkOfManyStepsEndsBetweenTwoOfThem) {
  std::atomic<int> steps{0};
  {
    const Periodic periodic(
        "test", cores_.at(0), milliseconds(1),
        [&steps]() -> task<> {
          while (!co_await is_cancelled()) {
            ++steps;
            co_await sleep_for(milliseconds(1));
          }
        },
        count_failures_);
    while (steps < 3) std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_GE(steps, 3);
}

}  // namespace
}  // namespace ruck::runtime
