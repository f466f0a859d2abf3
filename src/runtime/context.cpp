#include "runtime/context.hpp"

namespace ruck::runtime {
namespace {
constinit thread_local ContextPtr current;
}  // namespace

std::optional<ReadFloor::SteadyTime> ReadFloor::get() const {
  const std::int64_t ns = ns_.load();
  if (ns == kNewest) return std::nullopt;
  return SteadyTime(std::chrono::nanoseconds(ns));
}

void ReadFloor::raise(SteadyTime from) const {
  const std::int64_t ns = std::chrono::nanoseconds(from.time_since_epoch()).count();
  for (std::int64_t was = ns_.load(); was < ns && !ns_.compare_exchange_weak(was, ns);) {
  }
}

const ContextPtr& current_context() { return current; }

ContextPtr set_context_aside() { return std::exchange(current, nullptr); }

void take_context_up(ContextPtr context) { current = std::move(context); }

ContextPtr renewed(const ContextPtr& context) {
  if (!context) return nullptr;
  auto again = std::make_shared<Context>(*context);
  again->deadline = std::chrono::steady_clock::now() + again->time_max;
  return again;
}

}  // namespace ruck::runtime
