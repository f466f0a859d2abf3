#include "media/worker/child_process.hpp"

#include "base/text.hpp"
#include "runtime/cancelled.hpp"
#include "runtime/sleep.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <system_error>
#include <vector>

namespace ruck::media {
namespace {
namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Descriptor = asio::posix::basic_stream_descriptor<IoExecutor>;
constexpr std::size_t kReadBytes = std::size_t{64} << 10;
constexpr auto kReapEvery = std::chrono::milliseconds(1);
// Of libvips' own settings only what must be there before it is loaded; library.cpp has the rest.
constexpr auto kEnvironment =
    std::to_array<const char*>({"LANG=C", "MALLOC_ARENA_MAX=2", "VIPS_BLOCK_UNTRUSTED=1"});
constexpr auto kPassedOn =
    std::to_array<const char*>({"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"});

std::unexpected<Error> cannot(std::string_view what, int number) {
  return fail({.code = ErrorCode::kUnavailable,
               .message = {},
               .detail = "the image worker: " + std::string(what) + ": " +
                         std::error_code(number, std::system_category()).message(),
               .retry_after_s = {}});
}

class Pipe {
 public:
  Pipe() { opened_ = ::pipe2(ends_.data(), O_CLOEXEC) == 0; }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] bool is_open() const { return opened_; }
  [[nodiscard]] int read_end() const { return ends_[0]; }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  void close(std::size_t end) {
    if (ends_.at(end) >= 0) ::close(ends_.at(end));
    ends_.at(end) = -1;
  }
  int release_read_end() { return std::exchange(ends_[0], -1); }

 private:
  std::array<int, 2> ends_{-1, -1};
  bool opened_ = false;
};

// What posix_spawn is told.
class Launch {
 public:
  Launch(const ChildOptions& options, const Pipe& input, const Pipe& output) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawnattr_init(&attributes_);
    const char* folder = options.working_folder.empty() ? "/" : options.working_folder.c_str();
    ::posix_spawn_file_actions_adddup2(&files_, input.read_end(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, output.write_end(), STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addchdir_np(&files_, folder);
    ::posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    for (const char* entry : kEnvironment) environment_.emplace_back(entry);
    for (const char* name : kPassedOn) {
      if (const char* value = std::getenv(name)) {
        environment_.push_back(std::string(name) + "=" + value);
      }
    }
  }
  ~Launch() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;

  Result<pid_t> start(std::string program, std::string verb) {
    std::array<char*, 3> words = {program.data(), verb.data(), nullptr};
    std::vector<char*> environment;
    for (std::string& entry : environment_) environment.push_back(entry.data());
    environment.push_back(nullptr);
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, program.c_str(), &files_, &attributes_, words.data(),
                                    environment.data());
    if (error != 0) return cannot("starting it", error);
    return pid;
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
  std::vector<std::string> environment_;
};

// Bytes; 0 where the process has ended.
std::size_t resident_of(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  in >> total >> resident;
  return in ? resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

// Reads what is there; false once there will be no more.
bool read_some(Descriptor& output, std::string& reply) {
  const std::size_t before = reply.size();
  reply.resize(before + kReadBytes);
  boost::system::error_code error;
  const std::size_t got = output.read_some(asio::buffer(reply.data() + before, kReadBytes), error);
  reply.resize(before + got);
  return !error || error == asio::error::would_block || error == asio::error::try_again;
}

// Until there is something to read, or for as long as told.
task<> wait_for_output(const std::shared_ptr<Descriptor>& output, std::chrono::milliseconds most) {
  runtime::Timer timer(runtime::Core::current()->io(), most);
  // Keeps the descriptor: the timer may have rung just when there was something to read.
  timer.async_wait([output](const boost::system::error_code& error) {
    if (!error && output->is_open()) output->cancel();
  });
  runtime::ContextPtr context = runtime::set_context_aside();
  co_await output->async_wait(asio::posix::descriptor_base::wait_read,
                              asio::as_tuple(asio::deferred));
  runtime::take_context_up(std::move(context));
}

task<ChildEnd> follow(const std::shared_ptr<Descriptor>& output, pid_t pid,
                      const ChildOptions& options, std::string& reply) {
  const Clock::time_point ends = Clock::now() + options.wall_max;
  Clock::time_point looks = Clock::now();
  for (;;) {
    const std::size_t before = reply.size();
    if (!read_some(*output, reply)) co_return ChildEnd::kByItself;
    if (reply.size() > options.reply_bytes_max) co_return ChildEnd::kTooLong;
    if (co_await runtime::is_cancelled()) co_return ChildEnd::kStopped;
    const Clock::time_point now = Clock::now();
    if (now >= ends) co_return ChildEnd::kOutOfTime;
    if (now >= looks) {
      if (resident_of(pid) > options.resident_max) co_return ChildEnd::kOutOfMemory;
      looks = now + options.watch_every;
    }
    if (reply.size() == before) co_await wait_for_output(output, options.watch_every);
  }
}

// Kills the whole group, and waits for its head: a process that was killed ends at once, unless a
// disk does not answer it.
task<> end(pid_t pid, ChildOutcome& outcome) {
  ::kill(-pid, SIGKILL);
  rusage used{};
  while (::wait4(pid, &outcome.status, WNOHANG, &used) == 0) {
    co_await runtime::sleep_for(kReapEvery);
  }
  const auto time_of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  outcome.cpu = time_of(used.ru_utime) + time_of(used.ru_stime);
  outcome.resident_peak = static_cast<std::size_t>(used.ru_maxrss) << 10;
}
}  // namespace

task<Result<ChildOutcome>> run_child(ChildOptions options) {
  Pipe input;
  Pipe output;
  if (!input.is_open() || !output.is_open()) co_return cannot("making a pipe", errno);
  // Before there is somebody to read it: it fits, and nobody waits.
  const ssize_t put = ::write(input.write_end(), options.request.data(), options.request.size());
  if (put != static_cast<ssize_t>(options.request.size())) {
    co_return cannot("passing on what to do", errno);
  }
  const Result<pid_t> pid = Launch(options, input, output).start(options.program, options.verb);
  input.close(0);
  input.close(1);
  output.close(1);
  if (!pid) co_return fail(pid.error());
  const auto descriptor =
      std::make_shared<Descriptor>(runtime::Core::current()->io(), output.release_read_end());
  descriptor->non_blocking(true);
  ChildOutcome outcome;
  outcome.end = co_await follow(descriptor, *pid, options, outcome.reply);
  co_await end(*pid, outcome);
  descriptor->close();
  co_return outcome;
}

}  // namespace ruck::media
