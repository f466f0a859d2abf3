#include "services/live/hub.hpp"

#include "base/random.hpp"
#include "services/auth/topics.hpp"
#include "services/live/hub_parts.hpp"
#include "services/live/messages.hpp"
#include "services/profile/topics.hpp"
#include "services/rucks/recording/topics.hpp"
#include "telemetry/log.hpp"

namespace ruck::live {

Hub::Hub(Dependencies dependencies)
    : deps_(dependencies),
      server_(random_u64()),
      published_(deps_.metrics.counter("ruck_live_updates_total", "Updates of followed rucks")),
      ended_(deps_.metrics.counter("ruck_live_ended_total", "Watchers who lost their access")),
      tasks_("live", [](std::string_view name, const std::exception_ptr& failure) {
        telemetry::log_exception("live.failed", name, failure);
      }) {
  for (std::size_t i = 0; i < deps_.cores.size(); ++i) homes_.push_back(std::make_unique<Home>());
  deps_.metrics.gauge_callback("ruck_live_rooms", "Rucks that are followed",
                               [this] { return static_cast<double>(rooms_.load()); });
  listen_to_news();
}

Hub::~Hub() = default;

void Hub::start() {
  for (std::size_t i = 0; i < homes_.size(); ++i) {
    homes_[i]->ticks = std::make_unique<runtime::Periodic>(
        "live", deps_.cores.at(i), kTick, [this, i] { return tick(i); },
        [](std::string_view name, const std::exception_ptr& failure) {
          telemetry::log_exception("live.tick_failed", name, failure);
        });
    if (deps_.database.is_exclusive()) continue;
    homes_[i]->looked_at = std::chrono::steady_clock::now();
    homes_[i]->looks = std::make_unique<runtime::Periodic>(
        "live", deps_.cores.at(i), kTick, [this, i] { return look_again(i); },
        [](std::string_view name, const std::exception_ptr& failure) {
          telemetry::log_exception("live.look_failed", name, failure);
        });
  }
}

void Hub::stop() {
  stopped_ = true;
  news_.clear();
  for (const auto& home : homes_) {
    home->ticks.reset();
    home->looks.reset();
  }
  tasks_.join();
  posts_.close_and_wait();
}

std::size_t Hub::home_of(RuckId ruck) const { return std::hash<RuckId>{}(ruck) % homes_.size(); }

// ---- what has happened -------------------------------------------------------------------------

// A gate moves on the thread that publishes, so before the reply is sent.
void Hub::listen_to_news() {
  const auto subscribe = [this](std::string_view topic, auto fn) {
    news_.push_back(deps_.bus.subscribe(
        std::string(topic), [this, fn](const bus::Payload& payload) { fn(*this, *payload); }));
  };
  subscribe(rucks::kRuckChanged, [](Hub& hub, std::string_view payload) {
    if (const auto ruck = rucks::changed_ruck(payload)) hub.gates_.move_ruck(*ruck);
  });
  subscribe(profile::kAccessChanged, [](Hub& hub, std::string_view payload) {
    const auto change = profile::access_change(payload);
    if (!change) return;
    if (change->parted) {
      hub.gates_.move_pair(change->owner, *change->parted);
    } else {
      hub.gates_.move_owner(change->owner);
    }
  });
  subscribe(profile::kAccountChanged, [](Hub& hub, std::string_view payload) {
    if (const auto user = profile::account_change(payload)) hub.on_account_changed(*user);
  });
  subscribe(auth::kSessionsEnded, [](Hub& hub, std::string_view payload) {
    hub.on_signed_out(auth::ended_sessions(payload));
  });
  subscribe(kWatching, [](Hub& hub, std::string_view said) { hub.on_others_watching(said); });
  subscribe(bus::kGap, [](Hub& hub, std::string_view) { hub.on_gap(); });
  subscribe(bus::kHeard, [](Hub& hub, std::string_view topic) { hub.on_heard(topic); });
}

// Their sockets also look for themselves before they send anything.
void Hub::on_signed_out(const std::vector<Uuid>& sessions) {
  if (stopped_ || sessions.empty()) return;
  const auto ended = std::make_shared<const std::vector<Uuid>>(sessions);
  for (std::size_t core = 0; core < homes_.size(); ++core) {
    post(core, [this, core, ended] {
      std::vector<Member*> told;
      for (const Uuid& session : *ended) {
        const auto [from, to] = homes_[core]->sign_ins.equal_range(session);
        for (auto each = from; each != to; ++each) told.push_back(each->second.member);
      }
      for (Member* member : told) member->signed_out();
    });
  }
}

void Hub::on_account_changed(UserId user) {
  if (stopped_) return;
  for (std::size_t core = 0; core < homes_.size(); ++core) {
    post(core, [this, core, user] {
      std::vector<Member*> told;
      for (const auto& [session, signed_in] : homes_[core]->sign_ins) {
        if (signed_in.user == user) told.push_back(signed_in.member);
      }
      for (Member* member : told) member->signed_out();
    });
  }
}

void Hub::tell_user(UserId user, std::string_view json, std::uint64_t key) {
  if (!stopped_) live::tell_user(deps_.bus, user, json, key);
}

// ---- watching ----------------------------------------------------------------------------------

http::Frame Hub::snapshot_of(Room& room, Audience audience, std::optional<std::uint32_t> since) {
  const auto render = [&] {
    return http::text_frame(messages::of_ruck("snapshot", room.ruck, room.view->seq(audience),
                                              std::nullopt, room.view->snapshot(audience, since)));
  };
  if (since) return render();
  http::Frame& kept = room.snapshots[static_cast<std::size_t>(audience)];
  if (!kept) kept = render();
  return kept;
}

template <class T, class Use>
task<Result<T>> Hub::admitted(Watcher watcher, RuckId ruck, Use use) {
  bool may_open = false;  // nobody opens a room by asking for what they may not see
  for (int attempt = 0; attempt < kJoinAttemptsMax; ++attempt) {
    // Before access is looked up, so that what changes in between is noticed.
    const auto ticket = co_await ticket_of(ruck, watcher.user, may_open);
    if (!ticket) co_return ruck::fail(ticket.error());
    const Result<Grant> granted = co_await deps_.database.read(
        [watcher, ruck](db::Session& q) { return grant(q, watcher, ruck); });
    if (!granted) co_return ruck::fail(granted.error());
    may_open = true;
    if (!*ticket) continue;
    auto got = co_await at_home<std::optional<T>>(
        ruck,
        [this, ruck, ticket = **ticket, grant = *granted,
         use](Home& home) mutable -> std::optional<T> {
          const auto found = home.rooms.find(ruck);
          if (found == home.rooms.end() || found->second->gate != ticket.room) return std::nullopt;
          Room& room = *found->second;
          if (!room.view || room.is_loading || !is_good(ruck, ticket)) return std::nullopt;
          return use(room, grant, ticket);
        });
    // On the way back from the other core it may have changed again.
    if (got && is_good(ruck, **ticket)) co_return std::move(*got);
  }
  co_return ruck::fail(ErrorCode::kRetryLater);
}

task<Result<Hub::Joined>> Hub::join(Watcher watcher, std::uint64_t id, RuckId ruck,
                                    std::optional<std::uint32_t> since) {
  const std::size_t core = runtime::Core::current()->index();
  Result<Joined> joined = co_await admitted<Joined>(
      watcher, ruck,
      [this, core, id, since, watcher](Room& room, const Grant& granted, const Ticket& ticket) {
        const Watching watching{.core = core,
                                .audience = granted.audience,
                                .user = watcher.user,
                                .standing = granted.standing,
                                .pair_gate = ticket.pair,
                                .link_hash = watcher.link_hash,
                                .link_expires_at = watcher.link_expires_at};
        const auto at = static_cast<std::size_t>(granted.audience);
        if (room.counts[at] == 0) room.view->begin(granted.audience);
        // An attempt before this one may have left its subscription.
        if (room.watching.insert_or_assign(id, watching).second) count(room, watching, 1);
        return Joined{.snapshot = snapshot_of(room, granted.audience, since),
                      .audience = granted.audience,
                      .ticket = ticket,
                      .user = watcher.user};
      });
  if (!joined) give_up_subscription(ruck, id);
  co_return joined;
}

void Hub::attach(RuckId ruck, Subscription subscription, const Joined& joined) {
  Topic& topic = homes_[runtime::Core::current()->index()]->topics[ruck];
  topic.entries.push_back({.member = subscription.member,
                           .id = subscription.id,
                           .audience = joined.audience,
                           .pass = topic.pass,
                           .pair_place = joined.ticket.pair_place,
                           .pair_gate = joined.ticket.pair,
                           .user = joined.user});
}

void Hub::give_up_subscription(RuckId ruck, std::uint64_t id) {
  post_home(ruck, [this, ruck, id](Home& home) {
    const auto found = home.rooms.find(ruck);
    if (found == home.rooms.end()) return;
    const auto watching = found->second->watching.find(id);
    if (watching == found->second->watching.end()) return;
    count(*found->second, watching->second, -1);
    found->second->watching.erase(watching);
  });
}

void Hub::detach(RuckId ruck, Subscription subscription) {
  Home& own = *homes_[runtime::Core::current()->index()];
  if (const auto topic = own.topics.find(ruck); topic != own.topics.end()) {
    auto& entries = topic->second.entries;
    const auto entry = std::ranges::find(entries, subscription.id, &Topic::Entry::id);
    if (entry != entries.end()) {
      *entry = entries.back();
      entries.pop_back();
    }
    if (entries.empty()) own.topics.erase(topic);
  }
  give_up_subscription(ruck, subscription.id);
}

task<Result<std::string>> Hub::look(Watcher watcher, RuckId ruck) {
  return admitted<std::string>(watcher, ruck, [](Room& room, const Grant& granted, const Ticket&) {
    return room.view->contract_form(granted.audience);
  });
}

// ---- out ---------------------------------------------------------------------------------------

void Hub::publish(Room& room) {
  room.snapshots = {};
  if (!room.view || room.is_loading) return;
  if (!is_current(room)) return refresh(room);
  auto pass = std::make_shared<Pass>(
      Pass{.ruck = room.ruck, .owner = room.owner, .gate = room.gate, .frames = {}});
  bool is_any = false;
  for (std::size_t i = 0; i < kAudiences; ++i) {
    if (room.counts[i] == 0) continue;
    const RuckView::Update update = room.view->update(static_cast<Audience>(i));
    if (!update.is_news) continue;
    is_any = true;
    pass->frames[i] = http::text_frame(
        messages::of_ruck("update", room.ruck, update.seq, update.previous, update.data));
  }
  if (!is_any) return;
  published_.add();
  for (std::size_t core = 0; core < homes_.size(); ++core) {
    if (room.per_core[core] == 0) continue;
    post(core, [this, core, shared = std::shared_ptr<const Pass>(pass)] {
      const auto topic = homes_[core]->topics.find(shared->ruck);
      if (topic == homes_[core]->topics.end()) return;
      fan_out(core, shared, ++topic->second.pass);
    });
  }
}

// Sends to those who have not got this pass yet, a share of them; then others have their turn.
void Hub::fan_out(std::size_t core, std::shared_ptr<const Pass> pass, std::uint32_t number) {
  const RuckId ruck = pass->ruck;
  const auto found = homes_[core]->topics.find(ruck);
  if (found == homes_[core]->topics.end() || found->second.pass != number) return;
  // The room knows, and reads everything again.
  if (gates_.of_ruck(pass->owner, ruck) != pass->gate) return;
  std::size_t sent = 0;
  bool is_done = true;
  std::vector<UserId> moved;
  for (Topic::Entry& entry : found->second.entries) {
    if (entry.pass == number) continue;
    if (sent++ == kFanOutAtOnce) {
      is_done = false;
      break;
    }
    entry.pass = number;
    const http::Frame& frame = pass->frames[static_cast<std::size_t>(entry.audience)];
    if (!frame) continue;
    if (gates_.at(entry.pair_place) == entry.pair_gate) {
      entry.member->deliver_latest(update_key(ruck), frame);
    } else if (entry.user && !std::exchange(entry.is_asked, true)) {
      moved.push_back(*entry.user);
    }
  }
  for (const UserId& user : moved) doubt(ruck, user);
  if (is_done) return;
  post(core, [this, core, pass = std::move(pass), number] { fan_out(core, pass, number); });
}

// The gate of a watcher has moved, maybe another pair's that shares its place.
void Hub::doubt(RuckId ruck, UserId user) {
  post_home(ruck, [this, ruck, user](Home&) {
    tasks_.spawn(deps_.cores.at(home_of(ruck)), ask_again(ruck, user));
  });
}

void Hub::listen(UserId user, Member& member) {
  const std::size_t core = runtime::Core::current()->index();
  MeTopic& topic = homes_[core]->users[user];
  topic.members.push_back(&member);
  if (topic.news) return;
  topic.news = deps_.bus.subscribe(me_topic(user), [this, core, user](const bus::Payload& payload) {
    post(core, [this, core, user, payload] {
      const auto found = homes_[core]->users.find(user);
      if (stopped_ || found == homes_[core]->users.end()) return;
      std::string_view bytes = *payload;
      if (bytes.size() < sizeof(std::uint64_t)) return;
      const auto key = bus::take_raw<std::uint64_t>(bytes);
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

std::unique_ptr<bus::Bus::Subscription> Hub::hear_cheers(UserId user) {
  return live::hear_cheers(deps_.bus, user);
}

void Hub::sign_in(const Uuid& session, UserId user, Member& member) {
  homes_[runtime::Core::current()->index()]->sign_ins.emplace(
      session, Home::SignedIn{.member = &member, .user = user});
}

void Hub::sign_out(const Uuid& session, Member& member) {
  auto& all = homes_[runtime::Core::current()->index()]->sign_ins;
  const auto [from, to] = all.equal_range(session);
  const auto found =
      std::find_if(from, to, [&](const auto& each) { return each.second.member == &member; });
  if (found != to) all.erase(found);
}

bool Hub::admit(UserId user) {
  const Guard lock(users_mutex_);
  std::size_t& count = sockets_of_[user];
  if (count >= kSocketsPerUserMax) return false;
  ++count;
  return true;
}

void Hub::dismiss(UserId user) {
  const Guard lock(users_mutex_);
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
    tell_presence(home, *room);
    if (!room->watching.empty()) room->used_at = now;
    if (now - room->used_at > kRoomIdle) unused.push_back(ruck);
  }
  for (const RuckId ruck : unused) home.rooms.erase(ruck);
  rooms_.fetch_sub(unused.size());
  tell_others(home, now);
  co_return;
}

}  // namespace ruck::live
