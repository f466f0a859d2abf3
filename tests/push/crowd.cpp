#include "push/crowd.hpp"

#include "services/auth/store.hpp"
#include "services/notify/devices.hpp"
#include "services/people/bulk.hpp"
#include "services/profile/service.hpp"
#include "services/rucks/bulk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>
#include <thread>

namespace ruck::test {
namespace {
constexpr std::size_t kAtOnce = 200;  // people of a unit of work
constexpr std::size_t kReactions = 10;
constexpr std::size_t kActors = 3;  // threads
constexpr auto kTokenLifetime = std::chrono::hours(24);
// A server that was killed is back within seconds; one that does not come back is a failure.
constexpr auto kRetryFor = std::chrono::minutes(3);
constexpr auto kRetryPause = std::chrono::milliseconds(50);

struct RuckKey {
  UserId user;
  RuckId ruck;
};
BOOST_DESCRIBE_STRUCT(RuckKey, (), (user, ruck))
const db::Sql kRucks{"test.finished_rucks", "SELECT user_id, id FROM rucks"};

template <class T>
T must(Result<T> result) {
  if (!result) {
    throw std::runtime_error(std::string(result.error().client_text()) + " " +
                             result.error().detail);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// Again while the server is away or busy.
Reply insist(const std::function<Reply()>& ask) {
  const auto deadline = std::chrono::steady_clock::now() + kRetryFor;
  for (;;) {
    try {
      Reply reply = ask();
      if (reply.status < 500) return reply;
    } catch (const std::runtime_error&) {  // no connection, or it was cut
    }
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("the server does not come back");
    }
    std::this_thread::sleep_for(kRetryPause);
  }
}

void expect(const Reply& reply, std::initializer_list<int> statuses) {
  if (std::ranges::find(statuses, reply.status) == statuses.end()) {
    throw std::runtime_error(fmt::format("{} {}", reply.status, reply.body));
  }
}
}  // namespace

// Three quarters are starts that are told to every follower; the rest are likes and comments, each
// of which is told to the owner and to those who reacted before.
Crowd::Size Crowd::size_for(std::int64_t notifications) {
  const auto all = static_cast<std::size_t>(notifications);
  const std::size_t followers = std::clamp<std::size_t>(all / 30, kReactions + 2, 2500);
  const std::size_t of_one_ruck = kReactions * (kReactions + 1) / 2;
  return {.followers = followers,
          .starters = std::max<std::size_t>(1, all * 3 / 4 / followers),
          .discussed = std::max<std::size_t>(1, std::min(followers, all / 4 / of_one_ruck)),
          .reactions = kReactions};
}

Crowd::Crowd(db::Database& database, const auth::Tokens& tokens, Size size,
             const std::vector<push::WebSubscription>& browsers, Gadgets gadgets)
    : size_(size) {
  add_people(database, tokens, starters_, size.starters, "starter");
  add_people(database, tokens, followers_, size.followers, "follower");
  read_rucks(database);
  add_gadgets(database, browsers, gadgets);
  add_follows(database);
}

void Crowd::add_people(db::Database& database, const auth::Tokens& tokens, std::vector<Person>& to,
                       std::size_t count, std::string_view name) {
  const UtcUs now = SystemClock().now();
  for (std::size_t from = 0; from < count; from += kAtOnce) {
    const std::size_t until = std::min(count, from + kAtOnce);
    // A unit may run again, so it is given what it makes.
    using Made = std::vector<auth::SessionRow>;
    const Made made = must(database.write_now([&](db::Session& q) {
      Made sessions;
      for (std::size_t i = from; i < until; ++i) {
        const profile::UserRow user =
            profile::create_user(q,
                                 {.email = fmt::format("{}{}@example.org", name, i),
                                  .username = fmt::format("{}{}", name, i),
                                  .weight_kg = 80},
                                 now);
        const auto finished =
            std::to_array<rucks::FinishedRuck>({{.started_at = now - std::chrono::hours(48),
                                                 .duration_s = 3600,
                                                 .distance_m = 5000,
                                                 .gain_m = 50,
                                                 .loss_m = 50,
                                                 .calories_kcal = 400,
                                                 .load_kg = 12,
                                                 .place = {.lat_deg = 47, .lng_deg = 8}}});
        rucks::add_summaries(q, user, finished, now);
        auth::SessionRow session{.user_id = user.id,
                                 .id = Uuid::make_v7(to_ms(now)),
                                 .family_key = {"key"},
                                 .created_at = now,
                                 .last_used_at = now,
                                 .expires_at = now + std::chrono::days(90)};
        auth::store::add_session(q, session);
        sessions.push_back(std::move(session));
      }
      return sessions;
    }));
    for (const auth::SessionRow& session : made) {
      const http::Viewer viewer{.user = session.user_id, .session = session.id};
      to.push_back({.user = session.user_id,
                    .token = tokens.issue(viewer, now, kTokenLifetime).token,
                    .ruck = {}});
      sign_ins_[session.user_id] = session.id;
    }
  }
}

void Crowd::read_rucks(db::Database& database) {
  std::map<UserId, RuckId> of_user;
  for (const RuckKey& key :
       must(database.read_now([](db::Session& q) { return q.many<RuckKey>(kRucks); }))) {
    of_user[key.user] = key.ruck;
  }
  for (Person& person : followers_) person.ruck = of_user.at(person.user);
}

void Crowd::add_gadgets(db::Database& database, const std::vector<push::WebSubscription>& browsers,
                        Gadgets gadgets) {
  const UtcUs now = SystemClock().now();
  struct Owned {
    Gadget gadget;
    notify::NewDeviceToken device;
  };
  std::vector<Owned> all;
  for (std::size_t i = 0; i < followers_.size(); ++i) {
    const UserId user = followers_[i].user;
    const bool has_both = gadgets == Gadgets::kMixed && i % 4 == 0;
    const bool has_phone =
        gadgets == Gadgets::kMixed ? i < followers_.size() / 2 : gadgets == Gadgets::kPhones;
    if (has_phone || has_both) {
      const std::string token = fmt::format("phone-{}", i);
      all.push_back({.gadget = {.user = user, .device = {}, .name = token},
                     .device = {.user = user,
                                .session = sign_ins_.at(user),
                                .service = notify::service_name::kFcm,
                                .device_key = token,
                                .token = token}});
    }
    if (!has_phone || has_both) {
      const push::WebSubscription& browser = browsers[i];
      all.push_back({.gadget = {.user = user,
                                .device = {},
                                .name = browser.endpoint.substr(browser.endpoint.rfind('/') + 1),
                                .is_web = true},
                     .device = {.user = user,
                                .session = sign_ins_.at(user),
                                .service = notify::service_name::kWeb,
                                .device_key = {},
                                .token = browser.endpoint,
                                .p256dh = browser.p256dh,
                                .auth = browser.auth}});
    }
  }
  for (std::size_t from = 0; from < all.size(); from += kAtOnce) {
    const std::size_t until = std::min(all.size(), from + kAtOnce);
    const auto ids = must(database.write_now([&](db::Session& q) {
      std::vector<Uuid> made;
      for (std::size_t i = from; i < until; ++i) {
        made.push_back(notify::put_device(q, all[i].device, now));
      }
      return made;
    }));
    for (std::size_t i = from; i < until; ++i) {
      gadgets_.push_back(std::move(all[i].gadget));
      gadgets_.back().device = ids[i - from].to_string();
    }
  }
}

void Crowd::add_follows(db::Database& database) {
  const UtcUs now = SystemClock().now();
  for (const Person& starter : starters_) {
    std::vector<people::BulkFollow> follows;
    for (const Person& follower : followers_) {
      follows.push_back(
          {.follower = follower.user, .followed = starter.user, .at = now - std::chrono::hours(1)});
    }
    must(database.write_now([&](db::Session& q) { people::add_follows(q, follows); }));
  }
  must(database.write_now([](db::Session& q) {
    people::recount(q);
    q.run_script("ANALYZE");
  }));
}

void Crowd::note(Cause cause) {
  const std::lock_guard lock(mutex_);
  causes_.push_back(std::move(cause));
}

void Crowd::start(ApiClient& client, const Person& starter) {
  client.set_token(starter.token);
  const Reply chosen =
      insist([&] { return client.put("/api/users/profile", R"({"live_audience":"followers"})"); });
  expect(chosen, {200});
  const Reply created =
      insist([&] { return client.post("/api/rucks", R"({"ruck_weight_kg":15})"); });
  expect(created, {200, 201});
  const std::int64_t ruck = created.json["id"].integer();
  const Reply started =
      insist([&] { return client.post(fmt::format("/api/rucks/{}/start", ruck), "{}"); });
  expect(started, {200, 409});
  note(
      {.ruck = RuckId(ruck), .owner = starter.user, .actor = starter.user, .kind = "ruck_started"});
}

// The n-th reaction of all: one ruck after the other hears from everybody in turn, so those of one
// ruck come close together.
void Crowd::react(ApiClient& client, std::size_t number) {
  const std::size_t owner = number / size_.reactions;
  const std::size_t turn = number % size_.reactions;
  const Person& discussed = followers_[owner];
  const Person& actor = followers_[(owner + 1 + turn) % followers_.size()];
  client.set_token(actor.token);
  const bool is_comment = turn % 3 == 2;
  const std::string ruck = std::to_string(discussed.ruck.value());
  const Reply reply = insist([&] {
    return is_comment ? client.post("/api/rucks/" + ruck + "/comments", R"({"content":"Strong."})")
                      : client.post("/api/ruck-likes", R"({"ruck_id":)" + ruck + "}");
  });
  expect(reply, {200, 201, 409});
  note({.ruck = discussed.ruck,
        .owner = discussed.user,
        .actor = actor.user,
        .kind = is_comment ? "ruck_comment" : "ruck_like"});
}

void Crowd::act(const RuckServer& server) {
  std::atomic<std::size_t> next{0};
  const std::size_t reactions = size_.discussed * size_.reactions;
  const std::size_t all = starters_.size() + reactions;
  // The starts are spread among the reactions, the first at once.
  const std::size_t every = std::max<std::size_t>(1, all / starters_.size() / 2);
  std::vector<std::size_t> order;  // starters, then reactions
  for (std::size_t i = 0, started = 0; i < reactions || started < starters_.size(); ++i) {
    if (i % every == 0 && started < starters_.size()) order.push_back(started++);
    if (i < reactions) order.push_back(starters_.size() + i);
  }
  const auto work = [&] {
    ApiClient client(server.url());
    for (std::size_t i = next++; i < order.size(); i = next++) {
      const std::size_t what = order[i];
      if (what < starters_.size()) {
        start(client, starters_[what]);
      } else {
        react(client, what - starters_.size());
      }
    }
  };
  std::vector<std::thread> threads;
  std::vector<std::exception_ptr> failures(kActors);
  for (std::size_t i = 0; i < kActors; ++i) {
    threads.emplace_back([&, i] {
      try {
        work();
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace ruck::test
