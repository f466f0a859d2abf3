// The hub against both databases without HTTP, with the order of things in the test's hand: while
// its only core is held, a reply of the database waits and the world goes on.
#include "services/live/hub.hpp"

#include "bus/in_process.hpp"
#include "http/json/tree.hpp"
#include "services/people/store.hpp"
#include "services/profile/store.hpp"
#include "services/profile/topics.hpp"
#include "services/rucks/recording/ingest.hpp"
#include "services/rucks/recording/topics.hpp"
#include "support/databases.hpp"
#include "support/run.hpp"
#include "support/until.hpp"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <thread>

namespace ruck::live {
namespace {
using namespace std::chrono_literals;
constexpr std::int64_t kStartMs = 1'763'790'000'000;
constexpr double kDegreesPerMetre = 1 / 111'195.0;

// Remembers what it is sent.
class Ear final : public Member {
 public:
  void deliver(const http::Frame& frame) override { keep(*frame); }
  void deliver_latest(std::uint64_t, const http::Frame& frame) override { keep(*frame); }
  void ended(RuckId, const Error& why) override {
    const std::lock_guard lock(mutex_);
    ended_.push_back(why.code);
    changed_.notify_all();
  }
  void signed_out() override {}

  std::size_t heard() {
    const std::lock_guard lock(mutex_);
    return frames_.size();
  }
  // How many of the places in what was heard lie between two distances north of the start.
  std::size_t places_between(double from_m, double to_m) {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    const auto look = [&](const json::Tree& place, const char* name) {
      if (!place.has(name)) return;
      const double at_m = (place[name].number() - 47) / kDegreesPerMetre;
      count += at_m > from_m && at_m < to_m ? 1 : 0;
    };
    for (const std::string& frame : frames_) {
      const json::Tree data = json::Tree::parse(frame.substr(frame.find('{')))["data"];
      look(data["current_location"], "latitude");
      for (const json::Tree& point : data["points"].items()) look(point, "lat");
      for (const json::Tree& piece : data["route_pieces"].items()) {
        for (const json::Tree& point : piece.items()) look(point, "lat");
      }
    }
    return count;
  }
  bool wait_for_frames(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return frames_.size() >= count; });
  }
  std::optional<ErrorCode> wait_for_end() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 20s, [&] { return !ended_.empty(); });
    return ended_.empty() ? std::nullopt : std::optional(ended_.front());
  }

 private:
  void keep(std::string_view frame) {
    const std::lock_guard lock(mutex_);
    frames_.emplace_back(frame);
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> frames_;
  std::vector<ErrorCode> ended_;
};

// Keeps the news of rucks back when it is told to.
class HoldingBus final : public bus::Bus {
 public:
  [[nodiscard]] bool is_wanted(std::string_view topic) const override {
    return bus_.is_wanted(topic);
  }
  void publish(std::string_view topic, std::string payload) override {
    {
      const std::lock_guard lock(mutex_);
      if (is_holding_ && topic.starts_with("ruck:")) {
        held_.emplace_back(topic, std::move(payload));
        return;
      }
    }
    bus_.publish(topic, std::move(payload));
  }
  [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string topic,
                                                        bus::Receiver receiver) override {
    return bus_.subscribe(std::move(topic), std::move(receiver));
  }
  [[nodiscard]] bool is_proven() const override { return is_proven_; }
  void lose_proof() { is_proven_ = false; }
  void hold() {
    const std::lock_guard lock(mutex_);
    is_holding_ = true;
  }
  void tell_held() {
    std::vector<std::pair<std::string, std::string>> held;
    {
      const std::lock_guard lock(mutex_);
      is_holding_ = false;
      held.swap(held_);
    }
    for (auto& [topic, payload] : held) bus_.publish(topic, std::move(payload));
  }

 private:
  bus::InProcessBus bus_;
  std::mutex mutex_;
  bool is_holding_ = false;
  std::atomic<bool> is_proven_{true};
  std::vector<std::pair<std::string, std::string>> held_;
};

