// Revisions of several servers in one process, over a bus that can be cut, on a real PostgreSQL.
#include "cache/agreement.hpp"

#include "bus/in_process.hpp"
#include "cache/own_writes.hpp"
#include "cache/revisions.hpp"
#include "services/profile/store.hpp"
#include "support/databases.hpp"
#include "support/run.hpp"
#include "support/until.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>

namespace ruck::cache {
namespace {
using SteadyClock = std::chrono::steady_clock;

const db::Sql kBumpUnheard{"test.bump_unheard",
                           "UPDATE users SET revision = revision + 1 WHERE id = $1"};
const db::Sql kSetRevision{"test.set_revision", "UPDATE users SET revision = $2 WHERE id = $1"};
const db::Sql kDoubts{"test.count_doubts", "SELECT COUNT(*) FROM revision_doubts"};

// What one server has of a bus that it shares with another.
class SharedBus final : public bus::Bus {
 public:
  [[nodiscard]] bool is_wanted(std::string_view) const override { return true; }
  void publish(std::string_view topic, std::string payload) override {
    here_.publish(topic, payload);
    if (!is_cut && other != nullptr) other->here_.publish(topic, std::move(payload));
  }
  [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::string topic,
                                                        bus::Receiver receiver) override {
    return here_.subscribe(std::move(topic), std::move(receiver));
  }
  [[nodiscard]] bool is_proven() const override { return is_proven_; }
  [[nodiscard]] task<bool> all_have_heard() override { co_return !is_cut; }
  [[nodiscard]] std::uint64_t place() const override { return place_; }
  void distrust(bool is_split) override { is_split_ = is_split; }
  void tell_gap() { here_.publish(bus::kGap, {}); }

  SharedBus* other = nullptr;
  std::atomic<bool> is_cut = false;  // the other does not hear, and does not know
  std::atomic<bool> is_proven_ = true;
  std::atomic<std::uint64_t> place_ = 7;
  std::atomic<bool> is_split_ = false;

 private:
  bus::InProcessBus here_;
};

class AgreementTest : public test::OnBothDatabases {
 protected:
  struct Server {
    Server(db::Database& database, SharedBus& bus)
        : agreement({.database = database, .bus = bus, .metrics = metrics}),
          revisions(database, &agreement),
          own_writes(agreement) {}
    telemetry::Metrics metrics;
    Agreement agreement;
    Revisions revisions;
    OwnWrites own_writes;
  };
  void SetUp() override {
    migrate();
    bus_a_.other = &bus_b_;
    bus_b_.other = &bus_a_;
    a_ = std::make_unique<Server>(database(), bus_a_);
    b_ = std::make_unique<Server>(database(), bus_b_);
    looks_.start();
    a_->agreement.start(looks_.at(0));
    b_->agreement.start(looks_.at(1));
    ASSERT_TRUE(database().write_now([this](db::Session& q) {
      profile::store::insert(q, {.id = user_, .email = "a@example.org", .username = "anna"},
                             "0123456789abcdef");
    }));
    ASSERT_TRUE(both_believe());
  }
  void TearDown() override {
    if (a_) a_->agreement.stop();
    if (b_) b_->agreement.stop();
    looks_.stop_and_join();
    a_.reset();
    b_.reset();
    OnBothDatabases::TearDown();
  }
  bool both_believe() {
    return test::until([&] { return a_->agreement.term() && b_->agreement.term(); });
  }
  std::uint64_t seen_by(Server& server) {
    const auto revision = cores_.run(server.revisions.current(user_));
    EXPECT_TRUE(revision);
    return revision.value_or(0);
  }
  // By way of a server, as a request would.
  void set(Server& server, std::uint64_t revision) {
    EXPECT_TRUE(cores_.run(server.revisions.write(
        user_, [this, revision](db::Session& q) { q.execute(kSetRevision, user_, revision); })));
  }
  // Past all servers: who sees it has asked the database.
  void bump_unheard() {
    ASSERT_TRUE(database().write_now([this](db::Session& q) { q.execute(kBumpUnheard, user_); }));
  }
  bool remembers(Server& server) {
    const std::uint64_t before = seen_by(server);
    bump_unheard();
    return seen_by(server) == before;
  }
  task<> with_context(runtime::ContextPtr context, Server& server) {
    const runtime::ContextScope scope(std::move(context));
    EXPECT_TRUE(co_await server.revisions.current(user_));
  }
  std::int64_t doubts() {
    return *database().read_now([](db::Session& q) { return q.one<std::int64_t>(kDoubts); });
  }

