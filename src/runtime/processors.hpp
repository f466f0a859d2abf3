#pragma once
// How many processors this process may use.
#include <cstddef>

namespace ruck::runtime {

// At least one. A limit of the container by cgroup is not in it; one by affinity is.
[[nodiscard]] std::size_t processor_count();

}  // namespace ruck::runtime