class HubTest : public test::OnBothDatabases {
 protected:
  void SetUp() override {
    migrate();
    cores_.start();
    hub_.emplace(Hub::Dependencies{.bus = bus_,
                                   .database = database(),
                                   .cores = cores_,
                                   .clock = clock_,
                                   .metrics = metrics_});
    revisions_ = std::make_unique<cache::Revisions>(database());
    ingest_ = std::make_unique<rucks::Ingest>(rucks::Ingest::Dependencies{
        .database = database(),
        .bus = bus_,
        .partitions = partitions_,
        .revisions = *revisions_,
        .clock = clock_,
        .metrics = metrics_,
    });
    clock_.set(to_us(utc_ms(kStartMs + 3'600'000)));
    ASSERT_TRUE(database().write_now([&](db::Session& q) {
      for (const UserId user : {anna_, berta_}) {
        profile::UserRow row{.id = user,
                             .email = user.value().to_string() + "@example.org",
                             .username = user == anna_ ? "anna" : "berta"};
        profile::store::insert(q, row, "0123456789abcdef0123456789abcdef");
      }
      people::store::follow(q, {berta_, anna_}, utc_us(1));
      people::store::follow(q, {anna_, berta_}, utc_us(1));
      rucks::RuckRow ruck{{.user_id = anna_, .id = ruck_, .status = "in_progress"}};
      ruck.visibility = "public";
      ruck.started_at = to_us(utc_ms(kStartMs));
      rucks::store::insert(q, ruck);
    }));
  }
  void TearDown() override {
    hub_->stop();
    group_.join();
    ingest_.reset();
    cores_.stop_and_join();
    hub_.reset();
    OnBothDatabases::TearDown();
  }

  template <class T>
  T run(task<T> work) {
    const auto promise = std::make_shared<std::promise<T>>();
    std::future<T> result = promise->get_future();
    group_.spawn(cores_.at(0), carry(std::move(work), promise));
    return result.get();
  }
  // Points to the north, 10 m and 7 s apart; by their numbers.
  void walk(int from, int to) {
    std::vector<rucking::TrackPoint> points;
    for (int i = from; i < to; ++i) {
      const double lat = 47 + 10 * i * kDegreesPerMetre;
      points.push_back({.time_ms = kStartMs + i * 7000,
                        .lat_e7 = static_cast<std::int32_t>(std::llround(lat * 1e7)),
                        .lng_e7 = 80'000'000});
    }
    ASSERT_TRUE(run(ingest_->add_points({anna_, ruck_}, std::move(points))));
  }
  void watch() { run(watching()); }
  void change_behind_an_answer(const std::function<void()>& change);
  void put_zone(double at_m, double radius_m) {
    const people::store::ZoneRow zone{.id = people::ZoneId(Uuid::make_v7(utc_ms(++zones_))),
                                      .name = "zone",
                                      .lat = 47 + at_m * kDegreesPerMetre,
                                      .lng = 8,
                                      .radius_m = radius_m,
                                      .created_at = utc_us(zones_)};
    ASSERT_TRUE(
        database().write_now([&](db::Session& q) { people::store::put_zone(q, anna_, zone); }));
  }

  // What has been posted to the core, and what that posts, has run.
  void settle() {
    constexpr int kTurns = 20;
    for (int i = 0; i < kTurns; ++i) {
      std::promise<void> reached;
      boost::asio::post(cores_.at(0).io(), [&] { reached.set_value(); });
      reached.get_future().wait();
    }
  }
  // Holds the core: what comes for it waits.
  class CoreHold {
   public:
    explicit CoreHold(runtime::Core& core) {
      boost::asio::post(core.io(), [this] {
        reached_.set_value();
        release_.get_future().wait();
      });
      reached_.get_future().wait();
    }
    ~CoreHold() { release_.set_value(); }
    CoreHold(const CoreHold&) = delete;
    CoreHold& operator=(const CoreHold&) = delete;

