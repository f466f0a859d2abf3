#include "services/live/hub.hpp"

#include "http/json/writer.hpp"
#include "rucking/track_codec.hpp"
#include "services/live/messages.hpp"
#include "telemetry/log.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace ruck::live {
namespace {
namespace asio = boost::asio;
using SteadyTime = std::chrono::steady_clock::time_point;

// What travels on the topic of a ruck and of an owner: the first byte says what.
constexpr char kPoints = 'P';
constexpr char kChanged = 'C';
constexpr char kRevoked = 'L';
constexpr char kParted = 'X';
constexpr char kPrivacy = 'Z';
constexpr std::size_t kMissedMax = 64;  // batches that come while a ruck is read

std::string ruck_topic(RuckId ruck) { return fmt::format("ruck:{}", ruck.value()); }
std::string owner_topic(UserId owner) { return "owner:" + owner.value().to_string(); }
std::string me_topic(UserId user) { return "me:" + user.value().to_string(); }

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

std::uint64_t update_key(RuckId ruck) { return static_cast<std::uint64_t>(ruck.value()) << 2 | 1; }
}  // namespace

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
  std::array<std::uint32_t, kAudiences> sent_seq{};
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

Hub::Hub(Dependencies dependencies)
    : deps_(dependencies),
      published_(deps_.metrics.counter("ruck_live_updates_total", "Updates of followed rucks")),
      ended_(deps_.metrics.counter("ruck_live_ended_total", "Watchers who lost their access")),
      tasks_("live", [](std::string_view name, const std::exception_ptr& failure) {
        telemetry::log_exception("live.failed", name, failure);
      }) {
  for (std::size_t i = 0; i < deps_.cores.size(); ++i) homes_.push_back(std::make_unique<Home>());
  deps_.metrics.gauge_callback("ruck_live_rooms", "Rucks that are followed",
                               [this] { return static_cast<double>(rooms_.load()); });
}

Hub::~Hub() = default;

void Hub::start() {
  for (std::size_t i = 0; i < homes_.size(); ++i) {
    homes_[i]->ticks = std::make_unique<runtime::Periodic>(
        "live", deps_.cores.at(i), kTick, [this, i] { return tick(i); },
        [](std::string_view name, const std::exception_ptr& failure) {
          telemetry::log_exception("live.tick_failed", name, failure);
        });
  }
}

void Hub::stop() {
  stopped_ = true;
  for (const auto& home : homes_) home->ticks.reset();
  tasks_.join();
}

std::size_t Hub::home_of(RuckId ruck) const { return std::hash<RuckId>{}(ruck) % homes_.size(); }

template <class Fn>
void Hub::post_home(RuckId ruck, Fn fn) {
  if (stopped_) return;
  const std::size_t core = home_of(ruck);
  asio::post(deps_.cores.at(core).io(), [this, core, fn = std::move(fn)]() mutable {
    if (!stopped_) fn(*homes_[core]);
  });
}

template <class T, class Fn>
task<T> Hub::at_home(RuckId ruck, Fn fn) {
  const std::size_t core = home_of(ruck);
  return runtime::await_promise<T>([this, core, fn = std::move(fn)](runtime::Promise<T> p) mutable {
    asio::post(
        deps_.cores.at(core).io(),
        [this, core, fn = std::move(fn), p = std::move(p)]() mutable { p.set(fn(*homes_[core])); });
  });
}

// ---- what has happened -------------------------------------------------------------------------

void Hub::on_stored(const rucks::Committed& committed) {
  const std::string topic = ruck_topic(committed.key.ruck);
  if (stopped_ || !deps_.bus.is_wanted(topic)) return;
  std::string payload(1, kPoints);
  append_raw(payload, committed.stored.distance_m);
  append_raw(payload, committed.stored.duration_s);
  rucking::append_block(payload, committed.points);
  deps_.bus.publish(topic, std::move(payload));
}

void Hub::on_ruck_changed(RuckId ruck) {
  if (!stopped_) deps_.bus.publish(ruck_topic(ruck), std::string(1, kChanged));
}

void Hub::on_parted(UserId one, UserId other) {
  if (stopped_) return;
  for (const auto& [owner, lost] : {std::pair(one, other), std::pair(other, one)}) {
    deps_.bus.publish(owner_topic(owner), kParted + lost.value().to_string());
  }
}

