#pragma once
// The scenario `browse`: people who look at other people, at an even rate. Open loop: a look goes
// off at its time whatever became of those before, and a wait for a connection counts, so a stalled
// server shows.
//
// Viewers and whom they look at are drawn from all accounts; the lists of followers are those of
// the first accounts, who have the most (`ruck simulate --population --follows`).
#include "load/run.hpp"

#include <array>
#include <memory>
#include <string_view>

namespace ruck::load {

enum class Look : std::uint8_t {
  kFeed,         // rucks of everybody, the latest first
  kFeedOfMine,   // of those one follows
  kFeedNear,     // near a place
  kFeedLongest,  // of everybody, by distance
  kProfile,
  kFollowers,  // the first page of somebody with a thousand and more
  kFollowing,
  kRucks,  // somebody's rucks
  kSearch,
};
inline constexpr std::size_t kLooks = 9;
[[nodiscard]] std::string_view name_of(Look look);

struct BrowseSettings {
  double per_second = 200;
  std::size_t popular = 50;  // accounts whose followers are looked at
};

struct BrowseReport {
  struct Kind {
    Histogram latency;
    std::uint64_t errors = 0;
    std::uint64_t bytes = 0;
  };
  std::array<Kind, kLooks> kinds;
  double seconds = 0;
  double per_second = 0;
  Histogram lag;  // how late the generator was at what was due
  std::optional<double> server_cores;
  std::uint64_t server_bytes_max = 0;
  std::vector<std::string> problems;
};

[[nodiscard]] Result<std::unique_ptr<BrowseReport>> run_browse(const LoadSettings& settings,
                                                               const BrowseSettings& browse,
                                                               const OnMoment& on_moment,
                                                               const std::atomic<bool>& stop);
[[nodiscard]] std::string to_table(const BrowseReport& report);
[[nodiscard]] std::string to_json(const BrowseReport& report);

}  // namespace ruck::load
