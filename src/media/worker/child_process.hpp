#pragma once
// One process that reads a request and answers it: started, watched and ended. On a core; nothing
// here blocks it, but for the start, which takes as long as an exec (a millisecond).
#include "base/error.hpp"
#include "runtime/task.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>

namespace ruck::media {

struct ChildOptions {
  std::string program;
  std::string verb;            // its only argument
  std::string request;         // for its standard input; at most what a pipe holds
  std::string working_folder;  // empty: the root
  std::chrono::milliseconds wall_max{};
  std::chrono::milliseconds watch_every{};
  std::size_t resident_max = 0;
  std::size_t reply_bytes_max = 0;
};

// How it came to its end.
enum class ChildEnd : std::uint8_t {
  kByItself,
  kOutOfTime,    // of the clock; killed
  kOutOfMemory,  // resident_max; killed
  kTooLong,      // its answer; killed
  kStopped,      // who asked was cancelled; killed
};

struct ChildOutcome {
  ChildEnd end = ChildEnd::kByItself;
  int status = 0;     // as waitpid() has it
  std::string reply;  // its standard output
  std::chrono::microseconds cpu{};
  std::size_t resident_peak = 0;  // bytes
};

// Its standard error is dropped; no other descriptor and nothing of our environment (it holds
// secrets) but what sanitizers read is passed on. It is the head of a process group of its own,
// all of which is killed in the end. kUnavailable where it cannot be started.
[[nodiscard]] task<Result<ChildOutcome>> run_child(ChildOptions options);

}  // namespace ruck::media
