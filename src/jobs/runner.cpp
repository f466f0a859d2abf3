#include "jobs/runner.hpp"

#include "base/assert.hpp"
#include "base/random.hpp"
#include "base/sabotage.hpp"
#include "jobs/limits.hpp"
#include "runtime/sleep.hpp"
#include "telemetry/log.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iterator>

namespace ruck::jobs {
namespace {
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr auto kTidyEvery = std::chrono::hours(1);

void report(std::string_view group, const std::exception_ptr& failure) {
  telemetry::log_exception("jobs.loop_failed", group, failure);
}

// Anything between nothing and the ceiling, which doubles ("full jitter": M. Brooker, Exponential
// Backoff And Jitter, AWS Architecture Blog, 2015).
milliseconds backoff(const Kind& kind, std::int64_t attempt) {
  const double ceiling =
      std::min(static_cast<double>(kind.backoff_max.count()),
               static_cast<double>(kind.backoff_first.count()) *
                   std::exp2(static_cast<double>(std::min<std::int64_t>(attempt - 1, 32))));
  const double share = static_cast<double>(random_u64() >> 11) * 0x1p-53;
  return milliseconds(static_cast<std::int64_t>(ceiling * share));
}

std::string cut(std::string text) {
  if (text.size() > kErrorBytesMax) text.resize(kErrorBytesMax);
  return text;
}

std::string_view name_of(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::kDone:
      return "done";
    case Outcome::Kind::kRetry:
      return "retry";
    case Outcome::Kind::kDead:
      return "dead";
    case Outcome::Kind::kAgain:
      return "again";
  }
  return "";
}
constexpr auto kOutcomes = {Outcome::Kind::kDone, Outcome::Kind::kRetry, Outcome::Kind::kDead,
                            Outcome::Kind::kAgain};
}  // namespace

// What wakes the loop on its core.
class Runner::Alarm : public std::enable_shared_from_this<Alarm> {
 public:
  explicit Alarm(runtime::Core& core) : core_(core), timer_(core.io()) {}

  // From any thread. `has_news`: there may be new jobs.
  void ring(bool has_news) {
    if (has_news) has_news_.store(true);
    if (has_rung_.exchange(true)) return;
    boost::asio::post(core_.io(), [self = shared_from_this()] { self->timer_.cancel(); });
  }
  // On the core: until it rings, or the time is up.
  task<> wait(milliseconds at_most) {
    if (!has_rung_.load()) {
      timer_.expires_after(at_most);
      co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::deferred));
    }
    has_rung_.store(false);
  }
  [[nodiscard]] bool take_news() { return has_news_.exchange(false); }

 private:
  runtime::Core& core_;
  runtime::Timer timer_;
  std::atomic<bool> has_rung_{false};
  std::atomic<bool> has_news_{false};
};

struct Runner::KindState {
  Kind kind;
  std::size_t running = 0;
  double tokens = 1;  // of the bucket of starts
  UtcUs refilled_at{};
  UtcUs look_at{};  // when to look for jobs of this kind again
  telemetry::Histogram* seconds = nullptr;
  std::vector<telemetry::Counter*> outcomes;  // by Outcome::Kind
  telemetry::Gauge* living = nullptr;
  telemetry::Gauge* dead = nullptr;
  telemetry::Gauge* oldest_s = nullptr;
};

// How one run ends.
struct Runner::Ending {
  std::size_t kind = 0;
  std::int64_t id = 0;
  Outcome::Kind outcome = Outcome::Kind::kDone;
  UtcUs at{};  // of kRetry and kAgain: when next
  std::string error;
};

struct Runner::Turn {
  struct Want {
    std::size_t kind = 0;
    std::size_t count = 0;
    UtcUs lease_until{};
  };
  UtcUs now{};
  std::vector<Ending> endings;
  std::vector<Want> wants;
  std::vector<std::pair<std::vector<std::int64_t>, UtcUs>> renewals;  // jobs, new end

  [[nodiscard]] bool is_empty() const {
    return endings.empty() && wants.empty() && renewals.empty();
  }
};

struct Runner::Taken {
  struct OfKind {
    std::size_t kind = 0;
    std::vector<store::TakenRow> rows;
    UtcUs lease_until{};
    UtcUs look_at{};
    bool has_more = false;
  };
  std::vector<OfKind> kinds;
};

