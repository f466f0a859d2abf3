#include "population/population.hpp"

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/thread_safety.hpp"
#include "rucking/simulate.hpp"
#include "services/auth/service.hpp"
#include "services/people/bulk.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/bulk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <set>
#include <thread>

namespace ruck::population {
namespace {
constexpr std::size_t kRucksPerUnit = 2000;  // a transaction of some megabytes
constexpr std::size_t kUsersPerUnitMax = 500;
constexpr std::size_t kFollowersPerUnit = 500;
constexpr double kPastDays = 730;
constexpr double kPlaceSpreadDeg = 0.2;  // people ruck around where they live

constexpr auto kFirstNames = std::to_array<std::string_view>(
    {"Anna",  "Ben",   "Carla", "David", "Elif",  "Finn",  "Greta", "Hugo",    "Ines",
     "Jonas", "Klara", "Luca",  "Maja",  "Noah",  "Olga",  "Paul",  "Quentin", "Rosa",
     "Samir", "Thea",  "Uwe",   "Vera",  "Wanda", "Xaver", "Yusuf", "Zoe"});
constexpr auto kLastNames = std::to_array<std::string_view>(
    {"Adler",  "Berg",   "Conti",  "Dubois", "Egger", "Fischer", "Garcia", "Hansen",
     "Ivanov", "Jansen", "Keller", "Lopez",  "Meyer", "Novak",   "Olsen",  "Petit",
     "Rossi",  "Schmid", "Torres", "Urban",  "Vogel", "Weber",   "Young",  "Zimmer"});

struct Person {
  profile::NewUser user;
  std::vector<rucks::FinishedRuck> rucks;
  std::vector<rucking::SimulationSettings> recordings;
};

rucking::Position make_home(rucking::SeededRandom& random) {
  return {.lat_deg = random.uniform(44, 54), .lng_deg = random.uniform(0, 20)};
}

rucks::FinishedRuck make_ruck(rucking::SeededRandom& random, double body_kg, rucking::Position home,
                              UtcUs now) {
  const double age_s = random.uniform(1, kPastDays) * 86'400;
  const double distance_m = 1000 * std::clamp(std::exp(1.9 + 0.5 * random.normal()), 1.0, 60.0);
  const double speed = random.uniform(1.1, 1.7);
  const double load_kg = std::round(random.uniform(5, 25));
  const double gain_m = std::round(distance_m * random.uniform(0.002, 0.03));
  // About a kilocalorie for each kilogram and kilometre, which is what walking costs.
  const double kcal = std::round((body_kg + load_kg) * distance_m / 1000);
  return {.started_at = now - std::chrono::seconds(std::llround(age_s)) -
                        std::chrono::milliseconds(random.below(1000)),
          .duration_s = std::round(distance_m / speed),
          .distance_m = distance_m,
          .gain_m = gain_m,
          .loss_m = gain_m,
          .calories_kcal = kcal,
          .load_kg = load_kg,
          .place = {.lat_deg = home.lat_deg + kPlaceSpreadDeg * random.normal(),
                    .lng_deg = home.lng_deg + kPlaceSpreadDeg * random.normal()}};
}

rucking::SimulationSettings make_walk(rucking::SeededRandom& random, rucking::Position home,
                                      UtcUs now) {
  const double age_s = random.uniform(1, kPastDays) * 86'400;
  return {.start = home,
          .start_ms = to_ms(now).time_since_epoch().count() - std::llround(age_s * 1000),
          .length_m = random.uniform(3000, 12'000),
          .speed_m_per_s = random.uniform(1.1, 1.7),
          .sampling = rucking::SimulationSettings::Sampling::kAdaptive,
          .load_kg = std::round(random.uniform(5, 25))};
}

// Person `number` of a population: the same for the same seed.
Person make_person(const Settings& s, std::size_t number, const std::string& run, UtcUs now) {
  rucking::SeededRandom random(s.seed * 0x9e3779b97f4a7c15 + number);
  const std::string_view first = kFirstNames[random.below(kFirstNames.size())];
  const std::string_view last = kLastNames[random.below(kLastNames.size())];
  const double weight_kg = std::round(random.uniform(55, 100));
  Person person{.user = {.email = fmt::format("{}.{}.{}.{}@load.example", first, last, run, number),
                         .username = fmt::format("{} {} {}", first, last, number),
                         .weight_kg = weight_kg,
                         .height_cm = std::round(random.uniform(155, 200)),
                         .gender = random.chance(0.5) ? "female" : "male",
                         .prefer_metric = random.chance(0.7)}};
  const rucking::Position home = make_home(random);
  for (std::size_t i = 0; i < s.rucks_per_user; ++i) {
    person.rucks.push_back(make_ruck(random, weight_kg, home, now));
  }
  const std::size_t tracks = s.tracks / s.users + (number < s.tracks % s.users ? 1 : 0);
  for (std::size_t i = 0; i < tracks; ++i)
    person.recordings.push_back(make_walk(random, home, now));
  return person;
}

Result<std::size_t> add_walk(db::Session& q, const profile::UserRow& user,
                             const rucking::SimulationSettings& walk, std::uint64_t seed,
                             UtcUs now) {
  rucking::RuckSimulator simulator(walk, seed);
  std::vector<rucking::TrackPoint> points;
  std::vector<rucking::HeartRateSample> beats;
  while (const auto fix = simulator.next()) {
    points.push_back(fix->point);
    if (fix->heart_rate) beats.push_back(*fix->heart_rate);
  }
  const std::size_t count = points.size();
  const Result<> added =
      rucks::add_recording(q, user, walk.load_kg, std::move(points), std::move(beats), now);
  if (!added) return fail(added.error());
  return count;
}

// What one unit of work has written.
struct Written {
  std::vector<std::pair<UserId, std::string>> people;  // and their e-mail
  std::size_t points = 0;
};

Result<Written> write_people(db::Session& q, const Settings& settings,
                             std::span<const Person> people, std::uint64_t seed, UtcUs now) {
  Written out;
  for (const Person& person : people) {
    const profile::UserRow user = profile::create_user(q, person.user, now);
    const Result<> added =
        auth::add_account(q, user.id, person.user.email, settings.password_hash, now);
    if (!added) return fail(added.error());
    rucks::add_summaries(q, user, person.rucks, now);
    for (const rucking::SimulationSettings& walk : person.recordings) {
      const auto points = add_walk(q, user, walk, ++seed, now);
      if (!points) return fail(points.error());
      out.points += *points;
    }
    out.people.emplace_back(user.id, person.user.email);
  }
  return out;
}

// Several writers take one unit of people after the other.
class Filler {
 public:
  Filler(db::Database& database, const Clock& clock, const Settings& settings,
         const std::function<void(std::size_t)>& progress)
      : database_(database), clock_(clock), settings_(settings), progress_(progress) {}

  Result<Written> run() {
    {
      std::vector<std::jthread> writers;
      for (std::size_t i = 0; i < settings_.writers; ++i) writers.emplace_back([this] { work(); });
    }
    const Guard lock(mutex_);
    if (problem_) return fail(*problem_);
    return std::move(written_);
  }

 private:
  void work() {
    const std::size_t unit = std::clamp<std::size_t>(kRucksPerUnit / (settings_.rucks_per_user + 1),
                                                     1, kUsersPerUnitMax);
    for (;;) {
      const std::size_t from = next_.fetch_add(unit);
      if (from >= settings_.users) return;
      const UtcUs now = clock_.now();
      std::vector<Person> people;
      for (std::size_t i = from; i < std::min(from + unit, settings_.users); ++i) {
        people.push_back(make_person(settings_, i, run_, now));
      }
      Result<Written> written = database_.write_now([&](db::Session& q) {
        return write_people(q, settings_, people, settings_.seed + from, now);
      });
      const Guard lock(mutex_);
      if (!written) problem_ = written.error();
      if (problem_) return;
      written_.points += written->points;
      written_.people.insert(written_.people.end(), written->people.begin(), written->people.end());
      progress_(written_.people.size());
    }
  }

  db::Database& database_;
  const Clock& clock_;
  const Settings& settings_;
  const std::function<void(std::size_t)>& progress_;
  const std::string run_ = to_hex(random_bytes(4));  // a second population has other addresses
  std::atomic<std::size_t> next_{0};
  Mutex mutex_;
  Written written_ RUCK_GUARDED_BY(mutex_);
  std::optional<Error> problem_ RUCK_GUARDED_BY(mutex_);
};
// Whom one follows: the square of an even draw, so that a few have very many followers.
std::vector<people::BulkFollow> choose_follows(std::span<const UserId> people, std::size_t number,
                                               const Settings& s, UtcUs now) {
  rucking::SeededRandom random(s.seed * 0x9e3779b97f4a7c15 + ~number);
  std::set<std::size_t> chosen;
  if (s.has_star && number != 0) chosen.insert(0);
  const std::size_t wanted =
      std::min(std::max(s.follows_per_user, chosen.size()), people.size() - 1);
  while (chosen.size() < wanted) {
    const double even = random.uniform(0, 1);
    const auto other = static_cast<std::size_t>(even * even * static_cast<double>(people.size()));
    if (other != number && other < people.size()) chosen.insert(other);
  }
  std::vector<people::BulkFollow> follows;
  for (const std::size_t other : chosen) {
    const auto age = std::chrono::seconds(std::llround(random.uniform(0, kPastDays) * 86'400));
    follows.push_back({.follower = people[number], .followed = people[other], .at = now - age});
  }
  return follows;
}

Result<std::size_t> write_follows(db::Database& database, std::span<const UserId> people,
                                  const Settings& settings, UtcUs now) {
  std::size_t written = 0;
  for (std::size_t from = 0; from < people.size(); from += kFollowersPerUnit) {
    std::vector<people::BulkFollow> follows;
    for (std::size_t i = from; i < std::min(from + kFollowersPerUnit, people.size()); ++i) {
      const auto of_one = choose_follows(people, i, settings, now);
      follows.insert(follows.end(), of_one.begin(), of_one.end());
    }
    const auto added = database.write_now([&](db::Session& q) { people::add_follows(q, follows); });
    if (!added) return fail(added.error());
    written += follows.size();
  }
  const auto counted = database.write_now([](db::Session& q) { people::recount(q); });
  if (!counted) return fail(counted.error());
  return written;
}
}  // namespace

Result<Population> populate(db::Database& database, const auth::Tokens& tokens, const Clock& clock,
                            const Settings& settings,
                            const std::function<void(std::size_t users)>& progress) {
  auto written = Filler(database, clock, settings, progress).run();
  if (!written) return fail(written.error());
  std::ranges::sort(written->people);  // identities ascend with time
  std::vector<UserId> people;
  for (const auto& [user, email] : written->people) people.push_back(user);
  const bool has_follows = settings.follows_per_user > 0 || settings.has_star;
  const auto follows = !has_follows ? Result<std::size_t>(0)
                                    : write_follows(database, people, settings, clock.now());
  if (!follows) return fail(follows.error());
  // The planner must know how much there is now.
  const auto analysed = database.write_now([](db::Session& q) { q.run_script("ANALYZE"); });
  if (!analysed) return fail(analysed.error());
  Population out{.rucks = settings.users * settings.rucks_per_user + settings.tracks,
                 .tracks = settings.tracks,
                 .points = written->points,
                 .follows = *follows};
  const UtcUs now = clock.now();
  for (const auto& [user, email] : written->people) {
    const http::Viewer viewer{.user = user, .session = Uuid::make_v7(to_ms(now))};
    out.accounts.push_back({.email = email,
                            .user_id = user.value().to_string(),
                            .token = tokens.issue(viewer, now, settings.token_lifetime).token});
  }
  return out;
}

}  // namespace ruck::population
