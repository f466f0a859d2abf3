#pragma once
// What a run is asked to do, and the named scenarios: how the ruckers of each behave.
#include "http/client/client.hpp"
#include "load/rucker.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::load {

struct LoadSettings {
  std::string url_text = "http://127.0.0.1:8080";
  http::Url url;
  std::string scenario = "record";
  std::size_t users = 100;
  Micros duration = 60 * kSecond;
  std::size_t threads = 1;
  std::size_t connections = 10'000;  // fewer when there are fewer users
  std::uint64_t seed = 1;
  std::string accounts_path = "var/load-accounts.jsonl";
  bool accounts_named = false;  // then nothing but these is used
  std::size_t verify = 100;     // rucks that are read back at the end
  std::optional<int> server_pid;
  bool complete = true;           // the rucks at the end
  bool tolerates_errors = false;  // only lost and doubled points fail the run

  // What overrides the scenario.
  std::optional<Micros> batch_every;
  std::optional<rucking::SimulationSettings::Sampling> sampling;
  std::optional<PointFields> fields;
  std::optional<bool> heart_rate;
  std::optional<bool> offline;  // off: nobody loses the network
  std::optional<double> resend_chance;
  std::optional<std::size_t> batch_points_max;
};

// Users who come back together in the middle of the run.
struct Reconnect {
  double share = 0;  // of all users; 0: nobody
  Micros offline_before = 3600 * kSecond;
  double live_first_share = 0.5;  // of them
  double at = 0.25;               // of the duration
  Micros spread = 5 * kSecond;    // over which they come back
};

struct Scenario {
  std::string_view name;
  std::string_view summary;
  Reconnect reconnect;
  std::vector<std::size_t> steps;       // users of each run; empty: one run with all
  void (*shape)(Behaviour& behaviour);  // `live` and `browse` have none of these ruckers
};

[[nodiscard]] std::span<const Scenario> scenarios();
[[nodiscard]] const Scenario* find_scenario(std::string_view name);
[[nodiscard]] Behaviour behaviour_of(const Scenario& scenario, const LoadSettings& settings);

}  // namespace ruck::load
