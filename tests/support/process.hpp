#pragma once
// A child process that a test starts and stops by its id.
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ruck::test {

struct ProcessOptions {
  std::vector<std::string> argv;       // argv[0] is found on PATH
  std::vector<std::string> extra_env;  // KEY=value, added to ours
  std::string output_path;             // stdout and stderr go here; empty: /dev/null
  std::string working_folder;
};

class Process {
 public:
  explicit Process(const ProcessOptions& options);
  ~Process();  // kills it if it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  // The exit code (128 + signal if killed), or nothing if it still runs after `wait_for`.
  std::optional<int> wait(std::chrono::milliseconds wait_for);

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

struct Finished {
  int exit_code = 0;
  std::string output;
};
// Runs it to its end.
Finished run_to_end(const ProcessOptions& options, std::chrono::milliseconds wait_for);

// A port on 127.0.0.1 that nobody listens on at this moment.
int free_port();

// A folder that is removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);

}  // namespace ruck::test
