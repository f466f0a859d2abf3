#include "privacy/campaign.hpp"

#include "privacy/order.hpp"
#include "rucking/privacy.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ruck::attack {
namespace {
// With fewer worlds in a group a median says too little.
constexpr std::size_t kGroupMin = 10;
// Fixes are off by some metres, a line between two of them by some more.
constexpr double kShownSlackM = 20;

using Group = std::vector<const Outcome*>;

std::vector<double> errors(const Group& group, const std::string& attack) {
  std::vector<double> all;
  for (const Outcome* outcome : group) {
    const auto found = outcome->error_m.find(attack);
    if (found != outcome->error_m.end()) all.push_back(found->second);
  }
  return all;
}

// As shares of the hidden radius of each world.
std::vector<double> shares(const Group& group, const std::string& attack) {
  std::vector<double> all;
  for (const Outcome* outcome : group) {
    const auto found = outcome->error_m.find(attack);
    if (found == outcome->error_m.end()) continue;
    all.push_back(found->second / std::max(outcome->hidden_radius_m, rucking::kAnchorRadiusMinM));
  }
  return all;
}

Group those_with(const Group& group, const std::string& attack) {
  Group those;
  std::ranges::copy_if(group, std::back_inserter(those),
                       [&](const Outcome* outcome) { return outcome->error_m.contains(attack); });
  return those;
}

// The chance of at least `hits` heads in `throws` of a fair coin.
double chance_of(std::size_t hits, std::size_t throws) {
  double sum = 0;
  const auto n = static_cast<double>(throws);
  for (std::size_t k = hits; k <= throws; ++k) {
    const auto heads = static_cast<double>(k);
    sum += std::exp(std::lgamma(n + 1) - std::lgamma(heads + 1) - std::lgamma(n - heads + 1) -
                    n * std::log(2.0));
  }
  return sum;
}

// The attack of that kind with the least median; empty if there is none.
std::string best_of(const Group& group, Uses uses) {
  std::string best;
  double least = 1e9;
  for (const Attack& attack : all_attacks()) {
    const std::vector<double> all = errors(group, attack.name);
    if (attack.uses != uses || all.size() < std::min(kGroupMin, group.size())) continue;
    if (const double median = quantile(all, 0.5); median < least) {
      least = median;
      best = attack.name;
    }
  }
  return best;
}

std::string cell(const std::vector<double>& errors_m) {
  if (errors_m.empty()) return "–";
  return fmt::format("{:.0f} / {:.0f}", quantile(errors_m, 0.5), quantile(errors_m, 0.05));
}

bool is_on(const Outcome& outcome, Streets streets) { return outcome.settings.streets == streets; }
bool is_city(const Outcome& outcome) { return outcome.settings.streets != Streets::kStraight; }
}  // namespace

Outcome attack_seen(const Seen& seen) {
  Outcome outcome{.settings = seen.settings,
                  .hidden_radius_m = seen.truth.hidden_radius_m,
                  .nearest_m = seen.truth.nearest_m,
                  .error_m = {}};
  const Scene scene(seen.sight);
  constexpr double kFarM = 2000;  // farther off is as good as nothing
  for (const Attack& attack : all_attacks()) {
    const auto guess = attack.run(scene);
    if (!guess) continue;
    outcome.error_m[attack.name] = std::min(kFarM, distance(*guess, seen.truth.home));
  }
  return outcome;
}

Outcome attack_world(const test::RuckServer& server, Viewers& viewers,
                     const WorldSettings& settings) {
  constexpr int kOrderedMax = 20;
  Visit visit(server, viewers, settings);
  Seen seen = visit.play();
  if (settings.story == Story::kStarts && settings.rucks <= kOrderedMax) {
    ask_order(server, visit.owner().user_id, seen.sight);
  }
  return attack_seen(seen);
}

Campaign::Group Campaign::group(const std::function<bool(const Outcome&)>& is_in) const {
  Group those;
  for (const Outcome& outcome : outcomes_) {
    if (is_in(outcome)) those.push_back(&outcome);
  }
  return those;
}

std::string Campaign::table_of_attacks() const {
  std::string text =
      "| attack | uses | straight | grid | bent | share of the hidden radius |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  const Group city = group(is_city);
  for (const Attack& attack : all_attacks()) {
    text += fmt::format("| {} | {} |", attack.name, attack.uses == Uses::kLines ? "lines" : "more");
    for (const Streets streets : {Streets::kStraight, Streets::kGrid, Streets::kBent}) {
      const Group those = group([&](const Outcome& o) { return is_on(o, streets); });
      text += fmt::format(" {} |", cell(errors(those, attack.name)));
    }
    const std::vector<double> relative = shares(city, attack.name);
    text += relative.empty() ? " – |\n"
                             : fmt::format(" {:.2f} / {:.2f} |\n", quantile(relative, 0.5),
                                           quantile(relative, 0.05));
  }
  return text;
}

