# Headers of others that nearly every file reads, parsed once: two thirds of the time of a build
# without it. No header of ours is among them, so that a change of one rebuilds what includes it and
# no more.
#
# The tsan and fuzz presets do without, and so does clang-tidy (scripts/lint): there every file is
# compiled with what it includes itself, which finds a missing #include.
option(RUCK_PRECOMPILE "Parse the headers of others once" ON)

set(ruck_headers_of_base
  <algorithm> <array> <charconv> <chrono> <cmath> <cstdint> <expected> <functional> <map> <memory>
  <optional> <span> <string> <string_view> <utility> <variant> <vector>)
set(ruck_headers_of_runtime ${ruck_headers_of_base}
  <atomic> <condition_variable> <deque> <future> <list> <mutex> <shared_mutex> <thread>
  <tuple> <unordered_map>
  <boost/asio/as_tuple.hpp> <boost/asio/async_result.hpp> <boost/asio/awaitable.hpp>
  <boost/asio/basic_waitable_timer.hpp> <boost/asio/deferred.hpp>
  <boost/asio/executor_work_guard.hpp> <boost/asio/io_context.hpp> <boost/asio/use_awaitable.hpp>
  <boost/describe/bases.hpp> <boost/describe/class.hpp> <boost/describe/members.hpp>
  <boost/mp11/algorithm.hpp> <fmt/format.h>)

# ruck_precompile(TARGET DEPS): `base` and `runtime` make the two sets, and the others take the one
# that fits: what depends on runtime has its flags too. A program is compiled with other flags than
# a library (-fPIE), so one of tests makes a set of its own.
# A target that ruck_optimize() was called for has other flags, and does without.
function(ruck_precompile target deps)
  get_target_property(is_optimized ${target} RUCK_OPTIMIZED)
  if(is_optimized)
    return()
  endif()
  if(NOT RUCK_PRECOMPILE)
    return()
  endif()
  # A precompiled header with times in it is another one each time, and the cache misses.
  target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    target_precompile_headers(${target} PRIVATE ${ruck_headers_of_runtime}
      <gmock/gmock.h> <gtest/gtest.h>)
  elseif(target STREQUAL "ruck_base" OR target STREQUAL "ruck_runtime")
    string(REPLACE "ruck_" "ruck_headers_of_" headers ${target})
    target_precompile_headers(${target} PRIVATE ${${headers}})
  elseif("runtime" IN_LIST deps OR "db" IN_LIST deps OR "http" IN_LIST deps)
    target_precompile_headers(${target} REUSE_FROM ruck_runtime)
  else()
    target_precompile_headers(${target} REUSE_FROM ruck_base)
  endif()
endfunction()
