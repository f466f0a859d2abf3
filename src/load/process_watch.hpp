#pragma once
// What a process on this machine uses, read from /proc.
#include <cstdint>
#include <optional>
#include <string>

namespace ruck::load {

struct ProcessUse {
  double cpu_s = 0;  // of all its threads, user and system, since it began
  std::uint64_t resident_bytes = 0;
};
// Nothing when there is no such process.
[[nodiscard]] std::optional<ProcessUse> use_of(int pid);

// The process of this user that listens on a TCP port of this machine, if it can be found.
[[nodiscard]] std::optional<int> listener_on(std::uint16_t port);

// "2 × Intel Xeon …, 23 GiB, Linux 6.1"
[[nodiscard]] std::string describe_machine();

}  // namespace ruck::load