void Hub::on_privacy_changed(UserId owner) {
  if (!stopped_) deps_.bus.publish(owner_topic(owner), std::string(1, kPrivacy));
}

void Hub::on_link_revoked(RuckId ruck, std::string_view link_hash) {
  if (!stopped_) deps_.bus.publish(ruck_topic(ruck), kRevoked + std::string(link_hash));
}

void Hub::tell_user(UserId user, std::string_view json, std::uint64_t key) {
  const std::string topic = me_topic(user);
  if (stopped_ || !deps_.bus.is_wanted(topic)) return;
  std::string payload;
  append_raw(payload, key);
  payload += json;
  deps_.bus.publish(topic, std::move(payload));
}

void Hub::on_ruck_news(RuckId ruck, const bus::Payload& payload) {
  post_home(ruck, [this, ruck, payload](Home& home) {
    const auto found = home.rooms.find(ruck);
    if (found == home.rooms.end() || payload->empty()) return;
    Room& room = *found->second;
    if (payload->front() == kChanged) {
      ++room.epoch;
      room.must_reload = true;
      if (!room.is_loading) tasks_.spawn(deps_.cores.at(home_of(ruck)), load(ruck));
      room.is_loading = true;
      return;
    }
    if (payload->front() == kRevoked) {
      ++room.epoch;
      std::vector<std::uint64_t> ids;
      for (const auto& [id, watching] : room.watching) {
        if (watching.link_hash == std::string_view(*payload).substr(1)) ids.push_back(id);
      }
      return remove(room, ids, {.code = ErrorCode::kRuckNotFound});
    }
    if (room.is_loading) {
      // Read again at the end if these are too many.
      if (room.missed.size() < kMissedMax) room.missed.push_back(payload);
      if (room.missed.size() == kMissedMax) room.must_reload = true;
      return;
    }
    add_points(room, *payload);
    publish(room);
  });
}

void Hub::add_points(Room& room, std::string_view bytes) {
  constexpr std::size_t kHeadBytes = 1 + 2 * sizeof(double);
  if (bytes.size() < kHeadBytes) return;
  bytes.remove_prefix(1);
  const auto distance_m = take_raw<double>(bytes);
  const auto duration_s = take_raw<double>(bytes);
  auto points = rucking::decode_points(bytes);
  if (!points) return;
  // What was read from the database may hold some of them.
  const std::int64_t known_ms = room.view->last_point_ms().value_or(0);
  std::erase_if(*points, [known_ms](const auto& p) { return p.time_ms <= known_ms; });
  room.view->add(*points, {.distance_m = distance_m, .duration_s = duration_s});
}

void Hub::on_owner_news(RuckId ruck, const bus::Payload& payload) {
  post_home(ruck, [this, ruck, payload](Home& home) {
    const auto found = home.rooms.find(ruck);
    if (found == home.rooms.end() || payload->empty()) return;
    Room& room = *found->second;
    ++room.epoch;
    runtime::Core& core = deps_.cores.at(home_of(ruck));
    if (payload->front() == kPrivacy) {
      room.privacy_is_stale = true;
      tasks_.spawn(core, reload_privacy(ruck));
      return;
    }
    const auto other = Uuid::parse(std::string_view(*payload).substr(1));
    const bool watches = other && std::ranges::any_of(room.watching, [&](const auto& each) {
                           return each.second.user == UserId(*other);
                         });
    if (watches) tasks_.spawn(core, ask_again(ruck, UserId(*other)));
  });
}

// ---- rooms -------------------------------------------------------------------------------------

// The epoch of the ruck's room, once it has been read; 0 where there is none and may be none.
task<Result<std::uint64_t>> Hub::epoch_of(RuckId ruck, bool may_open) {
  const std::size_t core = home_of(ruck);
  return runtime::await_promise<Result<std::uint64_t>>(
      [this, core, ruck, may_open](runtime::Promise<Result<std::uint64_t>> promise) {
        asio::post(deps_.cores.at(core).io(), [this, core, ruck, may_open,
                                               p = std::move(promise)]() mutable {
          Home& home = *homes_[core];
          auto found = home.rooms.find(ruck);
          if (found == home.rooms.end() && !may_open) {
            p.set(std::uint64_t{0});
            return;
          }
          if (stopped_ || (found == home.rooms.end() && home.rooms.size() >= kRoomsPerCoreMax)) {
            p.set(ruck::fail(ErrorCode::kOverloaded));
            return;
          }
          if (found == home.rooms.end()) {
            found = home.rooms.emplace(ruck, std::make_unique<Room>(ruck)).first;
            rooms_.fetch_add(1);
          }
          Room& room = *found->second;
          room.used_at = std::chrono::steady_clock::now();
          if (room.view && !room.must_reload && !room.privacy_is_stale) {
            p.set(room.epoch);
            return;
          }
          room.waiting.push_back(std::move(p));
          if (room.is_loading) return;
          room.is_loading = true;
          // Listening begins before reading, so that nothing falls between.
          if (!room.ruck_news) {
            room.per_core.assign(homes_.size(), 0);
            room.ruck_news = deps_.bus.subscribe(
                ruck_topic(ruck), [this, ruck](const auto& news) { on_ruck_news(ruck, news); });
          }
          tasks_.spawn(deps_.cores.at(core), load(ruck));
        });
      });
}

