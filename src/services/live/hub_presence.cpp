// How many watch, here and at other servers (presence.hpp), and that ruckers are told of it.
#include "services/live/hub_parts.hpp"
#include "services/live/messages.hpp"

namespace ruck::live {

// On any thread.
void Hub::on_others_watching(std::string_view payload) {
  const auto message = message_from(payload);
  if (stopped_ || !message || message->server == server_) return;
  std::vector<std::vector<Presence::Said>> by_home(homes_.size());
  for (const Presence::Said& each : message->said) by_home[home_of(each.ruck)].push_back(each);
  for (std::size_t core = 0; core < homes_.size(); ++core) {
    if (by_home[core].empty()) continue;
    post(core, [this, core, server = message->server, said = std::move(by_home[core])] {
      Home& home = *homes_[core];
      const SteadyTime now = std::chrono::steady_clock::now();
      for (const Presence::Said& each : said) {
        const bool is_other = home.presence.hear(server, each, now);
        const auto room = home.rooms.find(each.ruck);
        if (is_other && room != home.rooms.end()) room->second->presence_changed = true;
      }
    });
  }
}

std::uint32_t Hub::watching_here(const Room& room) {
  return room.counts[static_cast<std::size_t>(Audience::kFollower)] +
         room.counts[static_cast<std::size_t>(Audience::kLink)];
}

// Whoever has a room tells the owner, who may hear the same number from two servers.
void Hub::tell_presence(Home& home, Room& room) {
  if (!std::exchange(room.presence_changed, false)) return;
  home.presence.set(room.ruck, watching_here(room));
  const std::size_t watching = home.presence.total(room.ruck);
  if (std::exchange(room.told_watching, watching) == watching) return;
  tell_user(room.view->state().owner, messages::presence(room.ruck, watching),
            update_key(room.ruck) + 1);
}

void Hub::tell_others(Home& home, SteadyTime now) {
  const bool has_others = !deps_.database.is_exclusive();
  for (const RuckId ruck : home.presence.forget(now)) {
    const auto room = home.rooms.find(ruck);
    if (room != home.rooms.end()) room->second->presence_changed = true;
  }
  Presence::Message message{.server = server_, .said = home.presence.due(now)};
  if (!has_others || message.said.empty()) return;
  deps_.bus.publish(kWatching, to_bytes(message));
}

// As it is now, not as it was at the last tick.
task<Result<std::size_t>> Hub::watching(RuckId ruck) {
  co_return co_await at_home<std::size_t>(ruck, [ruck](Home& home) -> std::size_t {
    const auto room = home.rooms.find(ruck);
    return home.presence.elsewhere(ruck) +
           (room == home.rooms.end() ? 0 : watching_here(*room->second));
  });
}

}  // namespace ruck::live
