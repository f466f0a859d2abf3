#pragma once
// One simulated owner: a home, streets, and the rucks that begin, end, pass or stop there. The same
// seed gives the same world; only the day it ends with is told.
#include "privacy/streets.hpp"
#include "rucking/geo.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruck::attack {

enum class Story : std::uint8_t {
  kStarts,   // nothing but the circles around starts and ends
  kZone,     // a zone on the door; half of the rucks only pass by
  kResized,  // the same; then the zone is made larger or smaller
  kMoved,    // the same; then it is moved by a few metres, three times
  kRemade,   // the same; then it is deleted and made again
  kLive,     // followed while under way
  kTrimmed,  // the end cut off afterwards
  kLate,     // points that come after the end, the first ones or a stray one
  kBadFix,   // a first or last fix somewhere else
  kDrift,    // starts some steps down the street, more or less each time
  kStop,     // neither begins nor ends at home, but rests there for an hour or two
};
inline constexpr int kStories = 11;
[[nodiscard]] std::string_view name_of(Story story);
// Nothing for a name there is not.
[[nodiscard]] std::optional<Story> story_named(std::string_view name);
[[nodiscard]] inline bool has_zone(Story story) {
  return story == Story::kZone || story == Story::kResized || story == Story::kMoved ||
         story == Story::kRemade;
}

struct Fix {
  rucking::Position at;
  double altitude_m = 0;
  std::int64_t time_ms = 0;
  double accuracy_m = 5;
};
using Fixes = std::vector<Fix>;

struct PlannedRuck {
  Fixes fixes;
  Fixes late;  // come after it is complete
  std::optional<std::int64_t> trim_at_ms;
  bool is_recorded = false;  // by the phone's batches; else an imported file
  bool is_live = false;
  bool ends_at_home = true;  // starts there too
};

struct WorldSettings {
  std::uint64_t seed = 0;
  Streets streets = Streets::kStraight;
  Story story = Story::kStarts;
  int rucks = 5;
  std::int64_t until_ms = 0;
};

struct World {
  explicit World(const WorldSettings& settings);

  WorldSettings settings;
  rucking::SeededRandom random;
  StreetMap map;
  Frame frame;
  Point home;
  double load_kg = 0;
  double zone_m = 0;
  double zone_later_m = 0;  // of kResized
  std::vector<PlannedRuck> rucks;

 private:
  [[nodiscard]] double direction();
  [[nodiscard]] Line loop();
  [[nodiscard]] Line passage();
  [[nodiscard]] Line one_way();
  [[nodiscard]] PlannedRuck plan(int number);
  void spoil(PlannedRuck& ruck, bool at_end);
  void hold_back(PlannedRuck& ruck);

  std::vector<double> habits_;  // directions; none: all alike
};

// The n-th of a campaign: streets, stories and 5, 20 or 50 rucks in turn.
[[nodiscard]] WorldSettings settings_of(std::uint64_t seed, int number, std::int64_t until_ms);

[[nodiscard]] std::string gpx_of(const Fixes& fixes);
// {"points":[…]}
[[nodiscard]] std::string batch_of(const Fixes& fixes);

}  // namespace ruck::attack