task<> Hub::load(RuckId ruck) {
  Home& home = *homes_[home_of(ruck)];
  for (;;) {
    home.rooms.at(ruck)->must_reload = false;
    const auto state =
        co_await deps_.database.read([ruck](db::Session& q) { return rucks::live_state(q, ruck); });
    if (!state || !*state) {
      co_return fail_load(ruck, state ? Error{.code = ErrorCode::kRuckNotFound} : state.error());
    }
    Room& room = *home.rooms.at(ruck);
    if (!room.owner_news) {
      room.owner_news =
          deps_.bus.subscribe(owner_topic((*state)->owner),
                              [this, ruck](const auto& news) { on_owner_news(ruck, news); });
    }
    auto read = co_await deps_.database.read(
        [owner = (*state)->owner, ruck](db::Session& q)
            -> Result<std::tuple<rucks::LiveState, people::OwnerPrivacy, rucks::LiveTrack>> {
          auto now = rucks::live_state(q, ruck);
          if (!now) return ruck::fail(ErrorCode::kRuckNotFound);
          auto track = rucks::live_track(q, owner, ruck);
          if (!track) return ruck::fail(track.error());
          return std::tuple(std::move(*now), people::privacy_of(q, owner), std::move(*track));
        });
    if (!read) co_return fail_load(ruck, read.error());
    Room& loaded = *home.rooms.at(ruck);
    auto& [now, privacy, track] = *read;
    finish_load(loaded, now, privacy, track);
    if (!loaded.must_reload) break;
  }
  Room& room = *home.rooms.at(ruck);
  room.is_loading = false;
  for (auto& promise : room.waiting) promise.set(room.epoch);
  room.waiting.clear();
  recheck(room);
}

void Hub::finish_load(Room& room, const rucks::LiveState& state,
                      const people::OwnerPrivacy& privacy, const rucks::LiveTrack& track) {
  if (!room.view) {
    room.view.emplace(state, privacy);
  } else {
    room.view->set_state(state);
    room.view->set_privacy(privacy);
  }
  room.privacy_is_stale = false;
  room.view->load(track);
  for (const bus::Payload& payload : room.missed) add_points(room, *payload);
  room.missed.clear();
  room.snapshots = {};
}

// A room that cannot be read is closed: whoever asked is told, whoever watched loses it.
void Hub::fail_load(RuckId ruck, const Error& error) {
  Home& home = *homes_[home_of(ruck)];
  const auto found = home.rooms.find(ruck);
  Room& room = *found->second;
  for (auto& promise : room.waiting) promise.set(ruck::fail(error));
  std::vector<std::uint64_t> ids;
  for (const auto& [id, watching] : room.watching) ids.push_back(id);
  remove(room, ids, error);
  home.rooms.erase(found);
  rooms_.fetch_sub(1);
}

task<> Hub::reload_privacy(RuckId ruck) {
  const auto at = homes_[home_of(ruck)]->rooms.find(ruck);
  if (at == homes_[home_of(ruck)]->rooms.end() || !at->second->view) co_return;
  const UserId owner = at->second->view->state().owner;
  const auto privacy = co_await deps_.database.read(
      [owner](db::Session& q) { return people::privacy_of(q, owner); });
  Home& home = *homes_[home_of(ruck)];
  const auto found = home.rooms.find(ruck);
  if (found == home.rooms.end() || !found->second->view) co_return;
  Room& room = *found->second;
  // What could not be read hides everything.
  room.view->set_privacy(privacy ? *privacy : people::OwnerPrivacy());
  room.privacy_is_stale = false;
  room.snapshots = {};
  for (auto& promise : room.waiting) promise.set(room.epoch);
  room.waiting.clear();
  publish(room);
}

