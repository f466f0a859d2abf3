#include "app/cli.hpp"
#include "app/server_app.hpp"
#include "base/embedded.hpp"
#include "base/thread_safety.hpp"
#include "db/migrations.hpp"
#include "db/open.hpp"
#include "telemetry/log.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace ruck::app {
namespace {
constexpr int kExitShutdownTimeout = 70;  // EX_SOFTWARE of sysexits.h

sigset_t awaited_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGHUP);
  return set;
}

// Ends the process if a graceful shutdown takes too long. Never joined when it fires.
class ShutdownLimit {
 public:
  explicit ShutdownLimit(std::chrono::seconds limit)
      : thread_([this, limit] {
          const auto until = std::chrono::steady_clock::now() + limit;
          Guard lock(mutex_);
          while (!finished_ && done_.wait_until(lock, until)) {
          }
          if (finished_) return;
          telemetry::log_error("server.shutdown_timeout", {{"seconds", limit.count()}});
          ::_exit(kExitShutdownTimeout);
        }) {}
  ~ShutdownLimit() {
    {
      const Guard lock(mutex_);
      finished_ = true;
    }
    done_.notify_all();
    thread_.join();
  }
  ShutdownLimit(const ShutdownLimit&) = delete;
  ShutdownLimit& operator=(const ShutdownLimit&) = delete;

 private:
  Mutex mutex_;
  Condition done_;
  bool finished_ RUCK_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// Other threads serve meanwhile, and a new certificate is taken. A second Ctrl-C ends the process.
void serve_on_for(ServerApp& app, std::chrono::seconds time) {
  using Steady = std::chrono::steady_clock;
  sigset_t hangup;
  ::sigemptyset(&hangup);
  ::sigaddset(&hangup, SIGHUP);
  const auto until = Steady::now() + time;
  for (auto now = Steady::now(); now < until; now = Steady::now()) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(until - now);
    const timespec rest{.tv_sec = left.count(), .tv_nsec = 0};
    if (::sigtimedwait(&hangup, nullptr, &rest) == SIGHUP) app.reload();
  }
}

// How this program can be called from the current folder.
std::string own_path() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "ruck";
  const std::string relative = std::filesystem::proximate(path, error).string();
  return error || relative.starts_with("..") ? path.string() : relative;
}

void say_what_to_do_next(const ServerApp& app) {
  if (::isatty(STDERR_FILENO) == 0) return;
  const std::string url =
      fmt::format("{}://127.0.0.1:{}", app.is_secure() ? "https" : "http", app.port());
  fmt::print(stderr,
             "\nRuckingApp is ready at {0}\n\n"
             "  sign up and record              open {0} in a browser\n"
             "  the same on a phone             needs https: docs/operations.md\n"
             "  record a ruck from a GPX file   {1} replay FILE.gpx --load-kg 15 --url {0}\n"
             "  make such a file up             {1} simulate --km 8 --load-kg 15 > ruck.gpx\n"
             "  the API document                {0}/api/openapi.json\n"
             "  stop                            Ctrl-C\n\n",
             url, own_path());
}
}  // namespace

int serve(Arguments arguments) {
  const auto config = config_from(arguments);
  if (!config) return 2;
  // Blocked before any thread exists, so that only this one takes them.
  const sigset_t signals = awaited_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ServerApp app(*config);
  if (const Result<> started = app.start(); !started) {
    fmt::print(stderr, "ruck serve: {}\n", started.error().client_text());
    if (!started.error().detail.empty()) fmt::print(stderr, "  {}\n", started.error().detail);
    return 1;
  }
  say_what_to_do_next(app);
  int number = 0;
  for (::sigwait(&signals, &number); number == SIGHUP; ::sigwait(&signals, &number)) app.reload();
  telemetry::log_info("server.stopping", {{"signal", number}});
  // A second Ctrl-C ends it at once. Another SIGTERM does not: those who send it may repeat it.
  sigset_t interrupt;
  ::sigemptyset(&interrupt);
  ::sigaddset(&interrupt, SIGINT);
  ::signal(SIGINT, SIG_DFL);
  ::pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
  app.leave();
  // Who presses Ctrl-C has no load balancer before it.
  if (number == SIGTERM) serve_on_for(app, std::chrono::seconds(config->shutdown_delay_seconds));
  const ShutdownLimit limit{std::chrono::seconds(config->shutdown_seconds)};
  app.stop();
  return 0;
}

int migrate(Arguments arguments) {
  const auto config = config_from(arguments);
  if (!config) return 2;
  telemetry::Metrics metrics;
  const SystemClock clock;
  auto database = db::open(
      {.url = config->database_url, .postgres_prepares = config->database_prepare}, metrics);
  if (!database) {
    fmt::print(stderr, "ruck migrate: {}\n", database.error().client_text());
    return 1;
  }
  const auto report = db::migrate(**database, clock, embedded::migrations());
  (*database)->close();
  if (!report) {
    fmt::print(stderr, "ruck migrate: {}\n", report.error().client_text());
    return 1;
  }
  fmt::print("schema version {}, {} applied\n", report->version, report->applied);
  return 0;
}

int openapi(Arguments) {
  fmt::print("{}\n", ServerApp::openapi_document());
  return 0;
}

}  // namespace ruck::app
