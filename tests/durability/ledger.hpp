#pragma once
// What was sent and what was acknowledged, kept by the one who sent it, and compared at the end
// with every block that is stored.
#include "db/database.hpp"
#include "rucking/track_point.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ruck::test {

// What became of it all. The texts name the first few of each kind.
struct Verdict {
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t stored = 0;
  std::uint64_t lost = 0;        // acknowledged and not stored
  std::uint64_t duplicated = 0;  // stored more than once
  std::uint64_t invented = 0;    // stored and never sent, or with other values
  std::uint64_t miscounted = 0;  // totals that do not follow from the track
  std::uint64_t rucks = 0;
  std::vector<std::string> problems;

  [[nodiscard]] bool is_clean() const {
    return lost == 0 && duplicated == 0 && invented == 0 && miscounted == 0;
  }
  void add(const Verdict& other);
};

// Of one user, whose samples have all different times. Safe to use from several threads.
class Ledger {
 public:
  explicit Ledger(UserId user) : user_(user) {}
  [[nodiscard]] UserId user() const { return user_; }

  void sent(std::span<const rucking::TrackPoint> points) { note(points, false); }
  void acknowledged(std::span<const rucking::TrackPoint> points) { note(points, true); }
  void sent(std::span<const rucking::HeartRateSample> samples) { note(samples, false); }
  void acknowledged(std::span<const rucking::HeartRateSample> samples) { note(samples, true); }

  [[nodiscard]] std::size_t acknowledged_count() const;

  // Reads every block of every ruck of the user as it is, computes every total anew, and compares.
  [[nodiscard]] Verdict compare(db::Database& database) const;

 private:
  enum class Kind : std::uint8_t { kPoint, kHeartRate };
  struct Entry {
    std::int64_t value = 0;  // of the place or the pulse
    bool is_acknowledged = false;
  };
  template <class Sample>
  void note(std::span<const Sample> samples, bool is_acknowledged);
  using Stored = std::map<std::pair<Kind, std::int64_t>, std::vector<std::int64_t>>;  // values
  void read_ruck(db::Session& q, RuckId ruck, Stored& stored, Verdict& verdict) const;
  void compare_samples(const Stored& stored, Verdict& verdict) const;

  UserId user_;
  mutable std::mutex mutex_;
  std::map<std::pair<Kind, std::int64_t>, Entry> entries_;  // by kind and time
};

}  // namespace ruck::test
