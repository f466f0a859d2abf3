#pragma once
// Everything an observer has of one owner: what replies said, at each time that it was asked.
#include "privacy/world.hpp"
#include "support/server.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ruck::attack {

struct SeenPoint {
  Point at;
  std::optional<double> altitude_m;
  std::int64_t time_ms = 0;
};
using Piece = std::vector<SeenPoint>;

// A ruck as a reply shows it.
struct SeenRuck {
  std::int64_t id = 0;
  std::vector<Piece> pieces;
  double distance_m = 0;
  double duration_s = 0;
  double gain_m = 0;
  double loss_m = 0;
  double calories_kcal = 0;
  double pace_s_per_km = 0;
  double power_points = 0;
  double load_kg = 0;
  std::int64_t started_ms = 0;
  std::int64_t completed_ms = 0;
};
[[nodiscard]] SeenRuck seen_ruck(const json::Tree& reply, const Frame& frame);

// What a follower who looks every half minute has: when the first of a ruck is shown to them, and
// when it ends.
struct SeenLive {
  Point at;
  double seq = 0;
  double distance_m = 0;
  double duration_s = 0;
  double clock_s = 0;       // since it was first said to be under way, by their own clock
  double last_fix_s = 0;    // by the times in the reply: of the last fix since the start
  double pace_m_per_s = 0;  // of what they then saw
  Point last_at;
  double end_clock_s = 0;  // from the last news of where they are to the end, by their own clock
};

// What the order of lists told: the value of a ruck, by sort.
using Found = std::map<std::string, double>;

struct Sight {
  const StreetMap* map = nullptr;              // streets are known to everybody
  std::uint64_t seed = 0;                      // for attacks that guess
  std::vector<SeenRuck> rucks;                 // as they are shown in the end
  std::vector<std::vector<SeenRuck>> earlier;  // before each change of zones
  std::vector<Piece> more_pieces;              // before trims, late points; live; by links
  std::map<std::int64_t, SeenLive> live;
  std::map<std::int64_t, std::int64_t> appeared_ms;  // in lists, to who looks every ten seconds
  std::map<std::int64_t, double> card_points;        // drawn on the small map of a list
  std::map<std::int64_t, Found> ordered;
  std::map<std::int64_t, double>
      profile_distance_m;  // of what each ruck added to the profile's sum
  std::map<std::int64_t, double> profile_duration_s;
};

// The truth of a ruck, for the judge and for nobody else.
struct TrueRuck {
  std::int64_t id = 0;
  SeenRuck own;          // as the owner sees it, with every point
  double nearest_m = 0;  // from home to what was ever shown of it
};
struct Truth {
  Point home;
  double hidden_radius_m = 0;  // of a disc as large as the region common to all rucks
  double nearest_m = 0;        // from home to anything that was ever shown
  std::vector<TrueRuck> rucks;
};

struct Seen {
  WorldSettings settings;
  std::unique_ptr<World> world;  // the sight points at its map
  Sight sight;
  Truth truth;
};

}  // namespace ruck::attack
