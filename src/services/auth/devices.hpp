#pragma once
// What a sign-in is called in the list of one's devices, from the User-Agent it came with.
#include <string>
#include <string_view>

namespace ruck::auth {

struct Device {
  std::string name;      // "Firefox on Android"; empty where nothing is known
  std::string platform;  // android, ios, windows, macos, linux, other
};
// A guess for the owner's eyes; nothing is decided by it.
[[nodiscard]] Device device_of(std::string_view user_agent);

}  // namespace ruck::auth
