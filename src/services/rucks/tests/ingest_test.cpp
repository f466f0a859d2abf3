// Ingest against both databases, without HTTP: schedules that a network would need luck for.
#include "services/rucks/recording/ingest.hpp"

#include "bus/in_process.hpp"
#include "db/migrations.hpp"
#include "services/profile/store.hpp"
#include "services/rucks/summary/settle.hpp"
#include "services/rucks/track/progress.hpp"
#include "services/rucks/track/track.hpp"
#include "support/databases.hpp"
#include "support/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <random>
#include <thread>

namespace ruck::rucks {
namespace {
using rucking::TrackPoint;

constexpr std::int64_t kStartMs = 1'763'790'000'000;

class IngestTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    migrate();
    revisions_ = std::make_unique<cache::Revisions>(database());
    key_ = {.user = UserId(Uuid::make_v7(utc_ms(kStartMs))), .ruck = RuckId(20'000'000'000'000)};
    ASSERT_TRUE(database().write_now([&](db::Session& q) {
      profile::UserRow user{.id = key_.user, .email = "a@example.org", .username = "anna"};
      profile::store::insert(q, user, "secret");
      RuckRow row{{.user_id = key_.user, .id = key_.ruck, .status = "in_progress"}};
      row.started_at = to_us(utc_ms(kStartMs));
      store::insert(q, row);
    }));
  }
  // A server's share: two of them over one database are two instances.
  std::unique_ptr<Ingest> instance() {
    RecentPartitions& partitions = partitions_.emplace_back();
    if (kind() == test::DatabaseKind::kPostgres) {
      partitions.set_current(database().write_now(make_partitions).value());
    }
    return std::make_unique<Ingest>(Ingest::Dependencies{.database = database(),
                                                         .bus = bus_,
                                                         .partitions = partitions,
                                                         .revisions = *revisions_,
                                                         .clock = clock_,
                                                         .metrics = metrics_});
  }
  Result<Stored> add(Ingest& ingest, std::vector<TrackPoint> points, std::size_t core = 0) {
    return cores_.run(ingest.add_points(key_, std::move(points)), core);
  }
  std::vector<TrackPoint> stored() {
    return *database().read_now([&](db::Session& q) {
      const auto progress = find_progress(q, key_);
      return load_track(q, key_, *progress)->points;
    });
  }
  rucking::Totals totals_of(const std::vector<TrackPoint>& points) {
    RuckRow row{{.user_id = key_.user, .id = key_.ruck}};
    Track track;
    track.points = points;
    return replay(row, track).engine.totals();
  }

  test::RunningCores cores_{4};
  bus::InProcessBus bus_;
  std::list<RecentPartitions> partitions_;  // one of each instance
  std::unique_ptr<cache::Revisions> revisions_;
  store::Key key_{};
};

// A walk that wanders, a fix a second.
std::vector<TrackPoint> walk(std::mt19937& random, int fixes) {
  std::normal_distribution<double> noise(0, 3e-6);
  std::vector<TrackPoint> points;
  for (int i = 0; i < fixes; ++i) {
    const auto quantised = rucking::quantise({.time_ms = kStartMs + 1000 * i,
                                              .lat_deg = 47 + 1.3e-5 * i + noise(random),
                                              .lng_deg = 8 + noise(random),
                                              .altitude_m = 400 + 20 * std::sin(i / 60.0),
                                              .accuracy_m = 5},
                                             kStartMs + 864'000'000);
    points.push_back(quantised->point);
  }
  return points;
}

