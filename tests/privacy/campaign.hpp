#pragma once
// Many worlds, all attacks on each, and what is to be said about it.
#include "privacy/attacks.hpp"
#include "privacy/visit.hpp"

#include <map>
#include <string>
#include <vector>

namespace ruck::attack {

struct Outcome {
  WorldSettings settings;
  double hidden_radius_m = 0;
  double nearest_m = 0;                   // from home to what was ever shown
  std::map<std::string, double> error_m;  // of each attack that had something to go by
};
[[nodiscard]] Outcome attack_world(const test::RuckServer& server, Viewers& viewers,
                                   const WorldSettings& settings);
[[nodiscard]] Outcome attack_seen(const Seen& seen);

class Campaign {
 public:
  void add(Outcome outcome) { outcomes_.push_back(std::move(outcome)); }
  [[nodiscard]] const std::vector<Outcome>& outcomes() const { return outcomes_; }

  // Markdown.
  [[nodiscard]] std::string table_of_attacks() const;
  [[nodiscard]] std::string table_of_stories() const;
  // What misses the goal, a sentence each; nothing is good.
  [[nodiscard]] std::vector<std::string> failures() const;

 private:
  using Group = std::vector<const Outcome*>;
  [[nodiscard]] Group group(const std::function<bool(const Outcome&)>& is_in) const;
  void judge_more_than_lines(const std::string& name, const Group& group,
                             std::vector<std::string>& failed) const;
  void judge_distance(const std::string& name, const Group& group,
                      std::vector<std::string>& failed) const;

  std::vector<Outcome> outcomes_;
};

}  // namespace ruck::attack