   private:
    std::promise<void> reached_;
    std::promise<void> release_;
  };
  // Holds the readers of the database: what is asked waits.
  void hold_reads(const std::shared_future<void>& released) {
    constexpr int kMoreThanThereAre = 32;
    for (int i = 0; i < kMoreThanThereAre; ++i) {
      group_.spawn(cores_.at(0), hold_read(released));
    }
    settle();
  }
  std::int64_t times_read(const std::string& statement) {
    const std::string all = metrics_.render();
    const std::string head = "ruck_db_statement_seconds_count{statement=\"" + statement + "\"} ";
    const std::size_t at = all.find(head);
    return at == std::string::npos ? 0 : std::stoll(all.substr(at + head.size()));
  }
  // Until the database has answered: its answer waits for the core.
  void wait_for_read(const std::string& statement, std::int64_t count) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (times_read(statement) < count && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    ASSERT_GE(times_read(statement), count);
  }

  UserId anna_{Uuid::make_v7(utc_ms(kStartMs))};
  UserId berta_{Uuid::make_v7(utc_ms(kStartMs + 1))};
  RuckId ruck_{20'000'000'000'000};
  runtime::Cores cores_{1};
  HoldingBus bus_;
  std::optional<Hub> hub_;
  Ear ear_;

 private:
  task<> watching() {
    const auto joined = co_await hub_->join({.user = berta_}, 1, ruck_, std::nullopt);
    EXPECT_TRUE(joined) << joined.error().client_text();
    if (!joined) co_return;
    ear_.deliver(joined->snapshot);
    hub_->attach(ruck_, {.member = &ear_, .id = 1}, *joined);
  }
  task<> hold_read(std::shared_future<void> released) {
    EXPECT_TRUE(co_await database().read([released](db::Session&) { released.wait(); }));
  }
  template <class T>
  static task<> carry(task<T> work, std::shared_ptr<std::promise<T>> promise) {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(work);
      promise->set_value();
    } else {
      promise->set_value(co_await std::move(work));
    }
  }
  std::unique_ptr<cache::Revisions> revisions_;
  rucks::RecentPartitions partitions_;
  std::unique_ptr<rucks::Ingest> ingest_;
  std::int64_t zones_ = 0;
  runtime::TaskGroup group_{"test", [](std::string_view, const std::exception_ptr& failure) {
                              std::rethrow_exception(failure);
                            }};
};

// Runs `change` after the hub has read the owner's zones for a change before it, and before that
// answer reaches the hub.
void HubTest::change_behind_an_answer(const std::function<void()>& change) {
  bus_.hold();
  walk(200, 260);
  const std::int64_t read = times_read("people.owner_privacy");
  put_zone(9000, 100);  // far away
  std::promise<void> release;
  hold_reads(release.get_future().share());
  profile::publish_privacy(bus_, anna_);
  settle();  // it has asked
  bus_.tell_held();
  settle();  // and has the points
  {
    const CoreHold core(cores_.at(0));
    release.set_value();
    wait_for_read("people.owner_privacy", read + 1);
    change();
  }
}

// Two quick edits: what was read for the first came back after the second had been saved, and was
// published.
TEST_P(HubTest, ZonesThatWereReadBeforeTheLastEditAreNotShown) {
  walk(0, 200);
  watch();
  change_behind_an_answer([&] {
    put_zone(2500, 600);
    profile::publish_privacy(bus_, anna_);
  });
  const std::size_t before = ear_.heard();
  walk(260, 640);
  ASSERT_TRUE(ear_.wait_for_frames(before + 1));
  EXPECT_TRUE(test::until([&] { return ear_.places_between(4700, 6400) > 0; }))
      << "beyond its circle she is seen again";
  EXPECT_EQ(ear_.places_between(1995, 3100), 0U) << "in the zone, all saved before it was shown";
}

// The same with who may see in the place of what.
TEST_P(HubTest, WhoHasPartedMeanwhileIsNotShownTheAnswer) {
  walk(0, 200);
  watch();
  change_behind_an_answer([&] {
    ASSERT_TRUE(
        database().write_now([&](db::Session& q) { people::store::unfollow(q, {anna_, berta_}); }));
    profile::publish_parted(bus_, anna_, berta_);
  });
  EXPECT_EQ(ear_.wait_for_end(), ErrorCode::kForbidden);
  walk(260, 400);
  settle();
  EXPECT_EQ(ear_.places_between(1995, 5000), 0U) << "mutual no longer";
}