  const UserId user_{Uuid(Uuid::Bytes{1, 2, 3})};
  test::RunningCores cores_{2};
  runtime::Cores looks_{2};
  SharedBus bus_a_;
  SharedBus bus_b_;
  std::unique_ptr<Server> a_;
  std::unique_ptr<Server> b_;
};

TEST_P(AgreementTest, WhatWasReadIsRememberedUntilAnyServerChangesIt) {
  EXPECT_TRUE(test::until([&] { return remembers(*a_) && remembers(*b_); }));
  set(*a_, 1'000);
  EXPECT_EQ(seen_by(*a_), 1'000U);
  EXPECT_EQ(seen_by(*b_), 1'000U);
  set(*b_, 2'000);
  EXPECT_EQ(seen_by(*a_), 2'000U);
  EXPECT_EQ(seen_by(*b_), 2'000U);
  EXPECT_EQ(doubts(), 0);
}

// ---- who has changed something (own_writes.hpp) -------------------------------------------------

TEST_P(AgreementTest, WhoHasChangedSomethingReadsItFromTheMomentTheOthersHeard) {
  const UserId other{Uuid(Uuid::Bytes{4})};
  const auto known_since = b_->own_writes.fresh_from(other);
  ASSERT_TRUE(known_since);
  EXPECT_LE(*known_since, SteadyClock::now());
  const auto before = SteadyClock::now();
  cores_.run(a_->own_writes.note(user_));
  for (Server* server : {a_.get(), b_.get()}) {
    const auto from = server->own_writes.fresh_from(user_);
    ASSERT_TRUE(from);
    EXPECT_GE(*from, before);
    EXPECT_LE(*from, SteadyClock::now());
  }
  EXPECT_EQ(b_->own_writes.fresh_from(other), known_since) << "they have changed nothing";
}

TEST_P(AgreementTest, WhileServersDoNotAgreeOnlyTheNewestWillDo) {
  ASSERT_TRUE(b_->own_writes.fresh_from(user_));
  bus_b_.is_proven_ = false;
  EXPECT_FALSE(b_->own_writes.fresh_from(user_));
  const auto before = SteadyClock::now();
  bus_b_.tell_gap();
  bus_b_.is_proven_ = true;
  const auto again = b_->own_writes.fresh_from(user_);
  ASSERT_TRUE(again);
  EXPECT_GE(*again, before) << "what came before may not have been heard";
}

// A replica that is behind must not give the data of an older revision.
TEST_P(AgreementTest, WhatIsReadUnderARevisionIsAtLeastAsNew) {
  const auto floor_after = [this](Server& server) {
    auto context = std::make_shared<runtime::Context>();
    context->read_floor.allow(SteadyClock::time_point());
    cores_.run(with_context(context, server));
    return context->read_floor.get();
  };
  set(*a_, 1'000);
  const auto changed = SteadyClock::now();
  const auto first = floor_after(*b_);
  ASSERT_TRUE(first);
  EXPECT_GE(*first, changed) << "it was read after the change";
  const auto read = SteadyClock::now();
  if (!remembers(*b_)) return;  // a slow machine: it is read each time
  const auto later = floor_after(*b_);
  ASSERT_TRUE(later);
  EXPECT_GE(*later, changed);
  if (*later < read) {
    EXPECT_EQ(*later, *first) << "remembered since then";
  }
}

// While others read all the time, so that reads are under way at each moment of a change.
TEST_P(AgreementTest, WhoHasTheReplyFindsTheChangeAtEachServer) {
  std::atomic<bool> is_over = false;
  std::atomic<std::uint64_t> reads = 0;
  std::thread readers([&] {
    while (!is_over) {
      seen_by(*b_);
      reads += 1;
    }
  });
  for (std::uint64_t revision = 1'000; revision < 1'500; ++revision) {
    set(*a_, revision);
    ASSERT_GE(seen_by(*b_), revision);
    ASSERT_GE(seen_by(*a_), revision);
  }
  is_over = true;
  readers.join();
  EXPECT_GT(reads, 0U);
}

TEST_P(AgreementTest, AChangeThatOthersDoNotHearWaitsUntilNobodyBelieves) {
  seen_by(*b_);
  bus_a_.is_cut = true;
  set(*a_, 1'000);
  EXPECT_EQ(seen_by(*b_), 1'000U);
  EXPECT_EQ(doubts(), 1);
  for (std::uint64_t revision = 1'001; revision < 1'020; ++revision) {
    set(*a_, revision);
    ASSERT_EQ(seen_by(*b_), revision);
  }
  EXPECT_FALSE(b_->agreement.term());
  // All that was remembered before is void when they agree again.
  bus_a_.is_cut = false;
  ASSERT_TRUE(test::until([&] { return doubts() == 0; }));
  ASSERT_TRUE(both_believe());
  EXPECT_EQ(seen_by(*b_), 1'019U);
  EXPECT_TRUE(test::until([&] { return remembers(*b_); }));
  set(*a_, 5'000);
  EXPECT_EQ(seen_by(*b_), 5'000U);
}

TEST_P(AgreementTest, WhatWasRememberedBeforeAGapIsVoid) {
  ASSERT_TRUE(test::until([&] { return remembers(*b_); }));
  const std::uint64_t before = seen_by(*b_);
  bus_b_.tell_gap();
  EXPECT_GT(seen_by(*b_), before);
}

TEST_P(AgreementTest, WithoutProofTheDatabaseIsAsked) {
  ASSERT_TRUE(test::until([&] { return remembers(*b_); }));
  bus_b_.is_proven_ = false;
  EXPECT_FALSE(remembers(*b_));
}

TEST_P(AgreementTest, OneWithoutABusKeepsAllFromBelieving) {
  bus::InProcessBus alone(bus::InProcessBus::Others::kUnknown);
  telemetry::Metrics metrics;
  Agreement lone({.database = database(),
                  .bus = alone,
                  .metrics = metrics,
                  .others = Agreement::Others::kCannotTell});
  Revisions revisions(database(), &lone);
  lone.start(looks_.at(0));
  EXPECT_TRUE(test::until([&] { return !a_->agreement.term() && !b_->agreement.term(); }));
  EXPECT_FALSE(lone.term());
  const std::array<UserId, 1> users{user_};
  cores_.run(lone.tell(users));  // waits for nobody
  lone.stop();
}

// As when one has followed a failover of Redis and the other is still at the old one: each passes
// its own fences, and neither hears the other.
TEST_P(AgreementTest, WhoMeetElsewhereDoNotBelieve) {
  ASSERT_TRUE(test::until([&] { return remembers(*b_); }));
  bus_a_.other = nullptr;
  bus_b_.other = nullptr;
  bus_a_.place_ = 8;
  for (std::uint64_t revision = 1'000; revision < 1'100; ++revision) {
    set(*a_, revision);
    ASSERT_EQ(seen_by(*b_), revision);
    set(*b_, revision + 1'000);
    ASSERT_EQ(seen_by(*a_), revision + 1'000);
  }
  EXPECT_TRUE(test::until([&] { return bus_a_.is_split_ && bus_b_.is_split_; }));
  EXPECT_FALSE(a_->agreement.term());
  EXPECT_FALSE(b_->agreement.term());
  // The other follows.
  bus_a_.other = &bus_b_;
  bus_b_.other = &bus_a_;
  bus_b_.tell_gap();
  bus_b_.place_ = 8;
  ASSERT_TRUE(both_believe());
  EXPECT_FALSE(bus_a_.is_split_ || bus_b_.is_split_);
  EXPECT_TRUE(test::until([&] { return remembers(*a_) && remembers(*b_); }));
}

// What is changed just before the others can read it of the one that has moved.
TEST_P(AgreementTest, TheFirstRepliesAtAnotherPlaceWait) {
  ASSERT_TRUE(test::until([&] { return remembers(*b_); }));
  bus_a_.other = nullptr;
  bus_b_.other = nullptr;
  bus_a_.place_ = 8;
  set(*a_, 1'000);
  EXPECT_EQ(seen_by(*b_), 1'000U);
}

// The embedded database has one server.
INSTANTIATE_TEST_SUITE_P(Databases, AgreementTest, testing::Values(test::DatabaseKind::kPostgres),
                         test::name_of);

}  // namespace
}  // namespace ruck::cache
