#include "app/cli.hpp"
#include "base/text.hpp"
#include "load/browse.hpp"
#include "load/live.hpp"
#include "load/report.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

namespace ruck::app {
namespace {
constexpr std::size_t kUsersMax = 1'000'000;
constexpr std::size_t kRateMax = 100'000;  // a second; more than one thread can send
constexpr std::size_t kThreadsMax = 64;
constexpr std::size_t kConnectionsMax = 10'000;  // the bound; ports end at 28,000 as well
constexpr double kDurationMaxS = 7 * 24 * 3600;

constexpr std::string_view kUsage =
    "usage: ruck load [--url http://127.0.0.1:8080] [--users 100] [--duration 1m] [--scenario S]\n"
    "                 [--json FILE] [--html FILE] [--accounts FILE] [--verify 100]\n"
    "                 [--threads T] [--connections 10000] [--seed 1] [--server-pid PID]\n"
    "                 [--batch-every 10s] [--batch-points 100] [--sampling second|phone]\n"
    "                 [--fields app|compact] [--heart-rate on|off] [--offline on|off]\n"
    "                 [--resend 0.01] [--complete on|off] [--tolerate-errors]\n"
    "                 [--viewers 10] [--viewers-url URL] [--idle 15000] [--rate "
    "200]\n\nscenarios:\n";

void print_usage() {
  fmt::print(stderr, "{}", kUsage);
  for (const load::Scenario& s : load::scenarios()) {
    fmt::print(stderr, "  {:<10} {}\n", s.name, s.summary);
  }
}

const std::vector<std::string_view> kFlags = {
    "url",          "users",    "duration", "scenario",        "json",    "html",
    "accounts",     "verify",   "threads",  "connections",     "seed",    "server_pid",
    "batch_every",  "sampling", "fields",   "heart_rate",      "offline", "resend",
    "batch_points", "complete", "data_dir", "tolerate_errors", "help",    "viewers",
    "viewers_url",  "idle",     "rate"};

// "90", "90s", "500ms", "5m", "2h"
std::optional<double> seconds_of(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}};
  double unit = 1;
  for (const auto& [name, seconds] : kUnits) {
    if (!text.ends_with(name)) continue;
    unit = seconds;
    text.remove_suffix(name.size());
    break;
  }
  const auto number = parse_double(text);
  return number && *number > 0 ? std::optional(*number * unit) : std::nullopt;
}

// Reads flags one by one and remembers what is wrong with them.
class Reader {
 public:
  explicit Reader(const Arguments& arguments) : arguments_(arguments) {}

  std::optional<std::size_t> count(std::string_view name, std::size_t min, std::size_t max) {
    const auto text = arguments_.flag(name);
    if (!text) return std::nullopt;
    const auto number = parse_number<std::size_t>(*text);
    if (number && *number >= min && *number <= max) return number;
    add_problem(name, fmt::format("a number from {} to {}", min, max), *text);
    return std::nullopt;
  }
  std::optional<load::Micros> duration(std::string_view name) {
    const auto text = arguments_.flag(name);
    if (!text) return std::nullopt;
    const auto seconds = seconds_of(*text);
    if (seconds && *seconds >= 0.1 && *seconds <= kDurationMaxS) {
      return static_cast<load::Micros>(*seconds * 1e6);
    }
    add_problem(name, "a time such as 90s, 5m or 2h", *text);
    return std::nullopt;
  }
  std::optional<double> share(std::string_view name) {
    const auto text = arguments_.flag(name);
    if (!text) return std::nullopt;
    const auto number = parse_double(*text);
    if (number && *number >= 0 && *number <= 1) return number;
    add_problem(name, "a share from 0 to 1", *text);
    return std::nullopt;
  }
  // Which of two words.
  std::optional<bool> either(std::string_view name, std::string_view yes, std::string_view no) {
    const auto text = arguments_.flag(name);
    if (!text) return std::nullopt;
    if (*text == yes) return true;
    if (*text == no) return false;
    add_problem(name, fmt::format("{} or {}", yes, no), *text);
    return std::nullopt;
  }
  void add_problem(std::string_view name, std::string_view expected, std::string_view got) {
    std::string flag(name);
    std::ranges::replace(flag, '_', '-');
    problems.push_back(fmt::format("--{}: expected {}, got \"{}\"", flag, expected, got));
  }

  std::vector<std::string> problems;

 private:
  const Arguments& arguments_;
};

