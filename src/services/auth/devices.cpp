#include "services/auth/devices.hpp"

#include <array>
#include <utility>

namespace ruck::auth {
namespace {
struct Known {
  std::string_view mark;
  std::string_view name;
  std::string_view platform = {};
};
// The first that is found: browsers name each other, the later ones all of the earlier.
constexpr std::array kSystems = {
    Known{"iPhone", "iPhone", "ios"},       Known{"iPad", "iPad", "ios"},
    Known{"Android", "Android", "android"}, Known{"Windows", "Windows", "windows"},
    Known{"CrOS", "ChromeOS", "linux"},     Known{"Macintosh", "Mac", "macos"},
    Known{"iOS", "iPhone", "ios"},          Known{"Linux", "Linux", "linux"}};
constexpr std::array kPrograms = {Known{"Dart/", "Ruck app"},
                                  Known{"RuckingApp", "Ruck app"},
                                  Known{"SamsungBrowser", "Samsung Internet"},
                                  Known{"EdgA/", "Edge"},
                                  Known{"EdgiOS/", "Edge"},
                                  Known{"Edg/", "Edge"},
                                  Known{"OPR/", "Opera"},
                                  Known{"FxiOS/", "Firefox"},
                                  Known{"Firefox/", "Firefox"},
                                  Known{"CriOS/", "Chrome"},
                                  Known{"Chrome/", "Chrome"},
                                  Known{"Safari/", "Safari"},
                                  Known{"curl/", "curl"}};

template <std::size_t N>
Known first_in(const std::array<Known, N>& all, std::string_view text) {
  for (const Known& each : all) {
    if (text.find(each.mark) != std::string_view::npos) return each;
  }
  return {};
}
}  // namespace

Device device_of(std::string_view user_agent) {
  const Known system = first_in(kSystems, user_agent);
  const Known program = first_in(kPrograms, user_agent);
  Device device{.platform = std::string(system.platform.empty() ? "other" : system.platform)};
  device.name = program.name;
  if (!program.name.empty() && !system.name.empty()) device.name += " on ";
  device.name += system.name;
  return device;
}

}  // namespace ruck::auth
