#include "load/worker.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace ruck::load {
namespace {
constexpr std::size_t kScratchBytes = 64 * 1024;
constexpr Micros kSweepEvery = kSecond;  // how often late answers are looked for

// A coroutine of ours that throws is a bug; figures made after it would be wrong.
void give_up(std::string_view group, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ruck load: %.*s: %s\n", static_cast<int>(group.size()), group.data(),
                 e.what());
  }
  std::abort();
}
}  // namespace

Worker::Worker(runtime::Core& core, const RunClock& clock, const Options& options)
    : core_(core),
      clock_(clock),
      options_(options),
      scratch_(kScratchBytes),
      tally_(std::make_unique<Tally>()),
      timer_(core.io()),
      tasks_("load worker", give_up) {
  slots_.resize(std::max<std::size_t>(1, options.connections));
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    slots_[i].connection =
        std::make_unique<http::AsyncConnection>(core.io(), options.server, scratch_);
    idle_.push_back(i);
  }
  tasks_.spawn(core_, run_clockwork());
}

Worker::~Worker() { tasks_.join(); }

void Worker::begin_part(std::size_t in_flight_max) {
  in_flight_max_ = std::max<std::size_t>(1, in_flight_max);
  queued_.assign(ruckers_.size(), 0);
  wake_at_.assign(ruckers_.size(), kNever);
  wakes_ = {};
  const Micros now = clock_.now();
  for (std::uint32_t i = 0; i < ruckers_.size(); ++i) attend(i, now);
  dispatch();
}

Worker::Progress Worker::progress() const {
  Progress out{.in_flight = in_flight_, .waiting = waiting_.size()};
  for (const auto& rucker : ruckers_) {
    out.left += rucker->is_done() ? 0 : 1;
    out.failed += rucker->has_failed() ? 1 : 0;
  }
  for (const Slot& slot : slots_) out.open += slot.connection->is_open() ? 1 : 0;
  return out;
}

std::unique_ptr<Tally> Worker::take_tally() {
  return std::exchange(tally_, std::make_unique<Tally>());
}

void Worker::shut_down() {
  stopping_ = true;
  waiting_.clear();
  timer_.cancel();
  for (Slot& slot : slots_) slot.connection->cancel();
}

task<> Worker::run_clockwork() {
  while (!stopping_) {
    const Micros now = clock_.now();
    wake_due(now);
    dispatch();
    if (now >= next_sweep_) sweep(now);
    const Micros next = wakes_.empty() ? next_sweep_ : std::min(next_sweep_, wakes_.top().at);
    timer_.expires_at(clock_.at(next));
    // An earlier wake-up cancels the wait.
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::deferred));
  }
}

void Worker::wake_due(Micros now) {
  while (!wakes_.empty() && wakes_.top().at <= now) {
    const Wake wake = wakes_.top();
    wakes_.pop();
    if (wake_at_[wake.rucker] != wake.at) continue;
    wake_at_[wake.rucker] = kNever;
    tally_->lag.record(now - wake.at);
    attend(wake.rucker, now);
  }
}

void Worker::sweep(Micros now) {
  next_sweep_ = now + kSweepEvery;
  for (Slot& slot : slots_) {
    if (slot.busy_since != kNever && now - slot.busy_since > options_.answer_time) {
      slot.connection->cancel();
    }
  }
}

// Queues what the rucker wants to send now, and notes when to look at it again.
void Worker::attend(std::uint32_t index, Micros now) {
  Rucker& rucker = *ruckers_[index];
  rucker.wake(now, *tally_);
  for (std::size_t i = 0; i < kLanes; ++i) {
    const auto lane = static_cast<Lane>(i);
    const auto bit = static_cast<std::uint8_t>(1U << i);
    if ((queued_[index] & bit) != 0 || !rucker.wants_to_send(lane, now)) continue;
    queued_[index] |= bit;
    waiting_.push_back({.rucker = index, .lane = lane});
  }
  schedule(index, now);
}

void Worker::schedule(std::uint32_t index, Micros now) {
  const Micros at = ruckers_[index]->next_wake();
  // What is due already waits for a connection, and is looked at again when that has served.
  if (at == kNever || (at <= now && queued_[index] != 0)) return;
  const Micros next = std::max(at, now + 1);
  if (next >= wake_at_[index]) return;
  const bool is_first = wakes_.empty() || next < wakes_.top().at;
  wake_at_[index] = next;
  wakes_.push({.at = next, .rucker = index});
  if (is_first && clock_.at(next) < timer_.expiry()) timer_.cancel();
}

void Worker::dispatch() {
  while (!waiting_.empty() && !idle_.empty() && in_flight_ < in_flight_max_) {
    const Work work = waiting_.front();
    waiting_.pop_front();
    const std::uint32_t slot = idle_.front();
    idle_.pop_front();
    in_flight_ += 1;
    tasks_.spawn(core_, serve(slot, work));
  }
}

task<> Worker::serve(std::uint32_t slot_index, Work work) {
  Slot& slot = slots_[slot_index];
  Rucker& rucker = *ruckers_[work.rucker];
  std::string request = rucker.write_request(work.lane);
  Reply reply{.bytes_out = request.size(), .sent_at = clock_.now()};
  slot.busy_since = reply.sent_at;
  const Result<http::Answer> answer = co_await slot.connection->exchange(std::move(request));
  slot.busy_since = kNever;
  if (answer) {
    reply.is_answer = true;
    reply.status = answer->status;
    reply.retry_after_s = answer->retry_after_s;
    reply.body = answer->body;
    reply.bytes_in = answer->bytes_in;
  } else {
    reply.body = answer.error().client_text();
  }
  const Micros now = clock_.now();
  rucker.answered(work.lane, reply, now, *tally_);
  queued_[work.rucker] &= static_cast<std::uint8_t>(~(1U << static_cast<unsigned>(work.lane)));
  idle_.push_back(slot_index);
  in_flight_ -= 1;
  if (stopping_) co_return;
  attend(work.rucker, now);
  dispatch();
}

}  // namespace ruck::load
