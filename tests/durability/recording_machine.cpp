#include "durability/recording_machine.hpp"

#include "base/embedded.hpp"
#include "db/migrations.hpp"
#include "services/profile/store.hpp"
#include "services/rucks/summary/settle.hpp"
#include "support/until.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

namespace ruck::test {
namespace {
constexpr std::int64_t kFirstStartMs = 1'763'790'000'000;
constexpr std::int64_t kWalkMs = 3'600'000;  // more than the longest of our walks takes
constexpr std::int64_t kFirstRuck = 20'000'000'000'000;
constexpr std::size_t kCores = 2;
constexpr int kSyncTimeMaxUs = 1500;
constexpr auto kMergePause = std::chrono::milliseconds(3);
}  // namespace

struct RecordingMachine::Phone {
  Phone(UserId user, std::uint64_t seed) : ledger(user), random(seed) {}
  Ledger ledger;
  rucking::SeededRandom random;
  std::int64_t walks = 0;
  std::optional<RuckId> ruck;
  std::deque<Points> waiting;  // for an acknowledgement, across power cuts too
  std::deque<Points> late;     // come after the completion
};

RecordingMachine::RecordingMachine(Options options, std::uint64_t seed)
    : options_(options),
      random_(seed),
      path_(folder_.path() + "/ruck.db"),
      disk_(fmt::format("fault-{}", seed)) {
  disk_.set_sync_time_max(kSyncTimeMaxUs);
  ::setenv("RUCK_TEST_MERGE_EVERY", "2", 1);  // so that the power is cut in the middle of it
  for (std::size_t i = 0; i < options_.phones; ++i) {
    phones_.push_back(std::make_unique<Phone>(
        UserId(Uuid::make_v7(utc_ms(kFirstStartMs + static_cast<std::int64_t>(i)))),
        random_.next()));
  }
}

RecordingMachine::~RecordingMachine() { stop(); }

Result<> RecordingMachine::start() {
  metrics_ = std::make_unique<telemetry::Metrics>();
  try {
    database_ = std::make_unique<db::sqlite::SqliteDatabase>(
        db::sqlite::Options{
            .path = path_, .checkpoint_pages = options_.checkpoint_pages, .vfs = disk_.name()},
        *metrics_);
  } catch (const db::Failure& failure) {
    return fail(db::to_error(failure));
  }
  const auto migrated = db::migrate(*database_, clock_, embedded::migrations());
  if (!migrated) return fail(migrated.error());
  revisions_ = std::make_unique<cache::Revisions>(*database_);
  ingest_ = std::make_unique<rucks::Ingest>(rucks::Ingest::Dependencies{.database = *database_,
                                                                        .bus = bus_,
                                                                        .partitions = partitions_,
                                                                        .revisions = *revisions_,
                                                                        .clock = clock_,
                                                                        .metrics = *metrics_});
  merger_ = std::make_unique<rucks::RecentMerger>(
      rucks::RecentMerger::Dependencies{.database = *database_,
                                        .partitions = partitions_,
                                        .engines = *ingest_,
                                        .metrics = *metrics_});
  cores_.emplace(kCores);
  return database_->write_now([this](db::Session& q) {
    for (std::size_t i = 0; i < phones_.size(); ++i) {
      const UserId user = phones_[i]->ledger.user();
      if (profile::store::find(q, user)) continue;
      profile::store::insert(q,
                             {.id = user,
                              .email = fmt::format("phone{}@example.org", i),
                              .username = fmt::format("phone{}", i)},
                             "secret");
    }
  });
}

void RecordingMachine::stop() {
  merger_.reset();
  ingest_.reset();
  // First the threads that hand results to the cores: what a core was handed may end it, while the
  // writer is still inside its `post`.
  if (database_) database_->close();
  cores_.reset();
  revisions_.reset();
  database_.reset();
  metrics_.reset();
}

template <class EndsIt>
void RecordingMachine::run_phones(std::chrono::milliseconds time,
                                  const std::function<bool(const Ran&)>& is_enough,
                                  EndsIt ends_it) {
  stopped_ = false;
  stored_ = 0;
  refused_ = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < phones_.size(); ++i) {
    threads.emplace_back([this, i] { send_until_stopped(i); });
  }
  threads.emplace_back([this] { merge_until_stopped(); });
  std::this_thread::sleep_for(time);
  EXPECT_TRUE(until([&] { return is_enough({.stored = stored_, .refused = refused_}); }));
  ends_it();
  stopped_ = true;
  for (std::thread& thread : threads) thread.join();
}

