#pragma once
// Randomness from the kernel, for ids and secrets. Tests and simulations use their own seeded
// generators, never this.
#include <cstdint>
#include <span>
#include <string>

namespace ruck {

void fill_random(std::span<std::uint8_t> bytes);
[[nodiscard]] std::string random_bytes(std::size_t size);
[[nodiscard]] std::uint64_t random_u64();

}  // namespace ruck
