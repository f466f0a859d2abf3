#include "load/process_watch.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace ruck::load {
namespace {
namespace fs = std::filesystem;

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// The inode of the socket that listens on the port: `local_address` ends in :PORT in hexadecimal,
// `st` is 0A (Linux, Documentation/networking/proc_net_tcp).
std::optional<std::string> listening_inode(const std::string& table, std::uint16_t port) {
  constexpr std::size_t kLocal = 1;
  constexpr std::size_t kState = 3;
  constexpr std::size_t kInode = 9;
  std::ifstream in(table);
  const std::string ending = fmt::format(":{:04X}", port);
  for (std::string line; std::getline(in, line);) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() > kInode && words[kState] == "0A" && words[kLocal].ends_with(ending)) {
      return words[kInode];
    }
  }
  return std::nullopt;
}

bool has_socket(const fs::path& process, const std::string& link) {
  std::error_code error;  // processes of others cannot be read, or are gone
  for (fs::directory_iterator it(process / "fd", error), end; !error && it != end;
       it.increment(error)) {
    std::error_code unreadable;
    if (fs::read_symlink(it->path(), unreadable).string() == link) return true;
  }
  return false;
}

std::string value_in(const std::string& file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    return std::string(trim(std::string_view(line).substr(line.find(':') + 1)));
  }
  return {};
}
}  // namespace

std::optional<ProcessUse> use_of(int pid) {
  // After the name in brackets, which may hold anything: field 14 is utime, 15 stime, 24 rss.
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  const std::vector<std::string> words = words_of(line.substr(name_end + 1));
  constexpr std::size_t kUser = 14 - 3;
  constexpr std::size_t kSystem = 15 - 3;
  constexpr std::size_t kPages = 24 - 3;
  if (words.size() <= kPages) return std::nullopt;
  const auto ticks = static_cast<double>(parse_number<std::int64_t>(words[kUser]).value_or(0) +
                                         parse_number<std::int64_t>(words[kSystem]).value_or(0));
  return ProcessUse{.cpu_s = ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)),
                    .resident_bytes = parse_number<std::uint64_t>(words[kPages]).value_or(0) *
                                      static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
}

std::optional<int> listener_on(std::uint16_t port) {
  auto inode = listening_inode("/proc/net/tcp", port);
  if (!inode) inode = listening_inode("/proc/net/tcp6", port);
  if (!inode) return std::nullopt;
  const std::string link = "socket:[" + *inode + "]";
  std::error_code error;  // no /proc: nothing is found
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const auto pid = parse_number<int>(it->path().filename().string());
    if (pid && has_socket(it->path(), link)) return pid;
  }
  return std::nullopt;
}

std::string describe_machine() {
  utsname system{};
  ::uname(&system);
  const std::string model = value_in("/proc/cpuinfo", "model name");
  const auto kib = words_of(value_in("/proc/meminfo", "MemTotal"));
  const double gib =
      kib.empty() ? 0 : parse_double(kib.front()).value_or(0) / static_cast<double>(1 << 20);
  return fmt::format("{} × {}, {:.0f} GiB, {} {}", std::thread::hardware_concurrency(),
                     model.empty() ? system.machine : model, gib, system.sysname, system.release);
}

}  // namespace ruck::load
