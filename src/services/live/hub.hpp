#pragma once
// Who watches what, and how it reaches them.
//
//   commit ─→ bus "ruck:7" ─→ post to the ruck's home core: add points, render a frame for each
//             audience ─→ one post to each core that has watchers ─→ each sends to its own sockets
//
// A ruck that is watched (or was asked for a minute ago) is a Room on its home core: the line, what
// each audience has been shown, who watches and how he stood to the owner. Each core has a list of
// its own sockets for each ruck. Nothing is shared between cores, so nothing is locked.
//
// A change of access reaches the room by the bus and moves its epoch. A watcher is let in only at
// the epoch at which he was asked about; otherwise he is asked about again.
#include "base/clock.hpp"
#include "base/thread_safety.hpp"
#include "bus/bus.hpp"
#include "db/database.hpp"
#include "http/socket.hpp"
#include "runtime/core.hpp"
#include "runtime/gate.hpp"
#include "runtime/periodic.hpp"
#include "runtime/task_group.hpp"
#include "services/live/access.hpp"
#include "services/rucks/service.hpp"
#include "telemetry/metrics.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ruck::live {

using Frames = std::array<http::Frame, kAudiences>;

// A socket as the hub sees it; called on its own core.
class Member {
 public:
  virtual ~Member() = default;
  virtual void deliver(const http::Frame& frame) = 0;
  virtual void deliver_latest(std::uint64_t key, const http::Frame& frame) = 0;
  // The ruck can be followed no longer.
  virtual void ended(RuckId ruck, const Error& why) = 0;
};

class Hub {
 public:
  struct Dependencies {
    bus::Bus& bus;
    db::Database& database;
    runtime::Cores& cores;
    const Clock& clock;
    telemetry::Metrics& metrics;
  };
  explicit Hub(Dependencies dependencies);
  ~Hub();

  void start();
  // Joins what is under way, while cores and database still run. Calls afterwards do nothing.
  void stop();

  // What has happened; from any thread, after the commit.
  void on_stored(const rucks::Committed& committed);
  void on_ruck_changed(RuckId ruck);
  void on_parted(UserId one, UserId other);
  void on_privacy_changed(UserId owner);
  void on_link_revoked(RuckId ruck, std::string_view link_hash);
  // To the topic `me` of a user; one with a key may be replaced by a newer one.
  void tell_user(UserId user, std::string_view json, std::uint64_t key = 0);

  // On the member's core. The snapshot is for him alone or for all who ask now.
  struct Joined {
    http::Frame snapshot;
    Audience audience = Audience::kFollower;
  };
  // `id` names the member for good: a pointer may be used again.
  struct Seat {
    Member* member = nullptr;
    std::uint64_t id = 0;
  };
  task<Result<Joined>> join(Watcher watcher, std::uint64_t id, RuckId ruck,
                            std::optional<std::uint32_t> since);
  // Takes the seat that join() reserved; or gives it up.
  void sit(RuckId ruck, Seat seat, Audience audience);
  void leave(RuckId ruck, Seat seat);
  void listen(UserId user, Member& member);
  void unlisten(UserId user, Member& member);

  // The contract's form, for one who polls.
  task<Result<std::string>> look(Watcher watcher, RuckId ruck);
  // How many others watch a ruck of this instance.
  task<Result<std::size_t>> watching(RuckId ruck);

  [[nodiscard]] std::uint64_t next_id() { return next_id_.fetch_add(1); }
  // False when the user has too many sockets.
  [[nodiscard]] bool admit(UserId user);
  void dismiss(UserId user);
  runtime::TaskGroup& tasks() { return tasks_; }

 private:
  struct Watching;
  struct Room;
  struct Topic;
  struct MeTopic;
  struct Home;

  // Runs `fn(home)` on the ruck's home core.
  template <class T, class Fn>
  task<T> at_home(RuckId ruck, Fn fn);
  template <class Fn>
  void post_home(RuckId ruck, Fn fn);
  // Runs `fn` on a core, later; not at all once the hub has stopped.
  template <class Fn>
  void post(std::size_t core, Fn fn);
  [[nodiscard]] std::size_t home_of(RuckId ruck) const;

  task<Result<std::uint64_t>> epoch_of(RuckId ruck, bool may_open);
  // Asks about the watcher, then runs `use(room, grant)` on the home core at the same epoch; again
  // while it gives nothing.
  template <class T, class Use>
  task<Result<T>> admitted(Watcher watcher, RuckId ruck, Use use);
  task<> load(RuckId ruck);
  task<> ask_again(RuckId ruck, UserId user);
  task<> reload_privacy(RuckId ruck);
  void on_ruck_news(RuckId ruck, const bus::Payload& payload);
  void on_owner_news(RuckId ruck, const bus::Payload& payload);
  void add_points(Room& room, std::string_view bytes);
  void finish_load(Room& room, const rucks::LiveState& state, const people::OwnerPrivacy& privacy,
                   const rucks::LiveTrack& track);
  void fail_load(RuckId ruck, const Error& error);
  void publish(Room& room);
  void recheck(Room& room);
  void remove(Room& room, const std::vector<std::uint64_t>& ids, const Error& why);
  void count(Room& room, const Watching& watching, int by);
  void fan_out(std::size_t core, RuckId ruck, std::shared_ptr<const Frames> frames,
               std::uint32_t pass);
  task<> tick(std::size_t core);
  [[nodiscard]] http::Frame snapshot_of(Room& room, Audience audience,
                                        std::optional<std::uint32_t> since);

  Dependencies deps_;
  std::vector<std::unique_ptr<Home>> homes_;  // one a core, touched there only
  std::atomic<std::uint64_t> next_id_{1};
  std::atomic<bool> stopped_{false};
  Mutex users_mutex_;
  std::unordered_map<UserId, std::size_t> sockets_of_ RUCK_GUARDED_BY(users_mutex_);
  std::atomic<std::size_t> rooms_{0};
  telemetry::Counter& published_;
  telemetry::Counter& ended_;
  runtime::TaskGroup tasks_;
  runtime::Gate posts_;
};

}  // namespace ruck::live