// Somebody who watches may no longer follow.
task<> Hub::ask_again(RuckId ruck, UserId user) {
  Home& home = *homes_[home_of(ruck)];
  const auto at = home.rooms.find(ruck);
  if (at == home.rooms.end() || !at->second->view) co_return;
  const UserId owner = at->second->view->state().owner;
  const auto standing = co_await deps_.database.read(
      [user, owner](db::Session& q) { return people::standing_of(q, user, owner); });
  const auto found = home.rooms.find(ruck);
  if (found == home.rooms.end()) co_return;
  for (auto& [id, watching] : found->second->watching) {
    // One who cannot be asked about is a stranger.
    if (watching.user == user) {
      watching.standing = standing && *standing ? **standing : people::Standing();
    }
  }
  recheck(*found->second);
}

// Everybody's access, as things stand now.
void Hub::recheck(Room& room) {
  const rucks::LiveState& state = room.view->state();
  std::unordered_map<std::uint16_t, std::pair<Error, std::vector<std::uint64_t>>> lost;
  for (const auto& [id, watching] : room.watching) {
    const Result<> open = still_granted(state, watching.standing, watching.audience);
    if (open) continue;
    auto& each = lost[static_cast<std::uint16_t>(open.error().code)];
    each.first = open.error();
    each.second.push_back(id);
  }
  for (const auto& [code, each] : lost) remove(room, each.second, each.first);
  if (!room.privacy_is_stale && !room.watching.empty()) publish(room);
}

void Hub::count(Room& room, const Watching& watching, int by) {
  const auto step = static_cast<std::uint32_t>(by);
  room.counts[static_cast<std::size_t>(watching.audience)] += step;
  room.per_core[watching.core] += step;
  if (watching.audience != Audience::kOwner) room.presence_changed = true;
}

void Hub::remove(Room& room, const std::vector<std::uint64_t>& ids, const Error& why) {
  std::vector<std::vector<std::uint64_t>> of_core(homes_.size());
  for (const std::uint64_t id : ids) {
    const auto found = room.watching.find(id);
    if (found == room.watching.end()) continue;
    of_core[found->second.core].push_back(id);
    count(room, found->second, -1);
    room.watching.erase(found);
    ended_.add();
  }
  for (std::size_t core = 0; core < of_core.size(); ++core) {
    if (of_core[core].empty()) continue;
    std::ranges::sort(of_core[core]);
    asio::post(deps_.cores.at(core).io(),
               [this, core, ruck = room.ruck, gone = of_core[core], why] {
                 const auto topic = homes_[core]->topics.find(ruck);
                 if (topic == homes_[core]->topics.end()) return;
                 std::vector<Member*> told;
                 std::erase_if(topic->second.entries, [&](const Topic::Entry& entry) {
                   const bool is_gone = std::ranges::binary_search(gone, entry.id);
                   if (is_gone) told.push_back(entry.member);
                   return is_gone;
                 });
                 if (topic->second.entries.empty()) homes_[core]->topics.erase(topic);
                 for (Member* member : told) member->ended(ruck, why);
               });
  }
}

// ---- watching ----------------------------------------------------------------------------------

http::Frame Hub::snapshot_of(Room& room, Audience audience, std::optional<std::uint32_t> since) {
  const auto render = [&] {
    return http::text_frame(messages::of_ruck("snapshot", room.ruck, room.view->seq(), std::nullopt,
                                              room.view->snapshot(audience, since)));
  };
  if (since) return render();
  http::Frame& kept = room.snapshots[static_cast<std::size_t>(audience)];
  if (!kept) kept = render();
  return kept;
}

