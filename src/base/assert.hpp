#pragma once
// RUCK_ASSERT states what only our own mistake can break; input never reaches it. It stays on in
// every build, because a wrong total that is stored is worse than a restart.
#include <cstdio>
#include <cstdlib>

namespace ruck {
[[noreturn]] inline void assertion_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "assertion failed: %s at %s:%d\n", what, file, line);
  std::abort();
}
}  // namespace ruck

#define RUCK_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::ruck::assertion_failed(#condition, __FILE__, __LINE__))
