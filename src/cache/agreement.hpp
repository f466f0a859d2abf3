#pragma once
// When a server that shares its database with others may believe its memory about revisions.
//
// A change is told to the others by the bus, and its reply waits until all have heard (usually
// under a millisecond). So whoever has the reply finds the change at every server, not only at the
// one that made it. What if that cannot be had: Redis is away, another server hangs or was killed?
// - Each server believes its memory for kLease at a time, after all others have answered and a look
//   into a table of the database, and only while the bus is proven.
// - A server whose change may not have been heard puts a row into that table and waits until all
//   leases from before it are over. From then on nobody believes, it need not wait for anybody, and
//   each read asks the database, as without Redis. When all hear again the row goes.
//
//   change ─→ COMMIT ─→ told by the bus ─→ all have heard? ─yes─→ reply
//                                              └─no─→ row ─→ kLease ─→ reply
//
// - Each says in another table at which Redis it meets the others (bus::Bus::place()). While two
//   differ nobody believes: after a failover of Redis one may still be at the old one, or somebody
//   has configured two. A server that has moved waits with its first replies until all leases from
//   before it has said so are over.
//
// What was remembered before such a time, or before a gap of the bus, is of another term and void.
//
// The leases are those of C. Gray and D. Cheriton, "Leases: An Efficient Fault-Tolerant Mechanism
// for Distributed File Cache Consistency", SOSP 1989. Clocks are compared with themselves only.
// Out of reach: a server that loses the database and Redis at the same moment, just after a COMMIT,
// cannot put its row; it waits kDoubtMax and replies.
#include "base/ids.hpp"
#include "base/thread_safety.hpp"
#include "bus/bus.hpp"
#include "db/database.hpp"
#include "runtime/periodic.hpp"
#include "runtime/resumption.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ruck::cache {

inline constexpr auto kLease = std::chrono::milliseconds(1'000);
// Several looks a lease, so that one that is slow does not end it.
inline constexpr auto kLookEvery = std::chrono::milliseconds(200);
// A row stays so long: everybody looks meanwhile, or has no lease left. It is written anew in time,
// and counts for kDoubtRow, should who wrote it be gone.
inline constexpr auto kDoubtMin = std::chrono::milliseconds(3'000);
inline constexpr auto kDoubtAnew = std::chrono::seconds(10);
inline constexpr auto kDoubtRow = std::chrono::seconds(30);
inline constexpr auto kPlaceAnew = std::chrono::seconds(10);
inline constexpr auto kPlaceRow = std::chrono::seconds(30);     // likewise
inline constexpr auto kSplitLogged = std::chrono::seconds(15);  // longer than a failover of Redis
// Until a server's place is known to all: its row, and the leases from before.
inline constexpr auto kSettleMax = std::chrono::milliseconds(1'500);
inline constexpr auto kSettleLook = std::chrono::milliseconds(20);
inline constexpr auto kDoubtMax = std::chrono::milliseconds(3'000);  // a reply waits no longer

class Agreement {
 public:
  // Whether the others share a bus with this one. kCannotTell: there is a row as long as it runs.
  enum class Others : std::uint8_t { kAreTold, kCannotTell };
  struct Dependencies {
    db::Database& database;
    bus::Bus& bus;
    telemetry::Metrics& metrics;
    Others others = Others::kAreTold;
  };
  explicit Agreement(Dependencies deps);
  ~Agreement();

  // The core must run until stop() is back. Before start() and after stop() nothing is believed.
  void start(runtime::Core& core);
  void stop();

  // What was remembered in this term may be believed at this moment; nothing: ask the database. A
  // number once given up never comes back.
  [[nodiscard]] std::optional<std::uint64_t> term() const;

  // Of a change of these users that is committed, or may be: is back when no server answers from
  // before it any more.
  [[nodiscard]] task<> tell(std::span<const UserId> users);

  // Calls it for each user that a server has changed, this one, too. On any thread.
  [[nodiscard]] std::unique_ptr<bus::Bus::Subscription> on_change(std::function<void(UserId)> fn);

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Waiter = runtime::Promise<bool>;
  struct Waiting {
    SteadyTime since;
    Waiter waiter;
  };
  task<> look();
  task<> mind_doubt();
  task<> mind_place();
  [[nodiscard]] bool is_settled(std::uint64_t place) const;
  task<bool> settles(std::uint64_t place) const;
  void note_split(bool is_split);
  task<> write_row();
  task<> end_doubt();
  void let_go(bool all);

  Dependencies deps_;
  const Uuid instance_;
  std::atomic<std::int64_t> believed_until_ns_{0};
  std::atomic<std::uint64_t> term_{1};
  std::atomic<bool> is_known_to_doubt_{false};  // no lease is left from before the row
  std::atomic<std::uint64_t> place_{0};         // that the others can read
  std::atomic<std::int64_t> settled_from_ns_{0};
  std::atomic<std::int64_t> settled_until_ns_{0};  // its row must be written again before
  std::unique_ptr<bus::Bus::Subscription> gaps_;
  Mutex mutex_;
  std::vector<Waiting> waiting_ RUCK_GUARDED_BY(mutex_);
  bool is_running_ RUCK_GUARDED_BY(mutex_) = false;
  telemetry::Counter& doubts_;
  // Of the looks alone.
  std::optional<SteadyTime> row_since_;
  SteadyTime placed_at_;
  std::optional<SteadyTime> split_since_;
  bool is_split_logged_ = false;
  SteadyTime row_written_at_;
  std::unique_ptr<runtime::Periodic> looks_;
};

}  // namespace ruck::cache
