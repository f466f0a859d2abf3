// make cluster: three servers behind HAProxy, PostgreSQL with two standbys, and Redis, on loopback,
// until Ctrl-C. Nothing of it is kept.
#include "cluster/installation.hpp"

#include <csignal>
#include <cstdio>

namespace {

int run() {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGINT);
  ::sigaddset(&ends, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const ruck::test::Installation all(0);
  std::printf("\nA RuckingApp of several servers is ready:\n\n%s\nCtrl-C stops it all.\n",
              all.addresses().c_str());
  std::fflush(stdout);
  int number = 0;
  ::sigwait(&ends, &number);
  return 0;
}
}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "cluster: %s\n", failure.what());
    return 1;
  }
}
