#include "app/cli.hpp"
#include "base/clock.hpp"
#include "base/embedded.hpp"
#include "base/text.hpp"
#include "db/migrations.hpp"
#include "db/open.hpp"
#include "gpx/recording.hpp"
#include "load/accounts.hpp"
#include "population/population.hpp"
#include "rucking/simulate.hpp"
#include "services/auth/passwords.hpp"
#include "services/auth/service.hpp"
#include "services/auth/token_upkeep.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <cmath>

namespace ruck::app {
namespace {
constexpr std::string_view kUsage =
    "usage: ruck simulate [--km N] [--load-kg N] [--speed M_PER_S] [--seed N] [--hill-m N] "
    "[--stops-per-hour N]\n"
    "                     [--lat D --lng D] [--start TIME] [--every-second] > ruck.gpx\n"
    "       ruck simulate --population USERS[,RUCKS_PER_USER] [--tracks N] [--follows N] [--star]\n"
    "                     [--accounts FILE] [--seed N] [--token-days 30] [--password P] "
    "[--database-url URL]\n"
    "fills a database, while no server has it open, with users who have a past; their tokens go\n"
    "into FILE (var/load-accounts.jsonl), where `ruck load` finds them; with --star all others "
    "follow\n"
    "the first of them\n";
constexpr std::size_t kUsersMax = 10'000'000;
constexpr std::size_t kRucksPerUserMax = 10'000;
constexpr std::size_t kTracksMax = 1'000'000;
constexpr std::size_t kFollowsMax = 5000;    // of one user
constexpr std::size_t kTokenDaysMax = 90;    // then the key that signs them is gone
constexpr std::size_t kPostgresWriters = 4;  // SQLite has one writer whatever we do

double number_flag(const Arguments& arguments, std::string_view name, double fallback) {
  const auto text = arguments.flag(name);
  return text ? parse_double(*text).value_or(std::nan("")) : fallback;
}

int print_error(std::string_view what) {
  fmt::print(stderr, "ruck simulate: {}\n", what);
  return 1;
}
int complain_of_usage(std::string_view what) {
  fmt::print(stderr, "ruck simulate: {}\n{}", what, kUsage);
  return 2;
}

std::optional<std::size_t> count_in(std::optional<std::string> text, std::size_t fallback,
                                    std::size_t max) {
  if (!text) return fallback;
  const auto number = parse_number<std::size_t>(*text);
  return number && *number <= max ? number : std::nullopt;
}

struct PopulationFlags {
  population::Settings settings;
  std::string accounts_path;
  std::string password;
};

// Takes the flags that are not settings of the server.
std::optional<PopulationFlags> take_flags(Arguments& arguments) {
  const std::string what = arguments.take("population").value_or("");
  const std::size_t comma = what.find(',');
  const auto users = count_in(what.substr(0, comma), 0, kUsersMax);
  const auto rucks = comma == std::string::npos
                         ? std::optional<std::size_t>(0)
                         : count_in(what.substr(comma + 1), 0, kRucksPerUserMax);
  const auto tracks = count_in(arguments.take("tracks"), 0, kTracksMax);
  const auto follows = count_in(arguments.take("follows"), 0, kFollowsMax);
  const auto seed = count_in(arguments.take("seed"), 1, ~std::size_t{0});
  const bool has_star = arguments.take("star").has_value();
  const auto days = count_in(arguments.take("token_days"), 30, kTokenDaysMax);
  const std::string folder = arguments.flag("data_dir").value_or("var");
  PopulationFlags out{
      .accounts_path = arguments.take("accounts").value_or(folder + "/load-accounts.jsonl"),
      .password = arguments.take("password").value_or("")};
  if (!users || *users == 0 || !rucks || !tracks || !follows || !seed || !days || *days == 0) {
    return std::nullopt;
  }
  out.settings.users = *users;
  out.settings.rucks_per_user = *rucks;
  out.settings.tracks = *tracks;
  out.settings.follows_per_user = *follows;
  out.settings.has_star = has_star;
  out.settings.seed = *seed;
  out.settings.token_lifetime = std::chrono::days(static_cast<int>(*days));
  return out;
}

Result<population::Population> fill(const runtime::Config& config, const PopulationFlags& flags) {
  telemetry::Metrics metrics;
  const SystemClock clock;
  auto database = db::open({.url = config.database_url, .fills = true}, metrics);
  if (!database) return fail(std::move(database).error());
  const auto migrated = db::migrate(**database, clock, embedded::migrations());
  if (!migrated) return fail(migrated.error());
  auth::Tokens tokens;
  if (Result<> loaded = auth::load_keys(**database, tokens, config.token_keys, clock.now());
      !loaded) {
    return fail(std::move(loaded).error());
  }
  population::Settings settings = flags.settings;
  settings.password_hash =
      flags.password.empty() ? std::string(auth::kNoPassword) : auth::hash_password(flags.password);
  settings.writers = (*database)->is_exclusive() ? 1 : kPostgresWriters;
  const bool is_terminal = ::isatty(STDERR_FILENO) != 0;
  auto people = population::populate(**database, tokens, clock, settings, [&](std::size_t users) {
    if (is_terminal) fmt::print(stderr, "\r{} of {} users", users, settings.users);
  });
  if (is_terminal) fmt::print(stderr, "\r\x1b[K");
  (*database)->close();
  return people;
}

int simulate_population(Arguments arguments) {
  const auto flags = take_flags(arguments);
  if (!flags) {
    return complain_of_usage(
        "--population, --tracks, --follows, --seed and --token-days must be numbers");
  }
  if (!arguments.words().empty()) return complain_of_usage("too many words");
  const auto config = config_from(arguments);
  if (!config) return 2;
  if (sodium_init() < 0) return print_error("libsodium cannot be used");
  const auto began = std::chrono::steady_clock::now();
  const auto filled = fill(*config, *flags);
  if (!filled) {
    if (!filled.error().detail.empty()) print_error(filled.error().detail);
    return print_error(filled.error().client_text());
  }
  const double took_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::vector<load::LoadAccount> accounts;
  for (const population::Account& account : filled->accounts) {
    accounts.push_back(
        {.email = account.email, .user_id = account.user_id, .token = account.token});
  }
  const Result<> kept = load::write_accounts(flags->accounts_path, accounts);
  if (!kept) return print_error(kept.error().client_text());
  fmt::print(
      "{} users, {} rucks, {} of them with {} points, {} follows, in {:.1f} s; tokens in {}\n",
      filled->accounts.size(), filled->rucks, filled->tracks, filled->points, filled->follows,
      took_s, flags->accounts_path);
  return 0;
}

int simulate_gpx(const Arguments& arguments) {
  const auto unknown =
      arguments.unknown_flag({"km", "load_kg", "speed", "seed", "hill_m", "stops_per_hour", "lat",
                              "lng", "start", "every_second"});
  if (unknown || !arguments.words().empty()) {
    if (unknown) fmt::print(stderr, "ruck simulate: there is no flag --{}\n", *unknown);
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  rucking::SimulationSettings settings;
  settings.length_m = number_flag(arguments, "km", 8) * 1000;
  settings.load_kg = number_flag(arguments, "load_kg", 15);
  settings.speed_m_per_s = number_flag(arguments, "speed", settings.speed_m_per_s);
  settings.hill_height_m = number_flag(arguments, "hill_m", settings.hill_height_m);
  settings.stops_per_hour = number_flag(arguments, "stops_per_hour", settings.stops_per_hour);
  settings.start.lat_deg = number_flag(arguments, "lat", settings.start.lat_deg);
  settings.start.lng_deg = number_flag(arguments, "lng", settings.start.lng_deg);
  settings.sampling = arguments.has("every_second")
                          ? rucking::SimulationSettings::Sampling::kEverySecond
                          : rucking::SimulationSettings::Sampling::kAdaptive;
  const auto start = parse_iso8601(arguments.flag("start").value_or("2026-06-01T08:00:00Z"));
  const double seed = number_flag(arguments, "seed", 1);
  if (!start || !std::isfinite(settings.length_m) || !(settings.speed_m_per_s > 0) ||
      !(seed >= 0)) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  settings.start_ms = start->time.time_since_epoch().count();
  rucking::RuckSimulator simulator(settings, static_cast<std::uint64_t>(seed));
  gpx::Document document{.creator = "ruck simulate",
                         .name = fmt::format("Simulated ruck {}", seed),
                         .time = start->time};
  document.segments.emplace_back();
  while (const auto fix = simulator.next()) {
    const rucking::TrackPoint& point = fix->point;
    document.segments[0].push_back({.lat_deg = static_cast<double>(point.lat_e7) / 1e7,
                                    .lng_deg = static_cast<double>(point.lng_e7) / 1e7,
                                    .time = utc_ms(point.time_ms),
                                    .altitude_m = point.altitude_m(),
                                    .accuracy_m = point.accuracy_m(),
                                    .speed_m_per_s = point.speed_m_per_s(),
                                    .heart_rate_bpm = fix->heart_rate
                                                          ? std::optional<int>(fix->heart_rate->bpm)
                                                          : std::nullopt});
  }
  fmt::print("{}", gpx::write(document));
  return 0;
}
}  // namespace

int simulate(Arguments arguments) {
  if (arguments.has("population")) return simulate_population(std::move(arguments));
  return simulate_gpx(arguments);
}

}  // namespace ruck::app
