#include "durability/ledger.hpp"

#include "rucking/track_codec.hpp"
#include "services/rucks/store.hpp"
#include "services/rucks/summary/audit.hpp"
#include "services/rucks/track/packing.hpp"
#include "services/rucks/track/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ruck::test {
namespace {
constexpr std::size_t kNamedMax = 5;
constexpr std::int64_t kRucksMax = 100'000;

std::int64_t value_of(const rucking::TrackPoint& point) {
  return (std::int64_t{point.lat_e7} << 32) ^ std::int64_t{point.lng_e7};
}
std::int64_t value_of(const rucking::HeartRateSample& sample) { return sample.bpm; }

void name(Verdict& verdict, std::string problem) {
  if (verdict.problems.size() < kNamedMax) verdict.problems.push_back(std::move(problem));
}

// Every sample of a block, also one that readers would drop as a repetition.
template <class Sample, class Decode, class Take>
void read_blocks(std::string_view blocks, Decode decode, Take take, Verdict& verdict) {
  const auto samples = decode(blocks);
  if (!samples) {
    verdict.miscounted += 1;
    name(verdict, "a block cannot be read");
    return;
  }
  for (const Sample& sample : *samples) take(sample);
}
}  // namespace

void Verdict::add(const Verdict& other) {
  sent += other.sent;
  acknowledged += other.acknowledged;
  stored += other.stored;
  lost += other.lost;
  duplicated += other.duplicated;
  invented += other.invented;
  miscounted += other.miscounted;
  rucks += other.rucks;
  for (const std::string& problem : other.problems) name(*this, problem);
}

template <class Sample>
void Ledger::note(std::span<const Sample> samples, bool is_acknowledged) {
  constexpr Kind kKind =
      std::is_same_v<Sample, rucking::TrackPoint> ? Kind::kPoint : Kind::kHeartRate;
  const std::lock_guard lock(mutex_);
  for (const Sample& sample : samples) {
    Entry& entry = entries_[{kKind, sample.time_ms}];
    entry.value = value_of(sample);
    entry.is_acknowledged |= is_acknowledged;
  }
}
template void Ledger::note(std::span<const rucking::TrackPoint>, bool);
template void Ledger::note(std::span<const rucking::HeartRateSample>, bool);

// All samples of one ruck, and what is wrong with its totals.
void Ledger::read_ruck(db::Session& q, RuckId ruck, Stored& stored, Verdict& verdict) const {
  const rucks::store::Key key{user_, ruck};
  const auto take_point = [&](const rucking::TrackPoint& point) {
    stored[{Kind::kPoint, point.time_ms}].push_back(value_of(point));
  };
  const auto take_sample = [&](const rucking::HeartRateSample& sample) {
    stored[{Kind::kHeartRate, sample.time_ms}].push_back(value_of(sample));
  };
  const auto read_points = [&](std::string_view blocks) {
    read_blocks<rucking::TrackPoint>(blocks, rucking::decode_points, take_point, verdict);
  };
  const auto read_samples = [&](std::string_view blocks) {
    read_blocks<rucking::HeartRateSample>(blocks, rucking::decode_heart_rate, take_sample, verdict);
  };
  verdict.rucks += 1;
  for (const auto& chunk : rucks::store::chunks(q, rucks::store::Track::kPoints, key)) {
    read_points(rucks::unpack(chunk.packing, chunk.data.data).value_or("damaged"));
  }
  for (const auto& chunk : rucks::store::chunks(q, rucks::store::Track::kHeartRate, key)) {
    read_samples(rucks::unpack(chunk.packing, chunk.data.data).value_or("damaged"));
  }
  if (const auto progress = rucks::find_progress(q, key)) {
    read_points(progress->tail.data);
    read_samples(progress->heart_rate_tail.data);
  }
  for (const rucks::Difference& found : rucks::audit(q, key)) {
    verdict.miscounted += 1;
    name(verdict, fmt::format("ruck {}: {}", found.ruck.value(), found.what));
  }
}

// A unit of work for each ruck: one for all would run into the time limit of reads.
std::size_t Ledger::acknowledged_count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(
      entries_, [](const auto& entry) { return entry.second.is_acknowledged; }));
}

Verdict Ledger::compare(db::Database& database) const {
  Verdict verdict;
  Stored stored;
  Result<> outcome;
  const auto keys = database.read_now([this](db::Session& q) {
    return rucks::store::keys_after(q, {user_, RuckId(0)}, kRucksMax);
  });
  if (!keys) outcome = fail(keys.error());
  for (std::size_t i = 0; outcome && i < keys->size() && (*keys)[i].user == user_; ++i) {
    outcome =
        database.read_now([&](db::Session& q) { read_ruck(q, (*keys)[i].ruck, stored, verdict); });
  }
  const auto days =
      database.read_now([this](db::Session& q) { return rucks::audit_days(q, user_); });
  if (!days) outcome = fail(days.error());
  if (!outcome) {
    verdict.lost += 1;
    name(verdict, "the database cannot be read: " + std::string(outcome.error().client_text()) +
                      " " + outcome.error().detail);
    return verdict;
  }
  for (const std::string& found : *days) {
    verdict.miscounted += 1;
    name(verdict, found);
  }
  compare_samples(stored, verdict);
  return verdict;
}

void Ledger::compare_samples(const Stored& stored, Verdict& verdict) const {
  const std::lock_guard lock(mutex_);
  const auto label = [this](const std::pair<Kind, std::int64_t>& key) {
    return fmt::format("{} at {} of user {}",
                       key.first == Kind::kPoint ? "point" : "heart-rate sample",
                       to_iso8601(utc_ms(key.second)), user_.value().to_string());
  };
  for (const auto& [key, entry] : entries_) {
    verdict.sent += 1;
    verdict.acknowledged += entry.is_acknowledged ? 1 : 0;
    if (!entry.is_acknowledged || stored.contains(key)) continue;
    verdict.lost += 1;
    name(verdict, "lost: " + label(key) + " was acknowledged and is not stored");
  }
  for (const auto& [key, values] : stored) {
    verdict.stored += 1;
    if (values.size() > 1) {
      verdict.duplicated += 1;
      name(verdict, fmt::format("duplicated: {} is stored {} times", label(key), values.size()));
    }
    const auto known = entries_.find(key);
    if (known != entries_.end() && known->second.value == values.front()) continue;
    verdict.invented += 1;
    name(verdict, "invented: " + label(key) + " was never sent so");
  }
}

}  // namespace ruck::test
