#pragma once
// What a hub is made of; only for its own files.
#include "bus/payload.hpp"
#include "http/json/writer.hpp"
#include "services/live/hub.hpp"
#include "services/live/presence.hpp"
#include "services/live/store.hpp"
#include "services/live/topics.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace ruck::live {
namespace asio = boost::asio;
using SteadyTime = std::chrono::steady_clock::time_point;

inline constexpr std::size_t kMissedMax = 64;  // batches that come while a ruck is read

// Somebody who watches, as their ruck's home knows them.
struct Hub::Watching {
  std::size_t core = 0;
  Audience audience = Audience::kFollower;
  std::optional<UserId> user;
  people::Standing standing;
  std::uint64_t pair_gate = 0;  // under which that was so
  std::string link_hash;
  UtcUs link_expires_at{};
  bool is_revoked = false;
};

// Somebody who asks while the room is read.
struct Hub::Waiting {
  runtime::Promise<Result<std::optional<Ticket>>> promise;
  std::optional<UserId> user;
};

// Who is asked about when a room is read, and the gates at that time.
struct Hub::Asked {
  struct Viewer {
    std::uint64_t id = 0;
    UserId user;
    std::uint64_t pair_gate = 0;
  };
  std::uint64_t room_gate = 0;
  std::vector<Viewer> viewers;
  std::vector<std::string> links;
};

struct Hub::Reread {
  rucks::LiveState state;
  people::OwnerPrivacy privacy;
  rucks::LiveTrack track;
  people::Standing of_link;
  std::vector<people::Standing> standings;  // of the viewers that were asked about
  std::vector<std::string> good_links;
};

// A room that is looked at, as it was known then, and what the database says of it now.
struct Hub::Looked {
  RuckId ruck;
  UserId owner;
  Asked asked;
};
struct Hub::Seen {
  std::optional<store::RoomRow> room;
  std::vector<people::Standing> standings;  // of the viewers that were asked about
  bool are_links_good = true;
};

struct Hub::Room {
  explicit Room(RuckId r) : ruck(r) {}
  RuckId ruck;
  UserId owner;
  std::uint64_t gate = 0;        // under which it was read
  std::optional<RuckView> view;  // once it has been read
  std::unique_ptr<bus::Bus::Subscription> ruck_news;
  std::unique_ptr<bus::Bus::Subscription> owner_news;
  std::unordered_map<std::uint64_t, Watching> watching;  // by the member's id
  std::array<std::uint32_t, kAudiences> counts{};
  std::vector<std::uint32_t> per_core;
  std::array<http::Frame, kAudiences> snapshots;  // of the present state
  std::vector<Waiting> waiting;
  std::vector<bus::Payload> missed;
  SteadyTime used_at;
  bool is_loading = false;
  bool must_reload = false;
  bool presence_changed = false;
  std::size_t told_watching = 0;
};

// The sockets of one core that watch a ruck.
struct Hub::Topic {
  struct Entry {
    Member* member = nullptr;
    std::uint64_t id = 0;
    Audience audience = Audience::kFollower;
    std::uint32_t pass = 0;
    std::uint32_t pair_place = 0;
    std::uint64_t pair_gate = 0;
    std::optional<UserId> user;
    bool is_asked = false;  // the room has been told that the pair's gate has moved
  };
  std::vector<Entry> entries;
  std::uint32_t pass = 0;
};

struct Hub::MeTopic {
  std::vector<Member*> members;
  std::unique_ptr<bus::Bus::Subscription> news;
};

// One update on its way to the sockets.
struct Hub::Pass {
  RuckId ruck;
  UserId owner;
  std::uint64_t gate = 0;
  std::array<http::Frame, kAudiences> frames;
};

struct Hub::Home {
  struct SignedIn {
    Member* member = nullptr;
    UserId user;
  };
  std::unordered_multimap<Uuid, SignedIn> sign_ins;
  std::unordered_map<RuckId, std::unique_ptr<Room>> rooms;
  std::unordered_map<RuckId, Topic> topics;
  std::unordered_map<UserId, MeTopic> users;
  Presence presence;
  SteadyTime looked_at;  // all rooms, with an answer
  std::unique_ptr<runtime::Periodic> ticks;
  std::unique_ptr<runtime::Periodic> looks;  // null where no other process can change anything
};

template <class Fn>
void Hub::post(std::size_t core, Fn fn) {
  runtime::Gate::Pass pass = posts_.enter();
  if (!pass) return;
  asio::post(deps_.cores.at(core).io(),
             [pass = std::move(pass), fn = std::move(fn)]() mutable { fn(); });
}

template <class Fn>
void Hub::post_home(RuckId ruck, Fn fn) {
  if (stopped_) return;
  const std::size_t core = home_of(ruck);
  post(core, [this, core, fn = std::move(fn)]() mutable {
    if (!stopped_) fn(*homes_[core]);
  });
}

template <class T, class Fn>
task<T> Hub::at_home(RuckId ruck, Fn fn) {
  const std::size_t core = home_of(ruck);
  return runtime::await_promise<T>([this, core, fn = std::move(fn)](runtime::Promise<T> p) mutable {
    post(core, [this, core, fn = std::move(fn), p = std::move(p)]() mutable {
      p.set(fn(*homes_[core]));
    });
  });
}

}  // namespace ruck::live
