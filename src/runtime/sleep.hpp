#pragma once
// Waiting inside a coroutine without holding its core.
#include "runtime/context.hpp"
#include "runtime/core.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/deferred.hpp>

#include <chrono>
#include <utility>

namespace ruck::runtime {

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, IoExecutor>;

inline task<> sleep_for(std::chrono::milliseconds duration) {
  Timer timer(Core::current()->io(), duration);
  ContextPtr context = set_context_aside();
  co_await timer.async_wait(boost::asio::as_tuple(boost::asio::deferred));
  take_context_up(std::move(context));
}

}  // namespace ruck::runtime
