#include "http/pressure.hpp"

#include "http/limits.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace ruck::http {
namespace {

class PressureTest : public testing::Test {
 protected:
  void SetUp() override {
    cores_.start();
    pressure_.start(cores_);
  }
  void TearDown() override {
    pressure_.stop();
    cores_.stop_and_join();
  }
  task<> ask(Importance importance, bool& refused) {
    refused = pressure_.refuses(importance);
    co_return;
  }
  bool refuses(Importance importance) {
    bool refused = false;
    group_.spawn(cores_.at(0), ask(importance, refused));
    group_.join();
    return refused;
  }
  // On the core, whose timers come in their order: when this one has, beats have been.
  static task<> let_beat() { co_await runtime::sleep_for(3 * kBeat); }
  static task<> block(std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);  // a core that is busy with something else
    co_return;
  }

  telemetry::Metrics metrics_;
  runtime::Cores cores_{1};
  Pressure pressure_{metrics_};
  runtime::TaskGroup group_{"test", [](std::string_view, const std::exception_ptr&) { FAIL(); }};
};

TEST_F(PressureTest, ABlockedCoreRefusesReadsAndTakesThemAgainWhenItIsFree) {
  group_.spawn(cores_.at(0), let_beat());
  group_.join();
  bool refused_read = false;
  bool refused_write = true;
  group_.spawn(cores_.at(0), block(kReadLagMax + 2 * kBeat));
  group_.spawn(cores_.at(0), ask(Importance::kRead, refused_read));  // waits behind it
  group_.spawn(cores_.at(0), ask(Importance::kWrite, refused_write));
  group_.join();
  EXPECT_TRUE(refused_read);
  EXPECT_FALSE(refused_write);
  EXPECT_NE(metrics_.render().find("ruck_http_shed_total{kind=\"read\"} 1"), std::string::npos);
  while (refuses(Importance::kRead)) std::this_thread::sleep_for(kBeat);  // ends, or times out
}

TEST_F(PressureTest, OutsideOfACoreNothingIsRefused) {
  EXPECT_FALSE(pressure_.refuses(Importance::kRead));
}

}  // namespace
}  // namespace ruck::http
