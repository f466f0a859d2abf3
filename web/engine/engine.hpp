#pragma once
// The domain core as a phone in a browser uses it: one recording behind a C interface of numbers.
//
// Points, pauses and load changes come in the order in which the browser tells of them, which is
// not always the order of their times: a fix may be older than the press of a button that was
// noticed first. Then the whole recording is run again from its sorted parts, exactly as the server
// does it with the stored ones (services/rucks/track.cpp), so that both arrive at the same totals.
#include "rucking/track_engine.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace ruck::web {

enum class EventKind : std::uint8_t { kPause, kResume, kLoad };

struct Event {
  std::int64_t time_ms = 0;
  EventKind kind = EventKind::kPause;
  double load_kg = 0;
};

class Recording {
 public:
  explicit Recording(const rucking::EngineConfig& config);

  // The first point of a millisecond is the one that counts, as on the server.
  void add(const rucking::TrackPoint& point);
  void add(const Event& event);

  [[nodiscard]] const rucking::TrackEngine& engine() const { return engine_; }
  // Finished ones and the open ones, of both units.
  [[nodiscard]] std::vector<rucking::Split> splits() const;

 private:
  void run_again();
  void take_splits();

  rucking::EngineConfig config_;
  rucking::TrackEngine engine_;
  std::vector<rucking::TrackPoint> points_;  // by time
  std::vector<Event> events_;                // by time
  std::vector<rucking::Split> finished_;
};

}  // namespace ruck::web
