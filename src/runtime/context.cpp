#include "runtime/context.hpp"

namespace ruck::runtime {
namespace {
constinit thread_local ContextPtr current;
}  // namespace

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
