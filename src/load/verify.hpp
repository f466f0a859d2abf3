#pragma once
// Reads rucks back and counts: what was acknowledged is there, and each point once.
#include "load/run.hpp"

#include <span>

namespace ruck::load {

[[nodiscard]] Verified verify(const http::Url& url, std::span<const Rucker* const> ruckers,
                              std::size_t count, std::uint64_t seed);

}  // namespace ruck::load
