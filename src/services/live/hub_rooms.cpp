// Rooms: how a ruck is read, kept up to date, and who loses it.
#include "rucking/track_codec.hpp"
#include "services/live/hub_parts.hpp"

namespace ruck::live {

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
        post(core, [this, core, ruck, may_open, p = std::move(promise)]() mutable {
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