// Batches that together hold every point at least once: cut at random places, some twice, some
// overlapping, some turned round.
std::vector<std::vector<TrackPoint>> schedule(std::mt19937& random,
                                              const std::vector<TrackPoint>& points) {
  std::vector<std::vector<TrackPoint>> batches;
  std::size_t from = 0;
  while (from < points.size()) {
    const std::size_t size = 1 + random() % 40;
    const std::size_t back = random() % 4 == 0 ? std::min<std::size_t>(from, random() % 20) : 0;
    const std::size_t to = std::min(points.size(), from + size);
    batches.emplace_back(points.begin() + static_cast<std::ptrdiff_t>(from - back),
                         points.begin() + static_cast<std::ptrdiff_t>(to));
    if (random() % 8 == 0) std::ranges::reverse(batches.back());
    if (random() % 5 == 0) batches.push_back(batches.back());
    from = to;
  }
  return batches;
}

// Mostly in order, as phones send; now and then far out of it.
void disturb(std::mt19937& random, std::vector<std::vector<TrackPoint>>& batches) {
  for (std::size_t i = 0; i + 1 < batches.size(); ++i) {
    if (random() % 6 == 0) std::swap(batches[i], batches[random() % batches.size()]);
  }
}

unsigned seed_of_test() {
  const char* given = std::getenv("RUCK_TEST_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                                         : std::random_device{}();
  std::cout << "RUCK_TEST_SEED=" << seed << "\n";
  return seed;
}

TEST_P(IngestTest, AnyScheduleGivesTheTrackAndTheTotalsOfAStraightOne) {
  std::mt19937 random(seed_of_test());
  const std::vector<TrackPoint> points = walk(random, 900);
  auto batches = schedule(random, points);
  disturb(random, batches);
  const auto ingest = instance();
  std::int64_t inserted = 0;
  std::int64_t sent = 0;
  std::int64_t duplicates = 0;
  for (const auto& batch : batches) {
    const Result<Stored> stored = add(*ingest, batch);
    ASSERT_TRUE(stored) << stored.error().detail;
    inserted += stored->inserted;
    duplicates += stored->duplicates;
    sent += static_cast<std::int64_t>(batch.size());
    if (random() % 10 == 0) ingest->forget(key_.ruck);  // as a restart does
  }
  EXPECT_EQ(inserted, 900);
  EXPECT_EQ(inserted + duplicates, sent);
  EXPECT_EQ(stored(), points);
  const rucking::Totals want = totals_of(points);
  const Result<Stored> last = add(*ingest, {points.back()});
  EXPECT_EQ(last->distance_m, want.distance_m) << "to the last bit";
  EXPECT_EQ(last->duration_s, want.active_s());
}

TEST_P(IngestTest, OfTwoPointsOfOneTimeTheFirstStays) {
  const auto ingest = instance();
  std::mt19937 random(7);
  const std::vector<TrackPoint> points = walk(random, 30);
  std::vector<TrackPoint> others = points;
  for (TrackPoint& point : others) point.lat_e7 += 5000;
  ASSERT_TRUE(add(*ingest, points));
  EXPECT_EQ(add(*ingest, others)->duplicates, 30);
  EXPECT_EQ(stored(), points);
}

// Versions were counted once: an instance whose queue held two writes could then meet the number
// that the other had reached meanwhile, and its second write went over the other's points.
TEST_P(IngestTest, TwoInstancesMayReceiveTheHalvesOfOneRuckInTurn) {
  std::mt19937 random(seed_of_test());
  const std::vector<TrackPoint> points = walk(random, 600);
  const auto a = instance();
  const auto b = instance();
  for (std::size_t from = 0; from < points.size(); from += 20) {
    Ingest& turn = (from / 20) % 2 == 0 ? *a : *b;
    const std::vector<TrackPoint> batch(points.begin() + static_cast<std::ptrdiff_t>(from),
                                        points.begin() + static_cast<std::ptrdiff_t>(from + 20));
    const Result<Stored> stored = add(turn, batch);
    ASSERT_TRUE(stored) << stored.error().detail;
    EXPECT_EQ(stored->inserted, 20);
  }
  EXPECT_EQ(stored(), points);
  EXPECT_EQ(add(*a, {points.back()})->distance_m, totals_of(points).distance_m);
}

TEST_P(IngestTest, TwoInstancesThatWriteAtOnceLoseNothingAndStoreNothingTwice) {
  std::mt19937 random(seed_of_test());
  const std::vector<TrackPoint> points = walk(random, 600);
  const std::vector<std::unique_ptr<Ingest>> instances = [&] {
    std::vector<std::unique_ptr<Ingest>> made;
    for (int i = 0; i < 2; ++i) made.push_back(instance());
    return made;
  }();
  std::atomic<std::int64_t> inserted{0};
  std::vector<std::thread> phones;
  for (std::size_t phone = 0; phone < 4; ++phone) {
    phones.emplace_back([&, phone] {
      for (std::size_t from = 0; from < points.size(); from += 25) {
        const std::vector<TrackPoint> batch(
            points.begin() + static_cast<std::ptrdiff_t>(from),
            points.begin() + static_cast<std::ptrdiff_t>(from + 25));
        for (;;) {  // as a phone does
          const Result<Stored> stored =
              cores_.run(instances[phone % 2]->add_points(key_, batch), phone);
          if (!stored) {
            EXPECT_EQ(stored.error().code, ErrorCode::kUnavailable) << stored.error().detail;
            continue;
          }
          inserted += stored->inserted;
          break;
        }
      }
    });
  }
  for (std::thread& phone : phones) phone.join();
  EXPECT_EQ(inserted, 600);
  EXPECT_EQ(stored(), points);
}

// The writer looked at its queue once more after the last answer had gone out: at shutdown the
// queue could be gone by then.
TEST_P(IngestTest, ItMayGoAwayAsSoonAsItsLastBatchIsAnswered) {
  std::mt19937 random(7);
  const std::vector<TrackPoint> points = walk(random, 200);
  for (const TrackPoint& point : points) {
    const auto ingest = instance();
    ASSERT_TRUE(add(*ingest, {point}));
  }
  EXPECT_EQ(stored(), points);
}

TEST_P(IngestTest, ABatchForARuckThatIsGoneIsNotFound) {
  const auto ingest = instance();
  std::mt19937 random(7);
  const std::vector<TrackPoint> points = walk(random, 30);
  ASSERT_TRUE(add(*ingest, {points.begin(), points.begin() + 10}));
  ASSERT_TRUE(database().write_now([&](db::Session& q) { remove_ruck(q, key_); }));
  const Result<Stored> late = add(*ingest, {points.begin() + 10, points.end()});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kRuckNotFound);
}