std::string Campaign::table_of_stories() const {
  std::string text =
      "| streets | worlds | number | hidden radius | nearest shown | lines alone | the best with"
      " more |\n| --- | --- | --- | --- | --- | --- | --- |\n";
  const auto add = [&](const std::string& streets, const std::string& name, const Group& those) {
    if (those.empty()) return;
    std::vector<double> radii;
    double nearest = 1e9;
    for (const Outcome* outcome : those) {
      radii.push_back(outcome->hidden_radius_m);
      nearest = std::min(nearest, outcome->nearest_m);
    }
    const std::string lines = best_of(those, Uses::kLines);
    const std::string more = best_of(those, Uses::kMore);
    text += fmt::format("| {} | {} | {} | {:.0f} | {:.0f} | {} ({}) | {} ({}) |\n", streets, name,
                        those.size(), quantile(radii, 0.5), nearest, cell(errors(those, lines)),
                        lines, cell(errors(those, more)), more);
  };
  for (const Streets streets : {Streets::kStraight, Streets::kGrid, Streets::kBent}) {
    const auto on = [&](const Outcome& o) { return is_on(o, streets); };
    const std::string name(name_of(streets));
    add(name, "all", group(on));
    for (int story = 0; story < kStories; ++story) {
      const auto kind = static_cast<Story>(story);
      add(name, std::string(name_of(kind)),
          group([&](const Outcome& o) { return on(o) && o.settings.story == kind; }));
    }
    for (const int rucks : {5, 20, 50}) {
      add(name, fmt::format("{} rucks", rucks),
          group([&](const Outcome& o) { return on(o) && o.settings.rucks == rucks; }));
    }
  }
  return text;
}

// Better than the lines alone: by a sign test over worlds against the best that lines can do in
// this group, and by enough metres to matter. There are some hundred pairs of attack and group, so
// a chance of 1 in 20,000 each keeps false alarms below 1 in 100 runs.
void Campaign::judge_more_than_lines(const std::string& name, const Group& all,
                                     std::vector<std::string>& failed) const {
  constexpr double kChance = 5e-5;
  constexpr double kMattersM = 5;
  for (const Attack& attack : all_attacks()) {
    if (attack.uses == Uses::kLines) continue;
    const Group those = those_with(all, attack.name);
    const std::string floor = best_of(those, Uses::kLines);
    if (those.size() < kGroupMin || floor.empty()) continue;
    std::size_t better = 0;
    std::size_t worse = 0;
    for (const Outcome* outcome : those) {
      const auto lines = outcome->error_m.find(floor);
      const double gained = (lines == outcome->error_m.end() ? 1e9 : lines->second) -
                            outcome->error_m.at(attack.name);
      better += gained > 1 ? 1 : 0;
      worse += gained < -1 ? 1 : 0;
    }
    const double median = quantile(errors(those, attack.name), 0.5);
    const double median_floor = quantile(errors(those, floor), 0.5);
    if (median_floor - median < kMattersM || chance_of(better, better + worse) > kChance) continue;
    failed.push_back(fmt::format(
        "{}: '{}' finds home to {:.0f} m, the lines alone ('{}') to {:.0f} m; better in {} of {} "
        "worlds",
        name, attack.name, median, floor, median_floor, better, those.size()));
  }
}

void Campaign::judge_distance(const std::string& name, const Group& all,
                              std::vector<std::string>& failed) const {
  constexpr double kMedianMin = 0.5;
  constexpr double kFifthMin = 0.25;
  std::string best;
  double least = 1e9;
  for (const Attack& attack : all_attacks()) {
    const std::vector<double> relative = shares(all, attack.name);
    if (relative.size() < kGroupMin) continue;
    const double median = quantile(relative, 0.5);
    if (median < least) {
      least = median;
      best = attack.name;
    }
  }
  if (best.empty()) return;
  const double fifth = quantile(shares(all, best), 0.05);
  if (least >= kMedianMin && fifth >= kFifthMin) return;
  failed.push_back(fmt::format(
      "{}: '{}' comes to {:.2f} of the hidden radius in half of the worlds, to {:.2f} in one of 20",
      name, best, least, fifth));
}

std::vector<std::string> Campaign::failures() const {
  std::vector<std::string> failed;
  for (const Outcome& outcome : outcomes_) {
    if (outcome.nearest_m >= rucking::kEndMarginM - kShownSlackM) continue;
    failed.push_back(fmt::format("seed {} ({}, {}, {} rucks): a point {:.0f} m from home is shown",
                                 outcome.settings.seed, name_of(outcome.settings.streets),
                                 name_of(outcome.settings.story), outcome.settings.rucks,
                                 outcome.nearest_m));
  }
  for (const Streets streets : {Streets::kStraight, Streets::kGrid, Streets::kBent}) {
    judge_more_than_lines(std::string(name_of(streets)),
                          group([&](const Outcome& o) { return is_on(o, streets); }), failed);
  }
  judge_more_than_lines("all streets", group([](const Outcome&) { return true; }), failed);
  judge_distance("grid", group([](const Outcome& o) { return is_on(o, Streets::kGrid); }), failed);
  judge_distance("bent", group([](const Outcome& o) { return is_on(o, Streets::kBent); }), failed);
  for (int story = 0; story < kStories; ++story) {
    const auto kind = static_cast<Story>(story);
    const Group those =
        group([&](const Outcome& o) { return is_city(o) && o.settings.story == kind; });
    judge_more_than_lines(std::string(name_of(kind)), those, failed);
    judge_distance(fmt::format("{}, grid and bent", name_of(kind)), those, failed);
  }
  return failed;
}

}  // namespace ruck::attack