void read_behaviour(Reader& reader, load::LoadSettings& s) {
  using Sampling = rucking::SimulationSettings::Sampling;
  s.batch_every = reader.duration("batch_every");
  s.batch_points_max = reader.count("batch_points", 1, 100'000);
  if (const auto by_second = reader.either("sampling", "second", "phone")) {
    s.sampling = *by_second ? Sampling::kEverySecond : Sampling::kAdaptive;
  }
  if (const auto app = reader.either("fields", "app", "compact")) {
    s.fields = *app ? load::PointFields::kApp : load::PointFields::kCompact;
  }
  s.heart_rate = reader.either("heart_rate", "on", "off");
  s.offline = reader.either("offline", "on", "off");
  s.resend_chance = reader.share("resend");
}

load::LoadSettings read_settings(const Arguments& arguments, Reader& reader) {
  load::LoadSettings s;
  s.url_text = arguments.flag("url").value_or(s.url_text);
  if (auto url = http::parse_url(s.url_text)) {
    s.url = std::move(*url);
  } else {
    reader.problems.emplace_back(url.error().client_text());
  }
  s.scenario = arguments.flag("scenario").value_or(s.scenario);
  if (load::find_scenario(s.scenario) == nullptr) {
    std::string names;
    for (const load::Scenario& each : load::scenarios()) names += " " + std::string(each.name);
    reader.add_problem("scenario", "one of" + names, s.scenario);
  }
  s.users = reader.count("users", 1, kUsersMax).value_or(s.scenario == "ramp" ? 30'000 : 100);
  s.duration = reader.duration("duration").value_or(s.duration);
  const std::size_t half = std::max(1U, std::thread::hardware_concurrency() / 2);
  s.threads = reader.count("threads", 1, kThreadsMax).value_or(std::min(half, kThreadsMax));
  s.connections = reader.count("connections", 1, kConnectionsMax).value_or(s.connections);
  s.threads = std::min({s.threads, s.users, s.connections});
  s.seed = reader.count("seed", 0, ~std::size_t{0} >> 1).value_or(s.seed);
  s.verify = reader.count("verify", 0, kUsersMax).value_or(s.verify);
  if (const auto pid = reader.count("server_pid", 1, 1U << 30)) {
    s.server_pid = static_cast<int>(*pid);
  }
  s.complete = reader.either("complete", "on", "off").value_or(true);
  s.tolerates_errors = arguments.has("tolerate_errors");
  s.accounts_named = arguments.has("accounts");
  s.accounts_path =
      arguments.flag("accounts")
          .value_or(arguments.flag("data_dir").value_or("var") + "/load-accounts.jsonl");
  read_behaviour(reader, s);
  return s;
}

// One line that is written over on a terminal; elsewhere a line every ten seconds and at each
// part's begin.
class Screen {
 public:
  void show(const load::Moment& moment) {
    const auto now = std::chrono::steady_clock::now();
    if (is_terminal_) {
      fmt::print(stderr, "\r\x1b[K{} {:>3.0f} %  {}", moment.part, moment.done * 100, moment.text);
      std::fflush(stderr);
      used_ = true;
      return;
    }
    if (moment.part == part_ && now < next_) return;
    part_ = moment.part;
    next_ = now + std::chrono::seconds(10);
    fmt::print(stderr, "{} {:.0f} %  {}\n", moment.part, moment.done * 100, moment.text);
  }
  void finish() const {
    if (used_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  bool is_terminal_ = ::isatty(STDERR_FILENO) != 0;
  bool used_ = false;
  std::string part_;
  std::chrono::steady_clock::time_point next_;
};

std::atomic<bool> stop_requested{false};
void on_signal(int) {
  stop_requested.store(true);
  ::signal(SIGINT, SIG_DFL);  // a second one ends it at once
}

bool write_report(const std::optional<std::string>& path, const std::string& text) {
  if (!path) return true;
  std::ofstream out(*path, std::ios::binary);
  out << text;
  out.close();
  if (out) return true;
  fmt::print(stderr, "ruck load: {} cannot be written\n", *path);
  return false;
}

// A scenario with a report of its own: its table on the screen, its JSON where it was asked for.
template <class Run>
int run_apart(const std::optional<std::string>& json_path, Run run) {
  Screen screen;
  const auto report = run([&](const load::Moment& moment) { screen.show(moment); });
  screen.finish();
  if (!report) {
    fmt::print(stderr, "ruck load: {}\n", report.error().client_text());
    return 1;
  }
  fmt::print("{}", load::to_table(**report));
  const bool is_written = write_report(json_path, load::to_json(**report));
  return (*report)->problems.empty() && is_written ? 0 : 1;
}
}  // namespace

int load(Arguments arguments) {
  const auto unknown = arguments.unknown_flag(kFlags);
  if (unknown || !arguments.words().empty() || arguments.has("help")) {
    if (unknown) fmt::print(stderr, "ruck load: there is no flag --{}\n", *unknown);
    print_usage();
    return arguments.has("help") ? 0 : 2;
  }
  Reader reader(arguments);
  const load::LoadSettings settings = read_settings(arguments, reader);
  load::BrowseSettings browse;
  browse.per_second = static_cast<double>(reader.count("rate", 1, kRateMax).value_or(200));
  load::LiveSettings live;
  live.viewers = reader.count("viewers", 1, kUsersMax).value_or(live.viewers);
  if (const auto text = arguments.flag("viewers_url")) {
    if (auto url = http::parse_url(*text)) {
      live.url = std::move(*url);
    } else {
      reader.problems.emplace_back(url.error().client_text());
    }
  }
  live.idle = reader.count("idle", 1, kUsersMax).value_or(0);
  live.update_every = settings.batch_every.value_or(live.update_every);
  for (const std::string& problem : reader.problems) fmt::print(stderr, "ruck load: {}\n", problem);
  if (!reader.problems.empty()) return 2;
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, on_signal);
  ::signal(SIGTERM, on_signal);
  if (settings.scenario == "live") {
    return run_apart(arguments.flag("json"), [&](const load::OnMoment& on_moment) {
      return load::run_live(settings, live, on_moment, stop_requested);
    });
  }
  if (settings.scenario == "browse") {
    return run_apart(arguments.flag("json"), [&](const load::OnMoment& on_moment) {
      return load::run_browse(settings, browse, on_moment, stop_requested);
    });
  }
  Screen screen;
  const auto report = load::run_load(
      settings, [&](const load::Moment& moment) { screen.show(moment); }, stop_requested);
  screen.finish();
  if (!report) {
    fmt::print(stderr, "ruck load: {}\n", report.error().client_text());
    return 1;
  }
  fmt::print("{}", load::to_table(*report));
  const bool wrote_json = write_report(arguments.flag("json"), load::to_json(*report));
  const bool wrote_html = write_report(arguments.flag("html"), load::to_html(*report));
  return report->problems.empty() && wrote_json && wrote_html ? 0 : 1;
}

}  // namespace ruck::app
