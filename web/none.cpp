// The web app of a program that has none: see RUCK_WEB and ruck_without_web in src/CMakeLists.txt.
#include "base/embedded.hpp"

namespace ruck::embedded {

std::span<const WebFile> web() { return {}; }

}  // namespace ruck::embedded
