#pragma once
// Waiting inside a coroutine without holding its core.
#include "runtime/core.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/deferred.hpp>

#include <chrono>

namespace ruck::runtime {

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, IoExecutor>;

inline task<> sleep_for(std::chrono::milliseconds duration) {
  Timer timer(Core::current()->io(), duration);
  co_await timer.async_wait(boost::asio::as_tuple(boost::asio::deferred));
}

}  // namespace ruck::runtime
