#include "cache/agreement.hpp"

#include "base/random.hpp"
#include "bus/payload.hpp"
#include "telemetry/log.hpp"

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
const db::Sql kOthersDoubt{
    "cache.others_doubt",
    "SELECT COUNT(*) FROM revision_doubts WHERE instance <> $1"
    " AND until_at >= (date_part('epoch', clock_timestamp()) * 1000000)::bigint",
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
  if (co_await deps_.bus.all_have_heard()) co_return;
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

task<> Agreement::look() {
  co_await mind_doubt();
  // One that does not answer may be of a version that tells nobody what it changes.
  if (!co_await deps_.bus.all_have_heard()) co_return;
  const auto asked = SteadyClock::now();
  const auto others = co_await deps_.database.read(
      [this](db::Session& q) { return q.one<std::int64_t>(kOthersDoubt, instance_); });
  if (!others) co_return;  // the lease runs out by itself
  if (*others > 0) {
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
