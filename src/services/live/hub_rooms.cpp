// Rooms: how a ruck is read, kept up to date, and who loses it.
#include "services/live/hub_parts.hpp"
#include "services/live/store.hpp"
#include "services/profile/topics.hpp"
#include "services/rucks/recording/topics.hpp"

namespace ruck::live {

void Hub::on_ruck_news(RuckId ruck, const bus::Payload& payload) {
  post_home(ruck, [this, ruck, payload](Home& home) {
    const auto found = home.rooms.find(ruck);
    if (found == home.rooms.end() || payload->empty()) return;
    Room& room = *found->second;
    if (rucks::is_change(*payload)) return refresh(room);
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
  auto news = rucks::stored_news(bytes);
  if (!news) return;
  // What was read from the database may hold some of them.
  const std::int64_t known_ms = room.view->last_point_ms().value_or(0);
  std::erase_if(news->points, [known_ms](const auto& p) { return p.time_ms <= known_ms; });
  room.view->add(news->points, {.distance_m = news->distance_m, .duration_s = news->duration_s});
}

void Hub::on_owner_news(RuckId ruck, const bus::Payload& payload) {
  post_home(ruck, [this, ruck, payload](Home& home) {
    const auto found = home.rooms.find(ruck);
    if (found == home.rooms.end() || payload->empty()) return;
    Room& room = *found->second;
    const auto change = profile::access_change(*payload);
    if (!change) return;
    if (!change->parted) return refresh(room);
    const bool watches = std::ranges::any_of(
        room.watching, [&](const auto& each) { return each.second.user == change->parted; });
    if (watches) tasks_.spawn(deps_.cores.at(home_of(ruck)), ask_again(ruck, *change->parted));
  });
}

// ---- rooms -------------------------------------------------------------------------------------

Hub::Ticket Hub::ticket_of(const Room& room, std::optional<UserId> user) const {
  const std::uint32_t place = user ? Gates::pair_place(room.owner, *user) : Gates::kNoPair;
  return {.owner = room.owner, .room = room.gate, .pair_place = place, .pair = gates_.at(place)};
}

bool Hub::is_good(RuckId ruck, const Ticket& ticket) const {
  return gates_.of_ruck(ticket.owner, ruck) == ticket.room &&
         gates_.at(ticket.pair_place) == ticket.pair;
}

bool Hub::is_current(const Room& room) const {
  return gates_.of_ruck(room.owner, room.ruck) == room.gate;
}

task<Result<std::optional<Hub::Ticket>>> Hub::ticket_of(RuckId ruck, std::optional<UserId> user,
                                                        bool may_open) {
  using Outcome = Result<std::optional<Ticket>>;
  const std::size_t core = home_of(ruck);
  return runtime::await_promise<Outcome>(
      [this, core, ruck, user, may_open](runtime::Promise<Outcome> promise) {
        post(core, [this, core, ruck, user, may_open, p = std::move(promise)]() mutable {
          Home& home = *homes_[core];
          auto found = home.rooms.find(ruck);
          if (found == home.rooms.end() && !may_open) return p.set(std::nullopt);
          if (stopped_ || (found == home.rooms.end() && home.rooms.size() >= kRoomsPerCoreMax)) {
            return p.set(ruck::fail(ErrorCode::kOverloaded));
          }
          if (found == home.rooms.end()) {
            found = home.rooms.emplace(ruck, std::make_unique<Room>(ruck)).first;
            rooms_.fetch_add(1);
          }
          Room& room = *found->second;
          room.used_at = std::chrono::steady_clock::now();
          if (room.view && !room.is_loading && is_current(room)) {
            return p.set(ticket_of(room, user));
          }
          room.waiting.push_back({.promise = std::move(p), .user = user});
          refresh(room);
        });
      });
}

// Reads the room, unless that is under way: then it is read again at the end if a gate has moved.
void Hub::refresh(Room& room) {
  if (room.is_loading) return;
  begin_load(room);
  tasks_.spawn(deps_.cores.at(home_of(room.ruck)), load(room.ruck));
}

void Hub::begin_load(Room& room) {
  room.is_loading = true;
  // Listening begins before reading, so that nothing falls between.
  if (!room.ruck_news) {
    room.per_core.assign(homes_.size(), 0);
    room.ruck_news = deps_.bus.subscribe(
        rucks::topic_of(room.ruck),
        [this, ruck = room.ruck](const auto& news) { on_ruck_news(ruck, news); });
  }
}

// Whose ruck it is tells whose news and gates count.
task<Result<>> Hub::find_owner(RuckId ruck) {
  Home& home = *homes_[home_of(ruck)];
  if (home.rooms.at(ruck)->owner_news) co_return Result<>{};
  const auto state =
      co_await deps_.database.read([ruck](db::Session& q) { return rucks::live_state(q, ruck); });
  if (!state) co_return ruck::fail(state.error());
  if (!*state) co_return ruck::fail(ErrorCode::kRuckNotFound);
  Room& room = *home.rooms.at(ruck);
  room.owner = (*state)->owner;
  room.owner_news = deps_.bus.subscribe(
      profile::topic_of(room.owner), [this, ruck](const auto& news) { on_owner_news(ruck, news); });
  co_return Result<>{};
}

task<> Hub::load(RuckId ruck) {
  Home& home = *homes_[home_of(ruck)];
  if (const Result<> found = co_await find_owner(ruck); !found) {
    co_return fail_load(ruck, found.error());
  }
  const UserId owner = home.rooms.at(ruck)->owner;
  for (int attempt = 0; attempt < kReadAttemptsMax; ++attempt) {
    home.rooms.at(ruck)->must_reload = false;
    const Asked asked = asked_of(*home.rooms.at(ruck));
    const Result<Reread> read = co_await deps_.database.read(
        [owner, ruck, asked](db::Session& q) { return reread(q, owner, ruck, asked); });
    if (!read) co_return fail_load(ruck, read.error());
    Room& room = *home.rooms.at(ruck);
    finish_load(room, *read, asked);
    if (!room.must_reload && is_current(room)) co_return open(room);
  }
  fail_load(ruck, {.code = ErrorCode::kRetryLater});
}

Hub::Asked Hub::asked_of(const Room& room) const {
  Asked asked{.room_gate = gates_.of_ruck(room.owner, room.ruck)};
  for (const auto& [id, watching] : room.watching) {
    if (watching.user) {
      const std::uint32_t place = Gates::pair_place(room.owner, *watching.user);
      asked.viewers.push_back({.id = id, .user = *watching.user, .pair_gate = gates_.at(place)});
    } else if (std::ranges::find(asked.links, watching.link_hash) == asked.links.end()) {
      asked.links.push_back(watching.link_hash);
    }
  }
  return asked;
}

Result<Hub::Reread> Hub::reread(db::Session& q, UserId owner, RuckId ruck, const Asked& asked) {
  auto state = rucks::live_state(q, ruck);
  const auto anybody = people::standing_of(q, std::nullopt, owner);
  if (!state || !anybody) return ruck::fail(ErrorCode::kRuckNotFound);
  auto track = rucks::live_track(q, owner, ruck);
  if (!track) return ruck::fail(track.error());
  std::vector<UserId> users;
  for (const Asked::Viewer& viewer : asked.viewers) users.push_back(viewer.user);
  Reread read{.state = std::move(*state),
              .privacy = people::privacy_of(q, owner),
              .track = std::move(*track),
              .of_link = standing_of_link(anybody->live_audience),
              .standings = people::standings_of(q, users, owner),
              .good_links = {}};
  for (const std::string& link : asked.links) {
    if (store::has_link(q, link)) read.good_links.push_back(link);
  }
  return read;
}

void Hub::finish_load(Room& room, const Reread& read, const Asked& asked) {
  if (!room.view) {
    room.view.emplace(read.state, read.privacy);
  } else {
    room.view->set_state(read.state);
    room.view->set_privacy(read.privacy);
  }
  room.gate = asked.room_gate;
  room.view->load(read.track);
  for (const bus::Payload& payload : room.missed) add_points(room, *payload);
  room.missed.clear();
  room.snapshots = {};
  for (std::size_t i = 0; i < asked.viewers.size(); ++i) {
    const auto found = room.watching.find(asked.viewers[i].id);
    if (found == room.watching.end()) continue;
    found->second.standing = read.standings[i];
    found->second.pair_gate = asked.viewers[i].pair_gate;
  }
  for (auto& [id, watching] : room.watching) {
    if (watching.user) continue;
    watching.standing = read.of_link;
    watching.is_revoked =
        std::ranges::find(read.good_links, watching.link_hash) == read.good_links.end();
  }
}

// What has been read is what counts: those who may not stay go, the others are shown it.
void Hub::open(Room& room) {
  room.is_loading = false;
  for (Waiting& each : room.waiting) each.promise.set(ticket_of(room, each.user));
  room.waiting.clear();
  drop_lost(room);
  renew(room);
  if (!room.watching.empty()) publish(room);
}

// A room that cannot be read is closed: whoever asked is told, whoever watched loses it.
void Hub::fail_load(RuckId ruck, const Error& error) {
  Home& home = *homes_[home_of(ruck)];
  const auto found = home.rooms.find(ruck);
  Room& room = *found->second;
  for (Waiting& each : room.waiting) each.promise.set(ruck::fail(error));
  std::vector<std::uint64_t> ids;
  for (const auto& [id, watching] : room.watching) ids.push_back(id);
  remove(room, ids, error);
  home.rooms.erase(found);
  rooms_.fetch_sub(1);
}

// Somebody who watches may no longer follow.
task<> Hub::ask_again(RuckId ruck, UserId user) {
  Home& home = *homes_[home_of(ruck)];
  const auto at = home.rooms.find(ruck);
  if (at == home.rooms.end() || !at->second->view) co_return;
  const UserId owner = at->second->owner;
  const std::uint32_t place = Gates::pair_place(owner, user);
  people::Standing now;  // one who cannot be asked about is a stranger
  std::uint64_t gate = 0;
  for (int attempt = 0; attempt < kReadAttemptsMax; ++attempt) {
    gate = gates_.at(place);
    const auto standing = co_await deps_.database.read(
        [user, owner](db::Session& q) { return people::standing_of(q, user, owner); });
    const bool is_settled = gates_.at(place) == gate;
    now = is_settled && standing && *standing ? **standing : people::Standing();
    if (is_settled) break;
  }
  const auto found = home.rooms.find(ruck);
  if (found == home.rooms.end() || !found->second->view) co_return;
  Room& room = *found->second;
  for (auto& [id, watching] : room.watching) {
    if (watching.user != user) continue;
    watching.standing = now;
    watching.pair_gate = gate;
  }
  drop_lost(room);
  renew(room);
}

Result<> Hub::may_stay(const Room& room, const Watching& watching) const {
  if (watching.is_revoked) return ruck::fail(ErrorCode::kRuckNotFound);
  return still_granted(room.view->state(), watching.standing, watching.audience);
}

// Everybody's access, as things stand now.
void Hub::drop_lost(Room& room) {
  std::unordered_map<std::uint16_t, std::pair<Error, std::vector<std::uint64_t>>> lost;
  for (const auto& [id, watching] : room.watching) {
    const Result<> open = may_stay(room, watching);
    if (open) continue;
    auto& each = lost[static_cast<std::uint16_t>(open.error().code)];
    each.first = open.error();
    each.second.push_back(id);
  }
  for (const auto& [code, each] : lost) remove(room, each.second, each.first);
}

// Tells the sockets' cores under which gates those who are left were asked about.
void Hub::renew(const Room& room) {
  using Gate = std::pair<std::uint64_t, std::uint64_t>;  // of a member's id
  std::vector<std::vector<Gate>> of_core(homes_.size());
  for (const auto& [id, watching] : room.watching) {
    if (watching.user) of_core[watching.core].emplace_back(id, watching.pair_gate);
  }
  for (std::size_t core = 0; core < of_core.size(); ++core) {
    if (of_core[core].empty()) continue;
    std::ranges::sort(of_core[core]);
    post(core, [this, core, ruck = room.ruck, gates = of_core[core]] {
      const auto topic = homes_[core]->topics.find(ruck);
      if (topic == homes_[core]->topics.end()) return;
      for (Topic::Entry& entry : topic->second.entries) {
        const auto found = std::ranges::lower_bound(gates, entry.id, {}, &Gate::first);
        if (found == gates.end() || found->first != entry.id) continue;
        entry.pair_gate = found->second;
        entry.is_asked = false;
      }
    });
  }
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
    post(core, [this, core, ruck = room.ruck, gone = of_core[core], why] {
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

}  // namespace ruck::live