template <class T, class Use>
task<Result<T>> Hub::admitted(Watcher watcher, RuckId ruck, Use use) {
  bool may_open = false;  // nobody opens a room by asking for what he may not see
  for (int attempt = 0; attempt < kJoinAttemptsMax; ++attempt) {
    const Result<std::uint64_t> epoch = co_await epoch_of(ruck, may_open);
    if (!epoch) co_return ruck::fail(epoch.error());
    const Result<Grant> granted = co_await deps_.database.read(
        [watcher, ruck](db::Session& q) { return grant(q, watcher, ruck); });
    if (!granted) co_return ruck::fail(granted.error());
    may_open = true;
    if (*epoch == 0) continue;
    auto got = co_await at_home<std::optional<T>>(
        ruck,
        [ruck, epoch = *epoch, grant = *granted, use](Home& home) mutable -> std::optional<T> {
          const auto found = home.rooms.find(ruck);
          if (found == home.rooms.end() || found->second->epoch != epoch) return std::nullopt;
          Room& room = *found->second;
          if (!room.view || room.is_loading || room.privacy_is_stale) return std::nullopt;
          return use(room, grant);
        });
    if (got) co_return std::move(*got);
  }
  co_return ruck::fail(ErrorCode::kRetryLater);
}

task<Result<Hub::Joined>> Hub::join(Watcher watcher, std::uint64_t id, RuckId ruck,
                                    std::optional<std::uint32_t> since) {
  const std::size_t core = runtime::Core::current()->index();
  co_return co_await admitted<Joined>(
      watcher, ruck, [this, core, id, since, watcher](Room& room, const Grant& granted) {
        const Watching watching{.core = core,
                                .audience = granted.audience,
                                .user = watcher.user,
                                .standing = granted.standing,
                                .link_hash = watcher.link_hash,
                                .link_expires_at = watcher.link_expires_at};
        const auto at = static_cast<std::size_t>(granted.audience);
        if (room.counts[at] == 0) {
          room.view->begin(granted.audience);
          room.sent_seq[at] = room.view->seq();
        }
        if (room.watching.emplace(id, watching).second) count(room, watching, 1);
        return Joined{.snapshot = snapshot_of(room, granted.audience, since),
                      .audience = granted.audience};
      });
}

void Hub::sit(RuckId ruck, Seat seat, Audience audience) {
  Topic& topic = homes_[runtime::Core::current()->index()]->topics[ruck];
  topic.entries.push_back(
      {.member = seat.member, .id = seat.id, .audience = audience, .pass = topic.pass});
}

void Hub::leave(RuckId ruck, Seat seat) {
  Home& own = *homes_[runtime::Core::current()->index()];
  if (const auto topic = own.topics.find(ruck); topic != own.topics.end()) {
    auto& entries = topic->second.entries;
    const auto entry = std::ranges::find(entries, seat.id, &Topic::Entry::id);
    if (entry != entries.end()) {
      *entry = entries.back();
      entries.pop_back();
    }
    if (entries.empty()) own.topics.erase(topic);
  }
  post_home(ruck, [this, ruck, id = seat.id](Home& home) {
    const auto found = home.rooms.find(ruck);
    if (found == home.rooms.end()) return;
    const auto watching = found->second->watching.find(id);
    if (watching == found->second->watching.end()) return;
    count(*found->second, watching->second, -1);
    found->second->watching.erase(watching);
  });
}

task<Result<std::string>> Hub::look(Watcher watcher, RuckId ruck) {
  return admitted<std::string>(watcher, ruck, [](Room& room, const Grant& granted) {
    return room.view->contract_form(granted.audience);
  });
}

task<Result<std::size_t>> Hub::watching(RuckId ruck) {
  co_return co_await at_home<std::size_t>(ruck, [ruck](Home& home) -> std::size_t {
    const auto found = home.rooms.find(ruck);
    if (found == home.rooms.end()) return 0;
    const auto& counts = found->second->counts;
    return counts[static_cast<std::size_t>(Audience::kFollower)] +
           counts[static_cast<std::size_t>(Audience::kLink)];
  });
}

// ---- out ---------------------------------------------------------------------------------------

void Hub::publish(Room& room) {
  room.snapshots = {};
  if (!room.view || room.privacy_is_stale) return;
  auto frames = std::make_shared<Frames>();
  bool is_any = false;
  for (std::size_t i = 0; i < kAudiences; ++i) {
    if (room.counts[i] == 0) continue;
    is_any = true;
    (*frames)[i] =
        http::text_frame(messages::of_ruck("update", room.ruck, room.view->seq(), room.sent_seq[i],
                                           room.view->update(static_cast<Audience>(i))));
    room.sent_seq[i] = room.view->seq();
  }
  if (!is_any) return;
  published_.add();
  for (std::size_t core = 0; core < homes_.size(); ++core) {
    if (room.per_core[core] == 0) continue;
    asio::post(deps_.cores.at(core).io(),
               [this, core, ruck = room.ruck, shared = std::shared_ptr<const Frames>(frames)] {
                 const auto topic = homes_[core]->topics.find(ruck);
                 if (topic == homes_[core]->topics.end()) return;
                 fan_out(core, ruck, shared, ++topic->second.pass);
               });
  }
}

