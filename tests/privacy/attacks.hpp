#pragma once
// Ways to find a home, each from what an observer has. None is told where it is; all know the
// server's source code with its constants, and the map of the streets.
#include "privacy/sight.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ruck::attack {

// What an attack uses.
enum class Uses : std::uint8_t {
  kLines,  // the visible lines alone: what no server can hide as long as it shows lines
  kMore,   // numbers, times, orders, sequence numbers, changes
};

// Where lines begin and end near one place: most of what there is to attack.
struct Cut {
  std::size_t ruck = 0;
  Point at;
  Point heading;        // from the visible part into the hidden one, of length 1
  double step_m = 0;    // from the point before it
  bool is_end = false;  // of the whole ruck: its first or last visible point, not a gap
  bool is_first = false;
};

// What every attack begins with.
class Scene {
 public:
  explicit Scene(const Sight& sight);

  [[nodiscard]] const Sight& sight() const { return *sight_; }
  [[nodiscard]] const StreetMap& map() const { return *sight_->map; }
  [[nodiscard]] const std::vector<Cut>& cuts() const { return cuts_; }
  // Around which the cuts lie.
  [[nodiscard]] Point middle() const { return middle_; }
  // From a place to the nearest line ever shown, to about 5 m; 0 outside of the scene.
  [[nodiscard]] double clearance_m(Point p) const;
  // Those within reach that are as clear as a door must be, in one piece around the clearest place.
  [[nodiscard]] const std::vector<Point>& hidden_places() const { return hidden_; }
  // The centre of the largest disc that no line enters.
  [[nodiscard]] Disc empty_disc() const { return empty_disc_; }

  static constexpr double kReachM = 900;  // of the scene around its middle, each side
  static constexpr double kCellM = 8;

 private:
  void find_cuts();
  void find_middle(std::vector<Cut> all);
  void measure_clearance();
  void find_hidden();
  [[nodiscard]] std::optional<std::size_t> cell_of(Point p) const;
  [[nodiscard]] Point place_of(std::size_t cell) const;

  const Sight* sight_;
  std::vector<Cut> cuts_;
  Point middle_;
  std::vector<float> clearance_m_;
  std::vector<Point> hidden_;
  Disc empty_disc_;
};

struct Attack {
  std::string name;
  Uses uses = Uses::kLines;
  // Nothing where there is nothing to go by.
  std::function<std::optional<Point>(const Scene&)> run;
};
// All of them; those of lines come first.
[[nodiscard]] std::vector<Attack> all_attacks();
[[nodiscard]] std::vector<Attack> line_attacks();
[[nodiscard]] std::vector<Attack> number_attacks();
[[nodiscard]] std::vector<Attack> change_attacks();

// How well the lines, made longer, meet at a place: about how many of them do.
[[nodiscard]] double crossing_score(const Scene& scene, Point p);
// The same times what the map says: doors are at streets.
[[nodiscard]] bool may_be_a_door(const Scene& scene, Point p);

// A length of way that is hidden between home and visible points; or the sum of several.
struct HiddenWay {
  std::vector<Point> from;
  double length_m = 0;
};
// Hidden ways of one kind of number, one of each ruck for which there is one.
[[nodiscard]] std::vector<HiddenWay> hidden_ways(const std::string& number, const Scene& scene);
// Where such ways meet by their lengths.
[[nodiscard]] std::optional<Point> where_ways_meet(const Scene& scene,
                                                   const std::vector<HiddenWay>& ways);
// What a number of one ruck says is hidden of it, in metres, with no regard to where.
[[nodiscard]] std::optional<double> number_beside_line(const std::string& number,
                                                       const Scene& scene, const SeenRuck& ruck);
// All kinds that there are.
[[nodiscard]] std::vector<std::string> hidden_numbers();
[[nodiscard]] double visible_length_m(const SeenRuck& ruck);

}  // namespace ruck::attack
