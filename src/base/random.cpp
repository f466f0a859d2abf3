#include "base/random.hpp"

#include "base/assert.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace ruck {
namespace {
constexpr std::size_t kEntropyPerCall = 256;  // getentropy(3) refuses more
}

void fill_random(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const std::size_t part = std::min(bytes.size(), kEntropyPerCall);
    RUCK_ASSERT(::getentropy(bytes.data(), part) == 0);
    bytes = bytes.subspan(part);
  }
}

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  fill_random({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

std::uint64_t random_u64() {
  std::uint64_t value = 0;
  fill_random({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
  return value;
}

}  // namespace ruck
