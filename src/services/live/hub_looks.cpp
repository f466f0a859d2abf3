// What other instances change, where the bus has not told it or may not have: rooms are read anew,
// or looked at and read anew where something differs.
#include "base/text.hpp"
#include "services/live/hub_parts.hpp"
#include "services/rucks/recording/topics.hpp"

namespace ruck::live {
namespace {
bool is_same(const people::Standing& a, const people::Standing& b) {
  return a.is_self == b.is_self && a.follows == b.follows && a.is_followed_by == b.is_followed_by &&
         a.is_blocked == b.is_blocked && a.is_private_profile == b.is_private_profile &&
         a.live_audience == b.live_audience;
}

people::Standing standing_from(const store::PairRow& row, bool is_self) {
  return {.is_self = is_self,
          .follows = row.follows,
          .is_followed_by = row.is_followed_by,
          .is_blocked = row.is_blocked,
          .is_private_profile = row.is_private,
          .live_audience = people::live_audience_of(row.live_audience)};
}

// What decides who may follow and what is hidden; the load is in what they are shown.
bool is_same(const store::RoomRow& now, const RuckView& view) {
  const rucks::LiveState& known = view.state();
  return now.status == known.status && people::visibility_of(now.visibility) == known.visibility &&
         now.allow_live_following == known.allow_live_following && now.load_kg == known.load_kg &&
         now.privacy_epoch == view.privacy().epoch;
}
}  // namespace

// From now on nothing is shown that was known before. Rooms are read a few at a time; those with
// news, or that somebody asks for, in between.
void Hub::on_gap() {
  if (stopped_) return;
  gates_.move_all();
  for (std::size_t core = 0; core < homes_.size(); ++core) {
    post(core, [this, core] {
      if (stopped_) return;
      const auto left = std::make_shared<std::vector<RuckId>>();
      for (const auto& [ruck, room] : homes_[core]->rooms) left->push_back(ruck);
      const std::size_t readers = std::min(kReadAnewAtOnce, left->size());
      for (std::size_t i = 0; i < readers; ++i) {
        tasks_.spawn(deps_.cores.at(core), read_anew(core, left));
      }
    });
  }
}

// `left` is shared with the other readers of this core.
task<> Hub::read_anew(std::size_t core, std::shared_ptr<std::vector<RuckId>> left) {
  while (!left->empty() && !stopped_) {
    const RuckId ruck = left->back();
    left->pop_back();
    const auto found = homes_[core]->rooms.find(ruck);
    if (found == homes_[core]->rooms.end()) continue;
    Room& room = *found->second;
    // One that is being read is read again at the end.
    if (room.is_loading || !room.view || is_current(room)) continue;
    begin_load(room);
    co_await load(ruck);
  }
}

// Others' news of the ruck arrive from now on, and what the room has may be older.
void Hub::on_heard(std::string_view topic) {
  const auto ruck = rucks::ruck_of_topic(topic);
  if (!ruck) return;
  post_home(*ruck, [this, ruck = *ruck](Home& home) {
    const auto found = home.rooms.find(ruck);
    if (found == home.rooms.end()) return;
    Room& room = *found->second;
    room.must_reload = true;  // if it is being read
    refresh(room);
  });
}

// ---- looks -------------------------------------------------------------------------------------

std::vector<Hub::Looked> Hub::to_look_at(std::size_t core, std::span<const RuckId> rucks) {
  std::vector<Looked> rooms;
  for (const RuckId ruck : rucks) {
    const auto found = homes_[core]->rooms.find(ruck);
    if (found == homes_[core]->rooms.end()) continue;
    const Room& room = *found->second;
    if (!room.view || room.is_loading) continue;
    rooms.push_back({.ruck = ruck, .owner = room.owner, .asked = asked_of(room)});
  }
  return rooms;
}

// Two statements for all of them, and one for each link that somebody watches with.
std::vector<Hub::Seen> Hub::seen_of(db::Session& q, const std::vector<Looked>& rooms) {
  std::vector<RuckId> rucks;
  std::vector<store::Pair> pairs;
  std::vector<Seen> all(rooms.size());
  for (const Looked& room : rooms) {
    rucks.push_back(room.ruck);
    for (const Asked::Viewer& viewer : room.asked.viewers) {
      pairs.push_back({.viewer = viewer.user, .owner = room.owner});
    }
  }
  // Who is not found stands as a stranger.
  std::vector<people::Standing> standings(pairs.size());
  for (const store::PairRow& row : store::pairs_now(q, pairs)) {
    const auto at = static_cast<std::size_t>(row.number) - 1;
    standings.at(at) = standing_from(row, pairs.at(at).viewer == pairs.at(at).owner);
  }
  std::unordered_map<RuckId, store::RoomRow> found;
  for (store::RoomRow& row : store::rooms_now(q, rucks)) found.emplace(row.ruck, std::move(row));
  std::size_t next = 0;
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    const auto row = found.find(rooms[i].ruck);
    if (row != found.end()) all[i].room = row->second;
    for (std::size_t j = 0; j < rooms[i].asked.viewers.size(); ++j) {
      all[i].standings.push_back(standings[next++]);
    }
    all[i].are_links_good = std::ranges::all_of(
        rooms[i].asked.links, [&](const std::string& link) { return store::has_link(q, link); });
  }
  return all;
}

