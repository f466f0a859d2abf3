// `fuzz_seeds TARGET FOLDER`: the inputs that a target starts from, as files.
#include "fuzz/targets.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

int main(int argc, char** argv) {
  const ruck::fuzz::Target* target = argc == 3 ? ruck::fuzz::find_target(argv[1]) : nullptr;
  if (target == nullptr) {
    for (const ruck::fuzz::Target& each : ruck::fuzz::targets()) {
      std::printf("%.*s\n", static_cast<int>(each.name.size()), each.name.data());
    }
    return argc == 1 ? 0 : 2;
  }
  std::filesystem::create_directories(argv[2]);
  int number = 0;
  for (const std::string& seed : target->seeds()) {
    std::ofstream(std::filesystem::path(argv[2]) / ("seed-" + std::to_string(number++)),
                  std::ios::binary)
        << seed;
  }
  return 0;
}
