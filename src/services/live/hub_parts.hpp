#pragma once
// What a hub is made of; only for its own files.
#include "http/json/writer.hpp"
#include "services/live/hub.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace ruck::live {
namespace asio = boost::asio;
using SteadyTime = std::chrono::steady_clock::time_point;

// What travels on the topic of a ruck and of an owner: the first byte says what.
inline constexpr char kPoints = 'P';
inline constexpr char kChanged = 'C';
inline constexpr char kRevoked = 'L';
inline constexpr char kParted = 'X';
inline constexpr char kPrivacy = 'Z';
inline constexpr std::size_t kMissedMax = 64;  // batches that come while a ruck is read

inline std::string ruck_topic(RuckId ruck) { return fmt::format("ruck:{}", ruck.value()); }
inline std::string owner_topic(UserId owner) { return "owner:" + owner.value().to_string(); }
inline std::string me_topic(UserId user) { return "me:" + user.value().to_string(); }

template <class T>
void append_raw(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
T take_raw(std::string_view& bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

inline std::uint64_t update_key(RuckId ruck) {
  return static_cast<std::uint64_t>(ruck.value()) << 2 | 1;
}

// Somebody who watches, as his ruck's home knows him.
struct Hub::Watching {
  std::size_t core = 0;
  Audience audience = Audience::kFollower;
  std::optional<UserId> user;
  people::Standing standing;
  std::string link_hash;
  UtcUs link_expires_at{};
};

struct Hub::Room {
  explicit Room(RuckId r) : ruck(r) {}
  RuckId ruck;
  std::optional<RuckView> view;  // once it has been read
  std::unique_ptr<bus::Bus::Subscription> ruck_news;
  std::unique_ptr<bus::Bus::Subscription> owner_news;
  std::unordered_map<std::uint64_t, Watching> watching;  // by the member's id
  std::array<std::uint32_t, kAudiences> counts{};
  std::vector<std::uint32_t> per_core;
  std::array<http::Frame, kAudiences> snapshots;  // of the present state
  std::vector<runtime::Promise<Result<std::uint64_t>>> waiting;
  std::vector<bus::Payload> missed;
  std::uint64_t epoch = 1;
  SteadyTime used_at;
  bool is_loading = false;
  bool must_reload = false;
  bool privacy_is_stale = false;  // nothing is shown until it is known again
  bool presence_changed = false;
};

// The sockets of one core that watch a ruck.
struct Hub::Topic {
  struct Entry {
    Member* member = nullptr;
    std::uint64_t id = 0;
    Audience audience = Audience::kFollower;
    std::uint32_t pass = 0;
  };
  std::vector<Entry> entries;
  std::uint32_t pass = 0;
};

struct Hub::MeTopic {
  std::vector<Member*> members;
  std::unique_ptr<bus::Bus::Subscription> news;
};

struct Hub::Home {
  std::unordered_map<RuckId, std::unique_ptr<Room>> rooms;
  std::unordered_map<RuckId, Topic> topics;
  std::unordered_map<UserId, MeTopic> users;
  std::unique_ptr<runtime::Periodic> ticks;
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
