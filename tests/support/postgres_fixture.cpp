// `test_postgres FILE`: runs a cluster until SIGTERM and names it in FILE. ctest starts it in the
// background before the tests (see tests/CMakeLists.txt).
#include "support/postgres.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  const ruck::test::TemporaryFolder folder;
  const ruck::test::PostgresCluster cluster(folder.path() + "/pg");
  ruck::test::make_template(cluster);
  const std::string file = argv[1];
  std::ofstream(file + ".new") << cluster.url("");
  std::rename((file + ".new").c_str(), file.c_str());
  std::ofstream(file + ".pid") << ::getpid();
  int number = 0;
  sigwait(&signals, &number);
  return 0;
}
