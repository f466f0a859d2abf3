#pragma once
// Which rucks to merge next: those with many appended batches, and those with old ones. Not for
// several threads at a time; whoever owns it locks.
#include "services/rucks/store.hpp"

#include <chrono>
#include <deque>
#include <set>
#include <unordered_map>
#include <vector>

namespace ruck::rucks {

class MergeSchedule {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  MergeSchedule();

  // One more batch of the ruck is appended.
  void add(const store::Key& key, SteadyTime now);
  // So many of its batches are not merged yet.
  void set(RuckId ruck, std::size_t count, SteadyTime now);
  // A merge failed; again in kRecentAge.
  void postpone(RuckId ruck, SteadyTime now);
  // Those to merge now; with `hurry` the oldest ones, too, however young.
  [[nodiscard]] std::vector<store::Key> due(std::size_t limit, SteadyTime now, bool hurry = false);

 private:
  struct Entry {
    UserId user;
    std::size_t count = 0;  // not 0
    SteadyTime since{};     // of the first of them
    bool is_due = false;    // in due_
  };
  using ByAge = std::set<std::pair<SteadyTime, RuckId>>;
  void set_since(RuckId ruck, Entry& entry, SteadyTime since);

  const std::size_t batches_per_merge_;
  std::unordered_map<RuckId, Entry> entries_;
  ByAge by_age_;
  std::deque<RuckId> due_;
};

}  // namespace ruck::rucks