// Sends to those who have not got this pass yet, a share of them; then others have their turn.
void Hub::fan_out(std::size_t core, RuckId ruck, std::shared_ptr<const Frames> frames,
                  std::uint32_t pass) {
  const auto found = homes_[core]->topics.find(ruck);
  if (found == homes_[core]->topics.end() || found->second.pass != pass) return;
  std::size_t sent = 0;
  bool is_done = true;
  for (Topic::Entry& entry : found->second.entries) {
    if (entry.pass == pass) continue;
    if (sent++ == kFanOutAtOnce) {
      is_done = false;
      break;
    }
    entry.pass = pass;
    const http::Frame& frame = (*frames)[static_cast<std::size_t>(entry.audience)];
    if (frame) entry.member->deliver_latest(update_key(ruck), frame);
  }
  if (is_done) return;
  asio::post(deps_.cores.at(core).io(), [this, core, ruck, frames = std::move(frames), pass] {
    fan_out(core, ruck, frames, pass);
  });
}

void Hub::listen(UserId user, Member& member) {
  const std::size_t core = runtime::Core::current()->index();
  MeTopic& topic = homes_[core]->users[user];
  topic.members.push_back(&member);
  if (topic.news) return;
  topic.news = deps_.bus.subscribe(me_topic(user), [this, core, user](const bus::Payload& payload) {
    asio::post(deps_.cores.at(core).io(), [this, core, user, payload] {
      const auto found = homes_[core]->users.find(user);
      if (stopped_ || found == homes_[core]->users.end()) return;
      std::string_view bytes = *payload;
      const auto key = take_raw<std::uint64_t>(bytes);
      const http::Frame frame = http::text_frame(bytes);
      for (Member* each : found->second.members) {
        key == 0 ? each->deliver(frame) : each->deliver_latest(key, frame);
      }
    });
  });
}

void Hub::unlisten(UserId user, Member& member) {
  Home& home = *homes_[runtime::Core::current()->index()];
  const auto found = home.users.find(user);
  if (found == home.users.end()) return;
  std::erase(found->second.members, &member);
  if (found->second.members.empty()) home.users.erase(found);
}

bool Hub::admit(UserId user) {
  const std::lock_guard lock(users_mutex_);
  std::size_t& count = sockets_of_[user];
  if (count >= kSocketsPerUserMax) return false;
  ++count;
  return true;
}

void Hub::dismiss(UserId user) {
  const std::lock_guard lock(users_mutex_);
  const auto found = sockets_of_.find(user);
  if (found != sockets_of_.end() && --found->second == 0) sockets_of_.erase(found);
}

// Once a second: presence, links that have run out, rooms that nobody uses.
task<> Hub::tick(std::size_t core) {
  Home& home = *homes_[core];
  const SteadyTime now = std::chrono::steady_clock::now();
  const UtcUs utc = deps_.clock.now();
  std::vector<RuckId> unused;
  for (auto& [ruck, room] : home.rooms) {
    if (room->is_loading || !room->view) continue;
    if (room->counts[static_cast<std::size_t>(Audience::kLink)] > 0) {
      std::vector<std::uint64_t> expired;
      for (const auto& [id, watching] : room->watching) {
        const bool is_over =
            watching.audience == Audience::kLink && watching.link_expires_at <= utc;
        if (is_over) expired.push_back(id);
      }
      if (!expired.empty()) remove(*room, expired, {.code = ErrorCode::kRuckNotFound});
    }
    if (room->presence_changed) {
      room->presence_changed = false;
      const auto& counts = room->counts;
      const std::size_t watching = counts[static_cast<std::size_t>(Audience::kFollower)] +
                                   counts[static_cast<std::size_t>(Audience::kLink)];
      tell_user(room->view->state().owner, messages::presence(ruck, watching),
                update_key(ruck) + 1);
    }
    if (!room->watching.empty()) room->used_at = now;
    if (now - room->used_at > kRoomIdle) unused.push_back(ruck);
  }
  for (const RuckId ruck : unused) home.rooms.erase(ruck);
  rooms_.fetch_sub(unused.size());
  co_return;
}

}  // namespace ruck::live
