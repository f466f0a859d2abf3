// The fuzz targets without a fuzzer: everything that was ever found (corpus/TARGET/), the seeds,
// and a few thousand changes of them.
#include "durability/batches.hpp"
#include "fuzz/targets.hpp"
#include "support/process.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace ruck::fuzz {
namespace {

class FuzzReplay : public testing::TestWithParam<Target> {};

std::vector<std::string> found_so_far(std::string_view target) {
  std::vector<std::string> inputs;
  const std::filesystem::path folder =
      std::filesystem::path(RUCK_SOURCE_FOLDER) / "tests/fuzz/corpus" / target;
  if (!std::filesystem::exists(folder)) return inputs;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    inputs.push_back(test::read_file(entry.path().string()));
  }
  return inputs;
}

// Bytes flipped, cut out, doubled, or taken from another input.
std::string change(rucking::SeededRandom& random, std::string text, const std::string& other) {
  const std::size_t changes = 1 + random.below(6);
  for (std::size_t i = 0; i < changes; ++i) {
    const std::size_t at = text.empty() ? 0 : random.below(text.size());
    const std::size_t size = 1 + random.below(16);
    switch (random.below(6)) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(random.next());
        break;
      case 1:
        if (!text.empty()) text[at] ^= static_cast<char>(1 << random.below(8));
        break;
      case 2:
        text.erase(at, size);
        break;
      case 3:
        text.insert(at, text.substr(at, size));
        break;
      case 4:
        text.insert(at, size, static_cast<char>(random.below(128)));
        break;
      default:
        if (!other.empty()) text.insert(at, other.substr(random.below(other.size()), 4 * size));
        break;
    }
  }
  return text;
}

TEST_P(FuzzReplay, WhatWasFoundTheSeedsAndTheirChangesDoNoHarm) {
  const Target& target = GetParam();
  for (const std::string& input : found_so_far(target.name)) target.run(input);
  const std::vector<std::string> seeds = target.seeds();
  ASSERT_FALSE(seeds.empty());
  target.run("");
  for (const std::string& seed : seeds) target.run(seed);
  rucking::SeededRandom random(test::seed_of_run());
  for (int i = 0; i < 3000; ++i) {
    target.run(
        change(random, seeds[random.below(seeds.size())], seeds[random.below(seeds.size())]));
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzReplay, testing::ValuesIn(targets().begin(), targets().end()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace ruck::fuzz