Runner::Runner(const Dependencies& dependencies)
    : deps_(dependencies),
      name_(fmt::format("{:016x}", random_u64())),
      lost_leases_(dependencies.metrics.counter(
          "ruck_jobs_lost_leases_total", "Runs that ended after somebody else had taken the job")),
      failed_turns_(dependencies.metrics.counter("ruck_jobs_failed_turns_total",
                                                 "Turns of the runner that the database refused")),
      loops_("jobs", report),
      runs_("job runs", report) {
  add({.name = "jobs.tidy",
       .priority = Priority::kLow,
       .concurrency_max = 1,
       .is_recurring = true,
       .run = [this](const RunningJob&) { return tidy(); }});
}

Runner::~Runner() = default;

void Runner::add(Kind kind) {
  RUCK_ASSERT(cores_ == nullptr && kind.run && kind.concurrency_max > 0 && kind.attempts_max > 0);
  for (const auto& other : kinds_) RUCK_ASSERT(other->kind.name != kind.name);
  auto state = std::make_unique<KindState>();
  const telemetry::Labels labels = {{"kind", std::string(kind.name)}};
  telemetry::Metrics& m = deps_.metrics;
  state->seconds = &m.histogram("ruck_jobs_run_seconds", "Time a run of a job took", labels);
  state->living = &m.gauge("ruck_jobs_depth", "Jobs that wait or run", labels);
  state->dead = &m.gauge("ruck_jobs_dead", "Dead letters", labels);
  state->oldest_s =
      &m.gauge("ruck_jobs_oldest_seconds", "How long the longest waiting job is due", labels);
  for (const Outcome::Kind outcome : kOutcomes) {
    telemetry::Labels of_outcome = labels;
    of_outcome.emplace_back("outcome", std::string(name_of(outcome)));
    state->outcomes.push_back(
        &m.counter("ruck_jobs_runs_total", "Runs of jobs by outcome", std::move(of_outcome)));
  }
  state->kind = std::move(kind);
  kinds_.push_back(std::move(state));
  std::ranges::stable_sort(kinds_, {}, [](const auto& s) { return s->kind.priority; });
}

void Runner::start(runtime::Cores& cores) {
  cores_ = &cores;
  alarm_ = std::make_shared<Alarm>(cores.at(0));
  listening_ =
      deps_.database.listen(std::string(kChannel), [alarm = alarm_] { alarm->ring(true); });
  loops_.spawn(cores.at(0), loop());
  loops_.spawn(cores.at(0), count());
}

void Runner::stop(milliseconds at_most) {
  if (cores_ == nullptr) return;
  listening_.reset();
  loops_.cancel();
  alarm_->ring(false);
  loops_.join();
  const auto until = std::chrono::steady_clock::now() + at_most;
  runs_.cancel();  // out of timers and sockets; units of work are finished
  const bool all_ended = runs_.join_until(until);
  std::vector<Ending> finished;
  {
    const Guard lock(mutex_);
    finished.swap(finished_);
    has_given_up_ = true;
  }
  const Result<> ended = deps_.database.write_now([&](db::Session& q) {
    end_all(q, finished);
    store::give_back(q, name_, deps_.clock.now());
  });
  if (!ended) telemetry::log_warning("jobs.not_given_back", {{"error", ended.error().detail}});
  if (!all_ended) telemetry::log_warning("jobs.left_running", {{"runs", runs_.running()}});
}

void Runner::close() { runs_.join(); }

// ---- the loop
// ------------------------------------------------------------------------------------

task<> Runner::loop() {
  while (!loops_.is_cancelled() && !co_await set_up()) {
    if (!loops_.is_cancelled()) co_await runtime::sleep_for(kPauseAfterFailure);
  }
  while (!loops_.is_cancelled()) {
    Turn turn = plan();
    if (turn.is_empty()) {
      co_await alarm_->wait(pause());
      continue;
    }
    Result<Taken> taken = co_await deps_.database.write(
        [this, &turn](db::Session& q) { return do_turn(q, turn); }, db::Isolation::kReadCommitted);
    if (taken) {
      begin(std::move(*taken));
      continue;
    }
    failed_turns_.add();
    undo(std::move(turn));
    if (!loops_.is_cancelled()) co_await runtime::sleep_for(kPauseAfterFailure);
  }
}

