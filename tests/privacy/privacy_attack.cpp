// make privacy-attack WORLDS=200 [SEED=n] [STORY=live]
//
// Plays that many worlds to a real server, attacks each with everything there is, and prints the
// errors as Markdown for docs/privacy.md. Ends with 1 if a goal is missed.
#include "base/text.hpp"
#include "privacy/campaign.hpp"
#include "support/rucking.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace ruck::attack {
namespace {
int run(int worlds, std::uint64_t seed, std::optional<Story> only) {
  const test::RuckServer server({});
  Viewers viewers(server);
  Campaign campaign;
  const std::int64_t until_ms = test::now_ms();
  for (int number = 0; number < worlds; ++number) {
    WorldSettings settings = settings_of(seed, number, until_ms);
    settings.story = only.value_or(settings.story);
    Outcome outcome = attack_world(server, viewers, settings);
    fmt::print(stderr, "world {}: seed {}, {}, {}, {} rucks: nearest shown {:.0f} m\n", number,
               settings.seed, name_of(settings.streets), name_of(settings.story), settings.rucks,
               outcome.nearest_m);
    campaign.add(std::move(outcome));
  }
  fmt::print("RUCK_TEST_SEED={}, {} worlds; metres from home: median / 5th percentile\n\n{}\n{}\n",
             seed, worlds, campaign.table_of_attacks(), campaign.table_of_stories());
  const std::vector<std::string> failures = campaign.failures();
  for (const std::string& failure : failures) fmt::print("- {}\n", failure);
  if (failures.empty()) fmt::print("No goal is missed.\n");
  return failures.empty() ? 0 : 1;
}
}  // namespace
}  // namespace ruck::attack

int main(int argc, char** argv) {
  const char* given = std::getenv("RUCK_TEST_SEED");
  const auto seed = ruck::parse_number<std::uint64_t>(given != nullptr ? given : "20261128");
  const auto worlds = ruck::parse_number<int>(argc > 1 ? argv[1] : "200");
  const std::string_view story = argc > 2 ? argv[2] : "";
  const auto only = ruck::attack::story_named(story);
  if (!seed || !worlds || *worlds < 1 || (!story.empty() && !only)) {
    fmt::print(stderr, "usage: [RUCK_TEST_SEED=n] privacy_attack [worlds] [story]\n");
    return 2;
  }
  return ruck::attack::run(*worlds, *seed, only);
}
