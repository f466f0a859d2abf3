#include "load/run.hpp"

#include "base/clock.hpp"
#include "load/verify.hpp"
#include "load/worker.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

namespace ruck::load {
namespace {
constexpr std::size_t kSetUpInFlight = 32;  // of a thread: creating rucks is not what is measured
constexpr Micros kLead = kSecond;           // from the plan of a walk to its begin
constexpr Micros kDrainMax = 90 * kSecond;  // for what is left at the end
constexpr Micros kStuckMax = 60 * kSecond;  // creating or completing gives up without progress
constexpr std::size_t kSpareDescriptors = 64;
constexpr auto kTokenReserve = std::chrono::minutes(3);  // beyond the run, for its other parts

double own_cpu_s() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

Result<> allow_descriptors(std::size_t needed) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return {};
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return {};
  return fail(ErrorCode::kInvalidInput,
              fmt::format("{} connections need {} descriptors, and this system allows {}: raise "
                          "the limit (ulimit -Hn) or give --connections {}",
                          needed - kSpareDescriptors, needed, limit.rlim_max,
                          limit.rlim_max - std::min<rlim_t>(limit.rlim_max, kSpareDescriptors)));
}

// The threads of one run.
class Fleet {
 public:
  Fleet(const LoadSettings& settings, const Scenario& scenario, const Behaviour& behaviour,
        const http::ServerAddress& server, std::span<const LoadAccount> accounts)
      : settings_(settings), scenario_(scenario), cores_(settings.threads) {
    const std::size_t connections = std::min(settings.connections, accounts.size());
    for (std::size_t i = 0; i < settings.threads; ++i) {
      const std::size_t share =
          connections / settings.threads + (i < connections % settings.threads ? 1 : 0);
      workers_.push_back(std::make_unique<Worker>(
          cores_.at(i), clock_,
          Worker::Options{.server = server, .connections = std::max<std::size_t>(1, share)}));
    }
    rucking::SeededRandom seeds(settings.seed);
    for (std::size_t i = 0; i < accounts.size(); ++i) {
      workers_[i % workers_.size()]->add(
          std::make_unique<Rucker>(behaviour, accounts[i].token, seeds.next()));
    }
    cores_.start();
  }
  ~Fleet() {
    each([](Worker& w) { w.shut_down(); });
    workers_.clear();  // waits for what was cancelled, while the cores run
    cores_.stop_and_join();
  }
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  [[nodiscard]] const RunClock& clock() const { return clock_; }

  void set_up() {
    each([](Worker& w) {
      for (const auto& rucker : w.ruckers()) rucker->set_up();
      w.begin_part(kSetUpInFlight);
    });
  }
  void complete() {
    each([](Worker& w) {
      for (const auto& rucker : w.ruckers()) rucker->complete();
      w.begin_part(kSetUpInFlight);
    });
  }
  void walk(WalkPlan plan) {
    for (const auto& worker : workers_) {
      worker->call([this, plan, w = worker.get()] {
        rucking::SeededRandom random(settings_.seed + 1);
        std::size_t number = 0;
        for (const auto& rucker : w->ruckers()) rucker->walk(plan_of(plan, number++, random));
        w->begin_part(w->ruckers().size() * kLanes);
      });
    }
  }
  void cut_short() {
    const Micros now = clock_.now();
    each([now](Worker& w) {
      for (const auto& rucker : w.ruckers()) rucker->cut_short(now);
    });
  }

  struct Look {
    Worker::Progress progress;
    Tally tally;
  };
  // What has happened since the last look.
  std::unique_ptr<Look> look() {
    auto out = std::make_unique<Look>();
    for (const auto& worker : workers_) {
      const auto [progress, tally] =
          worker->call([w = worker.get()] { return std::pair(w->progress(), w->take_tally()); });
      out->tally.add(*tally);
      out->progress.left += progress.left;
      out->progress.failed += progress.failed;
      out->progress.in_flight += progress.in_flight;
      out->progress.waiting += progress.waiting;
      out->progress.open += progress.open;
    }
    return out;
  }
  // Only when nothing is under way.
  [[nodiscard]] std::vector<const Rucker*> ruckers() const {
    std::vector<const Rucker*> all;
    for (const auto& worker : workers_) {
      for (const auto& rucker : worker->ruckers()) all.push_back(rucker.get());
    }
    return all;
  }

