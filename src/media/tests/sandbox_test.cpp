// What is left to a process in the sandbox. Each test is a process of its own.
#include "media/worker/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace ruck::media {
namespace {
constexpr int kFine = 42;

// Ends the process with kFine if all of `checks` hold in the sandbox.
template <class Checks>
void check_inside(Checks checks) {
  if (!enter_sandbox()) ::_exit(1);
  ::_exit(checks() ? kFine : 2);
}
bool is_refused(long result) { return result == -1 && errno == EPERM; }

class SandboxTest : public testing::Test {
 protected:
  SandboxTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(SandboxTest, OpensNoFile) {
  EXPECT_EXIT(check_inside([] {
                return is_refused(::open("/etc/passwd", O_RDONLY)) &&
                       is_refused(::open("/tmp/x", O_WRONLY | O_CREAT, 0600)) &&
                       is_refused(::unlink("/tmp/x")) && is_refused(::chdir("/"));
              }),
              testing::ExitedWithCode(kFine), "");
}

TEST_F(SandboxTest, HasNoNetwork) {
  EXPECT_EXIT(check_inside([] {
                int pair[2];
                return is_refused(::socket(AF_INET, SOCK_STREAM, 0)) &&
                       is_refused(::socket(AF_UNIX, SOCK_STREAM, 0)) &&
                       is_refused(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
              }),
              testing::ExitedWithCode(kFine), "");
}

TEST_F(SandboxTest, StartsNoProcessAndTouchesNone) {
  EXPECT_EXIT(check_inside([] {
                char word[] = "true";
                char* words[] = {word, nullptr};
                return is_refused(::execv("/bin/true", words)) && is_refused(::fork()) &&
                       is_refused(::vfork()) && is_refused(::kill(::getppid(), SIGTERM)) &&
                       is_refused(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
              }),
              testing::ExitedWithCode(kFine), "");
}

TEST_F(SandboxTest, LoadsNoCode) {
  EXPECT_EXIT(
      check_inside([] {
        void* none = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (none != MAP_FAILED || errno != EPERM) return false;
        void* some =
            ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return some != MAP_FAILED && is_refused(::mprotect(some, 4096, PROT_READ | PROT_EXEC));
      }),
      testing::ExitedWithCode(kFine), "");
}

void check_writing() {
  const int other = ::open("/dev/null", O_WRONLY);
  check_inside([other] {
    return ::write(STDERR_FILENO, "text", 4) == 4 && is_refused(::write(other, "text", 4));
  });
}

TEST_F(SandboxTest, WritesToItsOutputAlone) {
  EXPECT_EXIT(check_writing(), testing::ExitedWithCode(kFine), "text");
}

TEST_F(SandboxTest, RaisesNoLimit) {
  EXPECT_EXIT(check_inside([] {
                const rlimit more{.rlim_cur = 1000, .rlim_max = 1000};
                rlimit now{};
                return is_refused(::setrlimit(RLIMIT_NOFILE, &more)) &&
                       ::getrlimit(RLIMIT_NOFILE, &now) == 0;
              }),
              testing::ExitedWithCode(kFine), "");
}

rlimit limit_of(__rlimit_resource resource) {
  rlimit found{};
  ::getrlimit(resource, &found);
  return found;
}

void check_bounds() {
  if (!bound_this_process()) ::_exit(1);
  const bool is_bound =
      limit_of(RLIMIT_NOFILE).rlim_max <= 64 && limit_of(RLIMIT_FSIZE).rlim_max == 0 &&
      limit_of(RLIMIT_CORE).rlim_max == 0 && limit_of(RLIMIT_CPU).rlim_cur <= 60 &&
      ::getpriority(PRIO_PROCESS, 0) == 19 && ::sched_getscheduler(0) == SCHED_BATCH;
  ::_exit(is_bound ? kFine : 2);
}

TEST_F(SandboxTest, BoundsAreSetBeforeIt) {
  EXPECT_EXIT(check_bounds(), testing::ExitedWithCode(kFine), "");
}

}  // namespace
}  // namespace ruck::media