TEST_P(IngestTest, APointForACompletedRuckIsMergedAndCountsForTheDay) {
  const auto ingest = instance();
  std::mt19937 random(7);
  const std::vector<TrackPoint> points = walk(random, 300);
  ASSERT_TRUE(add(*ingest, {points.begin(), points.begin() + 200}));
  ASSERT_TRUE(database().write_now([&](db::Session& q) {
    RuckRow row = *store::find(q, key_);
    row.status = "completed";
    row.completed_at = to_us(utc_ms(kStartMs + 300'000));
    ASSERT_TRUE(merge_track(q, row, {}, clock_.now()));
  }));
  ingest->forget(key_.ruck);
  EXPECT_EQ(add(*ingest, {points.begin() + 200, points.end()})->inserted, 100);
  EXPECT_EQ(stored(), points);
  const auto row = *database().read_now([&](db::Session& q) { return store::find(q, key_); });
  EXPECT_EQ(row->status, "completed");
  EXPECT_DOUBLE_EQ(row->distance_m, totals_of(points).distance_m);
  const auto day = *database().read_now(
      [&](db::Session& q) { return store::sum_of_day(q, key_.user, *row->local_day); });
  EXPECT_DOUBLE_EQ(day.distance_m, row->distance_m);
}

RUCK_ON_BOTH_DATABASES(IngestTest);

}  // namespace
}  // namespace ruck::rucks