TEST_P(HubTest, ARuckMadePrivateMeanwhileIsNotShown) {
  walk(0, 200);
  watch();
  change_behind_an_answer([&] {
    ASSERT_TRUE(database().write_now([&](db::Session& q) {
      rucks::RuckRow row = *rucks::store::find(q, {anna_, ruck_});
      row.visibility = "private";
      rucks::store::update(q, row);
    }));
    rucks::publish_changed(bus_, ruck_);
  });
  EXPECT_EQ(ear_.wait_for_end(), ErrorCode::kRuckNotFound);
  EXPECT_EQ(ear_.places_between(1995, 5000), 0U);
}

// What the bus missed while it was gone: after the gap everybody is asked about again.
TEST_P(HubTest, AfterAGapOfTheBusWhoHasPartedMeanwhileIsToldAndShownNothing) {
  walk(0, 200);
  watch();
  ASSERT_TRUE(
      database().write_now([&](db::Session& q) { people::store::unfollow(q, {anna_, berta_}); }));
  walk(200, 210);
  ASSERT_TRUE(ear_.wait_for_frames(2)) << "nobody has told the hub";
  bus_.publish(bus::kGap, {});
  walk(210, 400);
  EXPECT_EQ(ear_.wait_for_end(), ErrorCode::kForbidden);
  settle();
  EXPECT_EQ(ear_.places_between(2100, 5000), 0U);
}

TEST_P(HubTest, AfterAGapOfTheBusThePointsItMissedAreShown) {
  walk(0, 200);
  watch();
  bus_.hold();
  walk(200, 300);
  const std::size_t before = ear_.heard();
  bus_.publish(bus::kGap, {});
  ASSERT_TRUE(ear_.wait_for_frames(before + 1));
  EXPECT_GT(ear_.places_between(2500, 3000), 0U) << "which is where she is";
}

// Another process may have changed it, and nobody tells: the database does.
class HubLooksTest : public HubTest {
 protected:
  void SetUp() override {
    HubTest::SetUp();
    bus_.lose_proof();
    hub_->start();
    walk(0, 200);
    watch();
  }
};

TEST_P(HubLooksTest, WhoHasPartedIsToldWithoutTheBus) {
  ASSERT_TRUE(
      database().write_now([&](db::Session& q) { people::store::unfollow(q, {anna_, berta_}); }));
  EXPECT_EQ(ear_.wait_for_end(), ErrorCode::kForbidden);
}

TEST_P(HubLooksTest, ARuckMadePrivateIsClosedWithoutTheBus) {
  ASSERT_TRUE(database().write_now([&](db::Session& q) {
    rucks::RuckRow row = *rucks::store::find(q, {anna_, ruck_});
    row.visibility = "private";
    rucks::store::update(q, row);
  }));
  EXPECT_EQ(ear_.wait_for_end(), ErrorCode::kRuckNotFound);
}

TEST_P(HubLooksTest, AZoneHidesWithoutTheBus) {
  const std::int64_t looked = times_read("live.rooms_now");
  put_zone(3000, 600);
  ASSERT_TRUE(
      database().write_now([&](db::Session& q) { people::begin_refresh(q, anna_, clock_.now()); }));
  // A look that finds it, and what is read then.
  ASSERT_TRUE(test::until([&] { return times_read("live.rooms_now") >= looked + 3; }));
  settle();
  walk(200, 640);
  EXPECT_TRUE(test::until([&] { return ear_.places_between(5000, 6400) > 0; }))
      << "beyond its circle she is seen again";
  EXPECT_EQ(ear_.places_between(2400, 3600), 0U);
}

// A room of which nothing has changed is neither closed nor read again.
TEST_P(HubLooksTest, WhatIsAsItWasGoesOn) {
  const std::int64_t tracks = times_read("rucks.find_progress");
  const std::int64_t looked = times_read("live.rooms_now");
  ASSERT_TRUE(test::until([&] { return times_read("live.rooms_now") >= looked + 2; }));
  EXPECT_EQ(times_read("rucks.find_progress"), tracks);
  const std::size_t before = ear_.heard();
  walk(200, 210);
  EXPECT_TRUE(ear_.wait_for_frames(before + 1));
}