 private:
  template <class Fn>
  void each(Fn fn) {
    for (const auto& worker : workers_) worker->call([fn, w = worker.get()] { fn(*w); });
  }
  // Evenly spread over the ruckers: every tenth of them, where the share is a tenth.
  [[nodiscard]] static std::size_t count_of(double share, std::size_t number) {
    return static_cast<std::size_t>(std::floor(share * static_cast<double>(number) + 1e-9));
  }
  [[nodiscard]] WalkPlan plan_of(WalkPlan plan, std::size_t number,
                                 rucking::SeededRandom& random) const {
    const Reconnect& back = scenario_.reconnect;
    const std::size_t chosen = count_of(back.share, number + 1);
    if (chosen == count_of(back.share, number)) return plan;
    const Micros length = plan.end - plan.begin;
    const auto spread = static_cast<double>(std::min(back.spread, length / 4));
    plan.back_at = plan.begin + static_cast<Micros>(back.at * static_cast<double>(length) +
                                                    random.uniform() * spread);
    plan.offline_before = back.offline_before;
    plan.sends_live_first =
        count_of(back.live_first_share, chosen) != count_of(back.live_first_share, chosen - 1);
    return plan;
  }

  const LoadSettings& settings_;
  const Scenario& scenario_;
  RunClock clock_;
  runtime::Cores cores_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

// One run with so many users.
class Run {
 public:
  Run(const LoadSettings& settings, const Scenario& scenario, const Behaviour& behaviour,
      const http::ServerAddress& server, std::span<const LoadAccount> accounts,
      std::optional<int> server_pid, const OnMoment& on_moment, const std::atomic<bool>& stop)
      : settings_(settings),
        server_pid_(server_pid),
        on_moment_(on_moment),
        stop_(stop),
        fleet_(settings, scenario, behaviour, server, accounts) {
    out_->users = accounts.size();
    out_->connections = std::min(settings.connections, accounts.size());
  }

  std::unique_ptr<Measured> run() {
    out_->setup_s = run_part("creating rucks", out_->setup, [this] { fleet_.set_up(); });
    measure();
    if (settings_.complete && !stop_.load()) {
      out_->complete_s =
          run_part("completing rucks", out_->completion, [this] { fleet_.complete(); });
    }
    out_->failed_ruckers = fleet_.look()->progress.failed;
    out_->verified = verify(settings_.url, fleet_.ruckers(), settings_.verify, settings_.seed);
    return std::move(out_);
  }

 private:
  template <class Begin>
  double run_part(std::string_view name, Tally& tally, Begin begin) {
    const Micros began = fleet_.clock().now();
    begin();
    Micros told = began;
    Micros moved = began;
    std::size_t left_before = out_->users;
    for (;;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const auto look = fleet_.look();
      tally.add(look->tally);
      const Micros now = fleet_.clock().now();
      const std::size_t left = look->progress.left;
      if (std::exchange(left_before, left) != left) moved = now;
      if (now - told >= kSecond) {
        told = now;
        const std::size_t done = out_->users - left;
        on_moment_({.part = name,
                    .done = static_cast<double>(done) / static_cast<double>(out_->users),
                    .text = fmt::format("{} of {}", done, out_->users)});
      }
      if (left == 0 || now - moved > kStuckMax || stop_.load()) {
        out_->unfinished_ruckers += left;
        return static_cast<double>(now - began) / 1e6;
      }
    }
  }

  void measure() {
    const Micros begin = fleet_.clock().now() + kLead;
    const Micros end = begin + settings_.duration;
    const UtcUs wall = SystemClock().now() + std::chrono::microseconds(kLead);
    fleet_.walk(
        {.begin = begin, .end = end, .begin_wall_ms = to_ms(wall).time_since_epoch().count()});
    sleep_until(begin);
    static_cast<void>(fleet_.look());
    cpu_s_ = own_cpu_s();
    server_ = watch();
    const double cpu_before_s = cpu_s_;
    const std::optional<ProcessUse> server_before = server_;
    for (Micros at = begin + kSecond; at <= end && !stop_.load(); at += kSecond) {
      sleep_until(at);
      take_second(static_cast<double>(at - begin) / 1e6);
    }
    if (!stop_.load()) sleep_until(end);
    if (stop_.load()) fleet_.cut_short();
    out_->measured_s = static_cast<double>(fleet_.clock().now() - begin) / 1e6;
    out_->generator_cpu_s = own_cpu_s() - cpu_before_s;
    const auto server_after = watch();
    if (server_before && server_after) {
      out_->server_cpu_s = server_after->cpu_s - server_before->cpu_s;
    }
    drain();
  }

