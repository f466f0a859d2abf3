#pragma once
// A run from accounts to report: rucks are created, the measured part runs for its time, what is
// left is worked off, rucks are completed, and some are read back and counted.
#include "load/accounts.hpp"
#include "load/process_watch.hpp"
#include "load/scenario.hpp"
#include "load/tally.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ruck::load {

// One second of the measured part.
struct Second {
  double at_s = 0;  // since its begin
  struct Part {
    std::uint64_t requests = 0;
    Micros p50 = 0;
    Micros p99 = 0;
  };
  std::array<Part, kEndpoints> parts;
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::uint64_t shed = 0;
  std::uint64_t points = 0;
  double server_cores = 0;  // busy
  double generator_cores = 0;
  std::uint64_t server_bytes = 0;
};

struct Verified {
  std::size_t rucks = 0;
  std::uint64_t points = 0;  // that the server has
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::vector<std::string> problems;
};

struct Measured {
  std::size_t users = 0;
  std::size_t connections = 0;
  double setup_s = 0;
  double measured_s = 0;
  double drain_s = 0;  // until the last of what was due was answered
  double complete_s = 0;
  Tally setup;
  Tally tally;  // of the measured part and what was left of it
  Tally completion;
  std::vector<Second> seconds;
  std::optional<double> server_cpu_s;  // in the measured part
  std::uint64_t server_bytes_max = 0;
  double generator_cpu_s = 0;
  std::size_t failed_ruckers = 0;
  std::size_t unfinished_ruckers = 0;
  Verified verified;

  [[nodiscard]] std::uint64_t batches() const;
  // Requests of the measured part for each second of processor time.
  [[nodiscard]] double generator_rate() const;
  [[nodiscard]] std::optional<double> server_rate() const;
  [[nodiscard]] std::optional<double> server_us_per_batch() const;
};

struct Report {
  LoadSettings settings;
  Behaviour behaviour;
  std::string machine;
  std::string started_at;
  std::optional<int> server_pid;
  std::size_t accounts_registered = 0;
  double register_s = 0;
  std::vector<Measured> runs;
  std::vector<std::string> problems;  // empty: all is well
  bool was_interrupted = false;
};

// What a person who waits wants to see; called about once a second.
struct Moment {
  std::string_view part;  // "creating rucks", "running", ...
  double done = 0;        // share, 0..1
  std::string text;
};
using OnMoment = std::function<void(const Moment&)>;

// `stop` ends the measured part early.
[[nodiscard]] Result<Report> run_load(const LoadSettings& settings, const OnMoment& on_moment,
                                      const std::atomic<bool>& stop);

}  // namespace ruck::load
