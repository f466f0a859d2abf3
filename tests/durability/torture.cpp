// make torture SECONDS=300 [SEED=n] [SABOTAGE=ack-early|no-dedupe|no-fsync]
//
// Breaks everything that can break under a recording, for as long as told, and then looks for every
// point that was acknowledged:
//   kill -9 of the real server at random moments under load, over SQLite and over PostgreSQL, with
//   half of the walks sent through a chaos proxy;
//   power cuts under SQLite, and disks that fill up or fail in between.
// Ends with "0 lost, 0 duplicated" and 0, or with what was lost or doubled and 1.
#include "base/text.hpp"
#include "chaos/chaos_proxy.hpp"
#include "chaos/fleet.hpp"
#include "durability/recording_machine.hpp"
#include "support/server.hpp"
#include "telemetry/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <thread>

namespace ruck::test {
namespace {
using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kPhones = 8;
constexpr std::size_t kRefusalsNamed = 5;
constexpr std::size_t kUp = 700;  // milliseconds at most between a start and the next kill

template <class... Args>
void say(fmt::format_string<Args...> text, Args&&... args) {
  fmt::print("{}\n", fmt::format(text, std::forward<Args>(args)...));
  std::fflush(stdout);
}

struct Outcome {
  Verdict verdict;
  std::uint64_t kills = 0;
  std::uint64_t cuts = 0;
  std::uint64_t refusals = 0;
  bool is_check_clean = true;
  [[nodiscard]] bool is_clean() const {
    return verdict.is_clean() && refusals == 0 && is_check_clean;
  }
};

void report_phones(const Fleet& phones, const ChaosProxy::Counts& network, Outcome& outcome) {
  const std::vector<std::string> refusals = phones.refusals();
  outcome.refusals += refusals.size();
  for (std::size_t i = 0; i < std::min(refusals.size(), kRefusalsNamed); ++i) {
    say("    {}", refusals[i]);
  }
  const Phone::Counts counts = phones.counts();
  say("  {} walks ({} of them with offline names), {} requests, {} tried again, {} late batches",
      counts.walks, counts.offline_walks, counts.requests, counts.retries, counts.late_batches);
  say("  network: {} connections, {} requests and {} replies cut, {} replies lost, {} sliced, "
      "{} delayed",
      network.connections, network.cut_requests, network.cut_replies, network.lost_replies,
      network.sliced, network.delayed);
}

void say_verdict(const Verdict& verdict) {
  say("  {} points and samples sent, {} acknowledged, {} stored in {} rucks", verdict.sent,
      verdict.acknowledged, verdict.stored, verdict.rucks);
  say("  {} lost, {} duplicated, {} never sent, {} totals wrong", verdict.lost, verdict.duplicated,
      verdict.invented, verdict.miscounted);
  for (const std::string& problem : verdict.problems) say("    {}", problem);
}

// The totals of everything, by the operator's own tool.
bool check(const std::string& url) {
  const Finished finished =
      run_to_end({.argv = {binary(), "check"}, .extra_env = {"RUCK_DATABASE_URL=" + url}},
                 std::chrono::minutes(5));
  say("  ruck check: {}", trim(finished.output));
  return finished.exit_code == 0;
}

Outcome kill_rounds(DatabaseKind kind, milliseconds time, std::uint64_t seed) {
  say("kill -9 under load, {}:", kind == DatabaseKind::kSqlite ? "SQLite" : "PostgreSQL");
  rucking::SeededRandom random(seed);
  Outcome outcome;
  const TemporaryDatabase database(kind);
  // Merging all the time, so that kills come in the middle of it.
  RuckServer server({.database_url = database.url(), .extra_env = {"RUCK_TEST_MERGE_EVERY=2"}});
  std::optional<ChaosProxy> proxy(std::in_place, server.port(), random.next());
  Fleet phones({.direct_url = server.url(),
                .chaos_url = proxy->url(),
                .phones = kPhones,
                .seed = random.next()});
  const auto end = Steady::now() + time;
  while (Steady::now() < end) {
    std::this_thread::sleep_for(milliseconds(20 + random.below(kUp)));
    server.kill();
    ++outcome.kills;
    server.start();
  }
  phones.stop();
  server.kill();
  ++outcome.kills;
  outcome.verdict = phones.compare(database.url());
  say("  {} kills", outcome.kills);
  report_phones(phones, proxy->counts(), outcome);
  say_verdict(outcome.verdict);
  outcome.is_check_clean = check(database.url());
  return outcome;
}

// A machine whose power is cut again and again, now and then after its disk had failed.
Outcome power_cut_rounds(milliseconds time, std::uint64_t seed) {
  say("power cuts, SQLite on a disk that keeps what was synced and some of the rest:");
  rucking::SeededRandom random(seed);
  Outcome outcome;
  RecordingMachine machine({}, random.next());
  std::uint64_t faults = 0;
  const auto end = Steady::now() + time;
  while (Steady::now() < end && outcome.is_clean()) {
    const Result<> started = machine.start();
    if (!started) {
      outcome.verdict = {.lost = 1, .problems = {"cannot be opened: " + started.error().detail}};
      say_verdict(outcome.verdict);
      return outcome;
    }
    if (random.chance(0.1)) {
      ++faults;
      const auto fault = random.below(3);
      if (fault == 0)
        machine.disk().fill_disk_after(static_cast<std::int64_t>(random.below(100'000)));
      if (fault == 1) machine.disk().fail_syncs();
      if (fault == 2) machine.disk().fail_writes();
      machine.run_for(milliseconds(random.below(200)));
      machine.disk().heal();
    }
    machine.run_until_power_cut(milliseconds(10 + random.below(400)));
    ++outcome.cuts;
    if (!machine.start()) continue;  // told above
    outcome.verdict = machine.compare();
    machine.stop();
  }
  const FaultVfs::Counts counts = machine.disk().counts();
  say("  {} cuts, {} disk faults, {} syncs, {} of them checkpoints, {} unsynced sectors lost",
      outcome.cuts, faults, counts.syncs, counts.database_syncs, counts.sectors_lost);
  say_verdict(outcome.verdict);
  return outcome;
}

struct Plan {
  milliseconds kills_sqlite;
  milliseconds kills_postgres;
  milliseconds power_cuts;
};

int torture(int seconds, const Plan& plan) {
  const std::uint64_t seed = seed_of_run();
  const char* sabotage = std::getenv("RUCK_TEST_SABOTAGE");
  if (sabotage != nullptr && *sabotage != '\0') say("sabotage: {}", sabotage);
  const auto start = Steady::now();
  // What the store of this process says of its failing disk is not of interest.
  telemetry::set_log_descriptor(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  std::vector<Outcome> outcomes;
  outcomes.push_back(power_cut_rounds(plan.power_cuts, seed));
  outcomes.push_back(kill_rounds(DatabaseKind::kSqlite, plan.kills_sqlite, seed + 1));
  outcomes.push_back(kill_rounds(DatabaseKind::kPostgres, plan.kills_postgres, seed + 2));
  Outcome all;
  bool is_clean = true;
  for (const Outcome& outcome : outcomes) {
    all.verdict.add(outcome.verdict);
    all.kills += outcome.kills;
    all.cuts += outcome.cuts;
    all.refusals += outcome.refusals;
    is_clean = is_clean && outcome.is_clean();
  }
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(Steady::now() - start);
  say("{} s of {} asked for, seed {}: {} kills, {} power cuts, {} points and samples acknowledged",
      took.count(), seconds, seed, all.kills, all.cuts, all.verdict.acknowledged);
  if (all.refusals > 0) say("{} answers by which a phone would lose data", all.refusals);
  say("{}{} lost, {} duplicated", is_clean ? "" : "FAILED: ", all.verdict.lost,
      all.verdict.duplicated);
  return is_clean ? 0 : 1;
}
}  // namespace
}  // namespace ruck::test

int main(int argc, char** argv) {
  const auto seconds = argc == 2 ? ruck::parse_number<int>(argv[1]) : std::nullopt;
  if (!seconds || *seconds < 1) {
    std::fprintf(stderr, "usage: torture SECONDS\n");
    return 2;
  }
  const auto share = [&](int percent) {
    return ruck::test::milliseconds(static_cast<std::int64_t>(*seconds) * 10 * percent);
  };
  return ruck::test::torture(
      *seconds, {.kills_sqlite = share(55), .kills_postgres = share(25), .power_cuts = share(20)});
}