  void take_second(double at_s) {
    const auto look = fleet_.look();
    Second second{.at_s = at_s};
    for (std::size_t i = 0; i < kEndpoints; ++i) {
      const EndpointTally& endpoint = look->tally.endpoints[i];
      second.parts[i] = {.requests = endpoint.requests,
                         .p50 = endpoint.latency.quantile(0.5),
                         .p99 = endpoint.latency.quantile(0.99)};
    }
    second.requests = look->tally.requests();
    second.errors = look->tally.errors();
    second.shed = look->tally.shed();
    second.points = look->tally.points_acknowledged;
    const double own_s = own_cpu_s();
    second.generator_cores = own_s - std::exchange(cpu_s_, own_s);
    const auto server = watch();
    if (server && server_) {
      second.server_cores = server->cpu_s - server_->cpu_s;
      second.server_bytes = server->resident_bytes;
      out_->server_bytes_max = std::max(out_->server_bytes_max, server->resident_bytes);
    }
    server_ = server;
    out_->tally.add(look->tally);
    out_->seconds.push_back(second);
    tell(second, look->progress);
  }

  void tell(const Second& second, const Worker::Progress& progress) {
    const Histogram& location = out_->tally.of(Endpoint::kLocation).latency;
    const auto index = static_cast<std::size_t>(Endpoint::kLocation);
    on_moment_({.part = "running",
                .done = second.at_s * 1e6 / static_cast<double>(settings_.duration),
                .text = fmt::format(
                    "{:.0f} s  {} requests/s  {} points/s  p99 {:.1f} ms (all {:.1f})  "
                    "errors {}  later {}  connections {}  waiting {}",
                    second.at_s, second.requests, second.points,
                    static_cast<double>(second.parts[index].p99) / 1000,
                    static_cast<double>(location.quantile(0.99)) / 1000, out_->tally.errors(),
                    out_->tally.shed(), progress.open, progress.waiting)});
  }