// A figure for docs/performance.md: what looks at a thousand sockets cost the database.
class HubLooksCost : public HubTest {
 protected:
  static constexpr std::int64_t kSockets = 1000;
  static constexpr std::int64_t kLooks = 3;

  double seconds_of(const std::string& statement) {
    const std::string all = metrics_.render();
    const std::string head = "ruck_db_statement_seconds_sum{statement=\"" + statement + "\"} ";
    const std::size_t at = all.find(head);
    return at == std::string::npos ? 0 : std::stod(all.substr(at + head.size()));
  }
  // Everybody follows everybody's rucks that they watch; each of `owners` walks.
  void make_people(std::int64_t owners) {
    std::vector<UserId> users;
    ASSERT_TRUE(database().write_now([&](db::Session& q) {
      for (std::int64_t i = 0; i < kSockets; ++i) {
        users.emplace_back(Uuid::make_v7(utc_ms(kStartMs + 1000 + i)));
        const std::string name = "user" + std::to_string(i);
        profile::store::insert(
            q, {.id = users.back(), .email = name + "@example.org", .username = name},
            "0123456789abcdef0123456789abcdef");
      }
      for (std::int64_t i = 0; i < owners; ++i) {
        const RuckId id(ruck_.value() + 1 + i);
        const UserId owner = users[static_cast<std::size_t>(i)];
        rucks::RuckRow ruck{{.user_id = owner, .id = id, .status = "in_progress"}};
        ruck.visibility = "public";
        ruck.started_at = to_us(utc_ms(kStartMs));
        rucks::store::insert(q, ruck);
        rucks_.push_back(id);
      }
      for (std::size_t i = 0; i < users.size(); ++i) {
        const UserId owner = users[(i + 1) % static_cast<std::size_t>(owners)];
        if (owner != users[i]) people::store::follow(q, {users[i], owner}, utc_us(1));
        if (owner != users[i]) people::store::follow(q, {owner, users[i]}, utc_us(1));
      }
    }));
    for (std::size_t i = 0; i < users.size(); ++i) {
      const RuckId ruck = rucks_[(i + 1) % rucks_.size()];
      ASSERT_TRUE(run(hub_->join({.user = users[i]}, i + 10, ruck, std::nullopt)));
    }
  }
  void measure(std::int64_t owners) {
    make_people(owners);
    bus_.lose_proof();
    const auto total = [this] {
      double seconds = 0;
      std::int64_t times = 0;
      for (const char* name : {"live.rooms_now", "live.pairs_now"}) {
        seconds += seconds_of(name);
        times += times_read(name);
      }
      return std::pair(seconds, times);
    };
    const std::int64_t shares = (owners + static_cast<std::int64_t>(kRoomsPerLook) - 1) /
                                static_cast<std::int64_t>(kRoomsPerLook);
    const auto before = total();
    hub_->start();
    ASSERT_TRUE(test::until([&] { return times_read("live.rooms_now") >= kLooks * shares; }));
    settle();
    const auto after = total();
    std::printf("%lld sockets, %lld rooms: %.1f statements, %.1f ms of the database a look\n",
                static_cast<long long>(kSockets), static_cast<long long>(owners),
                static_cast<double>(after.second - before.second) / kLooks,
                (after.first - before.first) * 1000 / kLooks);
  }

 private:
  std::vector<RuckId> rucks_;
};

TEST_P(HubLooksCost, DISABLED_OfOneRoom) { measure(1); }
TEST_P(HubLooksCost, DISABLED_OfTwentyRooms) { measure(20); }
TEST_P(HubLooksCost, DISABLED_OfAThousandRooms) { measure(1000); }

RUCK_ON_BOTH_DATABASES(HubTest);
// The embedded database has no other process.
INSTANTIATE_TEST_SUITE_P(Databases, HubLooksTest, test::postgres_alone(), test::name_of);
INSTANTIATE_TEST_SUITE_P(Databases, HubLooksCost, test::postgres_alone(), test::name_of);

}  // namespace
}  // namespace ruck::live
