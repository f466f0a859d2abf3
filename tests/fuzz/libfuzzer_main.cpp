// One target under libFuzzer: the function that it calls with each input.
#include "base/assert.hpp"
#include "fuzz/targets.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ruck::fuzz::Target* const target = ruck::fuzz::find_target(RUCK_FUZZ_TARGET);
  RUCK_ASSERT(target != nullptr);
  target->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
