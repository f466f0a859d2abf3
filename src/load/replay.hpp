#pragma once
// A recorded track sent to a server as a phone would have sent it.
#include "gpx/recording.hpp"
#include "load/phone.hpp"

#include <functional>
#include <string>

namespace ruck::load {

struct ReplayOptions {
  double load_kg = 0;
  double speedup = 0;     // 0: as fast as possible; 10: ten times as fast as it was walked
  bool ends_now = false;  // shift all times so that the last falls at the end of the run
  // Hears each cheer once, soon after it came, while the replay takes its time.
  std::function<void(const json::Tree& cheer)> on_cheer = [](const json::Tree&) {};
};

// Called with the share that is done, 0..1.
using Progress = std::function<void(double share)>;

// Sends all of it; the completed ruck as the server shows it to its owner.
[[nodiscard]] Result<json::Tree> replay(Phone& phone, gpx::Recording recording,
                                        const ReplayOptions& options, const Progress& progress);

// What a person likes to read of a ruck, for a terminal.
[[nodiscard]] std::string summary(const json::Tree& ruck, const std::string& title);

}  // namespace ruck::load
