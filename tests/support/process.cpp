#include "support/process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace ruck::test {
namespace {
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Everything the child needs, made before fork(): after it only system calls are safe.
struct Launch {
  std::vector<std::string> argv;
  std::vector<std::string> env;
  std::vector<char*> argv_pointers;
  std::vector<char*> env_pointers;

  explicit Launch(const ProcessOptions& options) : argv(options.argv), env(options.extra_env) {
    for (char** entry = environ; *entry != nullptr; ++entry) env.emplace_back(*entry);
    argv_pointers = pointers(argv);
    env_pointers = pointers(env);
  }
};

[[noreturn]] void become(const ProcessOptions& options, Launch& launch) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies takes its servers with it
  const char* path = options.output_path.empty() ? "/dev/null" : options.output_path.c_str();
  const int output = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (!options.working_folder.empty() && ::chdir(options.working_folder.c_str()) != 0) ::_exit(126);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvpe(launch.argv_pointers[0], launch.argv_pointers.data(), launch.env_pointers.data());
  ::_exit(127);
}
}  // namespace

Process::Process(const ProcessOptions& options) {
  Launch launch(options);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) become(options, launch);
}

Process::~Process() {
  if (exit_code_) return;
  signal(SIGKILL);
  wait(std::chrono::seconds(10));
}

void Process::signal(int number) const {
  if (!exit_code_) ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds wait_for) {
  const auto deadline = std::chrono::steady_clock::now() + wait_for;
  while (!exit_code_) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
    if (std::chrono::steady_clock::now() > deadline) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return exit_code_;
}

Finished run_to_end(const ProcessOptions& options, std::chrono::milliseconds wait_for) {
  const TemporaryFolder folder;
  ProcessOptions with_output = options;
  with_output.output_path = folder.path() + "/output";
  Process process(with_output);
  const std::optional<int> code = process.wait(wait_for);
  return {.exit_code = code.value_or(-1), .output = read_file(with_output.output_path)};
}

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "ruck-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // what cannot be removed is left to the system's cleaner
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace ruck::test
