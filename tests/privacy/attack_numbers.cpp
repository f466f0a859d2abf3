// What numbers tell beside the lines: each that follows from the whole track, less what is visible
// of it, is a length of hidden way; and where such ways from known places meet is home.
#include "privacy/attacks.hpp"

#include <algorithm>
#include <numbers>

namespace ruck::attack {
namespace {
double visible_time_s(const SeenRuck& ruck) {
  double sum = 0;
  for (const Piece& piece : ruck.pieces) {
    if (piece.empty()) continue;
    sum += static_cast<double>(piece.back().time_ms - piece.front().time_ms) / 1000;
  }
  return sum;
}

double speed_m_per_s(const SeenRuck& ruck) {
  const double time_s = visible_time_s(ruck);
  return time_s > 60 ? visible_length_m(ruck) / time_s : 1.37;
}

// What the number of this ruck says that is hidden in all, or at its start or end alone.
struct Told {
  double length_m = 0;
  bool counts_start = true;
  bool counts_end = true;
};

template <class T>
std::optional<T> at(const std::map<std::int64_t, T>& all, std::int64_t id) {
  const auto found = all.find(id);
  return found == all.end() ? std::nullopt : std::optional<T>(found->second);
}

std::optional<double> ordered(const Sight& sight, std::int64_t id, const std::string& sort) {
  const auto found = at(sight.ordered, id);
  if (!found || !found->contains(sort)) return std::nullopt;
  return found->at(sort);
}

// What of a number makes a metre, by all rucks together: energy by distance.
double typical_ratio(const Sight& sight, double SeenRuck::* number) {
  std::vector<double> ratios;
  for (const SeenRuck& ruck : sight.rucks) {
    if (ruck.distance_m > 300) ratios.push_back(ruck.*number / ruck.distance_m);
  }
  return quantile(std::move(ratios), 0.5);
}

std::optional<Told> told_by(const std::string& number, const Scene& scene, const SeenRuck& ruck) {
  const Sight& sight = scene.sight();
  const double visible_m = visible_length_m(ruck);
  const double speed = speed_m_per_s(ruck);
  const auto total = [&](std::optional<double> metres) {
    return metres ? std::optional(Told{.length_m = *metres - visible_m}) : std::nullopt;
  };
  const auto total_time = [&](std::optional<double> seconds) {
    if (!seconds) return std::optional<Told>();
    return std::optional(Told{.length_m = (*seconds - visible_time_s(ruck)) * speed});
  };
  const double kcal_per_m = typical_ratio(sight, &SeenRuck::calories_kcal);
  if (number == "distance") return total(ruck.distance_m);
  if (number == "time") return total_time(ruck.duration_s);
  if (number == "start to end") {
    if (ruck.completed_ms <= ruck.started_ms) return std::nullopt;
    const double elapsed_s = static_cast<double>(ruck.completed_ms - ruck.started_ms) / 1000;
    // An hour more: times of the upload, not of the walk.
    return elapsed_s > ruck.duration_s + 3600 ? std::nullopt : total_time(elapsed_s);
  }
  if (number == "pace" && ruck.pace_s_per_km > 0) {
    return total(ruck.duration_s / ruck.pace_s_per_km * 1000);
  }
  if (number == "calories" && kcal_per_m > 0) return total(ruck.calories_kcal / kcal_per_m);
  if (number == "power points" && ruck.gain_m >= 1 && ruck.load_kg > 0) {
    return total(ruck.power_points / ruck.load_kg / ruck.gain_m * 1000);
  }
  if (number == "sums of the profile") return total(at(sight.profile_distance_m, ruck.id));
  if (number == "times of the profile") return total_time(at(sight.profile_duration_s, ruck.id));
  if (number == "order by distance") return total(ordered(sight, ruck.id, "distance_desc"));
  if (number == "order by time") return total_time(ordered(sight, ruck.id, "duration_desc"));
  if (number == "order by calories" && kcal_per_m > 0) {
    const auto kcal = ordered(sight, ruck.id, "calories_desc");
    return total(kcal ? std::optional(*kcal / kcal_per_m) : std::nullopt);
  }
  if (ruck.pieces.empty() || ruck.pieces.front().empty()) return std::nullopt;
  if (number == "points of a card") {
    constexpr double kAllPoints = 60;  // of a whole line: the rest of them is hidden
    const auto shown = at(sight.card_points, ruck.id);
    if (!shown || *shown < 2 || *shown > kAllPoints) return std::nullopt;
    return Told{.length_m = visible_m * (kAllPoints - *shown) / (*shown - 1)};
  }
  const auto appeared = at(sight.appeared_ms, ruck.id);
  const std::int64_t last_ms = ruck.pieces.back().back().time_ms;
  if (number == "appears after its last point" && appeared) {
    return Told{.length_m = static_cast<double>(*appeared - last_ms) / 1000 * speed,
                .counts_start = false};
  }
  if (number == "appears after its time" && appeared) {
    return total_time(static_cast<double>(*appeared - ruck.started_ms) / 1000);
  }
  if (number == "order by end" || number == "order by end, last point") {
    const auto end_s = ordered(sight, ruck.id, "created_at_desc");
    if (!end_s) return std::nullopt;
    const bool by_last = number != "order by end";
    const std::int64_t from_ms = by_last ? last_ms : ruck.started_ms;
    const double seconds = *end_s - static_cast<double>(from_ms) / 1000;
    if (by_last) return Told{.length_m = seconds * speed, .counts_start = false};
    return total_time(seconds);
  }
  if (number == "delay of the first point") {
    const double delay_s =
        static_cast<double>(ruck.pieces.front().front().time_ms - ruck.started_ms) / 1000;
    return Told{.length_m = delay_s * speed, .counts_end = false};
  }
  if (number == "delay after the last point") {
    const double delay_s =
        static_cast<double>(ruck.completed_ms - ruck.pieces.back().back().time_ms) / 1000;
    return Told{.length_m = delay_s * speed, .counts_start = false};
  }
  return std::nullopt;
}

std::optional<HiddenWay> live_way(const std::string& number, const SeenLive& live) {
  constexpr double kSecondsAFix = 5;
  if (number == "live seq" && live.seq > 1) {
    return HiddenWay{{live.at}, live.seq * kSecondsAFix * live.pace_m_per_s};
  }
  if (number == "live distance") return HiddenWay{{live.at}, live.distance_m};
  if (number == "live time") return HiddenWay{{live.at}, live.duration_s * live.pace_m_per_s};
  if (number == "live last fix") return HiddenWay{{live.at}, live.last_fix_s * live.pace_m_per_s};
  if (number == "live clock") return HiddenWay{{live.at}, live.clock_s * live.pace_m_per_s};
  if (number == "live end clock") {
    return HiddenWay{{live.last_at}, live.end_clock_s * live.pace_m_per_s};
  }
  return std::nullopt;
}

// The first and the last cut of a ruck and those around its gaps, all near home; nothing if it
// begins or ends elsewhere: then the number holds something else as well.
std::vector<Point> ends_of(const Scene& scene, std::size_t ruck, const Told& told) {
  std::vector<Point> from;
  bool has_first = false;
  bool has_last = false;
  for (const Cut& cut : scene.cuts()) {
    if (cut.ruck != ruck) continue;
    const bool is_last = cut.is_end && !cut.is_first;
    has_first |= cut.is_end && cut.is_first;
    has_last |= is_last;
    const bool counts = cut.is_first ? told.counts_start
                        : is_last    ? told.counts_end
                                     : told.counts_start && told.counts_end;
    if (counts) from.push_back(cut.at);
  }
  return has_first && has_last ? from : std::vector<Point>();
}

double predicted(const Scene& scene, Point home, const HiddenWay& way) {
  double sum = 0;
  for (const Point& from : way.from) sum += scene.map().walk_m(home, from);
  return sum;
}

enum class By : std::uint8_t { kLength, kDifference, kLengthAndLines };

// Where the hidden ways meet. By difference: whatever they all have too much or too little of.
std::optional<Point> meeting(const Scene& scene, const std::vector<HiddenWay>& ways, By by) {
  constexpr double kSigmaM = 40;
  constexpr double kWorst = 3;
  if (ways.size() < 3) return std::nullopt;
  std::vector<double> off(ways.size());
  const auto score = [&](Point p) {
    if (scene.clearance_m(p) < 60) return -1e9;
    for (std::size_t i = 0; i < ways.size(); ++i) {
      off[i] = predicted(scene, p, ways[i]) - ways[i].length_m;
    }
    const double common = by == By::kDifference ? quantile(off, 0.5) : 0;
    double sum = 0;
    for (const double value : off) {
      const double share = std::min(std::fabs(value - common) / kSigmaM, kWorst);
      sum -= share * share / 2;
    }
    if (by == By::kLengthAndLines) sum += 2 * crossing_score(scene, p);
    return sum;
  };
  return highest(scene.empty_disc().centre, 440, 20, score);
}

// ---- climb -------------------------------------------------------------------------------------

// Climbing and descending along a straight way on the known ground.
struct Climb {
  double up_m = 0;
  double down_m = 0;
};
Climb climb_of(const Scene& scene, Point from, Point to) {
  constexpr int kSteps = 6;
  Climb climb;
  double before = scene.map().ground_m(from);
  for (int i = 1; i <= kSteps; ++i) {
    const double height =
        scene.map().ground_m(from + (static_cast<double>(i) / kSteps) * (to - from));
    (height > before ? climb.up_m : climb.down_m) += std::fabs(height - before);
    before = height;
  }
  return climb;
}

Climb visible_climb(const SeenRuck& ruck) {
  constexpr double kTurningM = 2;  // the server's own for a good altitude
  Climb climb;
  for (const Piece& piece : ruck.pieces) {
    std::optional<double> reference;
    for (const SeenPoint& point : piece) {
      if (!point.altitude_m) continue;
      if (!reference) reference = point.altitude_m;
      const double change = *point.altitude_m - *reference;
      if (std::fabs(change) < kTurningM) continue;
      (change > 0 ? climb.up_m : climb.down_m) += std::fabs(change);
      reference = point.altitude_m;
    }
  }
  return climb;
}

std::optional<Point> by_climb(const Scene& scene) {
  struct Hidden {
    Point first;
    Point last;
    Climb climb;
  };
  std::vector<Hidden> hidden;
  for (std::size_t r = 0; r < scene.sight().rucks.size(); ++r) {
    const SeenRuck& ruck = scene.sight().rucks[r];
    if (ends_of(scene, r, {}).size() != 2) continue;
    const Climb seen = visible_climb(ruck);
    hidden.push_back({ruck.pieces.front().front().at,
                      ruck.pieces.back().back().at,
                      {ruck.gain_m - seen.up_m, ruck.loss_m - seen.down_m}});
  }
  if (hidden.size() < 3) return std::nullopt;
  std::vector<double> up;
  std::vector<double> down;
  return highest(scene.empty_disc().centre, 440, 20, [&](Point p) {
    if (scene.clearance_m(p) < 60) return -1e9;
    up.clear();
    down.clear();
    for (const Hidden& h : hidden) {
      const Climb out = climb_of(scene, p, h.first);
      const Climb back = climb_of(scene, h.last, p);
      up.push_back(out.up_m + back.up_m - h.climb.up_m);
      down.push_back(out.down_m + back.down_m - h.climb.down_m);
    }
    double sum = 0;
    for (const std::vector<double>* off : {&up, &down}) {
      const double common = quantile(*off, 0.5);
      for (const double value : *off) sum -= std::min(std::fabs(value - common), 15.0);
    }
    return sum;
  });
}
}  // namespace

double visible_length_m(const SeenRuck& ruck) {
  double sum = 0;
  for (const Piece& piece : ruck.pieces) {
    Line line;
    for (const SeenPoint& point : piece) line.push_back(point.at);
    sum += length(line);
  }
  return sum;
}

std::vector<std::string> hidden_numbers() {
  return {"distance",
          "time",
          "start to end",
          "pace",
          "calories",
          "power points",
          "sums of the profile",
          "times of the profile",
          "delay of the first point",
          "delay after the last point",
          "points of a card",
          "appears after its last point",
          "appears after its time",
          "order by distance",
          "order by time",
          "order by calories",
          "order by end",
          "order by end, last point",
          "live seq",
          "live distance",
          "live time",
          "live last fix",
          "live clock",
          "live end clock"};
}

std::vector<HiddenWay> hidden_ways(const std::string& number, const Scene& scene) {
  std::vector<HiddenWay> ways;
  for (std::size_t r = 0; r < scene.sight().rucks.size(); ++r) {
    const SeenRuck& ruck = scene.sight().rucks[r];
    if (const auto live = at(scene.sight().live, ruck.id)) {
      if (const auto way = live_way(number, *live)) ways.push_back(*way);
    }
    const auto told = told_by(number, scene, ruck);
    if (!told || !std::isfinite(told->length_m)) continue;
    std::vector<Point> from = ends_of(scene, r, *told);
    if (!from.empty()) ways.push_back({std::move(from), told->length_m});
  }
  return ways;
}

std::optional<Point> where_ways_meet(const Scene& scene, const std::vector<HiddenWay>& ways) {
  return meeting(scene, ways, By::kLength);
}

std::optional<double> number_beside_line(const std::string& number, const Scene& scene,
                                         const SeenRuck& ruck) {
  const auto told = told_by(number, scene, ruck);
  if (told && std::isfinite(told->length_m)) return told->length_m;
  const auto live = at(scene.sight().live, ruck.id);
  const auto way = live ? live_way(number, *live) : std::nullopt;
  return way ? std::optional(way->length_m) : std::nullopt;
}

std::vector<Attack> number_attacks() {
  std::vector<Attack> all;
  for (const std::string& number : hidden_numbers()) {
    const auto add = [&](const char* suffix, By by) {
      all.push_back({number + suffix, Uses::kMore, [number, by](const Scene& scene) {
                       return meeting(scene, hidden_ways(number, scene), by);
                     }});
    };
    add("", By::kLength);
    add(", differences", By::kDifference);
    add(", and lines", By::kLengthAndLines);
  }
  all.push_back({"climb", Uses::kMore, by_climb});
  return all;
}

}  // namespace ruck::attack
