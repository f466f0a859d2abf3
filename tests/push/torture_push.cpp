// make torture-push [COUNT=100000] [SEED=n] [DATABASE=sqlite|postgres] [SABOTAGE=job-once|no-lease]
//
// So many notifications to people with phones and browsers, through a Firebase and a push service
// that misbehave, from a server that is killed three times meanwhile. Then every message that must
// have come is looked for at the fakes, which have checked every header and signature and have read
// what was encrypted with other people's code. Ends with 0 where
//   at least 99.9 % came of what was for devices that live,
//   none came twice but those whose answer was lost, or that were under way at a kill,
//   none of a group overtook a newer one, and nothing was wrong in any request.
#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "db/open.hpp"
#include "durability/batches.hpp"
#include "push/crowd.hpp"
#include "push/fake_push.hpp"
#include "push/push_verdict.hpp"
#include "rucking/seeded_random.hpp"
#include "support/rucking.hpp"
#include "support/until.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <set>
#include <sstream>
#include <thread>

namespace ruck::test {
namespace {
using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kKills = 3;
constexpr auto kDrainMax = std::chrono::minutes(30);
// Kinds of jobs that must be done before the end is judged.
const std::set<std::string, std::less<>> kWaitedFor = {
    "push.send",         "notify.ruck_started",  "rucks.started",
    "feed.like_changed", "feed.comment_changed", "people.follow_changed"};

template <class... Args>
void say(fmt::format_string<Args...> text, Args&&... args) {
  fmt::print("{}\n", fmt::format(text, std::forward<Args>(args)...));
  std::fflush(stdout);
}

double seconds_since(Steady::time_point began) {
  return std::chrono::duration<double>(Steady::now() - began).count();
}

std::unique_ptr<db::Database> open(const std::string& url, telemetry::Metrics& metrics) {
  auto opened = db::open({.url = url, .postgres_connections = 2}, metrics);
  if (!opened) throw std::runtime_error(std::string(opened.error().client_text()));
  return std::move(*opened);
}

class Torture {
 public:
  Torture(std::int64_t count, DatabaseKind kind, std::uint64_t seed)
      : count_(count),
        random_(seed),
        database_(kind),
        fake_(FakePush::Wire::kTls,
              {"--seed", std::to_string(seed % 1'000'000), "--errors", "0.05", "--quota", "0.02",
               "--retry-after", "1", "--resets", "0.002", "--delays", "0.01", "--delay-ms", "2000",
               "--dying", "0.0005", "--goaway-every", "1000"},
              FakePush::kLocal) {}

  bool run() {
    prepare();
    const auto began = Steady::now();
    std::exception_ptr failure;
    std::thread actors([&] {
      try {
        crowd_->act(*server_);
      } catch (...) {
        failure = std::current_exception();
      }
    });
    for (int i = 0; i < kKills; ++i) kill_at(kill_point(i));
    actors.join();
    if (failure) std::rethrow_exception(failure);
    drain();
    took_s_ = seconds_since(began);
    server_->stop();
    return tell();
  }

 private:
  void prepare() {
    const std::string key = "torture:" + to_base64(random_bytes(32));
    server_ = std::make_unique<RuckServer>(
        ServerSettings{.database_url = database_.url(), .extra_env = environment(key)});
    const std::string server_key =
        ApiClient(server_->url()).get("/api/app/web-config").json["vapid_public_key"].text();
    if (server_key.empty()) throw std::runtime_error("the server has no key for browsers");
    server_->stop();
    auth::Tokens tokens;
    const auto keys = auth::parse_keys(key);
    if (!keys) throw std::runtime_error("the key of tokens is none");
    tokens.add_key(keys->front());
    tokens.sign_with(keys->front().id);
    const auto database = open(database_.url(), metrics_);
    const Crowd::Size size = Crowd::size_for(count_);
    crowd_.emplace(*database, tokens, size, fake_.subscribe(size.followers, server_key));
    database->close();
    server_->start();
    say("{} people with {} devices; {} start rucks that all are told of, {} reactions to {} rucks",
        crowd_->size().followers, crowd_->gadgets().size(), crowd_->size().starters,
        crowd_->size().discussed * crowd_->size().reactions, crowd_->size().discussed);
  }

  [[nodiscard]] std::vector<std::string> environment(const std::string& key) const {
    return {"RUCK_TOKEN_KEYS=" + key,
            "RUCK_PUSH_FCM_CREDENTIALS=" + fake_.credentials(),
            "RUCK_PUSH_FCM_ENDPOINT=" + fake_.origin(),
            "RUCK_PUSH_SUBJECT=mailto:ops@example.org",
            "RUCK_OUTBOUND_PRIVATE=on",
            "RUCK_OUTBOUND_CA=" + fake_.certificate()};
  }

