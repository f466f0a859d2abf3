#include "privacy/world.hpp"

#include "base/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numbers>

namespace ruck::attack {
namespace {
constexpr double kTurn = 2 * std::numbers::pi;
constexpr double kStepS = 5;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr double kStayStepS = 30;

// A receiver: an error that wanders with a minute's memory, and white noise.
class Receiver {
 public:
  // It begins cold: some ten metres off, better within a minute.
  explicit Receiver(rucking::SeededRandom& random)
      : random_(random), wander_{kCold * random.normal(), kCold * random.normal()} {}
  Point error(double after_s) {
    constexpr double kWander = 3;
    constexpr double kMemoryS = 60;
    constexpr double kWhite = 0.7;
    const double keep = std::exp(-after_s / kMemoryS);
    const double fresh = kWander * std::sqrt(1 - keep * keep);
    wander_ = keep * wander_ + Point{fresh * random_.normal(), fresh * random_.normal()};
    return wander_ + Point{kWhite * random_.normal(), kWhite * random_.normal()};
  }

 private:
  static constexpr double kCold = 8;
  rucking::SeededRandom& random_;
  Point wander_;
};

struct Stay {
  std::size_t at = 0;  // index in the line
  double length_s = 0;
};

// What a phone records of a way: a fix every five seconds.
class Recorder {
 public:
  Recorder(const World& world, rucking::SeededRandom& random)
      : world_(world), random_(random), receiver_(random) {}

  Fixes record(const Line& line, std::int64_t start_ms, std::optional<Stay> stay) {
    time_ms_ = start_ms;
    const double usual = random_.uniform(1.2, 1.55);
    double due_m = 0;
    double walked_m = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) walked_m += distance(line[i - 1], line[i]);
      if (stay && stay->at == i) rest(line[i], stay->length_s);
      if (walked_m < due_m) continue;
      add(line[i], kStepS);
      due_m = walked_m + usual * kStepS * random_.uniform(0.93, 1.07);
    }
    return std::move(fixes_);
  }

 private:
  void rest(Point at, double length_s) {
    for (double t = 0; t < length_s; t += kStayStepS) add(at, kStayStepS);
  }
  void add(Point true_place, double after_s) {
    time_ms_ += static_cast<std::int64_t>(after_s * 1000);
    altitude_error_ += 0.15 * random_.normal() - 0.05 * altitude_error_;
    fixes_.push_back({.at = world_.frame.on_earth(true_place + receiver_.error(after_s)),
                      .altitude_m = world_.map.ground_m(true_place) + altitude_error_,
                      .time_ms = time_ms_,
                      .accuracy_m = random_.uniform(4, 8)});
  }

  const World& world_;
  rucking::SeededRandom& random_;
  Receiver receiver_;
  Fixes fixes_;
  std::int64_t time_ms_ = 0;
  double altitude_error_ = 0;
};

std::string iso(std::int64_t time_ms) { return to_iso8601(utc_ms(time_ms)); }
}  // namespace

std::string_view name_of(Story story) {
  constexpr std::array<std::string_view, kStories> kNames = {
      "starts",  "zone",        "resized zone", "moved zone",  "remade zone", "live",
      "trimmed", "late points", "bad fix",      "late starts", "stop"};
  return kNames.at(static_cast<std::size_t>(story));
}

std::optional<Story> story_named(std::string_view name) {
  for (std::size_t i = 0; i < kStories; ++i) {
    if (name_of(static_cast<Story>(i)) == name) return static_cast<Story>(i);
  }
  return std::nullopt;
}

WorldSettings settings_of(std::uint64_t seed, int number, std::int64_t until_ms) {
  constexpr std::array kRucks = {20, 5, 50};
  return {.seed = seed + static_cast<std::uint64_t>(number),
          .streets = static_cast<Streets>(number % 3),
          .story = static_cast<Story>(number / 3 % kStories),
          .rucks = kRucks.at(static_cast<std::size_t>(number / (3 * kStories) % 3)),
          .until_ms = until_ms};
}

World::World(const WorldSettings& given)
    : settings(given),
      random(given.seed),
      map(given.streets, random),
      frame({.lat_deg = random.uniform(-55, 60), .lng_deg = random.uniform(-170, 170)}),
      home(map.any_door(random)),
      load_kg(std::round(random.uniform(8, 25))) {
  if (random.chance(0.5)) {
    for (std::uint64_t i = 0, count = 4 + random.below(4); i < count; ++i) {
      habits_.push_back(random.uniform(0, kTurn));
    }
  }
  constexpr std::array<double, 5> kUsual = {100, 150, 200, 250, 300};
  zone_m = kUsual.at(random.below(kUsual.size()));
  if (given.story == Story::kResized) {
    zone_m = random.chance(0.5) ? 100 : 250;
    zone_later_m = 350 - zone_m;
  }
  for (int i = 0; i < given.rucks; ++i) rucks.push_back(plan(i));
}

double World::direction() {
  if (habits_.empty()) return random.uniform(0, kTurn);
  return habits_[random.below(habits_.size())] + 0.08 * random.normal();
}

Line World::loop() {
  const double out = direction();
  const double back = habits_.empty() || random.chance(0.5)
                          ? out + (random.chance(0.5) ? 1 : -1) * random.uniform(0.6, 2.2)
                          : direction();
  const Point first = map.goal(home, out, random.uniform(700, 1100));
  const Point second = map.goal(home, back, random.uniform(700, 1100));
  Line line = map.way(home, first, random);
  for (const Point corner : {second, home}) {
    const Line leg = map.way(line.back(), corner, random);
    line.insert(line.end(), leg.begin() + 1, leg.end());
  }
  return line;
}

