#include "services/rucks/track/merge_schedule.hpp"

#include "base/text.hpp"
#include "services/rucks/limits.hpp"

#include <algorithm>
#include <cstdlib>

namespace ruck::rucks {
namespace {
// Tests merge more often, to be killed in the middle of it: RUCK_TEST_MERGE_EVERY=batches.
std::size_t batches_per_merge() {
#ifdef RUCK_TEST_BUILD
  if (const char* given = std::getenv("RUCK_TEST_MERGE_EVERY")) {
    return parse_number<std::size_t>(given).value_or(kBatchesPerMerge);
  }
#endif
  return kBatchesPerMerge;
}
}  // namespace

MergeSchedule::MergeSchedule() : batches_per_merge_(batches_per_merge()) {}

void MergeSchedule::add(const store::Key& key, SteadyTime now) {
  const auto [place, is_new] = entries_.try_emplace(key.ruck);
  Entry& entry = place->second;
  if (is_new) {
    entry.user = key.user;
    entry.since = now;
    by_age_.emplace(now, key.ruck);
  }
  entry.count += 1;
  if (!entry.is_due && entry.count >= batches_per_merge_) {
    entry.is_due = true;
    due_.push_back(key.ruck);
  }
}

void MergeSchedule::set_since(RuckId ruck, Entry& entry, SteadyTime since) {
  by_age_.erase({entry.since, ruck});
  entry.since = since;
  by_age_.emplace(since, ruck);
}

void MergeSchedule::set(RuckId ruck, std::size_t count, SteadyTime now) {
  const auto found = entries_.find(ruck);
  if (found == entries_.end()) return;
  if (count == 0) {
    by_age_.erase({found->second.since, ruck});
    entries_.erase(found);
    return;
  }
  found->second.count = count;
  set_since(ruck, found->second, now);
}

void MergeSchedule::postpone(RuckId ruck, SteadyTime now) {
  const auto found = entries_.find(ruck);
  if (found != entries_.end()) set_since(ruck, found->second, now);
}

std::vector<store::Key> MergeSchedule::due(std::size_t limit, SteadyTime now, bool hurry) {
  std::vector<store::Key> keys;
  while (!due_.empty() && keys.size() < limit) {
    const RuckId ruck = due_.front();
    due_.pop_front();
    const auto found = entries_.find(ruck);
    if (found == entries_.end() || !std::exchange(found->second.is_due, false)) continue;
    keys.push_back({.user = found->second.user, .ruck = ruck});
  }
  for (const auto& [since, ruck] : by_age_) {
    if (keys.size() >= limit || (!hurry && now - since < kRecentAge)) break;
    const bool is_new = std::ranges::find(keys, ruck, &store::Key::ruck) == keys.end();
    if (is_new) keys.push_back({.user = entries_.at(ruck).user, .ruck = ruck});
  }
  return keys;
}

}  // namespace ruck::rucks
