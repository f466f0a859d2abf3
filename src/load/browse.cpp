#include "load/browse.hpp"

#include "http/client/async_client.hpp"
#include "http/json/writer.hpp"
#include "load/process_watch.hpp"
#include "load/run_clock.hpp"
#include "rucking/seeded_random.hpp"
#include "runtime/sleep.hpp"
#include "runtime/task_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace ruck::load {
namespace {
constexpr std::size_t kConnectionsMax = 256;  // looks under way at a time; more wait, and it shows
constexpr std::size_t kScratchBytes = 256 * 1024;
constexpr auto kGraceTime = std::chrono::seconds(10);  // for the last answers
constexpr auto kNames =
    std::to_array<std::string_view>({"feed", "feed, following", "feed, near", "feed, longest",
                                     "profile", "followers", "following", "rucks of", "search"});
static_assert(kNames.size() == kLooks);
constexpr auto kSearches = std::to_array<std::string_view>({"ann", "be", "mey", "fisher", "olga"});

class BrowseRun {
 public:
  BrowseRun(const LoadSettings& settings, const BrowseSettings& browse,
            std::vector<LoadAccount> accounts, http::ServerAddress server)
      : settings_(settings),
        browse_(browse),
        accounts_(std::move(accounts)),
        server_(std::move(server)),
        random_(settings.seed),
        cores_(1),
        tasks_("looks", [](std::string_view, const std::exception_ptr&) {}) {
    cores_.start();
  }
  ~BrowseRun() {
    tasks_.join();
    cores_.stop_and_join();
  }
  BrowseRun(const BrowseRun&) = delete;
  BrowseRun& operator=(const BrowseRun&) = delete;

  std::unique_ptr<BrowseReport> run(const OnMoment& on_moment, const std::atomic<bool>& stop) {
    const auto pid = settings_.server_pid ? settings_.server_pid : listener_on(server_.port());
    const auto before = pid ? use_of(*pid) : std::nullopt;
    end_ = settings_.duration;
    stop_ = &stop;
    tasks_.spawn(cores_.at(0), clockwork());
    while (tasks_.running() > 0 &&
           clock_.now() < end_ + kGraceTime / std::chrono::microseconds(1)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      const auto share = static_cast<double>(clock_.now()) / static_cast<double>(end_);
      on_moment({.part = "running", .done = std::min(1.0, share), .text = {}});
      if (const auto use = pid ? use_of(*pid) : std::nullopt) {
        report_->server_bytes_max = std::max(report_->server_bytes_max, use->resident_bytes);
      }
    }
    const auto after = pid ? use_of(*pid) : std::nullopt;
    report_->seconds = static_cast<double>(std::min(clock_.now(), end_)) / 1e6;
    if (before && after) report_->server_cores = (after->cpu_s - before->cpu_s) / report_->seconds;
    tasks_.join();
    judge();
    return std::move(report_);
  }

 private:
  // One look after the other, each at its time.
  task<> clockwork() {
    const double step = 1e6 / browse_.per_second;
    for (std::size_t i = 0;; ++i) {
      const auto due = static_cast<Micros>(static_cast<double>(i) * step);
      if (due >= end_ || stop_->load()) co_return;
      const Micros wait = due - clock_.now();
      if (wait > 0) co_await runtime::sleep_for(std::chrono::milliseconds(wait / 1000 + 1));
      report_->lag.record(std::max<Micros>(0, clock_.now() - due));
      tasks_.spawn(cores_.at(0), look(static_cast<Look>(i % kLooks), clock_.now()));
    }
  }

  task<> look(Look kind, Micros due) {
    const std::string request =
        fmt::format("GET {}{} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
                    settings_.url.path, path_of(kind), settings_.url.authority(), anybody().token);
    while (idle_.empty() && connections_ >= kConnectionsMax) {
      co_await runtime::sleep_for(std::chrono::milliseconds(1));
    }
    std::unique_ptr<http::AsyncConnection> connection;
    if (idle_.empty()) {
      connections_ += 1;
      connection =
          std::make_unique<http::AsyncConnection>(cores_.at(0).io(), server_, std::span(scratch_));
    } else {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    const Result<http::Answer> answer = co_await connection->exchange(request);
    BrowseReport::Kind& tally = report_->kinds[static_cast<std::size_t>(kind)];
    tally.latency.record(clock_.now() - due);
    if (!answer || answer->status != 200) tally.errors += 1;
    if (answer) tally.bytes += answer->bytes_in;
    idle_.push_back(std::move(connection));
  }

  const LoadAccount& anybody() { return accounts_[random_.below(accounts_.size())]; }

  std::string path_of(Look kind) {
    switch (kind) {
      case Look::kFeed:
        return "/api/ruck-buddies?per_page=20&sort_by=created_at_desc";
      case Look::kFeedOfMine:
        return "/api/ruck-buddies?per_page=20&following_only=true";
      case Look::kFeedNear:
        return fmt::format(
            "/api/ruck-buddies?per_page=20&sort_by=proximity_asc&latitude={:.3f}&longitude={:.3f}",
            random_.uniform(44, 54), random_.uniform(0, 20));
      case Look::kFeedLongest:
        return "/api/ruck-buddies?per_page=20&sort_by=distance_desc";
      case Look::kProfile:
        return "/api/users/" + anybody().user_id + "/profile";
      case Look::kFollowers:
        return "/api/users/" +
               accounts_[random_.below(std::min(browse_.popular, accounts_.size()))].user_id +
               "/followers";
      case Look::kFollowing:
        return "/api/users/" + anybody().user_id + "/following";
      case Look::kRucks:
        return "/api/users/" + anybody().user_id + "/rucks?per_page=20";
      case Look::kSearch:
        break;
    }
    return "/api/users/search?q=" + std::string(kSearches[random_.below(kSearches.size())]);
  }

  void judge() {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < kLooks; ++i) {
      const BrowseReport::Kind& kind = report_->kinds[i];
      all += kind.latency.count();
      if (kind.errors == 0) continue;
      report_->problems.push_back(
          fmt::format("{} of {} looks at {} failed", kind.errors, kind.latency.count(), kNames[i]));
    }
    report_->per_second = static_cast<double>(all) / report_->seconds;
  }

