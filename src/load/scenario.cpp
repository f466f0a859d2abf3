#include "load/scenario.hpp"

#include <algorithm>

namespace ruck::load {
namespace {
constexpr Micros kScreenEvery = 60 * kSecond;

void as_it_is(Behaviour&) {}
void with_reads(Behaviour& b) { b.read_every = kScreenEvery; }
void always_online(Behaviour& b) { b.online_mean = 0; }
// As fast as answers come: batches of ten points, as the benchmark of the system before sent them.
void closed_loop(Behaviour& b) {
  b.closed_loop = true;
  b.online_mean = 0;
  b.resend_chance = 0;
  b.heart_rate = false;
  b.batch_points_max = 10;
  b.fields = PointFields::kCompact;
}

const std::vector<Scenario>& table() {
  static const std::vector<Scenario> scenarios = {
      {.name = "record", .summary = "ruckers who record, nothing else", .shape = as_it_is},
      {.name = "mixed",
       .summary = "the same, and each opens the home screen once a minute",
       .shape = with_reads},
      {.name = "reconnect",
       .summary = "a tenth comes back after an hour offline, with 3,600 points each",
       .reconnect = {.share = 0.1},
       .shape = always_online},
      {.name = "ramp",
       .summary =
           "100, 1,000, 10,000, 30,000, 60,000 and 100,000 ruckers (up to --users): how cost grows",
       .steps = {100, 1000, 10'000, 30'000, 60'000, 100'000},
       .shape = as_it_is},
      {.name = "flood",
       .summary = "closed loop: each sends batches of 10 old points as fast as they are answered",
       .shape = closed_loop},
      {.name = "browse",
       .summary = "feed, profiles, lists and search, --rate a second, by anybody of the accounts",
       .shape = as_it_is},
      {.name = "live",
       .summary = "ruckers with --viewers each on WebSockets: how soon they see a batch; or --idle"
                  " sockets",
       .shape = as_it_is},
  };
  return scenarios;
}
}  // namespace

std::span<const Scenario> scenarios() { return table(); }

const Scenario* find_scenario(std::string_view name) {
  const auto found = std::ranges::find(table(), name, &Scenario::name);
  return found == table().end() ? nullptr : &*found;
}

Behaviour behaviour_of(const Scenario& scenario, const LoadSettings& settings) {
  Behaviour b{.host = settings.url.authority(), .base = settings.url.path};
  scenario.shape(b);
  b.batch_every = settings.batch_every.value_or(b.batch_every);
  b.sampling = settings.sampling.value_or(b.sampling);
  b.fields = settings.fields.value_or(b.fields);
  b.heart_rate = settings.heart_rate.value_or(b.heart_rate);
  b.resend_chance = settings.resend_chance.value_or(b.resend_chance);
  b.batch_points_max = settings.batch_points_max.value_or(b.batch_points_max);
  if (settings.offline && !*settings.offline) b.online_mean = 0;
  return b;
}

}  // namespace ruck::load