  // After how many messages: somewhere in the first, second and third part of the run.
  std::int64_t kill_point(int number) {
    const double share = (number + random_.uniform(0.2, 0.8)) / (kKills + 1);
    return static_cast<std::int64_t>(share * static_cast<double>(count_));
  }

  void kill_at(std::int64_t messages) {
    const bool has_come =
        until([&] { return fake_.accepted() >= messages || is_drained(); }, kDrainMax);
    if (!has_come) throw std::runtime_error("no messages arrive any more");
    server_->kill();
    const std::int64_t killed_at_ms = now_ms();
    const auto database = open(database_.url(), metrics_);
    const InFlight found = in_flight_at_kill(*database, *crowd_, killed_at_ms);
    database->close();
    say("  kill -9 after {} messages, {} under way", fake_.accepted(), found.size());
    // The first time counts: on PostgreSQL its lease goes on, and it is among them at the next
    // kill.
    for (const auto& [push, at] : found) in_flight_.try_emplace(push, at);
    server_->start();
  }

  // Nothing waits or runs any more. Listed by the operator's own tool.
  bool is_drained() {
    std::this_thread::sleep_for(milliseconds(100));
    const Finished listed =
        run_to_end({.argv = {binary(), "jobs", "list", "--json", "--limit", "1000"},
                    .extra_env = {"RUCK_DATABASE_URL=" + database_.url(),
                                  "RUCK_DATA_DIR=" + server_->folder() + "/data"}},
                   std::chrono::minutes(1));
    if (listed.exit_code != 0) return false;
    std::istringstream lines(listed.output);
    for (std::string line; std::getline(lines, line);) {
      const json::Tree job = json::Tree::parse(line);
      if (job["state"].text() != "dead" && kWaitedFor.contains(job["kind"].text())) return false;
    }
    return true;
  }
  void drain() {
    if (!until([&] { return is_drained(); }, kDrainMax)) {
      throw std::runtime_error("jobs are left");
    }
  }

  bool tell() {
    const json::Tree report = fake_.report();
    const auto database = open(database_.url(), metrics_);
    const PushVerdict v = judge(*database, *crowd_, report, in_flight_);
    database->close();
    const std::int64_t taken =
        report["fcm"]["accepted"].integer() + report["web"]["accepted"].integer();
    say("{} notifications recorded in {:.1f} s, {} messages taken ({:.0f}/s): {} phones', {} "
        "browsers'",
        v.recorded, took_s_, taken, static_cast<double>(taken) / took_s_,
        report["fcm"]["accepted"].integer(), report["web"]["accepted"].integer());
    std::string moods;
    for (const auto& [name, times] : report["moods"].members()) {
      moods += fmt::format("{}{} {}", moods.empty() ? "" : ", ", times.integer(), name);
    }
    say("the services: {}; {} devices died", moods, v.died);
    say("delivered {} of {} ({:.4f} %), {} lost; {} dead letters", v.delivered, v.expected,
        100.0 * static_cast<double>(v.delivered) /
            static_cast<double>(std::max<std::int64_t>(1, v.expected)),
        v.lost(), v.dead_letters);
    say("{} came twice: {} whose answer was lost, {} under way at a kill, {} others", v.duplicates,
        v.answer_lost, v.in_flight, v.unexcused());
    say("{} overtook a newer one, {} were not recorded, {} dead devices were kept", v.overtaken,
        v.unrecorded, v.kept);
    for (const std::string& problem : v.problems) say("  {}", problem);
    say("{}", v.is_clean() ? "clean" : "FAILED");
    return v.is_clean();
  }

  const std::int64_t count_;
  rucking::SeededRandom random_;
  telemetry::Metrics metrics_;
  TemporaryDatabase database_;
  FakePush fake_;
  std::unique_ptr<RuckServer> server_;
  std::optional<Crowd> crowd_;
  InFlight in_flight_;
  double took_s_ = 0;
};

int run(std::int64_t count, DatabaseKind kind) {
  const std::uint64_t seed = seed_of_run();
  say("{} notifications over {}, seed {}", count,
      kind == DatabaseKind::kSqlite ? "SQLite" : "PostgreSQL", seed);
  try {
    return Torture(count, kind, seed).run() ? 0 : 1;
  } catch (const std::exception& failure) {
    say("broken off: {}", failure.what());
    return 1;
  }
}
}  // namespace
}  // namespace ruck::test

int main(int argc, char** argv) {
  const auto count = argc > 1 ? ruck::parse_number<std::int64_t>(argv[1]) : std::nullopt;
  const std::string_view database = argc > 2 ? argv[2] : "sqlite";
  if (!count || *count < 1 || (database != "sqlite" && database != "postgres")) {
    std::fprintf(stderr, "usage: torture_push COUNT [sqlite|postgres]\n");
    return 2;
  }
  using ruck::test::DatabaseKind;
  return ruck::test::run(*count,
                         database == "sqlite" ? DatabaseKind::kSqlite : DatabaseKind::kPostgres);
}
