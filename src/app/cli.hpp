#pragma once
// The verbs of `ruck`. Each is a function in a file of its own, cli_<verb>.cpp.
#include "app/arguments.hpp"
#include "runtime/config.hpp"

namespace ruck::app {

// Runs a command line; the exit code: 0 done, 1 failed, 2 wrong usage.
int run_cli(int argc, const char* const* argv);

// The settings from flags, environment and file; problems are printed and give nothing. Flags that
// are not settings must have been taken from `arguments` before.
[[nodiscard]] std::optional<runtime::Config> config_from(const Arguments& arguments);

int serve(Arguments arguments);
int migrate(Arguments arguments);
int replay(Arguments arguments);
int watch(Arguments arguments);
int simulate(Arguments arguments);
int backup(Arguments arguments);
int restore(Arguments arguments);
int check(Arguments arguments);
int load(Arguments arguments);
int admin(Arguments arguments);
int push(Arguments arguments);
int jobs(Arguments arguments);
int config(Arguments arguments);
int openapi(Arguments arguments);
int version(Arguments arguments);
int image_worker(Arguments arguments);

}  // namespace ruck::app
