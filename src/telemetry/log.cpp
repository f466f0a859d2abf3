#include "telemetry/log.hpp"

#include "base/clock.hpp"
#include "base/thread_safety.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

namespace ruck::telemetry {
namespace {
std::atomic<Level> lowest{Level::kInfo};
std::atomic<int> descriptor{STDOUT_FILENO};
Mutex write_mutex;  // a line is never torn, whatever the pipe does

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};
constexpr std::size_t kTextBytesMax = 2048;  // of one field: a log line is read by people

void append_json_text(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text.substr(0, kTextBytesMax)) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void write_line(std::string_view line) {
  const Guard lock(write_mutex);
  while (!line.empty()) {
    const ssize_t written = ::write(descriptor.load(), line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads the log: nothing better to do than go on
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}
}  // namespace

Field::Field(std::string_view key, std::string_view json_value, Raw) {
  append_json_text(json_, key);
  json_.push_back(':');
  json_.append(json_value);
}

Field::Field(std::string_view key, std::string_view text) {
  append_json_text(json_, key);
  json_.push_back(':');
  append_json_text(json_, text);
}

Field::Field(std::string_view key, double number)
    : Field(key, std::isfinite(number) ? fmt::format("{}", number) : "null", Raw{}) {}

Field::Field(std::string_view key, bool yes) : Field(key, yes ? "true" : "false", Raw{}) {}

void set_log_level(Level level) { lowest.store(level); }
bool log_enabled(Level level) { return level >= lowest.load(std::memory_order_relaxed); }
void set_log_descriptor(int to) { descriptor.store(to); }

void log(Level level, std::string_view event, Fields fields) {
  if (!log_enabled(level)) return;
  std::string line = "{\"time\":\"";
  append_iso8601(line, to_ms(SystemClock().now()));
  line += "\",\"level\":\"";
  line += kLevelNames.at(static_cast<std::size_t>(level));
  line += "\",\"event\":";
  append_json_text(line, event);
  for (const Field& field : fields) {
    line.push_back(',');
    line += field.json();
  }
  line += "}\n";
  write_line(line);
}

void log_exception(std::string_view event, std::string_view where,
                   const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& thrown) {
    log_error(event, {{"where", where}, {"type", typeid(thrown).name()}, {"what", thrown.what()}});
  } catch (...) {
    log_error(event, {{"where", where}, {"what", "not a std::exception"}});
  }
}

}  // namespace ruck::telemetry
