#pragma once
// For work of many steps that may end between any two of them.
#include "runtime/task.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

namespace ruck::runtime {

// Whether the calling coroutine was cancelled, with its group or its Periodic. A loop over units of
// work asks before each, so that a stop need not wait for all of them.
inline task<bool> is_cancelled() {
  const boost::asio::cancellation_state state = co_await boost::asio::this_coro::cancellation_state;
  co_return state.cancelled() != boost::asio::cancellation_type::none;
}

}  // namespace ruck::runtime