// A room of which the database says something else than the room knows is closed at once, and read.
void Hub::take_look(const Looked& asked, const Seen& seen) {
  Home& home = *homes_[home_of(asked.ruck)];
  const auto found = home.rooms.find(asked.ruck);
  if (found == home.rooms.end() || found->second->is_loading) return;
  Room& room = *found->second;
  if (!is_as_known(room, asked, seen)) gates_.move_ruck(asked.ruck);
  if (!is_current(room)) refresh(room);
}

bool Hub::is_as_known(const Room& room, const Looked& asked, const Seen& seen) {
  if (!seen.room || !seen.are_links_good || !is_same(*seen.room, *room.view)) return false;
  for (std::size_t i = 0; i < asked.asked.viewers.size(); ++i) {
    const auto watching = room.watching.find(asked.asked.viewers[i].id);
    if (watching == room.watching.end()) continue;
    if (!is_same(seen.standings[i], watching->second.standing)) return false;
  }
  if (asked.asked.links.empty()) return true;
  const people::Standing of_link =
      standing_of_link(people::live_audience_of(seen.room->live_audience));
  return std::ranges::all_of(room.watching, [&](const auto& each) {
    return each.second.user || is_same(each.second.standing, of_link);
  });
}

task<> Hub::look_again(std::size_t core) {
  Home& home = *homes_[core];
  const auto begun = std::chrono::steady_clock::now();
  const auto every = deps_.bus.is_proven() ? kLookSeldom : kLookOften;
  if (begun - home.looked_at < every) co_return;
  std::vector<RuckId> rucks;
  for (const auto& [ruck, room] : home.rooms) rucks.push_back(ruck);
  for (std::size_t from = 0; from < rucks.size() && !stopped_; from += kRoomsPerLook) {
    const auto share = std::span(rucks).subspan(from, std::min(kRoomsPerLook, rucks.size() - from));
    const auto rooms = std::make_shared<const std::vector<Looked>>(to_look_at(core, share));
    if (rooms->empty()) continue;
    const auto seen =
        co_await deps_.database.read([rooms](db::Session& q) { return seen_of(q, *rooms); });
    if (stopped_) co_return;
    if (!seen) {
      // Whoever lost a right meanwhile cannot be known.
      if (std::chrono::steady_clock::now() - home.looked_at > every + kUnseenMax) {
        gates_.move_all();
      }
      co_return;
    }
    for (std::size_t i = 0; i < rooms->size(); ++i) take_look((*rooms)[i], (*seen)[i]);
  }
  home.looked_at = begun;
}

}  // namespace ruck::live
