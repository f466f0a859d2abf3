#pragma once
// Who watches what, and how it reaches them.
//
//   commit ─→ bus "ruck:7" ─→ post to the ruck's home core: add points, render a frame for each
//             audience ─→ one post to each core that has watchers ─→ each sends to its own sockets
//
// A ruck that is watched (or was asked for a minute ago) is a Room on its home core: the line, what
// each audience has been shown, who watches and how they stood to the owner. Each core has a list
// of its own sockets for each ruck. Nothing is shared between cores, so nothing is locked.
//
// A change of access moves a gate (gates.hpp) before its reply is sent, and then reaches the room
// by the bus. What a room knows, who watches and each frame carry the gate under which they were
// looked up; under another nothing is shown. The room reads everything again, as often as the gate
// moves while it reads, and goes on with those who may still follow.
//
// Other processes change access, too. What the bus tells of it moves gates as here. After a gap of
// the bus all of them move. And whatever the bus should have told is looked at now and then
// (hub_looks.cpp), often where it is not proven to work.
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
#include "services/live/gates.hpp"
#include "services/rucks/service.hpp"
#include "telemetry/metrics.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace ruck::live {

// The key of a ruck's positions among a socket's queued frames.
[[nodiscard]] inline std::uint64_t update_key(RuckId ruck) {
  return static_cast<std::uint64_t>(ruck.value()) << 2 | 1;
}

// A socket as the hub sees it; called on its own core.
class Member {
 public:
  virtual ~Member() = default;
  virtual void deliver(const http::Frame& frame) = 0;
  virtual void deliver_latest(std::uint64_t key, const http::Frame& frame) = 0;
  // The ruck can be followed no longer.
  virtual void ended(RuckId ruck, const Error& why) = 0;
  // The sign-in it came with is over.
  virtual void signed_out() = 0;
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

  // To the topic `me` of a user; one with a key may be replaced by a newer one.
  void tell_user(UserId user, std::string_view json, std::uint64_t key = 0);

  // The gates under which somebody was asked about.
  struct Ticket {
    UserId owner;
    std::uint64_t room = 0;
    std::uint32_t pair_place = 0;
    std::uint64_t pair = 0;
  };
  // On the member's core. The snapshot is for this member alone or for all who ask now.
  struct Joined {
    http::Frame snapshot;
    Audience audience = Audience::kFollower;
    Ticket ticket;
    std::optional<UserId> user;
  };
  // `id` names the member for good: a pointer may be used again.
  struct Subscription {
    Member* member = nullptr;
    std::uint64_t id = 0;
  };
  task<Result<Joined>> join(Watcher watcher, std::uint64_t id, RuckId ruck,
                            std::optional<std::uint32_t> since);
  // Takes the place that join() reserved; or gives it up.
  void attach(RuckId ruck, Subscription subscription, const Joined& joined);
  void detach(RuckId ruck, Subscription subscription);
  void listen(UserId user, Member& member);
  void unlisten(UserId user, Member& member);
  // For one who shows cheers (topics.hpp).
  [[nodiscard]] std::unique_ptr<bus::Bus::Subscription> hear_cheers(UserId user);
  // A socket of a sign-in, from its first token on; and no longer.
  void sign_in(const Uuid& session, UserId user, Member& member);
  void sign_out(const Uuid& session, Member& member);

  // The contract's form, for one who polls.
  task<Result<std::string>> look(Watcher watcher, RuckId ruck);
  // How many others watch a ruck, at all servers.
  task<Result<std::size_t>> watching(RuckId ruck);

  [[nodiscard]] std::uint64_t next_id() { return next_id_.fetch_add(1); }
  // False when the user has too many sockets.
  [[nodiscard]] bool admit(UserId user);
  void dismiss(UserId user);
  runtime::TaskGroup& tasks() { return tasks_; }

