#pragma once
// The coroutine every asynchronous function returns. It runs on the core that awaits it and never
// moves to another.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ruck {

using IoExecutor = boost::asio::io_context::executor_type;

template <class T = void>
using task = boost::asio::awaitable<T, IoExecutor>;

inline constexpr boost::asio::use_awaitable_t<IoExecutor> use_task{};

}  // namespace ruck