Line World::passage() {
  const double from = direction();
  const double to = from + std::numbers::pi + random.uniform(-1.2, 1.2);
  Line line = map.way(map.goal(home, from, random.uniform(1000, 1400)), home, random);
  const Line on = map.way(home, map.goal(home, to, random.uniform(1000, 1400)), random);
  line.insert(line.end(), on.begin() + 1, on.end());
  return line;
}

Line World::one_way() {
  return map.way(home, map.goal(home, direction(), random.uniform(1500, 2200)), random);
}

PlannedRuck World::plan(int number) {
  const Story story = settings.story;
  const bool passes = story == Story::kStop || (has_zone(story) && number % 2 == 1);
  // Where an end is judged wrongly, the other end at home would hide it all the same.
  const bool is_one_way = (story == Story::kBadFix || story == Story::kLate) && random.chance(0.6);
  const bool comes_home = is_one_way && story == Story::kBadFix && random.chance(0.5);
  Line line = passes ? passage() : is_one_way ? one_way() : loop();
  if (comes_home) std::ranges::reverse(line);
  std::optional<Stay> stay;
  if (story == Story::kStop) {
    const auto nearest =
        std::ranges::min_element(line, {}, [this](const Point& p) { return distance(p, home); });
    stay = Stay{.at = static_cast<std::size_t>(nearest - line.begin()),
                .length_s = random.uniform(2400, 7200)};
  }
  const std::int64_t day = settings.rucks - number;
  const std::int64_t start_ms = settings.until_ms - day * kDayMs -
                                static_cast<std::int64_t>(random.uniform(1, 8) * 3'600'000);
  PlannedRuck ruck{.fixes = Recorder(*this, random).record(line, start_ms, stay),
                   // Lists hold what was recorded, not what was imported.
                   .is_recorded = story == Story::kStarts || random.chance(0.3),
                   .ends_at_home = !passes};
  constexpr int kLiveRucks = 5;  // the newest
  ruck.is_live = story == Story::kLive && number >= settings.rucks - kLiveRucks;
  if (ruck.is_live) ruck.is_recorded = true;
  const auto at = [&ruck](double share) {
    return static_cast<std::size_t>(share * static_cast<double>(ruck.fixes.size() - 1));
  };
  if (story == Story::kTrimmed) {  // by much, or by the last steps to the door
    const double keep = random.chance(0.5) ? random.uniform(0.4, 0.8) : random.uniform(0.96, 0.995);
    ruck.trim_at_ms = ruck.fixes[at(keep)].time_ms;
  }
  if (story == Story::kDrift && random.chance(0.6)) {
    const auto late = static_cast<std::ptrdiff_t>(random.uniform(2, 36));  // to 250 m
    ruck.fixes.erase(ruck.fixes.begin(), ruck.fixes.begin() + late);
  }
  if (story == Story::kBadFix) {
    spoil(ruck, comes_home || (!is_one_way && random.chance(0.5)));
  }
  if (story == Story::kLate) hold_back(ruck);
  return ruck;
}

void World::spoil(PlannedRuck& ruck, bool is_last) {
  Fix bad = ruck.fixes.front();
  if (is_last) bad = ruck.fixes.back();
  bad.time_ms += is_last ? 5000 : -5000;
  const double side = random.uniform(0, kTurn);
  const std::uint64_t which = random.below(3);
  if (which == 0) bad.at = {.lat_deg = 0, .lng_deg = 0};
  if (which == 1) bad.at = frame.on_earth(home + 1000.0 * towards(side));
  if (which == 2) {
    bad.at = frame.on_earth(home + 600.0 * towards(side));
    bad.accuracy_m = 45;
    ruck.is_recorded = true;  // a file has no accuracies
  }
  ruck.fixes.insert(is_last ? ruck.fixes.end() : ruck.fixes.begin(), bad);
}

void World::hold_back(PlannedRuck& ruck) {
  ruck.is_recorded = true;
  if (random.chance(0.5)) {  // the phone had no reception for its first minutes
    const auto count = static_cast<std::ptrdiff_t>(random.uniform(40, 90));
    ruck.late.assign(ruck.fixes.begin(), ruck.fixes.begin() + count);
    ruck.fixes.erase(ruck.fixes.begin(), ruck.fixes.begin() + count);
    return;
  }
  Fix stray = ruck.fixes.front();
  stray.time_ms -= 10'000;
  stray.at = frame.on_earth(home + random.uniform(700, 1200) * towards(random.uniform(0, kTurn)));
  ruck.late.push_back(stray);
}

std::string gpx_of(const Fixes& fixes) {
  std::string xml =
      R"(<?xml version="1.0"?><gpx version="1.1" creator="test"><trk><name>ruck</name><trkseg>)";
  for (const Fix& fix : fixes) {
    xml +=
        fmt::format(R"(<trkpt lat="{:.7f}" lon="{:.7f}"><ele>{:.1f}</ele><time>{}</time></trkpt>)",
                    fix.at.lat_deg, fix.at.lng_deg, fix.altitude_m, iso(fix.time_ms));
  }
  return xml + "</trkseg></trk></gpx>";
}

std::string batch_of(const Fixes& fixes) {
  std::string text = "{\"points\":[";
  for (const Fix& fix : fixes) {
    text += fmt::format(
        R"({}{{"lat":{:.7f},"lng":{:.7f},"altitude":{:.1f},"timestamp":"{}","accuracy":{:.1f}}})",
        &fix == &fixes.front() ? "" : ",", fix.at.lat_deg, fix.at.lng_deg, fix.altitude_m,
        iso(fix.time_ms), fix.accuracy_m);
  }
  return text + "]}";
}

}  // namespace ruck::attack
