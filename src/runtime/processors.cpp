#include "runtime/processors.hpp"

#include <algorithm>
#include <thread>

namespace ruck::runtime {

std::size_t processor_count() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace ruck::runtime