task<bool> Runner::set_up() {
  const Result<> made = co_await deps_.database.write([this](db::Session& q) {
    const UtcUs now = deps_.clock.now();
    // Whoever ran them was a process before this one.
    if (deps_.database.is_exclusive()) store::give_back_all(q, now);
    for (const auto& state : kinds_) {
      if (state->kind.is_recurring) enqueue(q, {.kind = state->kind.name, .key = "recurring"}, now);
    }
  });
  co_return made.has_value();
}

// How long nothing has to be done, as far as is known.
milliseconds Runner::pause() {
  const Guard lock(mutex_);
  const UtcUs now = deps_.clock.now();
  UtcUs until = now + kLookEvery;
  for (const auto& state : kinds_) {
    if (state->running < state->kind.concurrency_max) until = std::min(until, state->look_at);
  }
  for (const auto& [id, running] : running_) {
    until = std::min<UtcUs>(until, running.leased_until - kinds_[running.kind]->kind.lease / 2);
  }
  return std::max(duration_cast<milliseconds>(until - now), milliseconds(1));
}

Runner::Turn Runner::plan() {
  const bool has_news = alarm_->take_news();
  const Guard lock(mutex_);
  Turn turn{.now = deps_.clock.now()};
  turn.endings.swap(finished_);
  std::size_t left = kTakenAtOnceMax;
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    KindState& state = *kinds_[i];
    if (has_news) state.look_at = turn.now;
    if (state.look_at > turn.now) continue;
    const std::size_t count = std::min(left, free_places(state, turn.now));
    if (count == 0) continue;
    left -= count;
    turn.wants.push_back({.kind = i, .count = count, .lease_until = turn.now + state.kind.lease});
  }
  plan_renewals(turn);
  return turn;
}

std::size_t Runner::free_places(KindState& state, UtcUs now) {
  const std::size_t free = state.kind.concurrency_max - state.running;
  const double rate = state.kind.per_second_max;
  if (rate <= 0) return free;
  const double passed_s = std::chrono::duration<double>(now - state.refilled_at).count();
  state.tokens = std::min(std::max(1.0, rate), state.tokens + std::max(0.0, passed_s) * rate);
  state.refilled_at = now;
  if (state.tokens < 1) {
    state.look_at = now + microseconds(static_cast<std::int64_t>((1 - state.tokens) / rate * 1e6));
  }
  return std::min(free, static_cast<std::size_t>(state.tokens));
}

void Runner::plan_renewals(Turn& turn) {
  std::vector<std::vector<std::int64_t>> of_kind(kinds_.size());
  for (auto& [id, running] : running_) {
    const milliseconds lease = kinds_[running.kind]->kind.lease;
    if (running.leased_until - turn.now > lease / 2) continue;
    running.leased_until = turn.now + lease;
    of_kind[running.kind].push_back(id);
  }
  for (std::size_t i = 0; i < of_kind.size(); ++i) {
    if (of_kind[i].empty()) continue;
    turn.renewals.emplace_back(std::move(of_kind[i]), turn.now + kinds_[i]->kind.lease);
  }
}

// May run more than once, so it changes nothing but the database.
Runner::Taken Runner::do_turn(db::Session& q, const Turn& turn) const {
  end_all(q, turn.endings);
  for (const auto& [ids, until] : turn.renewals) {
    store::renew(q, ids, {.holder = name_, .until = until});
  }
  Taken taken;
  if (!turn.wants.empty()) take_due(q, turn, taken);
  return taken;
}

void Runner::take_due(db::Session& q, const Turn& turn, Taken& taken) const {
  std::vector<std::string_view> names;
  for (const Turn::Want& want : turn.wants) names.push_back(kinds_[want.kind]->kind.name);
  const UtcUs latest = turn.now + kLookEvery;
  const auto look_at_of = [&](const std::vector<store::DueRow>& due, std::string_view name) {
    const auto row = std::ranges::find(due, name, &store::DueRow::kind);
    return row == due.end() ? latest : std::min(latest, row->run_at.value_or(latest));
  };
  const std::vector<store::DueRow> due = store::next_due(q, names);
  bool has_taken = false;
  for (const Turn::Want& want : turn.wants) {
    const std::string_view name = kinds_[want.kind]->kind.name;
    Taken::OfKind& of_kind = taken.kinds.emplace_back();
    of_kind.kind = want.kind;
    of_kind.lease_until = want.lease_until;
    of_kind.look_at = look_at_of(due, name);
    if (of_kind.look_at > turn.now) continue;
    const bool has_lease = !sabotage::breaks(sabotage::Promise::kLease);
    of_kind.rows = store::take(q, name, static_cast<std::int64_t>(want.count), turn.now,
                               {.holder = name_, .until = has_lease ? want.lease_until : turn.now});
    if (sabotage::breaks(sabotage::Promise::kRunAtLeastOnce)) {
      for (const store::TakenRow& row : of_kind.rows) store::remove(q, row.id, name_);
    }
    has_taken = true;
    of_kind.has_more = of_kind.rows.size() == want.count;
  }
  if (!has_taken) return;
  const std::vector<store::DueRow> next = store::next_due(q, names);
  for (Taken::OfKind& of_kind : taken.kinds) {
    const UtcUs at = look_at_of(next, kinds_[of_kind.kind]->kind.name);
    of_kind.look_at = of_kind.has_more ? at : std::max<UtcUs>(at, turn.now + kLookAgain);
  }
}