  const LoadSettings& settings_;
  const BrowseSettings& browse_;
  std::vector<LoadAccount> accounts_;
  http::ServerAddress server_;
  rucking::SeededRandom random_;
  runtime::Cores cores_;  // outlives the connections
  runtime::TaskGroup tasks_;
  RunClock clock_;
  Micros end_ = 0;
  const std::atomic<bool>* stop_ = nullptr;
  std::vector<char> scratch_ = std::vector<char>(kScratchBytes);
  std::vector<std::unique_ptr<http::AsyncConnection>> idle_;
  std::size_t connections_ = 0;
  std::unique_ptr<BrowseReport> report_ = std::make_unique<BrowseReport>();
};

double in_ms(Micros us) { return static_cast<double>(us) / 1000; }
}  // namespace

std::string_view name_of(Look look) { return kNames[static_cast<std::size_t>(look)]; }

Result<std::unique_ptr<BrowseReport>> run_browse(const LoadSettings& settings,
                                                 const BrowseSettings& browse,
                                                 const OnMoment& on_moment,
                                                 const std::atomic<bool>& stop) {
  const auto server = http::resolve(settings.url);
  if (!server) return fail(server.error());
  auto accounts = read_accounts(settings.accounts_path);
  if (!accounts) return fail(accounts.error());
  if (accounts->empty()) {
    return fail(ErrorCode::kInvalidInput,
                settings.accounts_path +
                    " has no accounts; make some with: ruck simulate --population 1000,20 "
                    "--follows 50");
  }
  return BrowseRun(settings, browse, std::move(*accounts), *server).run(on_moment, stop);
}

std::string to_table(const BrowseReport& r) {
  std::string out = fmt::format(
      "\n{:.0f} looks a second for {:.0f} s\n\n  {:<20}{:>8} {:>9} {:>9} "
      "{:>9} {:>9} {:>7}\n",
      r.per_second, r.seconds, "milliseconds", "looks", "p50", "p99", "max", "bytes", "errors");
  for (std::size_t i = 0; i < kLooks; ++i) {
    const BrowseReport::Kind& kind = r.kinds[i];
    const std::uint64_t count = std::max<std::uint64_t>(1, kind.latency.count());
    out += fmt::format("  {:<20}{:>8} {:>9.2f} {:>9.2f} {:>9.2f} {:>9} {:>7}\n", kNames[i],
                       kind.latency.count(), in_ms(kind.latency.quantile(0.5)),
                       in_ms(kind.latency.quantile(0.99)), in_ms(kind.latency.max()),
                       kind.bytes / count, kind.errors);
  }
  out += fmt::format("\n  server {:.2f} cores, {} MiB at most; generator late by {:.2f} ms (p99)\n",
                     r.server_cores.value_or(0), r.server_bytes_max >> 20,
                     in_ms(r.lag.quantile(0.99)));
  for (const std::string& problem : r.problems) out += "  PROBLEM: " + problem + "\n";
  return out;
}

std::string to_json(const BrowseReport& r) {
  std::string out;
  json::Writer w(out);
  const auto number = [&](std::string_view name, double value) {
    w.key(name);
    w.number(value);
  };
  w.begin_object();
  number("seconds", r.seconds);
  number("per_second", r.per_second);
  number("server_cores", r.server_cores.value_or(0));
  number("server_bytes_max", static_cast<double>(r.server_bytes_max));
  number("lag_p99_ms", in_ms(r.lag.quantile(0.99)));
  w.key("looks");
  w.begin_object();
  for (std::size_t i = 0; i < kLooks; ++i) {
    w.key(kNames[i]);
    w.begin_object();
    number("count", static_cast<double>(r.kinds[i].latency.count()));
    number("errors", static_cast<double>(r.kinds[i].errors));
    number("p50_ms", in_ms(r.kinds[i].latency.quantile(0.5)));
    number("p99_ms", in_ms(r.kinds[i].latency.quantile(0.99)));
    number("max_ms", in_ms(r.kinds[i].latency.max()));
    w.end_object();
  }
  w.end_object();
  w.end_object();
  return out + "\n";
}

}  // namespace ruck::load
