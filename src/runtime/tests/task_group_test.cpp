#include "runtime/task_group.hpp"

#include "runtime/resumption.hpp"
#include "runtime/sleep.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>

namespace ruck::runtime {
namespace {
namespace asio = boost::asio;
using Socket = asio::basic_stream_socket<asio::ip::tcp, IoExecutor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor>;

class TaskGroupTest : public testing::Test {
 protected:
  void SetUp() override { cores_.start(); }
  void TearDown() override {
    group_.join();
    cores_.stop_and_join();
    EXPECT_EQ(failures_, 0);
  }
  Cores cores_{2};
  std::atomic<int> begun_{0};
  std::atomic<int> failures_{0};
  TaskGroup group_{"test", [this](std::string_view, const std::exception_ptr&) { ++failures_; }};

  task<> sleep_long() {
    ++begun_;
    co_await sleep_for(std::chrono::hours(1));
  }
  task<> accept_nobody(boost::system::error_code& outcome) {
    Acceptor acceptor(Core::current()->io(),
                      asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    Socket socket(Core::current()->io());
    ++begun_;
    auto [error] = co_await acceptor.async_accept(socket, asio::as_tuple(asio::deferred));
    outcome = error;
  }
  void wait_for(int begun) const {
    while (begun_ < begun) std::this_thread::yield();
  }
};

TEST_F(TaskGroupTest, CancelWakesWhoWaitsForTimeOnEveryCore) {
  for (std::size_t i = 0; i < 20; ++i) group_.spawn(cores_.at(i % 2), sleep_long());
  wait_for(20);
  group_.cancel();
  group_.join();
}

TEST_F(TaskGroupTest, CancelWakesWhoWaitsForASocket) {
  boost::system::error_code outcome;
  group_.spawn(cores_.at(1), accept_nobody(outcome));
  wait_for(1);
  group_.cancel();
  group_.join();
  EXPECT_EQ(outcome, asio::error::operation_aborted);
}

TEST_F(TaskGroupTest, WhatIsSpawnedAfterACancelIsWokenAsWell) {
  group_.cancel();
  group_.spawn(cores_.at(0), sleep_long());
  group_.join();
  EXPECT_TRUE(group_.is_cancelled());
}

// A unit of work under way gives its outcome, and the coroutine goes on behind it.
TEST_F(TaskGroupTest, CancelTearsNobodyOutOfWork) {
  std::optional<Promise<int>> promise;
  std::atomic<int> answer{0};
  const auto work = [&]() -> task<> {
    answer = co_await await_promise<int>([&](Promise<int> p) {
      promise = std::move(p);
      ++begun_;
    });
    answer = answer + co_await await_promise<int>([](Promise<int> p) { p.set(1); });
  };
  group_.spawn(cores_.at(0), work());
  wait_for(1);
  group_.cancel();
  EXPECT_FALSE(group_.join_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(20)));
  promise->set(41);
  group_.join();
  EXPECT_EQ(answer, 42);
}

}  // namespace
}  // namespace ruck::runtime