// The endings are written with the next turn, and the leases are tried again.
void Runner::undo(Turn turn) {
  const Guard lock(mutex_);
  finished_.insert(finished_.end(), std::make_move_iterator(turn.endings.begin()),
                   std::make_move_iterator(turn.endings.end()));
  for (const auto& [ids, until] : turn.renewals) {
    for (const std::int64_t id : ids) {
      if (const auto found = running_.find(id); found != running_.end()) {
        found->second.leased_until = turn.now;
      }
    }
  }
}

void Runner::begin(Taken taken) {
  for (Taken::OfKind& of_kind : taken.kinds) {
    KindState& state = *kinds_[of_kind.kind];
    std::vector<store::TakenRow> rows;
    {
      const Guard lock(mutex_);
      state.look_at = of_kind.look_at;
      for (store::TakenRow& row : of_kind.rows) {
        if (state.kind.per_second_max > 0) state.tokens -= 1;
        const Running running{.kind = of_kind.kind, .leased_until = of_kind.lease_until};
        // One that still runs here, though its lease was over: it has a new one now.
        const bool is_new = running_.insert_or_assign(row.id, running).second;
        if (!is_new && !sabotage::breaks(sabotage::Promise::kLease)) continue;
        ++state.running;
        rows.push_back(std::move(row));
      }
    }
    for (store::TakenRow& row : rows) {
      runs_.spawn(cores_->at(next_core_++ % cores_->size()), run_one(of_kind.kind, std::move(row)));
    }
  }
}

// ---- a run
// ---------------------------------------------------------------------------------------

task<> Runner::run_one(std::size_t kind, store::TakenRow row) {
  KindState& state = *kinds_[kind];
  const auto began = std::chrono::steady_clock::now();
  Outcome outcome;
  if (row.attempts > state.kind.attempts_max && !state.kind.is_recurring) {
    outcome = dead("its runs ended with their process or without a word");
  } else {
    outcome = co_await call(kind, row);
  }
  state.seconds->record(std::chrono::steady_clock::now() - began);
  const std::function<void(db::Session&)> effect = std::move(outcome.effect);
  Ending ending = ending_of(kind, row, std::move(outcome));
  state.outcomes[static_cast<std::size_t>(ending.outcome)]->add();
  if (effect) {
    co_await end_with_effect(std::move(ending), effect);
  } else {
    finish(std::move(ending), false);
  }
}

task<Outcome> Runner::call(std::size_t kind, store::TakenRow row) {
  const Kind& called = kinds_[kind]->kind;
  try {
    co_return co_await called.run({.id = row.id,
                                   .payload = std::move(row.payload),
                                   .user = row.user_id,
                                   .attempt = row.attempts,
                                   .created_at = row.created_at});
  } catch (...) {
    telemetry::log_exception("jobs.run_failed", called.name, std::current_exception());
  }
  co_return retry("an exception ended the run; the log has it");
}

Runner::Ending Runner::ending_of(std::size_t kind, const store::TakenRow& row,
                                 Outcome outcome) const {
  const Kind& of = kinds_[kind]->kind;
  Ending ending{.kind = kind,
                .id = row.id,
                .outcome = outcome.kind,
                .at = outcome.next_at,
                .error = cut(std::move(outcome.error))};
  RUCK_ASSERT(!(of.is_recurring && outcome.kind == Outcome::Kind::kDone));
  const UtcUs now = deps_.clock.now();
  if (outcome.kind == Outcome::Kind::kRetry) {
    const bool is_last = row.attempts >= of.attempts_max && !of.is_recurring;
    if (is_last) ending.outcome = Outcome::Kind::kDead;
    ending.at =
        now + outcome.retry_after.value_or(std::chrono::seconds(0)) + backoff(of, row.attempts);
  }
  if (ending.outcome == Outcome::Kind::kDead) {
    ending.at = now;
    telemetry::log_warning(
        "jobs.dead",
        {{"kind", of.name}, {"job", row.id}, {"attempts", row.attempts}, {"error", ending.error}});
  }
  return ending;
}

