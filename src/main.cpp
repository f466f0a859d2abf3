#include "app/cli.hpp"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  try {
    return ruck::app::run_cli(argc, argv);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "ruck: %s\n", failure.what());
    return 1;
  }
}
