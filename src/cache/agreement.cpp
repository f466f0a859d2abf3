#include "cache/agreement.hpp"

#include "base/random.hpp"
#include "bus/payload.hpp"
#include "runtime/sleep.hpp"
#include "telemetry/log.hpp"

#include <boost/describe/class.hpp>

#include <algorithm>

namespace ruck::cache {
namespace {
using SteadyClock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr std::string_view kTopic = "cache.changed";  // users, each 16 bytes
constexpr std::size_t kUserBytes = 16;
constexpr std::size_t kUsersAtOnce = 1'000;  // 16 KB a message

const db::Sql kDoubt{"cache.doubt",
                     "INSERT INTO revision_doubts (instance, until_at)"
                     " VALUES ($1, (date_part('epoch', clock_timestamp()) * 1000000)::bigint + $2)"
                     " ON CONFLICT (instance) DO UPDATE SET until_at = EXCLUDED.until_at",
                     db::Dialect::kPostgres};
const db::Sql kForget{"cache.forget_doubts",
                      "DELETE FROM revision_doubts"
                      " WHERE until_at < (date_part('epoch', clock_timestamp()) * 1000000)::bigint",
                      db::Dialect::kPostgres};
const db::Sql kAgree{"cache.agree", "DELETE FROM revision_doubts WHERE instance = $1"};
const db::Sql kMeet{"cache.meet",
                    "INSERT INTO meeting_places (instance, place, until_at)"
                    " VALUES ($1, $2,"
                    " (date_part('epoch', clock_timestamp()) * 1000000)::bigint + $3)"
                    " ON CONFLICT (instance) DO UPDATE"
                    " SET place = EXCLUDED.place, until_at = EXCLUDED.until_at",
                    db::Dialect::kPostgres};
const db::Sql kForgetPlaces{
    "cache.forget_places",
    "DELETE FROM meeting_places"
    " WHERE until_at < (date_part('epoch', clock_timestamp()) * 1000000)::bigint",
    db::Dialect::kPostgres};
// How many others doubt, and how many meet elsewhere.
struct OthersRow {
  std::int64_t doubt = 0;
  std::int64_t elsewhere = 0;
};
BOOST_DESCRIBE_STRUCT(OthersRow, (), (doubt, elsewhere))
const db::Sql kOthers{"cache.others",
                      "SELECT (SELECT COUNT(*) FROM revision_doubts WHERE instance <> $1"
                      " AND until_at >= (date_part('epoch', clock_timestamp()) * 1000000)::bigint),"
                      " (SELECT COUNT(*) FROM meeting_places WHERE place <> $2 AND instance <> $1"
                      " AND until_at >= (date_part('epoch', clock_timestamp()) * 1000000)::bigint)",
                      db::Dialect::kPostgres};

std::int64_t ns(SteadyClock::time_point time) {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
}

Uuid random_id() {
  const std::string bytes = random_bytes(kUserBytes);
  Uuid::Bytes id{};
  std::ranges::copy(bytes, reinterpret_cast<char*>(id.data()));
  return Uuid(id);
}
}  // namespace

Agreement::Agreement(Dependencies deps)
    : deps_(deps),
      instance_(random_id()),
      gaps_(deps_.bus.subscribe(std::string(bus::kGap),
                                [this](const bus::Payload&) { term_.fetch_add(1); })),
      doubts_(deps_.metrics.counter("ruck_cache_doubts_total",
                                    "Times that other servers may not have heard of a change")) {
  deps_.metrics.gauge_callback("ruck_cache_believed", "1 while memory is believed about revisions",
                               [this] { return term() ? 1.0 : 0.0; });
}

Agreement::~Agreement() { stop(); }

void Agreement::start(runtime::Core& core) {
  {
    const Guard lock(mutex_);
    is_running_ = true;
  }
  looks_ = std::make_unique<runtime::Periodic>(
      "agreement", core, kLookEvery, [this] { return look(); },
      [](std::string_view name, const std::exception_ptr& failure) {
        telemetry::log_exception("cache.not_agreed", name, failure);
      });
}

void Agreement::stop() {
  looks_.reset();
  {
    const Guard lock(mutex_);
    is_running_ = false;
  }
  believed_until_ns_ = 0;
  let_go(true);
}

std::optional<std::uint64_t> Agreement::term() const {
  const std::uint64_t term = term_.load();
  if (ns(SteadyClock::now()) >= believed_until_ns_.load() || !deps_.bus.is_proven()) return {};
  if (deps_.bus.place() != place_) return {};
  return term;
}

task<> Agreement::tell(std::span<const UserId> users) {
  for (std::size_t from = 0; from < users.size(); from += kUsersAtOnce) {
    std::string payload;
    for (const UserId& user : users.subspan(from, std::min(kUsersAtOnce, users.size() - from))) {
      bus::append_raw(payload, user.value().bytes());
    }
    deps_.bus.publish(kTopic, std::move(payload));
  }
  if (deps_.others == Others::kCannotTell || is_known_to_doubt_) co_return;
  const std::uint64_t place = deps_.bus.place();
  const bool is_heard = co_await settles(place) && co_await deps_.bus.all_have_heard();
  if (is_heard && deps_.bus.place() == place) co_return;
  co_await runtime::await_promise<bool>([this](Waiter waiter) {
    {
      const Guard lock(mutex_);
      if (is_running_) {
        waiting_.push_back({.since = SteadyClock::now(), .waiter = std::move(waiter)});
        return;
      }
    }
    waiter.set(false);
  });
}

std::unique_ptr<bus::Bus::Subscription> Agreement::on_change(std::function<void(UserId)> fn) {
  return deps_.bus.subscribe(std::string(kTopic), [fn = std::move(fn)](const bus::Payload& users) {
    std::string_view rest = *users;
    while (rest.size() >= kUserBytes) fn(UserId(Uuid(bus::take_raw<Uuid::Bytes>(rest))));
  });
}

// All others can read where this one is, and have no lease from before they could.
bool Agreement::is_settled(std::uint64_t place) const {
  const std::int64_t now = ns(SteadyClock::now());
  return place == place_ && (place == 0 || (now >= settled_from_ns_ && now < settled_until_ns_));
}

task<bool> Agreement::settles(std::uint64_t place) const {
  const auto until = SteadyClock::now() + kSettleMax;
  while (!is_settled(place) && !is_known_to_doubt_ && SteadyClock::now() < until) {
    co_await runtime::sleep_for(kSettleLook);
  }
  co_return is_settled(place);
}

task<> Agreement::mind_place() {
  const std::uint64_t place = deps_.bus.place();
  const bool is_same = place == place_;
  if (place == 0) place_ = 0;  // nothing can be told from it
  if (place == 0 || (is_same && SteadyClock::now() - placed_at_ < kPlaceAnew)) co_return;
  const auto written = co_await deps_.database.write([this, place](db::Session& q) {
    q.execute(kForgetPlaces);
    q.execute(kMeet, instance_, static_cast<std::int64_t>(place), microseconds(kPlaceRow).count());
  });
  if (!written) co_return;
  placed_at_ = SteadyClock::now();
  settled_until_ns_ = ns(placed_at_ + kPlaceRow / 2);
  if (is_same) co_return;
  settled_from_ns_ = ns(placed_at_ + kLease);
  place_ = place;
}

void Agreement::note_split(bool is_split) {
  deps_.bus.distrust(is_split);
  const auto now = SteadyClock::now();
  if (!is_split) {
    split_since_.reset();
    if (std::exchange(is_split_logged_, false)) {
      telemetry::log_info("cache.one_place", {{"meaning", "all servers meet at one Redis again"}});
    }
    return;
  }
  if (!split_since_) split_since_ = now;
  if (is_split_logged_ || now - *split_since_ < kSplitLogged) return;
  is_split_logged_ = true;
  telemetry::log_warning("cache.split",
                         {{"reason", "servers of this database use different Redis servers"},
                          {"do", "give all of them the same RUCK_REDIS_URL"}});
}

task<> Agreement::look() {
  co_await mind_doubt();
  co_await mind_place();
  // One that does not answer may be of a version that tells nobody what it changes.
  if (!co_await deps_.bus.all_have_heard()) co_return;
  const auto asked = SteadyClock::now();
  const std::uint64_t place = place_;
  if (place != deps_.bus.place()) co_return;
  const auto others = co_await deps_.database.read([this, place](db::Session& q) {
    return q.one<OthersRow>(kOthers, instance_, static_cast<std::int64_t>(place));
  });
  if (!others) co_return;  // the lease runs out by itself
  // Where nothing is known of the own place, nothing can be said of the others'.
  const bool is_split = place != 0 && others->elsewhere > 0;
  note_split(is_split);
  if (others->doubt > 0 || is_split) {
    believed_until_ns_ = 0;
    co_return;
  }
  // Something may have been missed since the lease before was over.
  if (ns(asked) >= believed_until_ns_) term_.fetch_add(1);
  believed_until_ns_ = ns(asked + kLease);
}

task<> Agreement::mind_doubt() {
  const auto now = SteadyClock::now();
  bool is_wanted = deps_.others == Others::kCannotTell;
  {
    const Guard lock(mutex_);
    is_wanted = is_wanted || !waiting_.empty();
  }
  if (is_wanted && !row_since_) {
    co_await write_row();
  } else if (row_since_ && now - row_written_at_ >= kDoubtAnew) {
    co_await write_row();
  } else if (row_since_ && !is_wanted && now - *row_since_ >= kDoubtMin) {
    co_await end_doubt();
  }
  is_known_to_doubt_ = row_since_ && SteadyClock::now() - *row_since_ > kLease;
  let_go(is_known_to_doubt_);
}

task<> Agreement::write_row() {
  const auto written = co_await deps_.database.write([this](db::Session& q) {
    q.execute(kForget);
    q.execute(kDoubt, instance_, microseconds(kDoubtRow).count());
  });
  if (!written) co_return;
  row_written_at_ = SteadyClock::now();
  if (row_since_) co_return;
  row_since_ = row_written_at_;
  if (deps_.others == Others::kCannotTell) co_return;
  doubts_.add();
  telemetry::log_warning("cache.doubted",
                         {{"reason", "other servers did not say that they heard of a change"},
                          {"meaning", "all servers read revisions from the database"}});
}

// From here on a change waits again until all have heard of it; what came before is in the database
// by now, and nobody remembers otherwise.
task<> Agreement::end_doubt() {
  if (!co_await deps_.bus.all_have_heard()) co_return;
  is_known_to_doubt_ = false;
  const auto agreed =
      co_await deps_.database.write([this](db::Session& q) { q.execute(kAgree, instance_); });
  if (!agreed) co_return;
  row_since_.reset();
  telemetry::log_info("cache.agreed", {{"meaning", "servers hear each other's changes again"}});
}

// `all`: no lease from before is left. Otherwise those who have waited for too long.
void Agreement::let_go(bool all) {
  const auto now = SteadyClock::now();
  std::vector<Waiting> over;
  {
    const Guard lock(mutex_);
    const auto rest = std::ranges::stable_partition(
        waiting_, [&](const Waiting& each) { return !all && now - each.since < kDoubtMax; });
    std::ranges::move(rest, std::back_inserter(over));
    waiting_.erase(rest.begin(), rest.end());
  }
  for (Waiting& each : over) each.waiter.set(true);
}

}  // namespace ruck::cache