 private:
  struct Watching;
  struct Waiting;
  struct Room;
  struct Topic;
  struct MeTopic;
  struct Home;
  struct Pass;
  struct Asked;
  struct Looked;
  struct Seen;
  struct Reread;
  // Runs `fn(home)` on the ruck's home core.
  template <class T, class Fn>
  task<T> at_home(RuckId ruck, Fn fn);
  template <class Fn>
  void post_home(RuckId ruck, Fn fn);
  // Runs `fn` on a core, later; not at all once the hub has stopped.
  template <class Fn>
  void post(std::size_t core, Fn fn);
  [[nodiscard]] std::size_t home_of(RuckId ruck) const;

  // Once the ruck's room has been read; nothing where there is none and may be none.
  task<Result<std::optional<Ticket>>> ticket_of(RuckId ruck, std::optional<UserId> user,
                                                bool may_open);
  [[nodiscard]] Ticket ticket_of(const Room& room, std::optional<UserId> user) const;
  [[nodiscard]] bool is_good(RuckId ruck, const Ticket& ticket) const;
  // Asks about the watcher, then runs `use(room, grant, ticket)` on the home core under the same
  // gates; again while they move.
  template <class T, class Use>
  task<Result<T>> admitted(Watcher watcher, RuckId ruck, Use use);
  task<> load(RuckId ruck);
  task<Result<>> find_owner(RuckId ruck);
  void refresh(Room& room);
  void begin_load(Room& room);
  task<> ask_again(RuckId ruck, UserId user);
  [[nodiscard]] Asked asked_of(const Room& room) const;
  [[nodiscard]] static Result<Reread> reread(db::Session& q, UserId owner, RuckId ruck,
                                             const Asked& asked);
  // What has happened: from the bus, so on any thread, after the commit.
  void listen_to_news();
  void on_account_changed(UserId user);
  void on_signed_out(const std::vector<Uuid>& sessions);
  void on_gap();
  void on_heard(std::string_view topic);
  task<> read_anew(std::size_t core, std::shared_ptr<std::vector<RuckId>> left);
  task<> look_again(std::size_t core);
  [[nodiscard]] std::vector<Looked> to_look_at(std::size_t core, std::span<const RuckId> rucks);
  [[nodiscard]] static std::vector<Seen> seen_of(db::Session& q, const std::vector<Looked>& rooms);
  void take_look(const Looked& asked, const Seen& seen);
  [[nodiscard]] static bool is_as_known(const Room& room, const Looked& asked, const Seen& seen);
  void on_ruck_news(RuckId ruck, const bus::Payload& payload);
  void on_owner_news(RuckId ruck, const bus::Payload& payload);
  void add_points(Room& room, std::string_view bytes);
  void finish_load(Room& room, const Reread& read, const Asked& asked);
  void open(Room& room);
  void fail_load(RuckId ruck, const Error& error);
  [[nodiscard]] bool is_current(const Room& room) const;
  void publish(Room& room);
  void drop_lost(Room& room);
  void renew(const Room& room);
  [[nodiscard]] Result<> may_stay(const Room& room, const Watching& watching) const;
  void give_up_subscription(RuckId ruck, std::uint64_t id);
  void remove(Room& room, const std::vector<std::uint64_t>& ids, const Error& why);
  void count(Room& room, const Watching& watching, int by);
  void fan_out(std::size_t core, std::shared_ptr<const Pass> pass, std::uint32_t number);
  void doubt(RuckId ruck, UserId user);
  task<> tick(std::size_t core);
  void on_others_watching(std::string_view payload);
  [[nodiscard]] static std::uint32_t watching_here(const Room& room);
  void tell_presence(Home& home, Room& room);
  void tell_others(Home& home, std::chrono::steady_clock::time_point now);
  [[nodiscard]] http::Frame snapshot_of(Room& room, Audience audience,
                                        std::optional<std::uint32_t> since);

  Dependencies deps_;
  const std::uint64_t server_;  // what others know this one by; random
  Gates gates_;
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
  std::vector<std::unique_ptr<bus::Bus::Subscription>> news_;  // last: they use the rest
};

}  // namespace ruck::live