// The effect and the end are one unit of work, so the effect is there once.
task<> Runner::end_with_effect(Ending ending, std::function<void(db::Session&)> effect) {
  const Result<bool> ended =
      co_await deps_.database.write([this, &ending, &effect](db::Session& q) {
        if (!end(q, ending)) return false;
        effect(q);
        return true;
      });
  if (ended) {
    if (!*ended) lost_leases_.add();
    finish(std::move(ending), true);
    co_return;
  }
  ending.outcome = Outcome::Kind::kRetry;
  ending.at = deps_.clock.now() + kPauseAfterFailure;
  ending.error =
      cut("its effect could not be written: " + std::string(error_row(ended.error().code).id));
  finish(std::move(ending), false);
}

bool Runner::end(db::Session& q, const Ending& ending) const {
  switch (ending.outcome) {
    case Outcome::Kind::kDone:
      return store::remove(q, ending.id, name_);
    case Outcome::Kind::kRetry:
      return store::put_back(q, ending.id, name_, ending.at, ending.error);
    case Outcome::Kind::kDead:
      return store::bury(q, ending.id, name_, ending.at, ending.error);
    case Outcome::Kind::kAgain:
      return store::recur(q, ending.id, name_, ending.at);
  }
  return false;
}

void Runner::end_all(db::Session& q, const std::vector<Ending>& endings) const {
  std::vector<std::int64_t> done;
  for (const Ending& ending : endings) {
    if (ending.outcome == Outcome::Kind::kDone) {
      done.push_back(ending.id);
    } else {
      end(q, ending);
    }
  }
  store::remove_all(q, done, name_);
}

// `is_written`: the job's row says so already.
void Runner::finish(Ending ending, bool is_written) {
  {
    const Guard lock(mutex_);
    running_.erase(ending.id);
    KindState& state = *kinds_[ending.kind];
    --state.running;
    const bool comes_again =
        ending.outcome == Outcome::Kind::kRetry || ending.outcome == Outcome::Kind::kAgain;
    if (comes_again) state.look_at = std::min(state.look_at, ending.at);
    if (!is_written && !has_given_up_) finished_.push_back(std::move(ending));
  }
  alarm_->ring(false);
}

// ---- upkeep
// --------------------------------------------------------------------------------------

task<Outcome> Runner::tidy() {
  const UtcUs before = deps_.clock.now() - kDeadKept;
  for (;;) {
    const Result<std::int64_t> removed = co_await deps_.database.write(
        [before](db::Session& q) { return store::remove_dead(q, before, kDeadRemovedAtOnce); });
    if (!removed) co_return retry("the database refused it");
    if (*removed < kDeadRemovedAtOnce || runs_.is_cancelled()) break;
  }
  co_return again_at(deps_.clock.now() + kTidyEvery);
}

task<> Runner::count() {
  while (!loops_.is_cancelled()) {
    const auto rows = co_await deps_.database.read([](db::Session& q) { return store::depths(q); });
    if (rows) take_counts(*rows);
    // A cancellation that came meanwhile would not end a pause that begins after it.
    if (loops_.is_cancelled()) co_return;
    co_await runtime::sleep_for(kCountEvery);
  }
}

void Runner::take_counts(const std::vector<store::DepthRow>& rows) {
  const UtcUs now = deps_.clock.now();
  for (const auto& state : kinds_) {
    const auto row = std::ranges::find(rows, state->kind.name, &store::DepthRow::kind);
    const bool is_there = row != rows.end();
    state->living->set(is_there ? row->living : 0);
    state->dead->set(is_there ? row->dead : 0);
    const auto late = is_there && row->oldest_due ? now - *row->oldest_due : microseconds(0);
    state->oldest_s->set(
        std::max<std::int64_t>(0, duration_cast<std::chrono::seconds>(late).count()));
  }
}

}  // namespace ruck::jobs
