#pragma once
// The folder of real recorded tracks, which lies outside the project.
#include <cstdlib>
#include <filesystem>
#include <string>

namespace ruck::test {

// Empty where it is not to be found; the test that needs it skips.
inline std::string tracks_folder() {
  const char* named = std::getenv("RUCK_TRACKS_DIR");
  const std::string folder = named != nullptr ? named : RUCK_TRACKS_FOLDER;
  return std::filesystem::is_directory(folder) ? folder : std::string();
}

}  // namespace ruck::test
