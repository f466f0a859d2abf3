#include "cache/own_writes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ruck::cache {

using SteadyClock = std::chrono::steady_clock;

OwnWrites::OwnWrites(Agreement& agreement)
    : agreement_(agreement),
      known_since_(SteadyClock::now()),
      changes_(agreement.on_change([this](UserId user) { hear(user); })) {}

void OwnWrites::hear(UserId user) {
  const auto now = SteadyClock::now();
  const Guard lock(mutex_);
  forget_old(now);
  if (newer_.size() >= kWritersMax) {
    newer_.clear();
    older_.clear();
    known_since_ = now;
  }
  newer_.insert_or_assign(user, now);
}

void OwnWrites::forget_old(SteadyTime now) {
  if (now - newer_since_ < kWritesKept) return;
  older_ = std::exchange(newer_, {});
  newer_since_ = now;
}

std::optional<OwnWrites::SteadyTime> OwnWrites::fresh_from(UserId user) {
  const auto term = agreement_.term();
  if (!term) return std::nullopt;
  const Guard lock(mutex_);
  if (*term != term_) {
    term_ = *term;
    known_since_ = SteadyClock::now();
  }
  SteadyTime from = known_since_;
  for (const Heard* each : {&older_, &newer_}) {
    const auto found = each->find(user);
    if (found != each->end()) from = std::max(from, found->second);
  }
  return from;
}

task<> OwnWrites::note(UserId user) {
  const std::array<UserId, 1> users{user};
  co_await agreement_.tell(users);
}

}  // namespace ruck::cache