void RecordingMachine::run_until_power_cut(std::chrono::milliseconds time,
                                           std::uint64_t stored_min) {
  run_phones(
      time, [stored_min](const Ran& ran) { return ran.stored >= stored_min; },
      [this] { disk_.cut_power(random_); });
  stop();
  disk_.reboot();
}

RecordingMachine::Ran RecordingMachine::run_for(std::chrono::milliseconds time,
                                                const std::function<bool(const Ran&)>& is_enough) {
  run_phones(time, is_enough, [] {});
  return {.stored = stored_, .refused = refused_};
}

void RecordingMachine::merge_until_stopped() {
  while (!stopped_) {
    cores_->run(merger_->run());
    std::this_thread::sleep_for(kMergePause);
  }
}

// A ruck that was made before the power went is under way still.
void RecordingMachine::new_ruck(Phone& phone) {
  const UserId user = phone.ledger.user();
  const std::int64_t start_ms = kFirstStartMs + kWalkMs * phone.walks;
  const RuckId fresh{kFirstRuck + rucks_made_++};
  const auto made = database_->write_now([&](db::Session& q) {
    if (const auto active = rucks::store::find_active(q, user)) return active->id;
    rucks::RuckRow row{{.user_id = user, .id = fresh, .status = "in_progress"}};
    row.started_at = to_us(utc_ms(start_ms));
    rucks::store::insert(q, row);
    return fresh;
  });
  if (!made) {
    ++refused_;
    return;
  }
  phone.ruck = *made;
  ++phone.walks;
  const Points walk =
      wander(phone.random, start_ms, static_cast<int>(20 + phone.random.below(200)));
  for (Points& batch : random_batches(phone.random, walk)) {
    auto& queue = phone.random.chance(0.1) ? phone.late : phone.waiting;
    queue.push_back(std::move(batch));
  }
}

void RecordingMachine::complete_ruck(Phone& phone) {
  const rucks::store::Key key{phone.ledger.user(), *phone.ruck};
  const auto done = database_->write_now([&](db::Session& q) -> Result<> {
    auto row = rucks::store::find(q, key);
    if (!row) return fail(ErrorCode::kRuckNotFound);
    row->status = "completed";
    const auto merged = rucks::merge_track(q, *row, {}, clock_.now());
    if (!merged) return fail(merged.error());
    return {};
  });
  ingest_->forget(key.ruck);
  if (!done) {
    ++refused_;
    return;
  }
  phone.waiting = std::move(phone.late);
  phone.late.clear();
  if (phone.waiting.empty()) phone.ruck.reset();
}

void RecordingMachine::send_until_stopped(std::size_t index) {
  Phone& phone = *phones_[index];
  while (!stopped_) {
    if (!phone.ruck) {
      new_ruck(phone);
    } else if (phone.waiting.empty() && !phone.late.empty()) {
      complete_ruck(phone);
    } else if (phone.waiting.empty()) {
      // Completed with nothing late, or the late ones are in: every third stays open a while.
      if (phone.random.chance(0.66)) complete_ruck(phone);
      phone.ruck.reset();
    } else {
      const Points& batch = phone.waiting.front();
      phone.ledger.sent(batch);
      const auto stored = cores_->run(
          ingest_->add_points({phone.ledger.user(), *phone.ruck}, batch), index % kCores);
      if (!stored) {
        ++refused_;
        continue;
      }
      phone.ledger.acknowledged(batch);
      ++stored_;
      phone.waiting.pop_front();
    }
  }
}

Verdict RecordingMachine::compare() const {
  Verdict verdict;
  for (const auto& phone : phones_) verdict.add(phone->ledger.compare(*database_));
  return verdict;
}

}  // namespace ruck::test
