#pragma once
// The scenario `live`: ruckers who send a batch every few seconds, and WebSocket viewers of each.
//
// Latency runs from the moment a batch was sent to the moment a viewer has read the update, so the
// recording, its commit and the generator's own reading are in it. The last receipt of an update is
// that of the viewer who got it last.
#include "load/accounts.hpp"
#include "load/histogram.hpp"
#include "load/run.hpp"
#include "load/scenario.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ruck::load {

struct LiveSettings {
  std::size_t viewers = 10;           // of each rucker
  std::optional<http::Url> url;       // of the server the viewers are at; none: the ruckers'
  Micros update_every = 5 * kSecond;  // of each rucker
  std::size_t idle = 0;               // instead: so many sockets that follow nothing
};

struct LiveReport {
  std::size_t ruckers = 0;
  std::size_t sockets = 0;
  double connect_s = 0;
  std::uint64_t updates = 0;   // sent by ruckers in the measured part
  std::uint64_t receipts = 0;  // by viewers
  std::uint64_t missing = 0;   // receipts that never came: replaced by newer ones, or lost
  std::uint64_t closed = 0;    // sockets that the server closed
  std::uint64_t errors = 0;    // batches that were not stored
  Histogram recording;         // from sending a batch to its answer
  Histogram receipt;
  Histogram last_receipt;
  double server_bytes_per_socket = 0;
  std::uint64_t server_bytes_max = 0;
  std::optional<double> server_cores;
  double generator_cores = 0;
  std::vector<std::string> problems;
};

[[nodiscard]] Result<std::unique_ptr<LiveReport>> run_live(const LoadSettings& settings,
                                                           const LiveSettings& live,
                                                           const OnMoment& on_moment,
                                                           const std::atomic<bool>& stop);
[[nodiscard]] std::string to_table(const LiveReport& report);
[[nodiscard]] std::string to_json(const LiveReport& report);

}  // namespace ruck::load
