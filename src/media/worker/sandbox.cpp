#include "media/worker/sandbox.hpp"

#include "media/limits.hpp"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <string>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RUCK_HAS_SHADOW_MEMORY 1  // terabytes of address space
#endif
#endif

namespace ruck::media {
namespace {
std::unexpected<Error> cannot(std::string_view what) {
  return fail({.code = ErrorCode::kUnavailable,
               .message = {},
               .detail = "the image worker cannot " + std::string(what),
               .retry_after_s = {}});
}

// `grace` is between the signal that says that a bound was reached and the end.
bool limit(__rlimit_resource resource, rlim_t value, rlim_t grace = 0) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return false;
  const rlim_t hard = std::min(value + grace, now.rlim_max);
  const rlimit bound{.rlim_cur = std::min(value, hard), .rlim_max = hard};
  return ::setrlimit(resource, &bound) == 0;
}

bool set_limits() {
#ifndef RUCK_HAS_SHADOW_MEMORY
  if (!limit(RLIMIT_AS, kImageAddressSpaceMax)) return false;
#endif
  return limit(RLIMIT_CPU, static_cast<rlim_t>(kImageCpuTime.count()), 1) &&
         limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, kImageOpenFilesMax) &&
         limit(RLIMIT_CORE, 0);
}

// Allowed whatever their arguments are.
constexpr auto kAllowed = std::to_array<int>(
    {// memory
     SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
     // threads
     SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address),
     SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid), SCMP_SYS(getpid),
     SCMP_SYS(membarrier), SCMP_SYS(getcpu), SCMP_SYS(exit), SCMP_SYS(exit_group),
     // signals of its own
     SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
     SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
     // the clock, chance, what it has used
     SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
     SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
     SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(uname),
     // what is open already
     SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(close),
     SCMP_SYS(fstat)});

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {}

  template <class... Arguments>
  Filter& allow(int call, Arguments... arguments) {
    return add(SCMP_ACT_ALLOW, call, arguments...);
  }
  template <class... Arguments>
  Filter& refuse(int number, int call, Arguments... arguments) {
    return add(SCMP_ACT_ERRNO(static_cast<unsigned>(number)), call, arguments...);
  }
  [[nodiscard]] bool load() {
    return ok_ && context_ && seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
           seccomp_load(context_.get()) == 0;
  }

 private:
  struct Release {
    void operator()(void* context) const { seccomp_release(context); }
  };
  template <class... Arguments>
  Filter& add(unsigned action, int call, Arguments... arguments) {
    const std::array<scmp_arg_cmp, sizeof...(Arguments)> list = {arguments...};
    ok_ = ok_ && context_ &&
          seccomp_rule_add_array(context_.get(), action, call, list.size(), list.data()) == 0;
    return *this;
  }
  std::unique_ptr<void, Release> context_;
  bool ok_ = true;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
// Of the argument's bits in `mask`, `value` are set and no others.
scmp_arg_cmp has_bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}
}  // namespace

Result<> bound_this_process() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Batch and nice 19: on processors that others want it gets a sixtieth of one, and all that
  // nobody wants. SCHED_IDLE would get a three hundredth, so that a busy server shows no photo for
  // an hour. Not a session of its own: with the kernel's autogroups that would have the same share
  // as the whole server.
  const sched_param none{};
  if (::sched_setscheduler(0, SCHED_BATCH, &none) != 0) return cannot("set its scheduler");
  if (::setpriority(PRIO_PROCESS, 0, kImageNice) != 0) return cannot("lower its priority");
  if (!set_limits()) return cannot("set its limits");
  return {};
}

Result<> enter_sandbox() {
  Filter filter;
  for (const int call : kAllowed) filter.allow(call);
  // No code that was not there when it began.
  filter.allow(SCMP_SYS(mmap), has_bits(2, PROT_EXEC, 0))
      .allow(SCMP_SYS(mprotect), has_bits(2, PROT_EXEC, 0));
  filter.allow(SCMP_SYS(write), equals(0, STDOUT_FILENO))
      .allow(SCMP_SYS(write), equals(0, STDERR_FILENO));
  // Threads, not processes. The flags of clone3 are in memory, where a filter cannot look: with
  // ENOSYS the C library takes clone.
  filter.allow(SCMP_SYS(clone), has_bits(0, CLONE_THREAD, CLONE_THREAD))
      .refuse(ENOSYS, SCMP_SYS(clone3));
  // fstat() of newer C libraries; an open file, not a path.
  filter.allow(SCMP_SYS(newfstatat), equals(3, AT_EMPTY_PATH));
  filter.allow(SCMP_SYS(prctl), equals(0, PR_SET_NAME));
  // Reads a limit of its own, sets none.
  filter.allow(SCMP_SYS(prlimit64), equals(0, 0), equals(2, 0));
  // abort()
  filter.allow(SCMP_SYS(tgkill), equals(0, static_cast<std::uint64_t>(::getpid())));
  if (!filter.load()) return cannot("give up its system calls");
  return {};
}

}  // namespace ruck::media