  // What was due is still sent, and counts.
  void drain() {
    const Micros began = fleet_.clock().now();
    for (;;) {
      const auto look = fleet_.look();
      out_->tally.add(look->tally);
      const Micros now = fleet_.clock().now();
      out_->drain_s = static_cast<double>(now - began) / 1e6;
      if (look->progress.left == 0 || now - began > kDrainMax) {
        out_->unfinished_ruckers += look->progress.left;
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  void sleep_until(Micros at) const {
    while (!stop_.load() && fleet_.clock().now() < at) {
      const Micros left = at - fleet_.clock().now();
      std::this_thread::sleep_for(std::chrono::microseconds(std::min<Micros>(left, kSecond / 5)));
    }
  }
  [[nodiscard]] std::optional<ProcessUse> watch() const {
    return server_pid_ ? use_of(*server_pid_) : std::nullopt;
  }

  const LoadSettings& settings_;
  std::optional<int> server_pid_;
  const OnMoment& on_moment_;
  const std::atomic<bool>& stop_;
  std::unique_ptr<Measured> out_ = std::make_unique<Measured>();
  double cpu_s_ = 0;
  std::optional<ProcessUse> server_;
  Fleet fleet_;
};

// Whether the server takes the token.
Result<> check_account(const LoadSettings& settings, const LoadAccount& account) {
  http::Client client(settings.url);
  client.set_token(account.token);
  const auto answer = client.send(http::Method::kGet, "/api/users/profile");
  if (!answer) return fail(answer.error());
  if (answer->status == 200) return {};
  return fail(ErrorCode::kInvalidInput,
              fmt::format("the accounts in {} are not of this server (it answers {}); make others "
                          "with `ruck simulate --population` or name another file",
                          settings.accounts_path, answer->status));
}

// Whether all tokens outlive the run.
bool last_long_enough(std::span<const LoadAccount> accounts, Micros duration) {
  const auto needed = SystemClock().now() + std::chrono::microseconds(duration) + kTokenReserve;
  return std::ranges::all_of(accounts, [&](const LoadAccount& account) {
    const auto expiry = expiry_of(account.token);
    return !expiry || *expiry >= needed;
  });
}

// Accounts from the file as far as they serve; the others are registered and kept there.
// At least settings.users; more, up to `useful`, where they are kept in the file.
Result<std::vector<LoadAccount>> find_accounts(const LoadSettings& settings, std::size_t useful,
                                               Report& report, const OnMoment& on_moment) {
  auto kept = read_accounts(settings.accounts_path);
  if (!kept) return kept;
  std::vector<LoadAccount> accounts = std::move(*kept);
  if (accounts.size() > useful) accounts.resize(useful);
  if (!accounts.empty()) {
    const Result<> valid = check_account(settings, accounts.front());
    if (!valid && settings.accounts_named) return fail(valid.error());
    const bool lasts = last_long_enough(accounts, settings.duration);
    if (valid && !lasts && settings.accounts_named) {
      return fail(ErrorCode::kInvalidInput, settings.accounts_path +
                                                ": tokens end before the run would; make new ones "
                                                "with `ruck simulate --population`");
    }
    if (!valid || !lasts) accounts.clear();
  }
  if (accounts.size() >= settings.users) return accounts;
  const std::size_t missing = settings.users - accounts.size();
  const auto began = std::chrono::steady_clock::now();
  auto made = register_accounts(settings.url, missing, [&](std::size_t done) {
    on_moment({.part = "registering users",
               .done = static_cast<double>(done) / static_cast<double>(missing),
               .text = fmt::format("{} of {}", done, missing)});
  });
  if (!made) return made;
  report.accounts_registered = missing;
  report.register_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  accounts.insert(accounts.end(), made->begin(), made->end());
  if (Result<> written = write_accounts(settings.accounts_path, accounts); !written) {
    return fail(written.error());
  }
  if (!last_long_enough(accounts, settings.duration)) {
    return fail(ErrorCode::kInvalidInput,
                "tokens made by the API end before a run of this length would; make accounts with "
                "`ruck simulate --population`");
  }
  return accounts;
}

void judge(const Measured& m, bool tolerates_errors, std::vector<std::string>& problems) {
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) problems.push_back(fmt::format("{} users: {} {}", m.users, count, what));
  };
  add(m.tally.points_doubled + m.verified.doubled, "points stored twice");
  add(m.tally.points_missing, "points that an answer does not account for");
  add(m.verified.lost, "acknowledged points lost");
  for (const std::string& problem : m.verified.problems) problems.push_back(problem);
  if (tolerates_errors) return;
  add(m.tally.points_refused, "points refused");
  add(m.setup.errors() + m.tally.errors() + m.completion.errors(), "requests failed");
  add(m.failed_ruckers, "ruckers gave up");
  add(m.unfinished_ruckers, "ruckers had something left at the end");
}
}  // namespace

std::uint64_t Measured::batches() const {
  return tally.of(Endpoint::kLocation).requests + tally.of(Endpoint::kRejoined).requests +
         tally.of(Endpoint::kBacklog).requests;
}
double Measured::generator_rate() const {
  return static_cast<double>(tally.requests()) / std::max(0.001, generator_cpu_s);
}
std::optional<double> Measured::server_rate() const {
  if (!server_cpu_s || *server_cpu_s <= 0) return std::nullopt;
  return static_cast<double>(tally.requests()) / *server_cpu_s;
}
std::optional<double> Measured::server_us_per_batch() const {
  if (!server_cpu_s || batches() == 0) return std::nullopt;
  return *server_cpu_s * 1e6 / static_cast<double>(batches());
}

Result<Report> run_load(const LoadSettings& settings, const OnMoment& on_moment,
                        const std::atomic<bool>& stop) {
  const Scenario* scenario = find_scenario(settings.scenario);
  if (scenario == nullptr) return fail(ErrorCode::kInvalidInput, "there is no such scenario");
  Report report{.settings = settings,
                .behaviour = behaviour_of(*scenario, settings),
                .machine = describe_machine(),
                .started_at = to_iso8601(to_ms(SystemClock().now()))};
  const std::size_t connections = std::min(settings.connections, settings.users);
  if (Result<> ok = allow_descriptors(connections + kSpareDescriptors); !ok) {
    return fail(ok.error());
  }
  const auto server = http::resolve(settings.url);
  if (!server) return fail(server.error());
  report.server_pid = settings.server_pid;
  if (!report.server_pid && server->address().is_loopback()) {
    report.server_pid = listener_on(server->port());
  }
  std::vector<std::size_t> steps;
  for (const std::size_t step : scenario->steps) {
    if (step <= settings.users) steps.push_back(step);
  }
  if (steps.empty()) steps.push_back(settings.users);
  const std::size_t all = std::accumulate(steps.begin(), steps.end(), std::size_t{0});
  const auto accounts = find_accounts(settings, all, report, on_moment);
  if (!accounts) return fail(accounts.error());
  std::span<const LoadAccount> left = *accounts;
  for (const std::size_t users : steps) {
    if (stop.load()) break;
    Run run(settings, *scenario, report.behaviour, *server, left.first(users), report.server_pid,
            on_moment, stop);
    // With enough accounts no step has to end the rucks of the one before.
    if (accounts->size() >= all) left = left.subspan(users);
    report.runs.push_back(std::move(*run.run()));
    judge(report.runs.back(), settings.tolerates_errors, report.problems);
  }
  report.was_interrupted = stop.load();
  return report;
}

}  // namespace ruck::load
